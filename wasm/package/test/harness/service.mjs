/** A handler of `parqlet/edge` as a service on a port of loopback, in this process. */

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createHandler } from 'parqlet/edge';
import { serve } from '../sources.mjs';

/** As {@link serve}; `options` are those of the handler, `path` is what the service stands under. */
export async function startService(options, path = '/') {
  const handler = createHandler(options);
  return await serve((request, response) => {
    answer(handler, path, request, response).catch(() => response.destroy());
  });
}

async function answer(handler, path, { url, method, headers }, response) {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const { origin, 'if-none-match': known } = headers;
  const kept = Object.entries({ origin, 'if-none-match': known }).filter(([, value]) => value !== undefined);
  const asked = new URL(`/${url.slice(path.length)}`, 'http://service');
  const answer = await handler(new Request(asked, { method, headers: kept, signal: gone.signal }));
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  await pipeline(answer.body === null ? [] : Readable.fromWeb(answer.body), response);
}
