/** What is other with a file that a service reads. */

import type { OpenOptions, ParquetFile, Selection } from '../api.js';
import type { Plan } from '../glue.js';

/**
 * As {@link ParquetFile}, but that a plan is asked for, so it comes later, and that what a service doesn't tell is missing:
 * `lastModified`, `schema.metadata`, and `columns` of row groups, which are empty. `etag` is the service's name for the
 * version; `stats` count what was asked of the service.
 */
export interface ViaFile extends Omit<ParquetFile, 'plan' | 'via'> {
  /** The address of the service. */
  readonly via: string;
  /** What a read would have the service fetch. */
  plan(selection?: Selection): Promise<Plan>;
}

/** How to open a file through a service. */
export interface ViaOptions extends Pick<OpenOptions, 'signal' | 'credentials' | 'fetch' | 'onProgress'> {
  /** Sent to the service with each request; the server of the file doesn't see them. */
  headers?: OpenOptions['headers'];
  /** Bytes held of one batch. Default: 64 MiB. */
  memory?: number | undefined;
}
