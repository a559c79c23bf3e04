/** Where redirects led: each request would be redirected again, at the cost of a round trip. */

import { Failure } from './index.js';

/** Redirects that are followed for one request: nobody needs more than a few. */
export const REDIRECTS = 10;

/** One address may be refused at once because it was signed for HEAD; the second says that none is any good. */
const MISSES = 2;

/** The memory of where one address leads. */
export class Landing {
  readonly #home: URL;
  readonly #abroad: boolean;
  #url: URL | undefined;
  /** An answer came from the address itself, without a redirect. */
  #proven = false;
  /** Addresses that were refused before any answer came from them; from the second on redirects are paid. */
  #misses = 0;

  /** `abroad`: requests may be sent to other origins than `home`'s. */
  constructor(home: URL, abroad: boolean) {
    this.#home = home;
    this.#abroad = abroad;
  }

  /** Where to ask; `undefined`: where the user said. */
  get url(): URL | undefined {
    return this.#url;
  }

  /** Whether redirects led to another origin. */
  get isAbroad(): boolean {
    return this.#url !== undefined && this.#url.origin !== this.#home.origin;
  }

  /** A request was redirected to `address` and answered there. */
  keep(address: string): void {
    if (this.#misses >= MISSES || !URL.canParse(address)) return;
    const url = new URL(address);
    if (!this.#abroad && url.origin !== this.#home.origin) return;
    if (url.href === this.#home.href || url.href === this.#url?.href) return;
    this.#url = url;
    this.#proven = false;
  }

  /** A request sent to `url` itself got no answer. */
  failed(url: URL): void {
    // A server may allow what was redirected and refuse this page by name: it would another time.
    if (!this.#proven) this.#misses = MISSES;
    this.#forget(url);
  }

  /** Whether the answer of `url` says that it is of no use any more; the next request begins where the user began. */
  refused(url: URL, status: number): boolean {
    if (!isGone(status)) {
      this.#proven = true;
      return false;
    }
    if (!this.#proven) this.#misses += 1;
    this.#forget(url);
    return true;
  }

  #forget(url: URL): void {
    // Another request may have found a new one meanwhile.
    if (this.#url?.href === url.href) this.#url = undefined;
  }
}

/** Where an answer redirects to; `undefined` for any other answer. */
export function redirectTarget(from: URL, response: Response): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  const location = response.headers.get('location');
  if (location === null || !URL.canParse(location, from.href)) return undefined;
  const target = new URL(location, from);
  if (target.protocol !== 'http:' && target.protocol !== 'https:') {
    throw new Failure('bad_answer', `the server redirects to \`${target.protocol}//\`, which can't be followed`, false);
  }
  return target;
}

/** What a store says to a signed address that has expired: 400 is what some say to expired temporary credentials. */
function isGone(status: number): boolean {
  return [400, 401, 403, 404, 410].includes(status) || (status >= 300 && status < 400);
}
