/** What a page asks of another origin when all goes well: few requests, side by side, none of them a preflight. */

import assert from 'node:assert/strict';
import { asked, browserTest, dataRequests, EXPOSED, PUBLIC, useStage } from './harness/stage.mjs';

const stage = useStage();
const TAIL = 192 * 1024;

browserTest('a preview from another origin takes three round trips and no preflight', async () => {
  for (const cors of [PUBLIC, EXPOSED]) {
    const { url, byteLength } = await stage.file('large', cors);
    const page = await stage.page();
    const rows = await page.evaluate(async (url) => {
      const file = await parqlet.open(url);
      return await file.rows({ columns: ['ride_id', 'fare'], limit: 100 });
    }, url);

    assert.equal(rows.length, 100);
    assert.deepEqual([rows[0].ride_id, rows[99].ride_id], [1_000_000n, 1_000_099n]);
    const log = await stage.data.log();
    const [length, tail, ...data] = asked(log);
    assert.equal(length, 'HEAD');
    assert.equal(tail, `GET bytes=${byteLength - TAIL}-${byteLength - 1}`);
    assert.ok(data.length > 0 && data.every((request) => /^GET bytes=\d+-\d+$/.test(request)), String(data));
    assert.equal(log.roundTrips, 3);
    assert.ok(log.requests.every(({ headers }) => headers.origin === stage.site.origin));
    assert.ok(!asked(log).includes('OPTIONS'));
  }
});

browserTest('ranges of one address are under way side by side, six at most', async () => {
  const { url, byteLength } = await stage.file('large');
  const page = await stage.page();
  const column = await page.evaluate(async (url) => {
    const file = await parqlet.open(url);
    const { ride_id } = await file.columns({ columns: ['ride_id'] });
    return { rows: ride_id.length, first: ride_id[0], last: ride_id[99_999] };
  }, url);

  assert.deepEqual(column, { rows: 100_000, first: 1_000_000n, last: 1_099_999n });
  const log = await stage.data.log();
  assert.ok(dataRequests(log, byteLength).length >= 6, String(asked(log)));
  assert.ok(log.peakConcurrent >= 4 && log.peakConcurrent <= 6, `${log.peakConcurrent} at once`);
  // Two to open, two times six to read; more where a busy machine lets one wait. In turn they would be all of them.
  assert.ok(log.roundTrips <= log.requests.length - 4, `${log.roundTrips} round trips of ${log.requests.length}`);
});

browserTest('several reads side by side share the six', async () => {
  const { url } = await stage.file('large');
  const page = await stage.page();
  const counts = await page.evaluate(async (url) => {
    const file = await parqlet.open(url);
    const names = ['ride_id', 'driver_id', 'rider_id', 'note', 'device_id'];
    const reads = names.map((name) => file.columns({ columns: [name] }));
    return (await Promise.all(reads)).map((columns, at) => columns[names[at]].length);
  }, url);

  assert.deepEqual(counts, [100_000, 100_000, 100_000, 100_000, 100_000]);
  assert.ok((await stage.data.log()).peakConcurrent <= 6);
});

browserTest('the same preview again sends nothing', async () => {
  const { url } = await stage.file('large');
  const page = await stage.page();
  await page.evaluate(async (url) => {
    globalThis.file = await parqlet.open(url);
    globalThis.first = await file.rows({ limit: 100 });
  }, url);
  await stage.data.resetLog();
  const same = await page.evaluate(async () => {
    const text = (rows) => JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    return text(await file.rows({ limit: 100 })) === text(first);
  });

  assert.ok(same);
  assert.deepEqual(asked(await stage.data.log()), []);
});

browserTest('a file smaller than the tail is one request after its length is known', async () => {
  const { url, byteLength } = await stage.file('tiny');
  const page = await stage.page();
  const count = await page.evaluate(async (url) => (await (await parqlet.open(url)).rows()).length, url);

  assert.equal(count, 100);
  assert.deepEqual(asked(await stage.data.log()), ['HEAD', `GET bytes=0-${byteLength - 1}`]);
});

browserTest('a length that is known saves the question', async () => {
  const { url, byteLength } = await stage.file('large');
  const page = await stage.page();
  const count = await page.evaluate(
    async ({ url, length }) => (await parqlet.open(url, { length })).rowCount,
    { url, length: byteLength },
  );

  assert.equal(count, 100_000);
  assert.deepEqual(asked(await stage.data.log()), [`GET bytes=${byteLength - TAIL}-${byteLength - 1}`]);
});

browserTest('hidden headers tell nothing, exposed ones the version', async () => {
  const page = await stage.page();
  for (const [cors, shown] of [[PUBLIC, false], [EXPOSED, true]]) {
    const { url, byteLength } = await stage.file('large', cors);
    const about = await page.evaluate(async (url) => {
      const { etag, lastModified, byteLength } = await parqlet.open(url);
      return { etag, lastModified, byteLength };
    }, url);
    assert.equal(about.byteLength, byteLength);
    assert.equal(typeof about.etag, shown ? 'string' : 'undefined');
    assert.match(about.lastModified, /GMT$/);
  }
});

browserTest("the page's own origin is asked for the end at once", async () => {
  const { path } = stage.samples.large;
  const page = await stage.page();
  await stage.site.put('own.parquet', path);
  await stage.site.resetLog();
  const rows = await page.evaluate(async () => {
    const file = await parqlet.open('/own.parquet');
    return (await file.rows({ columns: ['ride_id'], offset: 50_000, limit: 10 })).map((row) => row.ride_id);
  });

  assert.deepEqual(rows, Array.from({ length: 10 }, (_, at) => BigInt(1_050_000 + at)));
  const log = await stage.site.log();
  const requests = log.requests.filter(({ path }) => path === '/own.parquet');
  assert.equal(requests[0].range, `bytes=-${TAIL}`);
  assert.ok(requests.slice(1).every(({ method, range }) => method === 'GET' && /^bytes=\d+-\d+$/.test(range)));
  assert.ok(requests.slice(1).every(({ headers }) => headers['if-match'] !== undefined));
});
