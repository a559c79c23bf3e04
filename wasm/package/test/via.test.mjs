// Files through a service: the edge handler on loopback, and services that are not what they should be.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { open, ParqletError } from 'parqlet';
import { openVia, ParqletError as ViaError } from 'parqlet/via';
import { startService } from './harness/service.mjs';
import { ranges, serve } from './sources.mjs';

const bytes = new Uint8Array(gunzipSync(readFileSync(new URL('data/ramp.parquet.gz', import.meta.url))));
const rowsFrom = (start, end) =>
  Array.from({ length: end - start }, (_, index) => {
    const id = start + index;
    return { id: BigInt(id), half: id / 2, tag: 'abcde'[id % 5] };
  });
const LIMITS = { timeout: 60_000 };

/** A file of 40,000 rows in 4 row groups, and a service that reads it; `options` are the handler's. */
async function stage(t, options = {}, answer = ranges(bytes, { etag: '"v1"' })) {
  const data = await serve((request, response) => stage.answer(request, response));
  const stage = { answer, data, url: `${data.origin}/ramp.parquet` };
  stage.service = await startService({ allow: [data.origin], maxRows: 40_000, ...options });
  t.after(() => [data, stage.service].forEach(({ close }) => close()));
  stage.open = (more) => openVia(stage.service.origin, stage.url, more);
  stage.paths = () => stage.service.asked.map(({ url }) => new URL(url, stage.service.origin));
  stage.questions = () =>
    stage.paths().flatMap(({ pathname, searchParams: query }) =>
      pathname === '/' ? [`${query.get('offset')}+${query.get('limit')}`] : [],
    );
  return stage;
}

test('the same facts and rows as directly, a request each', LIMITS, async (t) => {
  const { open: openIt, url, service, questions } = await stage(t);
  const [via, direct] = await Promise.all([openIt(), open(url)]);
  for (const fact of ['byteLength', 'rowCount', 'createdBy']) assert.equal(via[fact], direct[fact], fact);
  assert.deepEqual(via.schema.fields, direct.schema.fields);
  assert.deepEqual(
    via.rowGroups,
    direct.rowGroups.map(({ rowCount, byteLength }) => ({ rowCount, byteLength, columns: [] })),
  );
  assert.equal(via.via, `${service.origin}/`);
  assert.equal(direct.via, undefined);
  assert.match(via.etag, /^"[0-9a-f]{16}"$/);
  const selection = { columns: ['half', 'id'], offset: 12_345, limit: 3 };
  assert.deepEqual(await via.rows(selection), await direct.rows(selection));
  assert.deepEqual(await via.columns({ limit: 500 }), await direct.columns({ limit: 500 }));
  assert.deepEqual(await via.ipc({ limit: 500 }), await direct.ipc({ limit: 500 }));
  assert.deepEqual(questions(), ['12345+3', '0+500', '0+500']);
  const plan = await via.plan(selection);
  assert.ok(plan.requests.length > 0 && plan.rowGroups[0].index === 1, JSON.stringify(plan));
  const { requestCount, requests, rows, bytes } = via.stats;
  assert.deepEqual([requestCount, requests.length, rows], [5, 5, 1003]);
  for (const { kind, status, ok, endedAt } of requests) assert.deepEqual([kind, status, ok], ['service', 200, true], endedAt);
  assert.equal(bytes, requests.reduce((sum, request) => sum + request.bytes, 0));
  via.close();
  await assert.rejects(via.rows(), { code: 'closed' });
});

test('more rows than an answer has: as many answers as it takes, in order', LIMITS, async (t) => {
  const { open: openIt, questions } = await stage(t, { maxRows: 9_000 });
  const file = await openIt();
  assert.deepEqual(await file.rows(), rowsFrom(0, 40_000));
  assert.deepEqual(questions(), ['0+40000', '0+9000', '9000+9000', '18000+9000', '27000+9000', '36000+4000']);
  // Known by now.
  assert.deepEqual(await file.rows({ offset: 35_000 }), rowsFrom(35_000, 40_000));
  assert.equal(questions().at(-1), '35000+5000');
  const { half } = await file.columns({ columns: ['half'] });
  assert.deepEqual([half.length, half[39_999]], [40_000, 39_999 / 2]);
});

