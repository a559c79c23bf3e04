/** Fetching over HTTP: one request for each range, its answer judged by the machine before and after its body. */

import type { Start } from '../glue.js';
import type { Link } from '../link.js';
import { origins, type Origins } from '../origins.js';
import type { Realm } from '../realm.js';
import { unanswered } from './failure.js';
import { answerHead, contentLength, requestHeaders } from './headers.js';
import { Failure, type Answer, type Ask, type Lesson, type Source } from './index.js';
import { Landing, redirectTarget, REDIRECTS } from './landing.js';
import { Transfer } from './transfer.js';
import { firstRung, linkOf, wayKey, wayTo, type Way } from './way.js';

/** A wait of so many milliseconds without a single byte is a stall. */
const PATIENCE = 30_000;
/** The body of a refusal is read to its end up to this size, so that the connection can be used again. */
const SMALL_BODY = 16 * 1024;

/** An address and how to ask it. */
export interface HttpTarget {
  /** Without user and password: those are in `headers`. */
  url: URL;
  /** The user's own headers. They may hold secrets, so they go to the origin the user named and nowhere else. */
  headers: Headers;
  credentials?: RequestCredentials | undefined;
  mode?: RequestMode | undefined;
  /** The user's own fetch function. */
  fetch?: typeof globalThis.fetch | undefined;
  /** The object's length in bytes, if the user knows it. */
  length?: number | undefined;
  realm: Realm;
  /** The page's origin, where there is one. */
  ownOrigin: string | undefined;
  /** Milliseconds without a byte that are a stall. Default: 30,000. */
  patience?: number | undefined;
  /** Where lessons are kept. Default: the realm's own memory. */
  origins?: Origins | undefined;
}

/** The way to one URL. */
export class HttpSource implements Source {
  readonly name: string;
  readonly length: number | undefined;
  readonly #target: HttpTarget;
  readonly #home: Way;
  readonly #origins: Origins;
  readonly #landing: Landing;
  /** Methods that the server ever answered. */
  readonly #answered = new Set<string>();
  /** Methods that once went unanswered. */
  readonly #failed = new Set<string>();

  constructor(target: HttpTarget) {
    this.#target = target;
    this.#home = wayTo(target.url, target.headers, target.realm, target.ownOrigin);
    this.#origins = target.origins ?? origins;
    // What the user's own fetch adds to a request we can't know, so it is sent to no other origin by us.
    this.#landing = new Landing(target.url, target.fetch === undefined);
    this.name = target.url.origin + target.url.pathname;
    this.length = target.length;
  }

