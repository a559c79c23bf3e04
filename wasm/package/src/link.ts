/** What a way to an object is taken to cost before anything was measured. */

import type { Realm } from './realm.js';

/** Latency, bandwidth and width of a way to an object. */
export interface Link {
  /** Milliseconds to the first byte of an answer. */
  latency: number;
  /** Bytes a second of one connection. */
  bandwidth: number;
  /** Requests in flight at once. */
  slots: number;
  /** Bytes of the first request for the end of the object. */
  tail: number;
}

const KIB = 1024;

/** HTTP, by where we run. */
export function httpLink(realm: Realm): Link {
  switch (realm) {
    // Six connections a host is what browsers allow themselves under HTTP/1.1; a connection of a good home line. The
    // tail takes half a latency, and holds the footer and the first row group's page index of a file with 30 columns
    // and some hundred megabytes: a preview of it then goes without a round trip for that index.
    case 'browser':
      return { latency: 30, bandwidth: 12_500_000, slots: 6, tail: 192 * KIB };
    // An object store seen from a machine near it.
    case 'server':
      return { latency: 30, bandwidth: 80_000_000, slots: 32, tail: 256 * KIB };
    // As wide as workerd lets be. The line is faster than that, but a byte that is passed over costs processor time and
    // memory here, so that a gap is worth a request sooner than the line alone would have it.
    case 'edge':
      return { latency: 30, bandwidth: 12_500_000, slots: 6, tail: 128 * KIB };
  }
}

/** A Blob: a message to another process and a read from disk. */
export const blobLink: Link = { latency: 1, bandwidth: 1_000_000_000, slots: 4, tail: 64 * KIB };

/** Memory: a request costs a turn of the event loop. */
export const bufferLink: Link = { latency: 0.01, bandwidth: 2_000_000_000, slots: 4, tail: 64 * KIB };
