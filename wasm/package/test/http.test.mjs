// The HTTP source against real servers, as Node sees them; what only browsers do is tested in one.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { ranges, serve, sources } from './sources.mjs';

const { HttpSource, Origins } = await sources('source/http.ts', 'origins.ts');

const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
const never = new AbortController().signal;
const range = (start, end, etag) => ({ kind: 'range', start, end, etag });

function sourceAt(url, { headers = {}, ...options } = {}) {
  const target = {
    url: new URL(url),
    headers: new Headers(headers),
    realm: 'server',
    ownOrigin: undefined,
    ...options,
  };
  return new HttpSource({ origins: new Origins(), ...target });
}

async function whole(source, ask, limit = 1 << 20) {
  const answer = await source.ask(ask, never);
  const chunks = [];
  const body = await answer.body(limit, (count) => chunks.push(count));
  return { head: answer.head, body, received: chunks.reduce((sum, count) => sum + count, 0) };
}

test('a range, a tail and a length are asked for as such, plain and pinned', async (t) => {
  const server = await serve(ranges(bytes, { etag: '"v1"' }));
  t.after(server.close);
  const source = sourceAt(`${server.origin}/a.parquet?key=secret`);

  const part = await whole(source, range(10, 30, '"v1"'));
  assert.deepEqual(part.body, bytes.subarray(10, 30));
  assert.equal(part.received, 20);
  assert.equal(part.head.contentRange, 'bytes 10-29/100000');
  assert.equal(part.head.etag, '"v1"');
  assert.equal(part.head.hidden, false);
  const tail = await whole(source, { kind: 'tail', bytes: 7 });
  assert.deepEqual(tail.body, bytes.subarray(-7));
  const length = await whole(source, { kind: 'length' });
  assert.equal(length.head.contentLength, 100_000);
  assert.equal(length.body.length, 0);

  const seen = server.asked.map(({ method, headers }) => [method, headers.range, headers['if-match']]);
  assert.deepEqual(seen, [
    ['GET', 'bytes=10-29', '"v1"'],
    ['GET', 'bytes=-7', undefined],
    ['HEAD', undefined, undefined],
  ]);
  for (const { headers } of server.asked) assert.match(headers['accept-encoding'], /^identity(, identity)?$/);
  assert.equal(source.name, `${server.origin}/a.parquet`, 'the name in errors has no query: it may hold secrets');
});

test('of a body that is too long no more than a chunk is taken', async (t) => {
  let closed;
  const server = await serve((request, response) => {
    closed = once(response, 'close');
    response.writeHead(200);
    const more = () => {
      while (!response.destroyed && response.write(bytes));
      response.once('drain', more);
    };
    more();
  });
  t.after(server.close);
  const answer = await sourceAt(server.origin).ask(range(0, 10), never);
  let received = 0;
  assert.equal(await answer.body(500_000, (count) => (received += count)), undefined);
  assert.ok(received <= 500_000);
  await closed;
});

test('an object that comes whole is cancelled at its head', async (t) => {
  let closed;
  const server = await serve((request, response) => {
    closed = once(response, 'close');
    response.writeHead(200, { 'content-length': 1 << 30 });
    response.write(bytes);
  });
  t.after(server.close);
  const answer = await sourceAt(server.origin).ask(range(0, 10), never);
  answer.cancel();
  await closed;
});

test('an abort ends the transfer', async (t) => {
  let closed;
  const server = await serve((request, response) => {
    closed = once(response, 'close');
    response.writeHead(206, { 'content-range': 'bytes 0-99999/200000' });
    response.write(bytes.subarray(0, 1000));
  });
  t.after(server.close);
  const controller = new AbortController();
  const answer = await sourceAt(server.origin).ask(range(0, 100_000), controller.signal);
  const body = answer.body(100_000, () => controller.abort());
  await assert.rejects(body);
  await closed;
});

test('silence before the head and in the body is a stall', async (t) => {
  const server = await serve((request, response) => {
    if (request.url === '/head') return;
    response.writeHead(206, { 'content-range': 'bytes 0-99999/200000' });
    response.write(bytes.subarray(0, 1000));
  });
  t.after(server.close);
  const message = 'the server sent nothing for 0.1 s: try again later';
  const stall = { code: 'network', retryable: true, message };
  await assert.rejects(sourceAt(`${server.origin}/head`, { patience: 100 }).ask(range(0, 10), never), stall);
  const answer = await sourceAt(`${server.origin}/body`, { patience: 100 }).ask(range(0, 100_000), never);
  await assert.rejects(
    answer.body(100_000, () => undefined),
    stall,
  );
});

test('a body that breaks off may be asked for again', async (t) => {
  const server = await serve((request, response) => {
    response.writeHead(206, { 'content-range': 'bytes 0-99999/200000', 'content-length': 100_000 });
    response.write(bytes.subarray(0, 1000), () => response.destroy());
  });
  t.after(server.close);
  const answer = await sourceAt(server.origin).ask(range(0, 100_000), never);
  await assert.rejects(
    answer.body(100_000, () => undefined),
    {
      code: 'network',
      retryable: true,
      message: /^the connection broke before the answer was whole \(.+\): try again/,
    },
  );
});

