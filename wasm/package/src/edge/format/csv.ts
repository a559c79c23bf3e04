/**
 * CSV as RFC 4180 has it, with `\n` ends: a header line; null is an empty field and an empty text is `""`; lists,
 * structs and maps are JSON. A null that is alone on its line is `""` too: readers skip blank lines and would lose the
 * row.
 */

import { arrowSchema } from '../../values/arrow.js';
import { rowsOf } from './rows.js';
import { CUT, type Writer } from './index.js';

/** Begins with the header line. */
export function csvWriter(schema: Uint8Array): Writer {
  const { fields } = arrowSchema(schema);
  return {
    begin: () => `${fields.map((field) => quoted(field.name ?? '')).join()}\n`,
    *batch(batch) {
      for (const row of rowsOf(schema, batch)) {
        const texts = fields.map((_, column) => {
          if (row.isNull(column)) return fields.length === 1 ? '""' : '';
          return quoted(row.text(column, row.isNested(column) ? 'json' : 'plain'));
        });
        yield `${texts.join()}\n`;
      }
    },
    end: () => '',
    cut: () => CUT,
  };
}

/** A cell, in quotes where a reader would take it for more or less than it is. */
export function quoted(text: string): string {
  if (text !== '' && !/[,"\n\r]|^ | $/.test(text)) return text;
  return `"${text.replaceAll('"', '""')}"`;
}
