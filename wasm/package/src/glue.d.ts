/** Types of `glue.js`, which the build makes from the WebAssembly module's bindings. */

import type { CompiledModule } from './module/index.js';

/** A fresh set of bindings with no instance yet. */
export function instantiate(): Glue;

export interface Glue {
  /** Makes the instance. Once for each set of bindings. */
  initSync(options: { module: CompiledModule }): void;
  Load: LoadConstructor;
}

/** An object that lives in the instance. */
export interface Owned {
  /** Gives its memory back. */
  free(): void;
  /** Lets go of it without a call into the instance. The bindings' own, for when that is broken. */
  __destroy_into_raw(): number;
}

export interface LoadConstructor {
  /** Opens: identity and footer. `object` is the name for errors, without secrets. */
  open(object: string, options: LoadOptions): Load;
  /** Reads rows of an open file. */
  read(file: OpenFile, selection: SelectionOptions, options: LoadOptions): Load;
  /** The plan of a read from what is known: run like any load, it asks for nothing. */
  plan(file: OpenFile, selection: SelectionOptions, options: LoadOptions): Load;
}

/** First rung of the opening ladder: `bytes=-n`; HEAD, then a bounded tail; `bytes=0-0`, then a bounded tail. */
export type Start = 'suffix' | 'length' | 'probe';

export interface LoadOptions {
  /** Bytes for everything that is held at once. */
  memory?: number | undefined;
  /** Milliseconds to the first byte of an answer. */
  latency: number;
  /** Bytes a second of one connection. */
  bandwidth: number;
  /** Requests in flight at once. */
  slots: number;
  /** Bytes of the first request for the end of the object. */
  tail: number;
  /** Cap on data requests. */
  maxRequests?: number | undefined;
  start?: Start | undefined;
  /** The object's length in bytes, where it is known. */
  length?: number | undefined;
  /** For jitter. */
  seed?: number | undefined;
}

export interface SelectionOptions {
  columns?: string[] | undefined;
  rowGroups?: number[] | undefined;
  offset?: number | undefined;
  limit?: number | undefined;
  batchRows?: number | undefined;
}

/** 0: wait; 1: a piece of decoding is due; 2: done. */
export type Poll = 0 | 1 | 2;

export interface Load extends Owned {
  /** Does every step there is; throws what ended the load. The shell must not call back before this returned. */
  poll(now: number, shell: Shell): Poll;
  /** After `poll` gave 0: when to poll again at the latest, on the scale of `now`. */
  until(): number | undefined;
  /** Runs one piece of decoding and reports it. */
  decode(): void;
  /** Judges the head of an answer: the most body bytes to take; `undefined`: refused, cancel the body. */
  head(id: number, now: number, head: Head): number | undefined;
  /** Reports a whole body. `firstByte`: milliseconds from sending to the head. */
  body(id: number, now: number, firstByte: number, bytes: Uint8Array): void;
  /** Reports that a body had more than the limit. */
  tooLong(id: number, now: number): void;
  /** Reports that no usable answer came. */
  failed(id: number, now: number, code: string, message: string, retryable: boolean): void;
  /** Of a finished open, or of a read that began again with a new version of the object. */
  opened(): OpenFile | undefined;
  /** Schema of the batches as one encapsulated IPC message, once known. */
  schema(): Uint8Array | undefined;
  /** The next batch in file order. */
  batch(): Batch | undefined;
  stats(): Stats;
  link(): { latency: number; bandwidth: number; tail: number };
  /** The rung that led to the footer. */
  startedWith(): string | undefined;
  planned(): Plan | undefined;
}

export interface Batch {
  rowCount: number;
  /** Dictionary messages and the record batch message, without schema and end. */
  ipc: Uint8Array;
}

export interface Shell {
  /** `etag`: strong tag to send as If-Match where that costs nothing. */
  exact(id: number, start: number, end: number, etag: string | undefined): void;
  tail(id: number, bytes: number): void;
  length(id: number): void;
  /** Drop every request under way: the object changed and the load begins again. */
  abandon(): void;
}

export interface Head {
  status: number;
  contentRange?: string | undefined;
  contentLength?: number | undefined;
  contentEncoding?: string | undefined;
  etag?: string | undefined;
  lastModified?: string | undefined;
  /** Milliseconds from now. */
  retryAfter?: number | undefined;
  /** There may be headers that the client isn't shown, so a missing one is no fault. */
  hidden?: boolean | undefined;
}

export interface OpenFile extends Owned {
  readonly byteLength: number;
  readonly rowCount: number;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  readonly createdBy: string | undefined;
  /** IPC schema message of all columns. */
  schema(): Uint8Array;
  keyValueMetadata(): [string, string | undefined][];
  readonly rowGroupCount: number;
  rowGroup(index: number): RowGroup;
}

export interface RowGroup {
  rowCount: number;
  byteLength: number;
  columns: ColumnChunk[];
}

export interface ColumnChunk {
  path: string;
  codec: string;
  encodings: string[];
  start: number;
  end: number;
  valueCount: number;
  /** Nulls among them, where the file's statistics count them. */
  nullCount?: number | undefined;
  uncompressedBytes: number;
}

export interface Stats {
  requests: number;
  bytes: number;
  plannedBytes: number;
  roundTrips: number;
  retries: number;
  knownPartHits: number;
  restarts: number;
  rows: number;
  batches: number;
  plannedRows: number;
  decodeMs: number;
  peakMemory: number;
}

export interface Span {
  start: number;
  end: number;
}

export interface Plan {
  requests: Span[];
  usefulBytes: number;
  knownBytes: number;
  wasteBytes: number;
  index?: Span | undefined;
  rowGroups: { index: number; rows: [number, number]; ranges: Span[] }[];
}
