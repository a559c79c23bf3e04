// The package as a Node program uses it, against real servers.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { open, ParqletError } from 'parqlet';
import { ranges, serve } from './sources.mjs';

const bytes = new Uint8Array(gunzipSync(readFileSync(new URL('data/ramp.parquet.gz', import.meta.url))));
const rowsFrom = (start, end) =>
  Array.from({ length: end - start }, (_, index) => {
    const id = start + index;
    return { id: BigInt(id), half: id / 2, tag: 'abcde'[id % 5] };
  });

async function served(t, answer = ranges(bytes, { etag: '"v1"' })) {
  const server = await serve(answer);
  t.after(server.close);
  return { ...server, url: `${server.origin}/ramp.parquet` };
}

test('a remote file: one request to open, one more for rows, none for the same rows again', async (t) => {
  const { url, asked } = await served(t);
  const file = await open(url);
  assert.equal(file.rowCount, 40_000);
  assert.equal(file.byteLength, bytes.length);
  assert.equal(file.etag, '"v1"');
  assert.deepEqual(
    file.schema.fields.map(({ name }) => name),
    ['id', 'half', 'tag'],
  );
  assert.equal(file.rowGroups.length, 4);
  assert.equal(file.rowGroups[1].rowCount, 10_000);
  assert.equal(asked.length, 1);

  const selection = { columns: ['half', 'id'], offset: 12_345, limit: 3 };
  const plan = file.plan(selection);
  const wanted = rowsFrom(12_345, 12_348).map(({ half, id }) => ({ half, id }));
  const rows = await file.rows(selection);
  assert.deepEqual(rows, wanted);
  assert.deepEqual(Object.keys(rows[0]), ['half', 'id']);
  assert.equal(asked.length, 1 + plan.requests.length);
  assert.deepEqual(
    asked.slice(1).map(({ headers }) => [headers.range, headers['if-match']]),
    plan.requests.map(({ start, end }) => [`bytes=${start}-${end - 1}`, '"v1"']),
  );
  assert.deepEqual(await file.rows(selection), wanted);
  assert.equal(asked.length, 1 + plan.requests.length);
  assert.deepEqual(file.plan(selection).requests, []);

  const { stats } = file;
  assert.equal(stats.requestCount, asked.length);
  assert.equal(stats.requests.length, asked.length);
  assert.equal(stats.rows, 6);
  for (const { ok, status, bytes, startedAt, firstByteAt, endedAt, retry } of stats.requests) {
    assert.deepEqual([ok, status, retry], [true, 206, false]);
    assert.ok(bytes > 0 && startedAt <= firstByteAt && firstByteAt <= endedAt);
  }
  file.close();
});

test('every kind of source gives the same rows', async (t) => {
  const { url } = await served(t);
  const buffer = bytes.slice().buffer;
  const padded = new Uint8Array(bytes.length + 10);
  padded.set(bytes, 5);
  const sources = {
    'a string': url,
    'a URL': new URL(url),
    'a Request': new Request(url),
    'a Blob': new Blob([bytes]),
    'a File': new File([bytes], 'ramp.parquet', { lastModified: 0 }),
    'an ArrayBuffer': buffer,
    'a Uint8Array': padded.subarray(5, bytes.length + 5),
    'slices that wait': { byteLength: buffer.byteLength, slice: async (start, end) => buffer.slice(start, end) },
    'slices that do not': { byteLength: buffer.byteLength, slice: (start, end) => bytes.subarray(start, end) },
    'a blob: address': URL.createObjectURL(new Blob([bytes])),
    'a data: address': `data:;base64,${Buffer.from(bytes).toString('base64')}`,
  };
  for (const [name, source] of Object.entries(sources)) {
    const file = await open(source);
    assert.deepEqual(await file.rows({ offset: 9_999, limit: 2 }), rowsFrom(9_999, 10_001), name);
    file.close();
  }
});

test('all rows, by rows, columns, batches and bytes', async () => {
  const file = await open(bytes);
  assert.deepEqual(await file.rows(), rowsFrom(0, 40_000));
  const columns = await file.columns({ columns: ['half'], rowGroups: [3, 0] });
  assert.deepEqual(Object.keys(columns), ['half']);
  assert.ok(columns.half instanceof Float64Array);
  assert.deepEqual([columns.half.length, columns.half[0], columns.half[10_000]], [20_000, 0, 15_000]);

  const counts = [];
  for await (const batch of file.batches({ columns: ['id'], batchRows: 7_000 })) {
    assert.equal(batch.rows().length, batch.rowCount);
    assert.equal(batch.columns().id.length, batch.rowCount);
    assert.deepEqual([...batch.ipc().subarray(-8)], [255, 255, 255, 255, 0, 0, 0, 0]);
    counts.push(batch.rowCount);
  }
  assert.equal(
    counts.reduce((sum, count) => sum + count),
    40_000,
  );
  assert.ok(counts.length >= 6);
  const ipc = await file.ipc({ columns: ['id'] });
  assert.ok(ipc.length > 40_000 * 8 && ipc.length < 40_000 * 8 + 20_000);
  assert.equal(ipc.buffer.byteLength, ipc.length);
});