  link(): Link {
    return linkOf(this.#home, this.#origins.recall(wayKey(this.#target.url, this.#home)));
  }

  start(): Start {
    return firstRung(this.#home, this.#origins.recall(wayKey(this.#target.url, this.#home)));
  }

  learn(lesson: Lesson): void {
    // What another origin taught says nothing of this one's other objects.
    if (this.#landing.isAbroad) return;
    this.#origins.learn(wayKey(this.#target.url, this.#home), lesson);
  }

  async ask(ask: Ask, signal: AbortSignal): Promise<Answer> {
    const transfer = new Transfer(signal, this.#target.patience ?? PATIENCE);
    try {
      const response = await this.#respond(ask, transfer);
      transfer.progress();
      return this.#answer(ask, response, transfer);
    } catch (error) {
      transfer.over();
      throw error;
    }
  }

  #answer(ask: Ask, response: Response, transfer: Transfer): Answer {
    if (ask.kind === 'length') transfer.over();
    return {
      head: answerHead(response, this.#hides(response)),
      body: async (limit, received) =>
        ask.kind === 'length'
          ? new Uint8Array(0)
          : await transfer.body(response, limit, response.status === 206, received),
      cancel: () => discard(response, transfer),
    };
  }

  /** Whether there may be headers that the browser doesn't show. What a user's own fetch hides we can't know. */
  #hides(response: Response): boolean {
    if (this.#target.realm !== 'browser') return false;
    return response.type === 'cors' || (this.#target.fetch !== undefined && response.type === 'default');
  }

  /** The answer, from where redirects led before or from the beginning. */
  async #respond(ask: Ask, transfer: Transfer): Promise<Response> {
    const landed = this.#landing.url;
    if (landed !== undefined) {
      const response = await this.#sendLanded(landed, ask, transfer);
      if (response !== undefined) return response;
    }
    return await this.#follow(ask, transfer);
  }

  /** From where redirects led before; `undefined`: that address is of no use any more. */
  async #sendLanded(landed: URL, ask: Ask, transfer: Transfer): Promise<Response | undefined> {
    let response: Response;
    try {
      response = await this.#send(landed, ask, transfer);
    } catch (error) {
      this.#landing.failed(landed);
      // Another try begins where the user began.
      if (error instanceof Failure) throw new Failure(error.code, error.message, true, error.cause);
      throw error;
    }
    if (!this.#landing.refused(landed, response.status)) return response;
    void response.body?.cancel().catch(() => undefined);
    return undefined;
  }

  /** From where the user said, through redirects. */
  async #follow(ask: Ask, transfer: Transfer): Promise<Response> {
    let url = this.#target.url;
    const seen: string[] = [];
    for (;;) {
      const response = await this.#send(url, ask, transfer);
      const next = redirectTarget(url, response);
      if (next === undefined) {
        const led = response.redirected ? response.url : url.href;
        if (response.status === 200 || response.status === 206) this.#landing.keep(led);
        return response;
      }
      void response.body?.cancel().catch(() => undefined);
      seen.push(url.href);
      const circle = seen.includes(next.href);
      if (circle || seen.length > REDIRECTS) {
        const how = circle ? 'in a circle' : 'again and again';
        throw new Failure('bad_answer', `the server redirects ${how}: the address leads to no object`, false);
      }
      url = next;
    }
  }

  async #send(url: URL, ask: Ask, transfer: Transfer): Promise<Response> {
    const target = this.#target;
    const method = ask.kind === 'length' ? 'HEAD' : 'GET';
    const own = url.origin === target.url.origin ? target.headers : undefined;
    const way = wayTo(url, own ?? new Headers(), target.realm, target.ownOrigin);
    // With headers of the user's we go from redirect to redirect ourselves, so that they reach no other origin.
    // Browsers don't say where a redirect leads, and leave out `Authorization` themselves.
    const manual = target.realm !== 'browser' && own !== undefined && [...own.keys()].length > 0;
    const redirect = manual ? 'manual' : 'follow';
    const init: RequestInit = { method, headers: requestHeaders(ask, way, own), signal: transfer.signal, redirect };
    if (target.credentials !== undefined) init.credentials = target.credentials;
    if (target.mode !== undefined) init.mode = target.mode;
    // Chromium's cache lets one request at a time write an entry, so parallel ranges of one address would queue. Edge
    // runtimes know no such option and throw.
    if (target.realm === 'browser') init.cache = 'no-store';
    try {
      // Not a method of ours: browsers refuse to fetch for any `this` but the global one.
      const response = await (target.fetch ?? globalThis.fetch)(url.href, init);
      this.#answered.add(method);
      return response;
    } catch (error) {
      const failedAlike = this.#failed.has(method);
      this.#failed.add(method);
      throw transfer.failure(error, (error) =>
        unanswered(error, {
          way,
          answered: this.#answered.size > 0,
          answeredAlike: this.#answered.has(method),
          failedAlike,
          suffix: ask.kind === 'tail',
          custom: target.fetch !== undefined,
        }),
      );
    }
  }
}

/** Drops a body: a whole object at once, by ending the request; a short refusal by reading it, which is cheaper. */
function discard(response: Response, transfer: Transfer): void {
  const length = contentLength(response);
  if (response.ok || length === undefined || length > SMALL_BODY || response.body === null) {
    transfer.cancel();
    return;
  }
  void response
    .arrayBuffer()
    .catch(() => undefined)
    .finally(() => transfer.over());
}
