/** Rows as bytes, batch by batch. */

import type { Batch } from '../../glue.js';
import type { Format } from '../query.js';
import { arrowWriter } from './arrow.js';
import { csvWriter } from './csv.js';
import { jsonLinesWriter, jsonWriter } from './json.js';

/** Writes one answer. Text is gathered into pieces by whoever sends it. */
export interface Writer {
  begin(): string | Uint8Array;
  /** What a batch is written as, in pieces made as they are asked for. */
  batch(batch: Batch): Iterable<string | Uint8Array>;
  end(): string | Uint8Array;
  /**
   * What comes last where the rest can't be had: no reader takes it for the end. The connection breaks as well, but not
   * everywhere: workerd's own server ends such a body as if it were whole.
   */
  cut(): string | Uint8Array;
}

/** For text formats: a string that is never closed. */
export const CUT = '"this answer is incomplete: the rest of the file could not be read';

/** The `Content-Type` of each format. */
export const CONTENT_TYPES: Record<Format, string> = {
  json: 'application/json',
  jsonl: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8; header=present',
  arrow: 'application/vnd.apache.arrow.stream',
};

/** A writer for rows of this schema, an encapsulated IPC message. */
export function writerOf(format: Format, schema: Uint8Array): Writer {
  switch (format) {
    case 'json':
      return jsonWriter(schema);
    case 'jsonl':
      return jsonLinesWriter(schema);
    case 'csv':
      return csvWriter(schema);
    case 'arrow':
      return arrowWriter(schema);
  }
}