test('nothing is selected: no rows, with the schema', async () => {
  const file = await open(bytes);
  assert.deepEqual(await file.rows({ limit: 0 }), []);
  assert.deepEqual(await file.rows({ offset: 40_000 }), []);
  assert.deepEqual(Object.keys(await file.columns({ rowGroups: [] })), ['id', 'half', 'tag']);
  assert.ok((await file.ipc({ limit: 0 })).length > 100);
});

test('what is opened twice at once is opened once, and closed twice', async (t) => {
  const { url, asked } = await served(t);
  const [first, second] = await Promise.all([open(url), open(url)]);
  assert.equal(asked.length, 1);
  first.close();
  await assert.rejects(first.rows(), { code: 'closed' });
  assert.throws(() => first.plan(), { code: 'closed' });
  assert.deepEqual(await second.rows({ limit: 1 }), rowsFrom(0, 1));
  second.close();
  await open(url);
  assert.equal(asked.filter(({ headers }) => headers.range.startsWith('bytes=-')).length, 2);
});

test('one of two that open aborts, and the other goes on', async (t) => {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  const { url, asked } = await served(t, async (request, response) => {
    await held;
    ranges(bytes)(request, response);
  });
  const controller = new AbortController();
  const first = open(url, { signal: controller.signal });
  const second = open(url);
  const reason = new Error('no longer wanted');
  controller.abort(reason);
  await assert.rejects(first, (error) => error === reason);
  release();
  assert.equal((await second).rowCount, 40_000);
  assert.equal(asked.length, 1);
});

test('a failure is not kept', async (t) => {
  let found = false;
  const { url } = await served(t, (request, response) => {
    if (found) ranges(bytes)(request, response);
    else response.writeHead(404).end();
  });
  const failures = await Promise.allSettled([open(url), open(url)]);
  for (const { reason } of failures) {
    assert.ok(reason instanceof ParqletError);
    assert.deepEqual([reason.code, reason.status, reason.retryable], ['not_found', 404, false]);
  }
  found = true;
  assert.equal((await open(url)).rowCount, 40_000);
});

test('an abort rejects with its reason and ends the transfers', async (t) => {
  let answered;
  const { url, asked } = await served(t, (request, response) => {
    if (asked.length === 1) {
      ranges(bytes, { etag: '"v1"' })(request, response);
      return;
    }
    answered?.(once(response, 'close'));
  });
  const file = await open(url);
  const stuck = new Promise((resolve) => (answered = resolve));
  const controller = new AbortController();
  const rows = file.rows({ signal: controller.signal, limit: 10 });
  const closed = await Promise.race([stuck, rows]);
  controller.abort('enough');
  await assert.rejects(rows, (reason) => reason === 'enough');
  await closed;
  await assert.rejects(file.rows({ signal: AbortSignal.abort('before') }), (reason) => reason === 'before');
});

test('leaving the loop over batches ends the transfers', async (t) => {
  const open_ = new Set();
  const { url } = await served(t, (request, response) => {
    open_.add(response);
    response.on('close', () => open_.delete(response));
    const [, first] = /^bytes=(\d+)-/.exec(request.headers.range) ?? [];
    // The first row group comes; the others don't.
    if (first === undefined || Number(first) < 100_000) ranges(bytes)(request, response);
  });
  const file = await open(url, { memory: 4 << 20 });
  for await (const batch of file.batches({ columns: ['id'] })) {
    assert.ok(batch.rowCount > 0);
    break;
  }
  // One that was on its way may only come in now.
  const signal = AbortSignal.timeout(10_000);
  for (const response of open_) await once(response, 'close', { signal });
  assert.equal(open_.size, 0);
});

test('closing a file ends its reads', async (t) => {
  const { url, asked } = await served(t, (request, response) => {
    if (asked.length === 1) ranges(bytes)(request, response);
  });
  const file = await open(url);
  const rows = file.rows();
  setImmediate(() => file.close());
  await assert.rejects(rows, { code: 'closed' });
  file.close();
  assert.equal(file.rowCount, 40_000, 'what is known stays known');
});

