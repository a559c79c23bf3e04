/** An Arrow IPC stream. */

import { END } from '../../ipc.js';
import type { Writer } from './index.js';

/** Passes the messages on. */
export function arrowWriter(schema: Uint8Array): Writer {
  return { begin: () => schema, batch: ({ ipc }) => [ipc], end: () => Uint8Array.from(END) };
}
