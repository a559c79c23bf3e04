/** The public face: what is put in, and what comes out. */

import type { Plan, RowGroup } from './glue.js';
import type { FileStats } from './log.js';
import type { Progress } from './run.js';
import type { Schema } from './schema.js';
import type { Slices } from './source/slices.js';
import type { Column, Row, ValueOptions } from './values/index.js';

/**
 * What can be opened: an address (relative to the page where there is one), a Request (its headers, credentials, mode
 * and signal count), a Blob or File, bytes, or anything with `byteLength` and `slice(start, end)`.
 */
export type FileSource = string | URL | Request | Blob | ArrayBuffer | Uint8Array | Slices;

/** How to open a file. */
export interface OpenOptions {
  /** Ends the opening; reads have a signal of their own. */
  signal?: AbortSignal | undefined;
  /** Sent with each request, to the origin of the address and to no other. From another origin they cost preflights. */
  headers?: RequestInit['headers'] | undefined;
  /** As for `fetch`. */
  credentials?: 'omit' | 'same-origin' | 'include' | undefined;
  /** Used in place of the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
  /** The object's length in bytes, if known: saves a round trip from another origin. */
  length?: number | undefined;
  /**
   * Bytes that may be held at once: fetched, being decoded, decoded and not yet taken, and kept for later reads (at
   * most a quarter). Default: 64 MiB, which is wide enough for the network and small enough for a page.
   */
  memory?: number | undefined;
  /** The most data requests of one read, for platforms that count them. Default: none. */
  maxRequests?: number | undefined;
  /** Told of each chunk that comes while the file is opened. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** How to open a file that a service may read where it can't be read directly. */
export interface FallbackOptions extends OpenOptions {
  /**
   * The address of a service: a handler of `parqlet/edge`, or `parqlet serve`. It is used where the browser lets no
   * answer through (CORS), where the server can't be reached, or where it serves no ranges and the object is too large to
   * take whole; `file.via` tells. The service is told the whole address of the file, but no headers and credentials.
   */
  fallback: string | URL | undefined;
}

/** Which rows and columns. */
export interface Selection {
  /** Names of columns, in the order they shall come; a dot leads into nested ones (`pickup.zone`). Default: all. */
  columns?: readonly string[] | undefined;
  /** Row groups by number, from 0; they come in file order. Default: all. */
  rowGroups?: readonly number[] | undefined;
  /** Rows to skip, of the row groups selected. Default: 0. */
  offset?: number | undefined;
  /** The most rows. Default: all. */
  limit?: number | undefined;
  /** The most rows of a batch. Default: as many as make some 8 MiB, between 1,024 and 65,536. */
  batchRows?: number | undefined;
}

/** How to read. */
export interface ReadOptions extends Selection {
  /** Ends the read and its transfers. */
  signal?: AbortSignal | undefined;
  /** Told of each chunk that comes. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** How to read values. */
export interface ValueReadOptions extends ReadOptions, ValueOptions {}

/** Some rows on their way. */
export interface RowBatch {
  readonly rowCount: number;
  /** Arrow IPC stream of this batch alone. */
  ipc(): Uint8Array<ArrayBuffer>;
  /** One object a row. */
  rows(): Row[];
  /** One array a column. */
  columns(): Record<string, Column>;
}

/** What is known of an open file without I/O. */
export interface FileFacts {
  /** Length of the object in bytes. */
  readonly byteLength: number;
  readonly rowCount: number;
  /** Strong ETag, with its quotes, where the server shows one. */
  readonly etag: string | undefined;
  /** The `Last-Modified` date as the server wrote it. */
  readonly lastModified: string | undefined;
  /** Who wrote the file. */
  readonly createdBy: string | undefined;
  readonly schema: Schema;
  readonly rowGroups: readonly RowGroup[];
  /** The footer's own entries. An entry without a value is `undefined`; of equal keys the last counts. */
  readonly keyValueMetadata: Readonly<Record<string, string | undefined>>;
}

/**
 * An open file. Reads may run side by side; parts that were fetched are kept for later reads, within the memory budget.
 * Every read rejects with a {@link ParqletError}, or with the reason of the signal that aborted it.
 */
export interface ParquetFile extends FileFacts {
  /** The service that reads the file; `undefined`: it is read directly. */
  readonly via: undefined;
  /** One plain object a row. */
  rows(options?: ValueReadOptions): Promise<Row[]>;
  /** One array a column, typed where the type has one. */
  columns(options?: ValueReadOptions): Promise<Record<string, Column>>;
  /** Arrow IPC stream. */
  ipc(options?: ReadOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** Batches in file order, as they are asked for; leaving the loop stops the transfers. */
  batches(options?: ValueReadOptions): AsyncGenerator<RowBatch, void, undefined>;
  /** What a read would fetch, without I/O. */
  plan(selection?: Selection): Plan;
  /** What the file cost since it began to be opened. */
  readonly stats: FileStats;
  /** Ends reads under way and gives the memory back. Whoever forgets it leaves that to the garbage collector. */
  close(): void;
}
