/** Sources whose length is known and whose bytes come by a function: Blobs, buffers, `{ byteLength, slice }`. */

import type { Head, Start } from '../glue.js';
import type { Link } from '../link.js';
import { messageOf } from '../error.js';
import { Failure, type Answer, type Ask, type Lesson, type Source } from './index.js';

/** What makes one local source different from another. */
export interface LocalParts {
  /** The object's name in errors. */
  name: string;
  length: number;
  link: Link;
  /** An HTTP date that serves as version, where there is one. */
  lastModified?: string | undefined;
  /** The bytes from `start` to `end`, exclusive. */
  read(start: number, end: number): Promise<Uint8Array> | Uint8Array;
  /** What a rejection of `read` means. */
  failure?(error: unknown): Failure;
}

/** Answers from known bytes as a server with ranges would. */
export class LocalSource implements Source {
  readonly #parts: LocalParts;

  constructor(parts: LocalParts) {
    this.#parts = parts;
  }

  get name(): string {
    return this.#parts.name;
  }

  get length(): number {
    return this.#parts.length;
  }

  link(): Link {
    return this.#parts.link;
  }

  start(): Start {
    return 'suffix';
  }

  learn(_lesson: Lesson): void {
    // The next object comes another way.
  }

  async ask(ask: Ask, _signal: AbortSignal): Promise<Answer> {
    const { length, lastModified } = this.#parts;
    if (ask.kind === 'length') return this.#answer({ status: 200, contentLength: length, lastModified }, 0, 0);
    const start = ask.kind === 'tail' ? Math.max(0, length - ask.bytes) : ask.start;
    const end = ask.kind === 'tail' ? length : Math.min(ask.end, length);
    if (start >= end) return this.#answer({ status: 416, contentRange: `bytes */${length}`, lastModified }, 0, 0);
    const contentRange = `bytes ${start}-${end - 1}/${length}`;
    return this.#answer({ status: 206, contentRange, contentLength: end - start, lastModified }, start, end);
  }

  #answer(head: Head, start: number, end: number): Answer {
    const body = async (limit: number, received: (bytes: number) => void): Promise<Uint8Array | undefined> => {
      if (start === end) return new Uint8Array(0);
      const bytes = await this.#read(start, end);
      received(bytes.length);
      return bytes.length > limit ? undefined : bytes;
    };
    return { head, body, cancel: () => undefined };
  }

  async #read(start: number, end: number): Promise<Uint8Array> {
    try {
      return await this.#parts.read(start, end);
    } catch (error) {
      throw (
        this.#parts.failure?.(error) ?? new Failure('network', `reading failed (${messageOf(error)})`, false, error)
      );
    }
  }
}
