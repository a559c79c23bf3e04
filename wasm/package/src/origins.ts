/** What was learned of each origin: how opening succeeded there, and what the way to it costs. */

import type { Start } from './glue.js';
import type { Link } from './link.js';

/** What is known of one origin. */
export interface Learned {
  /** The rung of the opening ladder that led to a footer. */
  start?: Start | undefined;
  /** The link as measured. */
  link?: Pick<Link, 'latency' | 'bandwidth' | 'tail'> | undefined;
}

/** Origins that are remembered: more than a page or a server talks to; the least recently used goes first. */
const MOST = 256;

/** A bounded memory by origin. Only successes are told to it, so it never keeps a failure. */
export class Origins {
  readonly #learned = new Map<string, Learned>();

  /** What is known; `key` is from {@link originKey}. */
  recall(key: string): Learned {
    const learned = this.#learned.get(key);
    if (learned === undefined) return {};
    this.#learned.delete(key);
    this.#learned.set(key, learned);
    return learned;
  }

  /** Adds what a finished load showed. */
  learn(key: string, news: Learned): void {
    const known = this.#learned.get(key);
    this.#learned.delete(key);
    this.#learned.set(key, { start: news.start ?? known?.start, link: news.link ?? known?.link });
    if (this.#learned.size > MOST) {
      const [oldest] = this.#learned.keys();
      if (oldest !== undefined) this.#learned.delete(oldest);
    }
  }
}

/**
 * The key of an origin. Whether a preflight is paid belongs to it: a suffix range is free where it is, and costs one
 * where it isn't.
 */
export function originKey(origin: string, preflight: boolean): string {
  return preflight ? `${origin} preflight` : origin;
}

/** What was learned in this realm. */
export const origins = new Origins();