test('errors say what a program can act on, and nothing that is secret', async (t) => {
  const { url } = await served(t, (request, response) => response.writeHead(403).end('no'));
  await assert.rejects(open(`${url}?signature=secret`), (error) => {
    assert.ok(error instanceof ParqletError);
    assert.deepEqual([error.code, error.status, error.retryable], ['forbidden', 403, false]);
    assert.doesNotMatch(error.message + error.object, /secret/);
    return true;
  });
  await assert.rejects(open(new Blob(['no Parquet file at all'])), { code: 'not_parquet' });
  await assert.rejects(open(new Blob([])), { code: 'not_parquet' });
  await assert.rejects(open('ramp.parquet'), { code: 'usage', message: /openAsBlob/ });
  await assert.rejects(open('ftp://server/ramp.parquet'), { code: 'usage' });
  await assert.rejects(open(42), { code: 'usage' });
  const file = await open(bytes);
  await assert.rejects(file.rows({ columns: ['none'] }), { code: 'usage' });
  await assert.rejects(file.rows({ limit: -1 }), { code: 'usage' });
  await assert.rejects(file.rows({ rowGroups: [4] }), { code: 'usage' });
  assert.throws(() => file.plan({ columns: ['none'] }), { code: 'usage' });
});

test('fetch said why, and the error has it as its cause', async () => {
  const server = await serve(() => undefined);
  server.close();
  await assert.rejects(open(server.origin), (error) => {
    assert.equal(error.code, 'network');
    assert.match(error.message, /can't connect to the server/);
    assert.ok(error.cause instanceof TypeError);
    return true;
  });
});

test('an answer that breaks off is asked for again', async (t) => {
  let broken = 0;
  const { url } = await served(t, (request, response) => {
    if (broken++ > 0) return ranges(bytes)(request, response);
    const start = bytes.length - Number(request.headers.range.slice('bytes=-'.length));
    response.writeHead(206, { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` });
    return response.write(bytes.subarray(0, 1000), () => response.destroy());
  });
  const file = await open(url);
  const [first, second] = file.stats.requests;
  assert.deepEqual([first.ok, first.retry, second.ok, second.retry], [false, false, true, true]);
  assert.equal(file.stats.retries, 1);
});

test('progress is told, up to all of it', async (t) => {
  const { url } = await served(t);
  const told = [];
  const file = await open(url, { onProgress: (progress) => told.push(progress) });
  assert.ok(told.length > 0);
  const read = [];
  await file.rows({ columns: ['id'], onProgress: (progress) => read.push(progress) });
  const last = read.at(-1);
  assert.equal(last.rows, 40_000);
  assert.equal(last.bytes, last.totalBytes);
  assert.ok(read.every(({ bytes }, index) => index === 0 || bytes >= read[index - 1].bytes));
  await assert.rejects(
    file.rows({
      columns: ['half'],
      onProgress() {
        throw new Error('the page is gone');
      },
    }),
    { message: 'the page is gone' },
  );
  assert.equal((await file.rows({ columns: ['half'], limit: 1 })).length, 1);
});

test('headers of the user and of the URL are sent, but for a range', async (t) => {
  const { url, asked } = await served(t);
  const request = new Request(url, { headers: { 'x-a': 'request', 'x-b': 'request', range: 'bytes=0-1' } });
  await open(request, { headers: { 'x-b': 'option' } });
  assert.deepEqual([asked[0].headers['x-a'], asked[0].headers['x-b']], ['request', 'option']);
  assert.match(asked[0].headers.range, /^bytes=-\d+$/);
  await open(url.replace('http://', 'http://us%40er:p%C3%A9@'));
  assert.equal(asked[1].headers.authorization, `Basic ${Buffer.from('us@er:pé').toString('base64')}`);
});

test('a length that is known is asked for in one bounded range', async (t) => {
  const { url, asked } = await served(t);
  const file = await open(url, { length: bytes.length });
  assert.equal(file.rowCount, 40_000);
  assert.equal(asked.length, 1);
  assert.match(asked[0].headers.range, new RegExp(`^bytes=\\d+-${bytes.length - 1}$`));
});

test('a file that changed is read anew, once', async (t) => {
  let version = 1;
  const { url } = await served(t, (request, response) => {
    const etag = `"v${version}"`;
    const wanted = request.headers['if-match'];
    if (wanted !== undefined && wanted !== etag) response.writeHead(412).end();
    else ranges(bytes, { etag })(request, response);
  });
  const file = await open(url);
  version = 2;
  assert.deepEqual(await file.rows({ limit: 2 }), rowsFrom(0, 2));
  assert.equal(file.etag, '"v2"');
  assert.equal(file.stats.restarts, 1);
});

test('reads side by side do not get in each other’s way', async (t) => {
  const { url } = await served(t);
  const file = await open(url);
  const starts = [0, 5_000, 15_000, 25_000, 39_990];
  const reads = await Promise.all(starts.map((offset) => file.rows({ offset, limit: 10 })));
  reads.forEach((rows, index) => assert.deepEqual(rows, rowsFrom(starts[index], starts[index] + 10)));
});