test('a server that is not there is named as such, and not asked again', async () => {
  const server = await serve(() => undefined);
  server.close();
  await assert.rejects(sourceAt(server.origin).ask(range(0, 10), never), (error) => {
    assert.equal(error.code, 'network');
    assert.equal(error.retryable, false);
    assert.match(error.message, /^can't connect to the server \(.*ECONNREFUSED.*\): check the address$/);
    assert.ok(error.cause instanceof TypeError);
    return true;
  });
  await assert.rejects(sourceAt('http://no-such-host.invalid/').ask(range(0, 10), never), {
    code: 'network',
    retryable: false,
    message: /no-such-host\.invalid/,
  });
});

test('a server that answered before may be restarting', async (t) => {
  const server = await serve(ranges(bytes));
  const source = sourceAt(server.origin);
  await whole(source, range(0, 10));
  server.close();
  t.after(server.close);
  await assert.rejects(source.ask(range(0, 10), never), { code: 'network', retryable: true });
});

test('what is no HTTP is said to be none', async (t) => {
  const server = createServer((socket) => socket.end('220 mail.example ESMTP\r\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  await assert.rejects(sourceAt(`http://127.0.0.1:${server.address().port}/`).ask(range(0, 10), never), {
    code: 'bad_answer',
    retryable: false,
    message: /^what the server answers is no HTTP \(.+\): check the address and its port$/,
  });
});

test('where a redirect led is asked directly, until it is refused', async (t) => {
  let valid = 'first';
  const server = await serve((request, response) => {
    if (request.url === '/a.parquet') response.writeHead(302, { location: `/signed?${valid}` }).end();
    else if (request.url === `/signed?${valid}`) ranges(bytes)(request, response);
    else response.writeHead(403).end('expired');
  });
  t.after(server.close);
  const source = sourceAt(`${server.origin}/a.parquet`);
  await whole(source, range(0, 10));
  await whole(source, range(10, 20));
  valid = 'second';
  assert.deepEqual((await whole(source, range(20, 30))).body, bytes.subarray(20, 30));
  await whole(source, range(30, 40));
  assert.deepEqual(
    server.asked.map(({ url }) => url),
    ['/a.parquet', '/signed?first', '/signed?first', '/signed?first', '/a.parquet', '/signed?second', '/signed?second'],
  );
});

test('an address that only redirected requests may use is tried twice, not for ever', async (t) => {
  const server = await serve((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://a');
    if (pathname === '/a.parquet') {
      response.writeHead(302, { location: `/once?${server.asked.length}` }).end();
      return;
    }
    const first = server.asked.filter(({ url }) => url === request.url).length === 1;
    assert.equal(searchParams.size, 1);
    if (first) ranges(bytes)(request, response);
    else response.writeHead(403).end();
  });
  t.after(server.close);
  const source = sourceAt(`${server.origin}/a.parquet`);
  for (let at = 0; at < 6; at++) assert.equal((await whole(source, range(at, at + 1))).body[0], at);
  const refused = server.asked.filter(({ url }, index) => server.asked.findIndex((asked) => asked.url === url) < index);
  assert.equal(refused.filter(({ url }) => url !== '/a.parquet').length, 2);
});

test("the user's headers go to the origin that was named and to no other", async (t) => {
  const store = await serve(ranges(bytes));
  const server = await serve((request, response) => {
    if (request.url === '/a.parquet') response.writeHead(307, { location: '/b.parquet' }).end();
    else response.writeHead(302, { location: `${store.origin}/c.parquet` }).end();
  });
  t.after(store.close);
  t.after(server.close);
  const source = sourceAt(`${server.origin}/a.parquet`, { headers: { 'x-api-key': 'secret', range: 'bytes=1-2' } });
  await whole(source, range(0, 10));
  await whole(source, range(10, 20));
  assert.deepEqual(
    server.asked.map(({ url, headers }) => [url, headers['x-api-key'], headers.range]),
    [
      ['/a.parquet', 'secret', 'bytes=0-9'],
      ['/b.parquet', 'secret', 'bytes=0-9'],
    ],
  );
  assert.deepEqual(
    store.asked.map(({ headers }) => [headers['x-api-key'], headers.range]),
    [
      [undefined, 'bytes=0-9'],
      [undefined, 'bytes=10-19'],
    ],
  );
});

test('what another origin taught is not held against the one that redirects there', async (t) => {
  const store = await serve(ranges(bytes));
  const server = await serve((request, response) => response.writeHead(302, { location: store.origin }).end());
  t.after(store.close);
  t.after(server.close);
  const link = { latency: 5, bandwidth: 1e6, tail: 70_000 };
  for (const [origin, start] of [
    [server.origin, 'suffix'],
    [store.origin, 'length'],
  ]) {
    const source = sourceAt(origin);
    await whole(source, range(0, 10));
    source.learn({ start: 'length', link });
    assert.equal(source.start(), start);
  }
});

test('redirects in a circle end', async (t) => {
  const server = await serve((request, response) => {
    response.writeHead(302, { location: request.url === '/a' ? '/b' : '/a' }).end();
  });
  t.after(server.close);
  const source = sourceAt(`${server.origin}/a`, { headers: { 'x-api-key': 'secret' } });
  await assert.rejects(source.ask(range(0, 10), never), { code: 'bad_answer', message: /in a circle/ });
});

test('a fetch function of the user is used, and its errors are said to be its own', async (t) => {
  const server = await serve(ranges(bytes));
  t.after(server.close);
  const urls = [];
  const fetch = async (url, init) => {
    urls.push(url);
    if (urls.length > 1) throw new Error('no token');
    return await globalThis.fetch(url, init);
  };
  const source = sourceAt(`${server.origin}/a.parquet`, { fetch });
  assert.equal((await whole(source, range(5, 6))).body[0], 5);
  await assert.rejects(source.ask(range(5, 6), never), {
    code: 'network',
    retryable: false,
    message: 'the fetch function that was given failed (no token)',
  });
  assert.deepEqual(urls, [`${server.origin}/a.parquet`, `${server.origin}/a.parquet`]);
});
