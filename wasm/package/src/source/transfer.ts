/** One request on its way: ends it when nothing comes, when it is no longer wanted, or when it is too long. */

import { brokeOff, stalled } from './failure.js';
import type { Failure } from './index.js';

/** Bodies of unknown length start with a buffer of this size, which doubles. */
const FIRST_BUFFER = 64 * 1024;

/** The life of one fetch. */
export class Transfer {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #patience: number;
  readonly #abort = (): void => this.#controller.abort(this.#outer.reason);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stalled = false;

  /** `patience`: milliseconds without a single byte that are too long. */
  constructor(outer: AbortSignal, patience: number) {
    this.#outer = outer;
    this.#patience = patience;
    if (outer.aborted) this.#abort();
    else outer.addEventListener('abort', this.#abort);
    this.progress();
  }

  /** For `fetch`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something came. */
  progress(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#stalled = true;
      this.#controller.abort();
    }, this.#patience);
  }

  /** Nothing more is awaited. */
  over(): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener('abort', this.#abort);
  }

  /** Nothing more is wanted. */
  cancel(): void {
    this.over();
    this.#controller.abort();
  }

  /** Why it ended without what was awaited: a stall if it was one, else what `otherwise` makes of the error. */
  failure(error: unknown, otherwise: (error: unknown) => Failure): Failure {
    this.over();
    return this.#stalled ? stalled(this.#patience) : otherwise(error);
  }

  /**
   * The body; `undefined` if it is longer than `limit`, of which no more than one chunk is ever held. `exact`: it is
   * announced to be as long as `limit`, so one buffer of that size will do.
   */
  async body(
    response: Response,
    limit: number,
    exact: boolean,
    received: (bytes: number) => void,
  ): Promise<Uint8Array | undefined> {
    let buffer = new Uint8Array(exact ? limit : Math.min(limit, FIRST_BUFFER));
    let length = 0;
    for await (const chunk of this.chunks(response)) {
      const end = length + chunk.length;
      if (end > limit) {
        this.cancel();
        return undefined;
      }
      if (end > buffer.length) {
        const larger = new Uint8Array(Math.min(limit, Math.max(end, buffer.length * 2)));
        larger.set(buffer.subarray(0, length));
        buffer = larger;
      }
      buffer.set(chunk, length);
      length = end;
      received(chunk.length);
    }
    this.over();
    return buffer.subarray(0, length);
  }

  /** The body as it comes. Throws a {@link Failure} where it ends too early. */
  async *chunks(response: Response): AsyncGenerator<Uint8Array, void, undefined> {
    // Some fetch functions give bodies without streams.
    if (response.body === null) {
      const bytes = await this.#guard(response.arrayBuffer());
      if (bytes.byteLength > 0) yield new Uint8Array(bytes);
      return;
    }
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await this.#guard(reader.read());
      if (done) return;
      this.progress();
      yield value;
    }
  }

  async #guard<T>(promise: Promise<T>): Promise<T> {
    try {
      return await promise;
    } catch (error) {
      throw this.failure(error, brokeOff);
    }
  }
}
