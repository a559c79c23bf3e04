/** What a page and its worker say to each other. Numbers of files, readers and services are given out by the page. */

import type { FileFacts, OpenOptions, ReadOptions, Selection, ValueReadOptions } from '../api.js';
import type { RequestEntry, Totals } from '../log.js';
import type { Progress } from '../run.js';
import type { Column, Row } from '../values/index.js';

/** Where a file is: what can't be cloned stays in the page as a service. */
export type SentSource =
  | { kind: 'address'; url: string; headers: [string, string][]; credentials?: RequestCredentials; mode?: RequestMode }
  | { kind: 'blob'; blob: Blob }
  | { kind: 'slices'; service: number; byteLength: number };

/** Options without what can't be cloned. */
export interface SentOptions extends Omit<OpenOptions, 'signal' | 'headers' | 'fetch' | 'onProgress'> {
  headers: [string, string][];
  /** The service that is the user's own fetch. */
  fetch?: number | undefined;
}

/** A read's options without what can't be cloned. */
export type SentReadOptions = Omit<ValueReadOptions, keyof ReadOptions> & Selection;

/** Progress is told to the call, reader or file of this number; of a file that is open with what it cost so far. */
export interface Told extends Progress {
  listener: number;
  stats?: SentStats | undefined;
}

/** `open`. */
export interface OpenCall {
  file: number;
  source: SentSource;
  options: SentOptions;
  listener: number | undefined;
}

/** `ipc`. */
export interface ReadCall {
  file: number;
  options: SentReadOptions;
  listener: number | undefined;
}

/** `begin`: rows and values of columns come some at a time, batches one. */
export interface BeginCall extends ReadCall {
  reader: number;
  as: 'rows' | 'batches' | 'columns';
}

/** A batch; some rows; all columns, those of no type still empty; some values of one of those. */
export type Part =
  | { rowCount: number; ipc: Uint8Array<ArrayBuffer> }
  | { rows: Row[] }
  | { columns: Record<string, Column> }
  | { name: string; values: unknown[] };

/** The news of a file's statistics: totals, and the log from line `from` on. */
export interface SentStats {
  totals: Totals;
  from: number;
  entries: RequestEntry[];
}

/** Every answer about a file. */
export interface Reply<T> {
  value: T;
  facts?: FileFacts | undefined;
  stats: SentStats;
}

/** A body, or bytes, that the worker asks the page for. */
export interface FetchCall {
  service: number;
  url: string;
  method: string;
  headers: [string, string][];
  redirect: RequestRedirect | undefined;
  cache: RequestCache | undefined;
  credentials: RequestCredentials | undefined;
  mode: RequestMode | undefined;
}

/** The head of what the page's fetch answered; its body is pulled by number. */
export interface FetchReply {
  status: number;
  headers: [string, string][];
  body: number | undefined;
}

/** Bytes of a `{ byteLength, slice }`. */
export interface SliceCall {
  service: number;
  start: number;
  end: number;
}