test('row groups, batches of a size, no rows, odd names', LIMITS, async (t) => {
  const { open: openIt, questions } = await stage(t);
  const file = await openIt();
  const rows = await file.rows({ rowGroups: [3, 0, 1], offset: 19_998, limit: 4 });
  assert.deepEqual(rows, [...rowsFrom(19_998, 20_000), ...rowsFrom(30_000, 30_002)]);
  assert.deepEqual(questions(), ['19998+2', '30000+2']);
  const counts = [];
  for await (const batch of file.batches({ columns: ['id'], limit: 10_000, batchRows: 3_000 })) {
    assert.equal(batch.rows().length, batch.rowCount);
    counts.push(batch.rowCount);
  }
  assert.deepEqual(counts, [3_000, 3_000, 3_000, 1_000]);
  assert.deepEqual(await file.rows({ offset: 40_000 }), []);
  assert.deepEqual(Object.keys(await file.columns({ limit: 0 })), ['id', 'half', 'tag']);
  await assert.rejects(file.rows({ columns: ['a, "b"'] }), { code: 'usage', message: /a, "b"/ });
  await assert.rejects(file.rows({ columns: [] }), { code: 'usage' });
  await assert.rejects(file.rows({ rowGroups: [4] }), { code: 'usage', message: /there is no row group 4/ });
  await assert.rejects(file.plan({ rowGroups: [0, 2] }), { code: 'usage' });
});

test('too much for the service: fewer rows at once, and its own words where that does not help', LIMITS, async (t) => {
  const { open: openIt } = await stage(t, { maxBytes: 400_000 });
  const file = await openIt();
  assert.deepEqual(await file.rows(), rowsFrom(0, 40_000));
  assert.ok(file.stats.requestCount < 10, String(file.stats.requestCount));
  // Not row by row: a page costs the same for one row.
  const small = await (await stage(t, { maxBytes: 200_000 })).open();
  await assert.rejects(small.rows(), { code: 'memory', message: /more than 200000 bytes/ });
  assert.ok(small.stats.requestCount < 20, String(small.stats.requestCount));
  const tight = await stage(t, { maxRequests: 1 });
  await assert.rejects((await tight.open()).rows(), { code: 'memory', status: 422, message: /more than 1 requests/ });
});

test('leaving the loop ends the transfer; what was not asked for is not read', LIMITS, async (t) => {
  const { open: openIt, questions } = await stage(t, { maxRows: 1_000 });
  const file = await openIt();
  for await (const batch of file.batches({ columns: ['id'] })) {
    assert.equal(batch.rows()[0].id, 0n);
    break;
  }
  assert.deepEqual(questions(), ['0+40000', '0+1000']);
});

