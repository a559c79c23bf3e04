/**
 * Parts of files in the platform's cache: what one request fetched serves the next, wherever in the data centre it
 * runs. Only bytes are shared, never promises.
 *
 * Parts are kept under keys of our own, as answers with status 200, for a 206 can't be put. A part's key has the
 * version of the object in it, so that no two are mixed; the end of the object, which tells the version, is kept only
 * as long as answers may be. Keys are digests of the address and the credentials: nobody gets what others' credentials
 * fetched.
 */

import type { Head } from '../glue.js';
import type { Upstream } from './upstream.js';

/** As long as parts are kept, in seconds: their version is in their key. */
const PART_AGE = 86_400;
/** A host that no request ever goes to. */
const KEYS = 'https://parts.parqlet.invalid';

/** What there is of the platform's cache: a `Cache` is one. */
export interface PartStore {
  match(key: string): Promise<Response | undefined>;
  put(key: string, response: Response): Promise<unknown>;
}

/** A part with the head of the answer it came in. */
export interface Part {
  head: Head;
  bytes: Uint8Array;
}

/**
 * The cache as one answer uses it. Its calls count as requests, as they do on Workers; none is made that can't be
 * afforded.
 */
export class PartCache {
  readonly #store: PartStore;
  readonly #object: string;
  readonly #fresh: number;
  readonly #upstream: Upstream;
  readonly #keep: (work: Promise<unknown>) => void;

  private constructor(
    store: PartStore,
    object: string,
    fresh: number,
    upstream: Upstream,
    keep: (work: Promise<unknown>) => void,
  ) {
    this.#store = store;
    this.#object = object;
    this.#fresh = fresh;
    this.#upstream = upstream;
    this.#keep = keep;
  }

  /**
   * `fresh`: seconds for which the end of an object is taken as it was. `keep` is told of what goes on in the
   * background.
   */
  static async of(
    store: PartStore,
    upstream: Upstream,
    fresh: number,
    keep: (work: Promise<unknown>) => void,
  ): Promise<PartCache> {
    return new PartCache(store, await digest(upstream.identity), fresh, upstream, keep);
  }

  /** The last bytes of the object, if they may still be taken for that. */
  async tail(bytes: number): Promise<Part | undefined> {
    return this.#fresh === 0 ? undefined : await this.#find(`${this.#object}/tail/${bytes}`);
  }

  /** Keeps them. */
  keepTail(bytes: number, part: Part): void {
    if (this.#fresh > 0) this.#put(`${this.#object}/tail/${bytes}`, part, this.#fresh);
  }

  /** A range of a version of the object. */
  async range(version: string, start: number, end: number): Promise<Part | undefined> {
    const part = await this.#find(`${this.#object}/${await digest([version])}/${start}-${end}`);
    return part?.bytes.length === end - start ? part : undefined;
  }

  /** Keeps it. */
  keepRange(version: string, start: number, end: number, part: Part): void {
    const key = digest([version]).then((digest) => `${this.#object}/${digest}/${start}-${end}`);
    this.#keep(key.then((key) => this.#put(key, part, PART_AGE)));
  }

  async #find(key: string): Promise<Part | undefined> {
    // The request itself must be left over.
    if (!this.#upstream.afford(2)) return undefined;
    try {
      const response = await this.#store.match(`${KEYS}/${key}`);
      const head = response?.headers.get('x-head') ?? undefined;
      if (response === undefined || head === undefined) return undefined;
      return { head: JSON.parse(head) as Head, bytes: new Uint8Array(await response.arrayBuffer()) };
    } catch {
      // A cache that fails is one that has nothing.
      return undefined;
    }
  }

  #put(key: string, { head, bytes }: Part, age: number): void {
    // Never at the cost of what is still to be asked.
    if (!this.#upstream.afford(3)) return;
    const headers = { 'cache-control': `max-age=${age}`, 'x-head': JSON.stringify(head) };
    const response = new Response(bytes.slice(), { headers });
    this.#keep(this.#store.put(`${KEYS}/${key}`, response).catch(() => undefined));
  }
}

/** The version that an answer's head tells; `undefined` where it tells none that tells versions apart. */
export function versionOf({ etag, lastModified, contentRange }: Head): string | undefined {
  const strong = etag === undefined || etag.startsWith('W/') ? undefined : etag;
  if (strong === undefined && lastModified === undefined) return undefined;
  return JSON.stringify([strong, lastModified, /\/(\d+)$/.exec(contentRange ?? '')?.[1]]);
}

async function digest(parts: readonly string[]): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(parts));
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
