/** A source around another one. */

import type { Start } from '../glue.js';
import type { Link } from '../link.js';
import type { Answer, Ask, Lesson, Source } from '../source/index.js';

/** The source within, but for the way it asks. */
export abstract class SourceAround implements Source {
  protected readonly inner: Source;

  constructor(inner: Source) {
    this.inner = inner;
  }

  get name(): string {
    return this.inner.name;
  }

  get length(): number | undefined {
    return this.inner.length;
  }

  link(): Link {
    return this.inner.link();
  }

  start(): Start {
    return this.inner.start();
  }

  learn(lesson: Lesson): void {
    this.inner.learn(lesson);
  }

  abstract ask(ask: Ask, signal: AbortSignal): Promise<Answer>;
}
