/** A source that asks for no more bytes than an answer may cost. */

import type { Answer, Ask, Source } from '../source/index.js';
import { SourceAround } from './around.js';
import { Problem } from './problem.js';
import type { Upstream } from './upstream.js';

/** Counts what is asked for before it is asked for. */
export class MeteredSource extends SourceAround {
  /** Bytes asked for so far. */
  spent = 0;
  /** Called before each request: what it throws ends the load. */
  check: () => void = () => undefined;
  readonly #upstream: Upstream;
  readonly #maxBytes: number;

  constructor(inner: Source, upstream: Upstream, maxBytes: number) {
    super(inner);
    this.#upstream = upstream;
    this.#maxBytes = maxBytes;
  }

  /** Nothing is learned: the same question has the same plan, however long it took to open the file. */
  override learn(): void {}

  async ask(ask: Ask, signal: AbortSignal): Promise<Answer> {
    this.check();
    const size = sizeOf(ask);
    if (this.spent + size > this.#maxBytes) throw tooLarge(this.#maxBytes);
    this.spent += size;
    try {
      const answer = await this.inner.ask(ask, signal);
      return { ...answer, body: (limit, received) => this.#body(answer, size, limit, received) };
    } catch (error) {
      throw this.#upstream.refusal ?? error;
    }
  }

  /** A server without ranges sends the whole object, which may be more than was asked for. */
  async #body(
    answer: Answer,
    size: number,
    limit: number,
    received: (bytes: number) => void,
  ): Promise<Uint8Array | undefined> {
    const allowed = Math.min(limit, size + this.#maxBytes - this.spent);
    const body = await answer.body(allowed, received);
    if (body === undefined && allowed < limit) throw tooLarge(this.#maxBytes);
    this.spent += Math.max(0, (body?.length ?? 0) - size);
    return body;
  }
}

/** What is answered where `maxBytes` don't do. */
export function tooLarge(maxBytes: number): Problem {
  return new Problem(
    'too_many_bytes',
    `this takes more than ${maxBytes} bytes of the file: ask for fewer columns or rows`,
  );
}

function sizeOf(ask: Ask): number {
  if (ask.kind === 'range') return ask.end - ask.start;
  return ask.kind === 'tail' ? ask.bytes : 0;
}
