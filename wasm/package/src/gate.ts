/** How many fetches a realm has under way, whatever the number of files and reads. */

import { realm } from './realm.js';

/** Lets so many through at once; the others wait in line. */
export class Gate {
  #free: number;
  readonly #line: (() => void)[] = [];

  constructor(width: number) {
    this.#free = width;
  }

  /** Waits for a place; the answer gives it back, and may be called twice. Whoever aborts leaves the line. */
  async enter(signal: AbortSignal): Promise<() => void> {
    if (this.#free === 0) await this.#wait(signal);
    else this.#free -= 1;
    let inside = true;
    return () => {
      if (inside) this.#leave();
      inside = false;
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', quit);
        resolve();
      };
      const quit = (): void => {
        this.#line.splice(this.#line.indexOf(enter), 1);
        reject(signal.reason as Error);
      };
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      signal.addEventListener('abort', quit, { once: true });
      this.#line.push(enter);
    });
  }

  #leave(): void {
    const next = this.#line.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

/**
 * The realm's gate. Browsers queue what is over six a host themselves and give up at some thousands; a hundred keeps
 * HTTP/2 busy. Promises must not be shared between requests on the edge, which has its own limit.
 */
export const gate = new Gate({ browser: 128, server: 1024, edge: Infinity }[realm]);
