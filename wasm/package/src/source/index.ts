/** Where bytes come from. Every source answers as an HTTP server would, so that there is one path. */

import type { Head, Start } from '../glue.js';
import type { Link } from '../link.js';
import type { ErrorCode } from '../error.js';

/** One request. Ends are exclusive. */
export type Ask =
  | { kind: 'range'; start: number; end: number; etag: string | undefined }
  | { kind: 'tail'; bytes: number }
  | { kind: 'length' };

/** An answer whose body is still on its way. */
export interface Answer {
  readonly head: Head;
  /**
   * The body; `undefined` if it is longer than `limit` bytes (what is left of it is cancelled). `received` is told the
   * size of each chunk. Rejects with a {@link Failure}.
   */
  body(limit: number, received: (bytes: number) => void): Promise<Uint8Array | undefined>;
  /** The body isn't wanted: nothing more of it is transferred. */
  cancel(): void;
}

/** What a load tells of the way to the object. */
export interface Lesson {
  start: Start | undefined;
  link: Pick<Link, 'latency' | 'bandwidth' | 'tail'>;
}

/** The way to one object. */
export interface Source {
  /** The object's name in errors, without what may be secret. */
  readonly name: string;
  /** The object's length in bytes, where it is known beforehand. */
  readonly length: number | undefined;
  /** What a request costs, as far as known by now. */
  link(): Link;
  /** The first rung of the opening ladder. */
  start(): Start;
  /** Takes what a finished load learned. */
  learn(lesson: Lesson): void;
  /** Makes a request. Rejects with a {@link Failure}; what it rejects with after `signal` aborted doesn't matter. */
  ask(ask: Ask, signal: AbortSignal): Promise<Answer>;
}

/** No usable answer came. The machine decides what becomes of it. */
export class Failure extends Error {
  readonly code: ErrorCode;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, retryable: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = retryable;
  }
}
