/** A source that looks into the platform's cache before it asks. */

import type { Head } from '../glue.js';
import type { Answer, Ask, Source } from '../source/index.js';
import { SourceAround } from './around.js';
import { versionOf, type Part, type PartCache } from './cache.js';

/** Answers from the cache what it has, and keeps there what comes. */
export class CachedSource extends SourceAround {
  readonly #cache: PartCache;
  /** The version that is being read, by the last answer to a question for the end. */
  #version: string | undefined;
  /** Whether the end was asked for before: the object changed since, so what is kept of it is of no use. */
  #stale = false;

  constructor(inner: Source, cache: PartCache) {
    super(inner);
    this.#cache = cache;
  }

  async ask(ask: Ask, signal: AbortSignal): Promise<Answer> {
    if (ask.kind === 'tail') return await this.#tail(ask, signal);
    if (ask.kind === 'range' && this.#version !== undefined) return await this.#range(ask, this.#version, signal);
    return await this.inner.ask(ask, signal);
  }

  async #tail(ask: Ask & { kind: 'tail' }, signal: AbortSignal): Promise<Answer> {
    const known = this.#stale ? undefined : await this.#cache.tail(ask.bytes);
    this.#stale = true;
    if (known !== undefined) {
      this.#version = versionOf(known.head);
      return answerOf(known);
    }
    const answer = await this.inner.ask(ask, signal);
    this.#version = answer.head.status === 206 ? versionOf(answer.head) : undefined;
    if (this.#version === undefined) return answer;
    return watched(answer, (part) => this.#cache.keepTail(ask.bytes, part));
  }

  async #range(ask: Ask & { kind: 'range' }, version: string, signal: AbortSignal): Promise<Answer> {
    const { start, end } = ask;
    const known = await this.#cache.range(version, start, end);
    if (known !== undefined) return answerOf(known);
    const answer = await this.inner.ask(ask, signal);
    if (answer.head.status !== 206 || versionOf(answer.head) !== version) return answer;
    return watched(answer, (part) => {
      if (part.bytes.length === end - start) this.#cache.keepRange(version, start, end, part);
    });
  }
}

function answerOf({ head, bytes }: Part): Answer {
  return {
    head,
    body: (limit, received) => {
      received(bytes.length);
      return Promise.resolve(bytes.length > limit ? undefined : bytes);
    },
    cancel: () => undefined,
  };
}

/** The same answer; `whole` is told when all that its head promises has come. */
function watched(answer: Answer, whole: (part: Part) => void): Answer {
  return {
    ...answer,
    body: async (limit, received) => {
      const bytes = await answer.body(limit, received);
      if (bytes !== undefined && bytes.length === promised(answer.head)) {
        const { status, contentRange, etag, lastModified } = answer.head;
        whole({ head: { status, contentRange, contentLength: bytes.length, etag, lastModified }, bytes });
      }
      return bytes;
    },
  };
}

/** The bytes of a partial answer by its range. */
function promised({ contentRange, contentEncoding }: Head): number | undefined {
  const [, first, last] = /^bytes (\d+)-(\d+)\/\d+$/.exec(contentRange ?? '') ?? [];
  return contentEncoding === undefined && last !== undefined ? Number(last) - Number(first) + 1 : undefined;
}
