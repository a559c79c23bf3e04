/** Any `{ byteLength, slice }`, as hyparquet's AsyncBuffer is. */

import { messageOf } from '../error.js';
import { httpLink } from '../link.js';
import { realm } from '../realm.js';
import { Failure, type Source } from './index.js';
import { LocalSource } from './local.js';

/** Bytes by their place: `slice(start, end)` gives those from `start` to `end`, exclusive. */
export interface Slices {
  readonly byteLength: number;
  slice(start: number, end: number): SliceBytes | PromiseLike<SliceBytes>;
}

type SliceBytes = ArrayBuffer | Uint8Array;

/** Slices as source. Nothing tells what is behind them, so they are taken to cost what HTTP costs. */
export function slicesSource(slices: Slices): Source {
  return new LocalSource({
    name: 'slices',
    length: slices.byteLength,
    link: httpLink(realm),
    read: async (start, end) => {
      const bytes = await slices.slice(start, end);
      return bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
    },
    failure: (error) => new Failure('network', `slice() failed (${messageOf(error)})`, false, error),
  });
}
