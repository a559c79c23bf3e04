/** The one way out: every request to the server of a file is checked and counted here, each hop of a redirect too. */

import { Landing } from '../source/landing.js';
import type { Settings } from './options.js';
import { Problem } from './problem.js';

/** Hops of one request: nobody needs more than a few. */
const HOPS = 5;

/** The way to one file for one answer. */
export class Upstream {
  /** Requests made. */
  requests = 0;
  /** Why a request was not made, or its answer not taken: what fetch throws reaches the caller through many hands. */
  refusal: Problem | undefined;
  readonly #home: URL;
  readonly #settings: Settings;
  readonly #credentials: Headers;
  readonly #landing: Landing;
  /** Addresses that redirects led to without leaving the origin of the file. */
  readonly #atHome = new Set<string>();

  private constructor(home: URL, settings: Settings, credentials: Headers) {
    this.#home = home;
    this.#settings = settings;
    this.#credentials = credentials;
    this.#landing = new Landing(home, true);
  }

  /** @throws Problem if the address isn't allowed. */
  static async to(home: URL, settings: Settings): Promise<Upstream> {
    judge(home, settings);
    const headers = settings.headers === undefined ? undefined : await settings.headers(new URL(home));
    return new Upstream(home, settings, new Headers(headers));
  }

  /** What makes two ways the same: the address, and the credentials. Holds secrets. */
  get identity(): string[] {
    return [this.#home.href, ...[...this.#credentials].flat()];
  }

  /** Counts a call to the platform's cache, which is a request as well, if this leaves `most - 1` more. */
  afford(most: number): boolean {
    if (this.requests + most > this.#settings.maxRequests) return false;
    this.requests += 1;
    return true;
  }

  /** For the HTTP source, in place of `fetch`. */
  readonly fetch: typeof globalThis.fetch = async (_, init = {}) => {
    try {
      return await this.#respond(init);
    } catch (error) {
      if (error instanceof Problem) this.refusal ??= error;
      // Runtimes throw this and that where the connection fails; the standard is a TypeError.
      throw error instanceof Problem || error instanceof TypeError
        ? error
        : new TypeError('fetch failed', { cause: error });
    }
  };

  async #respond(init: RequestInit): Promise<Response> {
    const landed = this.#landing.url;
    if (landed !== undefined) {
      const response = await this.#sendLanded(landed, init);
      if (!this.#landing.refused(landed, response.status)) return response;
      drop(response);
    }
    return await this.#follow(init);
  }

  /** To where redirects led before. */
  async #sendLanded(landed: URL, init: RequestInit): Promise<Response> {
    try {
      return await this.#send(landed, init, this.#atHome.has(landed.href));
    } catch (error) {
      // Another try begins where the caller said.
      if (!(error instanceof Problem)) this.#landing.failed(landed);
      throw error;
    }
  }

  async #follow(init: RequestInit): Promise<Response> {
    let url = this.#home;
    let atHome = true;
    for (let hop = 0; hop <= HOPS; hop++) {
      const response = await this.#send(url, init, atHome);
      const next = redirectedTo(url, response);
      if (next === undefined) {
        if (response.ok) {
          if (atHome) this.#atHome.add(url.href);
          else this.#atHome.delete(url.href);
          this.#landing.keep(url.href);
        }
        return response;
      }
      drop(response);
      if (this.#settings.allow.judge(next) !== 'allowed' || next.username !== '' || next.password !== '') {
        // Where it leads is for the one who signed the redirect to know.
        throw new Problem('redirect_not_allowed', 'the server of the file redirects to a place that is not allowed');
      }
      url = next;
      atHome &&= next.origin === this.#home.origin;
    }
    throw new Problem('upstream_bad_answer', 'the server of the file redirects again and again');
  }

  async #send(url: URL, init: RequestInit, atHome: boolean): Promise<Response> {
    const { maxRequests, fetch, allow } = this.#settings;
    if (this.requests >= maxRequests) throw tooMany(maxRequests);
    this.requests += 1;
    const headers = new Headers(init.headers);
    if (atHome && url.origin === this.#home.origin)
      this.#credentials.forEach((value, name) => headers.set(name, value));
    const response = await (fetch ?? globalThis.fetch)(url.href, { ...init, headers, redirect: 'manual' });
    // A fetch function of the service's own may follow redirects by itself.
    if (response.redirected && URL.canParse(response.url) && allow.judge(new URL(response.url)) !== 'allowed') {
      drop(response);
      throw new Problem('redirect_not_allowed', 'the server of the file redirects to a place that is not allowed');
    }
    return response;
  }
}

/** What is answered where `maxRequests` don't do. */
export function tooMany(maxRequests: number): Problem {
  return new Problem(
    'too_many_subrequests',
    `this takes more than ${maxRequests} requests to the server of the file: ask for fewer columns or rows`,
  );
}

function judge(url: URL, { allow }: Settings): void {
  const verdict = allow.judge(url);
  if (verdict === 'private') {
    throw new Problem('private_address', '`url`: this service reads no loopback, private or link-local address', 'url');
  }
  if (verdict === 'unknown') throw new Problem('url_not_allowed', '`url`: this service does not read this file', 'url');
}

function redirectedTo(from: URL, response: Response): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  const location = response.headers.get('location');
  if (location === null || !URL.canParse(location, from.href)) {
    throw new Problem('upstream_bad_answer', 'the server of the file redirects to no address');
  }
  const target = new URL(location, from);
  target.hash = '';
  return target;
}

function drop(response: Response): void {
  void response.body?.cancel().catch(() => undefined);
}
