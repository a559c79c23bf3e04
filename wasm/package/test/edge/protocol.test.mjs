/**
 * The protocol: the same answers, byte for byte, from Node, workerd, Deno and Bun, for the same requests upstream; and from
 * the native program where PARQLET_BINARY is its path.
 */

import { tableFromIPC } from '@uwdata/flechette';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { ranges } from '../sources.mjs';
import { askedOf, edgeTest, useStage } from './stage.mjs';

const PAGE = 'https://page.example';
const SAMPLES = {
  /** Small enough to come with the first request but for some of it. */
  rides: ['--rows', '1000', '--row-groups', '2'],
  later: ['--rows', '1000', '--row-groups', '2', '--seed', '7'],
  large: ['--rows', '200000', '--row-groups', '10'],
};
const stage = useStage(SAMPLES, ({ data, custom }) => ({
  plain: { allow: [data.origin, custom.origin] },
  bulk: { allow: [data.origin], maxRows: 1e9, maxBytes: 1e9, maxRequests: 1000, memory: 2 ** 20 },
  page: { allow: [data.origin], cors: [PAGE], cacheControl: 'public, max-age=60' },
  pages: { allow: [data.origin], cors: '*' },
}));

const OPENED = 'GET rides.parquet bytes=-131072';
const OK = { 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' };
const CUT_TEXT = /"this answer is incomplete: the rest of the file could not be read$/;
const CUT_ARROW = /\xff\xff\xff\xff\xff\xff\xff\x7f$/;
const COLUMNS = { columns: 'ride_id,city' };

edgeTest('rows as JSON: one request, because the columns came with the end of the file', async () => {
  const path = stage.path('plain', 'rides.parquet', { ...COLUMNS, offset: 700, limit: 2 });
  const { status, headers, text, asked } = await stage.askAll(path);
  assert.equal(status, 200);
  const { etag, ...others } = headers;
  assert.match(etag, /^"[0-9a-f]{32}"$/);
  assert.deepEqual(others, { ...OK, 'content-type': 'application/json' });
  assert.equal(text, '[{"ride_id":1000700,"city":"Rome"},\n{"ride_id":1000701,"city":"Oslo"}]\n');
  assert.deepEqual(asked, [OPENED]);
});

edgeTest('the first 100 rows of all columns where nothing is said', async () => {
  const { text, asked } = await stage.askAll(stage.path('plain', 'rides.parquet'));
  const rows = JSON.parse(text);
  assert.equal(rows.length, 100);
  assert.equal(Object.keys(rows[0]).length, 30);
  assert.deepEqual(asked, [OPENED, 'GET rides.parquet bytes=4-19257']);
});

edgeTest('rows as JSON lines and as CSV', async () => {
  const selection = { columns: 'pickup,ride_id,promo_code', offset: 10, limit: 2 };
  const lines = await stage.askAll(stage.path('plain', 'rides.parquet', { ...selection, format: 'jsonl' }));
  assert.equal(lines.headers['content-type'], 'application/x-ndjson');
  const rows = lines.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    rows.map(({ ride_id }) => ride_id),
    [1000010, 1000011],
  );
  assert.deepEqual(Object.keys(rows[0]), ['pickup', 'ride_id', 'promo_code']);
  const csv = await stage.askAll(stage.path('plain', 'rides.parquet', { ...selection, format: 'csv' }));
  assert.equal(csv.headers['content-type'], 'text/csv; charset=utf-8; header=present');
  assert.match(
    csv.text,
    /^pickup,ride_id,promo_code\n"\{""lat"":[^\n]*\}",1000010,[^\n]*\n"\{""lat"":[^\n]*\}",1000011,[^\n]*\n$/,
  );
});

edgeTest('rows as an Arrow stream', async () => {
  const path = stage.path('plain', 'rides.parquet', { ...COLUMNS, limit: 300, format: 'arrow' });
  const { headers, body } = await stage.askAll(path);
  assert.equal(headers['content-type'], 'application/vnd.apache.arrow.stream');
  const table = tableFromIPC(new Uint8Array(body), { useBigInt: true });
  assert.deepEqual(table.names, ['ride_id', 'city']);
  assert.equal(table.numRows, 300);
  assert.equal(table.getChild('ride_id').at(299), 1_000_299n);
});

