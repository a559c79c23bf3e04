// The schema message as flechette reads it. In a file of its own so that no public type names a type of flechette's,
// which is bundled and not installed with the package.

import type { Schema } from '@uwdata/flechette';
import { MessageHeader } from '@uwdata/flechette/src/constants.js';
import { decodeMessage } from '@uwdata/flechette/src/decode/message.js';

/** Reads an encapsulated Arrow IPC schema message. Throws on bytes that are none. */
export function arrowSchema(message: Uint8Array): Schema {
  const decoded = decodeMessage(message, 0);
  if (decoded?.type !== MessageHeader.Schema || !decoded.content) throw new TypeError('Not an Arrow schema message');
  return decoded.content;
}
