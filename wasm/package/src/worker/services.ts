/** In the page: what a worker can't have, done for it. The user's own fetch functions and `slice`s. */

import type { Slices } from '../source/slices.js';
import { Transferred, type Handler } from './channel.js';
import type { FetchCall, FetchReply, SliceCall } from './protocol.js';

/** Services by number, and bodies that are being pulled. */
export class Services {
  readonly #fetches = new Map<number, typeof fetch>();
  readonly #slices = new Map<number, Slices>();
  readonly #bodies = new Map<number, ReadableStreamDefaultReader<Uint8Array>>();
  #numbers = 0;

  addFetch(fetch: typeof globalThis.fetch): number {
    this.#fetches.set(++this.#numbers, fetch);
    return this.#numbers;
  }

  addSlices(slices: Slices): number {
    this.#slices.set(++this.#numbers, slices);
    return this.#numbers;
  }

  /** No file needs it any more. */
  remove(service: number): void {
    this.#fetches.delete(service);
    this.#slices.delete(service);
  }

  /** For the channel. */
  readonly handlers: Readonly<Record<string, Handler>> = {
    fetch: (call: FetchCall, signal) => this.#fetch(call, signal),
    pull: (body: number) => this.#pull(body),
    drop: (body: number) => this.#drop(body),
    slice: (call: SliceCall) => this.#slice(call),
  };

  async #fetch(call: FetchCall, signal: AbortSignal): Promise<FetchReply> {
    const fetch = this.#fetches.get(call.service);
    if (fetch === undefined) throw new Error('the file is closed');
    const { url, method, headers, redirect, cache, credentials, mode } = call;
    const init: RequestInit = { method, headers, signal };
    if (redirect !== undefined) init.redirect = redirect;
    if (cache !== undefined) init.cache = cache;
    if (credentials !== undefined) init.credentials = credentials;
    if (mode !== undefined) init.mode = mode;
    const response = await fetch(url, init);
    let body: number | undefined;
    if (response.body !== null) {
      body = ++this.#numbers;
      this.#bodies.set(body, response.body.getReader());
    }
    return { status: response.status, headers: [...response.headers], body };
  }

  async #pull(body: number): Promise<Transferred | undefined> {
    const { done, value } = (await this.#bodies.get(body)?.read()) ?? { done: true, value: undefined };
    if (done || value === undefined) {
      this.#bodies.delete(body);
      return undefined;
    }
    // Cloned: the chunk may be part of something that the user keeps.
    return new Transferred(value, []);
  }

  #drop(body: number): void {
    const reader = this.#bodies.get(body);
    this.#bodies.delete(body);
    void reader?.cancel().catch(() => undefined);
  }

  async #slice({ service, start, end }: SliceCall): Promise<Transferred> {
    const slices = this.#slices.get(service);
    if (slices === undefined) throw new Error('the file is closed');
    return new Transferred(await slices.slice(start, end), []);
  }
}
