/** In the worker: what only the page can do, as if it were here. */

import type { Slices } from '../source/slices.js';
import type { Channel } from './channel.js';
import type { FetchCall, FetchReply, SliceCall } from './protocol.js';

/** Statuses whose answers have no body. */
const BODILESS = [204, 205, 304];

/** The user's own fetch. */
export function fetchIn(channel: Channel, service: number): typeof fetch {
  return async (input, init = {}) => {
    const call: FetchCall = {
      service,
      url: String(input),
      method: init.method ?? 'GET',
      headers: [...new Headers(init.headers)],
      redirect: init.redirect,
      cache: init.cache,
      credentials: init.credentials,
      mode: init.mode,
    };
    const reply = (await channel.call('fetch', call, init.signal ? [init.signal] : [])) as FetchReply;
    const { status, headers, body } = reply;
    if (status < 200 || status > 599) throw new TypeError(`the fetch function answered with status ${status}`);
    const hasBody = body !== undefined && !BODILESS.includes(status);
    return new Response(hasBody ? bodyIn(channel, body, init.signal) : null, { status, headers });
  };
}

function bodyIn(channel: Channel, body: number, signal: AbortSignal | null | undefined): ReadableStream<Uint8Array> {
  const drop = (): void => channel.tell('drop', body);
  signal?.addEventListener('abort', drop);
  return new ReadableStream(
    {
      async pull(controller) {
        const chunk = (await channel.call('pull', body, signal ? [signal] : [])) as Uint8Array | undefined;
        if (chunk !== undefined) {
          controller.enqueue(chunk);
          return;
        }
        signal?.removeEventListener('abort', drop);
        controller.close();
      },
      cancel: drop,
    },
    { highWaterMark: 0 },
  );
}

/** The user's own `{ byteLength, slice }`. */
export function slicesIn(channel: Channel, service: number, byteLength: number): Slices {
  return {
    byteLength,
    async slice(start, end) {
      const call: SliceCall = { service, start, end };
      return (await channel.call('slice', call)) as ArrayBuffer | Uint8Array;
    },
  };
}
