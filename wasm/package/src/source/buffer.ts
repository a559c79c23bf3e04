/** Bytes in memory. */

import { bufferLink } from '../link.js';
import type { Source } from './index.js';
import { LocalSource } from './local.js';

/** Bytes as source. They must not change while the file is open: no copy is made. */
export function bufferSource(bytes: Uint8Array): Source {
  return new LocalSource({
    name: 'buffer',
    length: bytes.length,
    link: bufferLink,
    read: (start, end) => bytes.subarray(start, end),
  });
}