test('an abort rejects with its reason, while opening and while reading', LIMITS, async (t) => {
  const { open: openIt, ...held } = await stage(t);
  const file = await openIt();
  held.data.close();
  const reason = new Error('enough');
  const slow = await serve(() => undefined);
  t.after(slow.close);
  const controller = new AbortController();
  const opening = openVia(slow.origin, held.url, { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 50);
  await assert.rejects(opening, reason);
  await assert.rejects(file.rows({ signal: controller.signal }), reason);
  await assert.rejects(openVia(slow.origin, held.url, { signal: controller.signal }), reason);
});

test('a file that changes is read anew, never mixed', LIMITS, async (t) => {
  const all = await stage(t, { maxRows: 10_000 });
  const file = await all.open();
  const { etag } = file;
  all.answer = ranges(bytes, { etag: '"v2"' });
  assert.deepEqual(await file.rows({ limit: 5 }), rowsFrom(0, 5));
  assert.equal(file.stats.restarts, 1);
  assert.notEqual(file.etag, etag);
  // After the first rows: the loop ends with an error, and `rows` begins anew by itself.
  const begin = async (version, read) => {
    let answers = 0;
    all.answer = (request, response) => {
      const is = all.questions().length - before > 1 ? version : file.etag;
      answers += 1;
      ranges(bytes, { etag: is === version ? version : '"v2"' })(request, response);
    };
    const before = all.questions().length;
    await read();
    return answers;
  };
  await begin('"v3"', async () => {
    const batches = file.batches({ columns: ['id'], batchRows: 10_000 });
    assert.equal((await batches.next()).value.rowCount, 10_000);
    await assert.rejects(batches.next(), (error) => error.code === 'changed' && error.retryable);
  });
  all.answer = ranges(bytes, { etag: '"v3"' });
  assert.deepEqual(await file.rows({ limit: 1 }), rowsFrom(0, 1));
  let version = 0;
  all.answer = (request, response) => ranges(bytes, { etag: `"w${(version += 1)}"` })(request, response);
  await assert.rejects(file.rows(), { code: 'changed' });
});

test('what the service says is an error of the package, with its code', LIMITS, async (t) => {
  const all = await stage(t);
  const failed = async (file, code, message, status) => {
    const error = await openVia(all.service.origin, file).then(
      () => assert.fail('it should have failed'),
      (error) => error,
    );
    assert.deepEqual([error.code, error.status], [code, status], error.message);
    assert.match(error.message, message);
    // An instance of the class of either entry.
    assert.ok(error instanceof ParqletError && error instanceof ViaError);
    assert.ok(error.message.startsWith(`${file.split('?')[0]}, through the service ${all.service.origin}/: `), error.message);
    assert.ok(!error.message.includes('secret'), error.message);
  };
  await failed('https://elsewhere.example/a.parquet?key=secret', 'forbidden', /does not read this file/, 403);
  await failed('http://127.0.0.2/a.parquet', 'forbidden', /no loopback/, 403);
  all.answer = (_, response) => response.writeHead(404).end();
  await failed(all.url, 'not_found', /no such file/, 404);
  all.answer = (_, response) => response.writeHead(403).end();
  await failed(all.url, 'forbidden', /refuses to give it/, 403);
  all.answer = ranges(Buffer.from('not a table '.repeat(1000)));
  await failed(all.url, 'not_parquet', /no Parquet file/, 422);
  await assert.rejects(openVia('file:///service', all.url), { code: 'usage' });
  await assert.rejects(openVia(all.service.origin, 'rides.parquet'), { code: 'usage' });
  await assert.rejects(openVia('http://127.0.0.1:1/', all.url), { code: 'network', message: /no answer came/ });
});

test('a service under a path, with headers of its own', LIMITS, async (t) => {
  const all = await stage(t);
  const below = await startService({ allow: [all.data.origin] }, '/parquet/');
  t.after(below.close);
  const file = await openVia(`${below.origin}/parquet`, all.url, { headers: { authorization: 'Bearer secret' } });
  assert.deepEqual(await file.rows({ limit: 2 }), rowsFrom(0, 2));
  assert.deepEqual(
    below.asked.map(({ url, headers }) => [url.split('?')[0], headers.authorization]),
    [['/parquet/schema', 'Bearer secret'], ['/parquet/', 'Bearer secret']],
  );
  assert.ok(all.data.asked.every(({ headers }) => headers.authorization === undefined));
});

test('an answer that breaks off is gone on with where it broke; what stays broken is an error', LIMITS, async (t) => {
  const all = await stage(t);
  const whole = await all.open();
  const stream = await whole.ipc({ columns: ['id'], limit: 20_000 });
  const report = await (await fetch(`${all.service.origin}/schema?${new URLSearchParams({ url: all.url })}`)).text();
  const cut = Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127);
  /** A service of that file; `rows(n)` are the bytes of its nth answer, or a status; else it answers as the other one. */
  const odd = async (rows) => {
    let answers = 0;
    const service = await serve(async (request, response) => {
      if (request.url.startsWith('/schema')) return response.end(report);
      const body = rows(++answers);
      if (typeof body === 'number') return response.writeHead(body).end('<h1>Bad gateway</h1>');
      if (body !== undefined) return response.end(body);
      return response.end(Buffer.from(await (await fetch(all.service.origin + request.url)).arrayBuffer()));
    });
    t.after(service.close);
    const file = await openVia(service.origin, all.url);
    return { file, service };
  };
  const read = { columns: ['id'], limit: 20_000 };
  const ids = (rows) => rows.map(({ id }) => Number(id));
  const expected = Array.from({ length: 20_000 }, (_, id) => id);

  const once = await odd((n) => (n === 1 ? stream.subarray(0, stream.length - 1000) : undefined));
  assert.deepEqual(ids(await once.file.rows(read)), expected);
  const [first, second] = once.service.asked.slice(1).map(({ url }) => new URL(url, 'http://service').searchParams);
  assert.deepEqual([first.get('offset'), first.get('limit')], ['0', '20000']);
  // Behind the batches that came whole.
  assert.ok(Number(second.get('offset')) > 0, String(second));
  const gateway = await odd((n) => (n === 1 ? 502 : undefined));
  assert.deepEqual(ids(await gateway.file.rows(read)), expected);

  const refused = async (code, rows) => {
    const { file } = await odd(rows);
    for (const how of ['rows', 'columns', 'ipc']) await assert.rejects(file[how](read), { code }, `${code} ${how}`);
  };
  await refused('network', () => stream.subarray(0, 100));
  await refused('network', () => Buffer.concat([stream.subarray(0, stream.length - 8), cut]).subarray(0, 900));
  await refused('server', () => 500);
  await refused('forbidden', () => 401);
  await refused('bad_answer', () => 404);
  await refused('bad_answer', () => Buffer.from('<!doctype html><title>Welcome</title>'));
  await refused('bad_answer', () => Buffer.concat([stream, stream]));
  const fewer = await whole.ipc({ columns: ['id'], limit: 5 });
  const more = await whole.ipc({ columns: ['id'], limit: 20_001 });
  await refused('bad_answer', () => more);
  await refused('network', () => fewer.subarray(0, 0));
  const { file: short } = await odd(() => fewer);
  await assert.rejects(short.rows({ columns: ['id'], limit: 6 }), { code: 'bad_answer', message: /5 rows where 6/ });
  const { file: little } = await odd(() => stream);
  const tiny = await openVia(new URL(little.via), all.url, { memory: 1000 });
  await assert.rejects(tiny.rows(read), { code: 'memory' });
});

