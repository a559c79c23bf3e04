/** An Arrow IPC stream. */

import { END } from '../../ipc.js';
import type { Writer } from './index.js';

/** The head of a message of 2 GiB that never comes: readers may take a mere end of the bytes for that of the stream. */
const CUT_OFF = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];

/** Passes the messages on. */
export function arrowWriter(schema: Uint8Array): Writer {
  return {
    begin: () => schema,
    batch: ({ ipc }) => [ipc],
    end: () => Uint8Array.from(END),
    cut: () => Uint8Array.from(CUT_OFF),
  };
}