edgeTest('no rows are an answer too', async () => {
  for (const parameters of [{ limit: 0 }, { offset: 1000 }, { offset: 999_999_999_999_999 }]) {
    const path = (format) => stage.path('plain', 'rides.parquet', { ...COLUMNS, ...parameters, format });
    assert.equal((await stage.askAll(path('json'))).text, '[]\n');
    assert.equal((await stage.askAll(path('jsonl'))).text, '');
    assert.equal((await stage.askAll(path('csv'))).text, 'ride_id,city\n');
    const { body, asked } = await stage.askAll(path('arrow'));
    assert.equal(tableFromIPC(new Uint8Array(body)).numRows, 0);
    assert.deepEqual(asked, [OPENED]);
  }
});

edgeTest('columns by path and in quotes', async () => {
  const path = stage.path('plain', 'rides.parquet', { columns: '"ride_id", pickup.zone', limit: 1 });
  const [row] = JSON.parse((await stage.askAll(path)).text);
  assert.deepEqual([Object.keys(row), Object.keys(row.pickup)], [['ride_id', 'pickup'], ['zone']]);
});

edgeTest('a large answer comes whole, in all formats', async () => {
  const ids = Array.from({ length: 150_000 }, (_, row) => 1_020_000 + row);
  const selection = { columns: 'ride_id', offset: 20_000, limit: 150_000 };
  const json = await stage.askAll(stage.path('bulk', 'large.parquet', selection));
  assert.deepEqual(
    JSON.parse(json.text).map(({ ride_id }) => ride_id),
    ids,
  );
  const csv = await stage.askAll(stage.path('bulk', 'large.parquet', { ...selection, format: 'csv' }));
  assert.equal(csv.text, `ride_id\n${ids.join('\n')}\n`);
  const arrow = await stage.askAll(stage.path('bulk', 'large.parquet', { ...selection, format: 'arrow' }));
  assert.deepEqual(tableFromIPC(new Uint8Array(arrow.body)).getChild('ride_id').toArray(), Float64Array.from(ids));
  assert.ok(json.asked.length > 1 && json.asked.length < 30, json.asked.join());
});

