// ALLOW='https://example.org/' node node.mjs

import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createHandler } from 'parqlet/edge';

const handler = createHandler({ allow: process.env.ALLOW.split(' '), cors: '*' });

/** What Node got, as the handler wants it; throws for what is no request of ours, such as TRACE. */
function requestOf({ url, method, headers }, signal) {
  const { origin, 'if-none-match': ifNoneMatch } = headers;
  const kept = Object.entries({ origin, 'if-none-match': ifNoneMatch }).filter(([, value]) => value !== undefined);
  return new Request(`http://localhost${url}`, { method, headers: kept, signal });
}

async function answer(incoming, outgoing) {
  const gone = new AbortController();
  outgoing.on('close', () => gone.abort());
  const response = await handler(requestOf(incoming, gone.signal));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  // Breaks the connection where the body ends with an error.
  await pipeline(response.body === null ? [] : Readable.fromWeb(response.body), outgoing);
}

const server = createServer((incoming, outgoing) => {
  answer(incoming, outgoing).catch(() => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(400).end()));
});
server.listen(process.env.PORT ?? 8080, '127.0.0.1', () => {
  console.log(`Listening on http://127.0.0.1:${server.address().port}/`);
});