test('what is no service says so', LIMITS, async (t) => {
  for (const body of ['<h1>Hello</h1>', '[]', '{}', 'null', '{"byteLength":-1}', '']) {
    const page = await serve((_, response) => response.end(body));
    t.after(page.close);
    const opening = openVia(page.origin, 'https://example.org/a.parquet');
    await assert.rejects(opening, { code: 'bad_answer', message: /is this the address of such a service/ }, body);
  }
});

test('the other way: only where the direct one has no chance', LIMITS, async (t) => {
  // A server without ranges, and a file too large to take whole.
  const noRanges = (request, response) => {
    if (request.headers['x-service'] !== undefined) ranges(bytes, { etag: '"v1"' })(request, response);
    else response.writeHead(200, { 'content-length': 2 ** 30, etag: '"v1"' }).write(bytes.subarray(0, 1000));
  };
  const all = await stage(t, { headers: () => ({ 'x-service': 'yes' }) }, noRanges);
  const fallback = `${all.service.origin}/`;
  await assert.rejects(open(all.url), { code: 'no_ranges' });
  const file = await open(all.url, { fallback, headers: { authorization: 'secret' } });
  assert.equal(file.via, fallback);
  assert.deepEqual(await file.rows({ limit: 3 }), rowsFrom(0, 3));
  assert.ok(all.service.asked.every(({ headers }) => headers.authorization === undefined));
  file.close();

  const before = all.service.asked.length;
  const direct = await stage(t);
  const file2 = await open(direct.url, { fallback });
  assert.equal(file2.via, undefined);
  file2.close();
  for (const [status, code] of [[404, 'not_found'], [403, 'forbidden']]) {
    direct.answer = (_, response) => response.writeHead(status).end();
    await assert.rejects(open(direct.url, { fallback }), { code });
  }
  direct.answer = ranges(Buffer.from('not a table '.repeat(1000)));
  await assert.rejects(open(direct.url, { fallback }), { code: 'not_parquet' });
  await assert.rejects(open(new Blob(['no']), { fallback }), { code: 'not_parquet' });
  await assert.rejects(open('ftp://example.org/', { fallback }), { code: 'usage' });
  assert.equal(all.service.asked.length, before);
});

test('neither way: both are named', LIMITS, async (t) => {
  const all = await stage(t);
  const gone = 'http://127.0.0.1:1/a.parquet';
  const { origin: fallback } = all.service;
  await assert.rejects(open(gone, { fallback }), (error) => {
    assert.equal(error.code, 'network');
    assert.match(error.message, /can't connect to the server .*; nor is there another way: .*through the service .*no loopback/s);
    assert.equal(error.cause.code, 'forbidden');
    return error instanceof ParqletError;
  });
  await assert.rejects(open(gone, { fallback: 'http://127.0.0.1:1/' }), /nor is there another way: .*no answer came/s);
});