edgeTest('the schema', async () => {
  const { headers, text, asked } = await stage.askAll(stage.path('plain', 'rides.parquet', {}, '/schema'));
  assert.equal(headers['content-type'], 'application/json');
  assert.match(headers.etag, /^"/);
  const report = JSON.parse(text);
  assert.equal(report.byteLength, stage.samples.rides.byteLength);
  assert.equal(report.rowCount, 1000);
  assert.deepEqual(
    report.rowGroups.map(({ rowCount }) => rowCount),
    [500, 500],
  );
  assert.deepEqual(report.fields[0], { name: 'ride_id', type: 'int64', nullable: false });
  assert.deepEqual(
    report.fields.at(-1).children.map(({ type }) => type),
    ['int32'],
  );
  assert.deepEqual(asked, [OPENED]);
});

edgeTest('the plan is what the rows then cost', async () => {
  const selection = { columns: 'fare,city', offset: 120_000, limit: 100 };
  const { text, asked } = await stage.askAll(stage.path('plain', 'large.parquet', selection, '/plan'));
  const plan = JSON.parse(text);
  assert.deepEqual(asked, ['GET large.parquet bytes=-131072']);
  assert.deepEqual(plan.opening, { requests: 1, bytes: 131_072 });
  const rows = await stage.askAll(stage.path('plain', 'large.parquet', selection));
  const ranges = plan.requests.map(({ start, end }) => `GET large.parquet bytes=${start}-${end - 1}`);
  assert.deepEqual(rows.asked, [...asked, ...ranges]);
});

edgeTest('HEAD costs the opening and says what GET says', async () => {
  for (const path of ['/', '/schema', '/plan']) {
    const address = stage.path('plain', 'rides.parquet', {}, path);
    const get = await stage.askAll(address);
    const head = await stage.askAll(address, { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers, head.text], [200, get.headers, '']);
    assert.deepEqual(head.asked, [OPENED]);
  }
  const refused = await stage.askAll(stage.path('plain', 'none.parquet'), { method: 'HEAD' });
  assert.deepEqual([refused.status, refused.text], [404, '']);
});

edgeTest('an answer that is known is not sent again, until the file changes', async () => {
  const path = stage.path('plain', 'versioned.parquet', COLUMNS);
  await stage.data.put('versioned.parquet', stage.samples.rides.path);
  const { headers } = await stage.askAll(path);
  for (const known of [headers.etag, `"other", W/${headers.etag}`, '*']) {
    const again = await stage.askAll(path, { headers: { 'if-none-match': known } });
    assert.deepEqual([again.status, again.text, again.headers.etag], [304, '', headers.etag]);
    assert.equal(again.headers['cache-control'], 'no-cache');
    assert.equal(again.headers['content-type'], undefined);
    assert.deepEqual(again.asked, ['GET versioned.parquet bytes=-131072']);
  }
  // Another question has another answer.
  const other = stage.path('plain', 'versioned.parquet', { ...COLUMNS, limit: 99 });
  const otherAnswer = await stage.askAll(other, { headers: { 'if-none-match': headers.etag } });
  assert.equal(otherAnswer.status, 200);
  await stage.data.put('versioned.parquet', stage.samples.later.path);
  const changed = await stage.askAll(path, { headers: { 'if-none-match': headers.etag } });
  assert.equal(changed.status, 200);
  assert.notEqual(changed.headers.etag, headers.etag);
});

edgeTest('a date is a version too, and what has none has no ETag', async () => {
  const bytes = await readFile(stage.samples.rides.path);
  const path = stage.path('plain', `${stage.custom.origin}/a.parquet`, { ...COLUMNS, limit: 1 });
  const tags = [];
  for (const date of ['Sun, 01 Nov 2026 00:00:00 GMT', 'Mon, 02 Nov 2026 00:00:00 GMT', undefined]) {
    stage.answer = ranges(bytes, date && { 'last-modified': date });
    const { status, headers } = await stage.askAll(path);
    assert.equal(status, 200);
    tags.push(headers.etag);
  }
  assert.match(tags[0], /^"[0-9a-f]{32}"$/);
  assert.notEqual(tags[0], tags[1]);
  assert.equal(tags[2], undefined);
});

edgeTest('parameters that are missing, unknown, repeated or malformed are named', async () => {
  const url = new URLSearchParams({ url: stage.data.url('rides.parquet') });
  const cases = [
    ['', 'url', '`url`: it is missing: the address of a Parquet file'],
    ['url=', 'url', '`url`: it is missing: the address of a Parquet file'],
    [`${url}&colums=a`, 'colums', 'there is no parameter `colums`: did you mean `columns`?'],
    [`${url}&Limit=1`, 'Limit', 'there is no parameter `Limit`: did you mean `limit`?'],
    [
      `${url}&X-Amz-Date=1`,
      'X-Amz-Date',
      'there is no parameter `X-Amz-Date`: there are url, columns, offset, limit, format; if it belongs to the address of the file, percent-encode that',
    ],
    [`${url}&${url}`, 'url', '`url`: it is given more than once'],
    [`${url}&limit=1&limit=2`, 'limit', '`limit`: it is given more than once'],
    [`${url}&limit=-1`, 'limit', '`limit`: it must be a whole number from 0, of 15 digits at most'],
    [`${url}&limit=1e3`, 'limit', '`limit`: it must be a whole number from 0, of 15 digits at most'],
    [
      `${url}&offset=99999999999999999999`,
      'offset',
      '`offset`: it must be a whole number from 0, of 15 digits at most',
    ],
    [`${url}&format=parquet`, 'format', '`format`: it must be one of json, jsonl, csv, arrow'],
    [`${url}&columns=`, 'columns', '`columns`: it is empty: leave it out for all columns'],
    [`${url}&columns=a,,b`, 'columns', '`columns`: a column name is empty (write "" for a column without a name)'],
    [`${url}&columns=%22a`, 'columns', '`columns`: the quote " is not closed'],
  ];
  for (const [query, parameter, detail] of cases) {
    const { status, headers, problem, asked } = await stage.askAll(`/plain/?${query}`);
    assert.deepEqual(problem, { title: 'Bad Request', status: 400, detail, code: 'bad_parameter', parameter });
    assert.equal(status, 400);
    assert.deepEqual(headers, {
      'cache-control': 'no-store',
      'content-type': 'application/problem+json',
      'x-content-type-options': 'nosniff',
    });
    assert.deepEqual(asked, []);
  }
  const schema = await stage.askAll(`/plain/schema?${url}&limit=1`);
  assert.equal(
    schema.problem.detail,
    'there is no parameter `limit`: there are url; if it belongs to the address of the file, percent-encode that',
  );
});

edgeTest('a column the file has not is named, with those it may be', async () => {
  const { status, problem, asked } = await stage.askAll(stage.path('plain', 'rides.parquet', { columns: 'fair' }));
  assert.equal(status, 400);
  assert.equal(problem.code, 'bad_selection');
  assert.match(problem.detail, /^there is no column `fair`; did you mean `fare`/);
  assert.deepEqual(asked, [OPENED]);
});

edgeTest('other paths and other methods', async () => {
  for (const path of ['/plain/plans', '/plain/schema/', '/plain//']) {
    const { status, problem } = await stage.askAll(path);
    assert.deepEqual([status, problem.code], [404, 'no_such_path']);
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    const { status, headers, problem } = await stage.askAll(stage.path('plain', 'rides.parquet'), { method });
    assert.deepEqual([status, headers.allow, problem.code], [405, 'GET, HEAD, OPTIONS', 'method_not_allowed']);
  }
  const options = await stage.askAll('/plain/', { method: 'OPTIONS' });
  assert.deepEqual([options.status, options.headers.allow, options.text], [204, 'GET, HEAD, OPTIONS', '']);
});

edgeTest('pages of origins that are listed may read the answers, and others not', async () => {
  const path = (handler) => stage.path(handler, 'rides.parquet', COLUMNS);
  const ask = async (handler, origin, init) =>
    (await stage.askAll(path(handler), { headers: { origin }, ...init })).headers;
  const allowed = await ask('page', PAGE);
  assert.equal(allowed['access-control-allow-origin'], PAGE);
  assert.equal(allowed['access-control-expose-headers'], 'etag');
  assert.match(allowed.vary, /origin/i);
  assert.equal(allowed['cache-control'], 'public, max-age=60');
  const other = await ask('page', 'https://other.example');
  assert.equal(other['access-control-allow-origin'], undefined);
  assert.match(other.vary, /origin/i);
  assert.equal((await ask('pages', PAGE))['access-control-allow-origin'], '*');
  assert.equal((await ask('plain', PAGE))['access-control-allow-origin'], undefined);
  const preflight = await ask('page', PAGE, { method: 'OPTIONS' });
  assert.equal(preflight['access-control-allow-methods'], 'GET, HEAD');
  assert.equal(preflight['access-control-allow-headers'], 'if-none-match');
  assert.equal(preflight['access-control-max-age'], '7200');
  // A page must be able to read why it gets nothing.
  const refused = await stage.askAll('/pages/?url=x', { headers: { origin: PAGE } });
  assert.deepEqual([refused.status, refused.headers['access-control-allow-origin']], [400, '*']);
});

edgeTest('an answer that can not be whole breaks off, and never looks complete', async () => {
  for (const format of ['json', 'jsonl', 'csv', 'arrow']) {
    for (const runtime of stage.runtimes) {
      const name = `breaks-${runtime}-${format}.parquet`;
      await stage.data.put(name, stage.samples.large.path);
      // Behind the first row groups.
      await stage.data.rule(name, { status: 404 }, { when: 'range', nth: 12 });
      await stage.data.resetLog();
      const answer = await stage.ask(runtime, stage.path('bulk', name, { limit: 200_000, format }));
      assert.equal(answer.status, 200, `${runtime} ${format}`);
      // workerd's own server ends a body that fails as if it were whole, so that its end must tell.
      if (runtime !== 'workerd') assert.equal(answer.broken, true, `${runtime} ${format}`);
      else assert.match(answer.body.toString('latin1').slice(-100), format === 'arrow' ? CUT_ARROW : CUT_TEXT);
      assert.ok(askedOf(await stage.data.log()).length > 12);
    }
  }
});

edgeTest('nothing more is fetched for a caller who has gone', async () => {
  for (const runtime of stage.runtimes) {
    await stage.data.resetLog();
    const controller = new AbortController();
    const path = stage.path('bulk', 'large.parquet', { limit: 200_000, format: 'jsonl' });
    const response = await fetch(stage.address(runtime, path), { signal: controller.signal });
    const reader = response.body.getReader();
    await reader.read();
    controller.abort();
    const sent = await quiet(stage.data);
    assert.ok(sent < stage.samples.large.byteLength / 2, `${runtime} fetched ${sent} bytes`);
  }
});

/** Waits until a server is asked nothing more; the bytes it sent. */
async function quiet(server) {
  let before = -1;
  for (;;) {
    const { requests } = await server.log();
    const sent = requests.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
    if (sent === before && requests.every(({ ended }) => ended !== null)) return sent;
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}
