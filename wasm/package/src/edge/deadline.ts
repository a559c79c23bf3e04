/** The longest wait. */

import { Problem } from './problem.js';

/** Ends what is waited for when that takes too long; time between waits, while the caller takes its rows, is free. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timeout: number;

  /** `timeout` in milliseconds. */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /** For what is waited for. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Waits. What listens to the signal rejects with a Problem when time is over. */
  async wait<T>(work: Promise<T>): Promise<T> {
    const problem = new Problem('upstream_timeout', 'the server of the file is too slow: try again later');
    const timer = setTimeout(() => this.#controller.abort(problem), this.#timeout);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  }
}
