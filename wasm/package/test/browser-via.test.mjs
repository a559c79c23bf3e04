/** Files that a page can't read itself, in Chromium: through a service that it may ask. */

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { Preview } from './harness/preview.mjs';
import { startService } from './harness/service.mjs';
import { asked, browserTest, EXPOSED, settled, useStage } from './harness/stage.mjs';

const stage = useStage();
let service;
let other;
after(() => [service, other].forEach((service) => service?.close()));

/** A test with the services there. */
function viaTest(name, body) {
  browserTest(name, async () => {
    service ??= await startService({ allow: [stage.data.origin], cors: '*', maxRows: 4_000 });
    other ??= await startService({ allow: ['https://data.example.org'], cors: '*' });
    await body();
  });
}

/** Rows as both ways give them, in the form that gets out of a page. */
const READ = { columns: ['ride_id', 'city', 'fare', 'pickup_at'], offset: 54_321, limit: 5_000 };

async function rows(page, url, options) {
  return await page.evaluate(
    async ({ url, options, read }) => {
      const file = await parqlet.open(url, options);
      const rows = await file.rows(read);
      const { via, rowCount, stats } = file;
      file.close();
      const told = rows.map((row) => Object.values(row).map(String));
      return { via, rowCount, rows: told, requests: stats.requests.map(({ kind }) => kind) };
    },
    { url, options, read: READ },
  );
}

/** What the service was asked since the last look, without the file's address. */
let seen = 0;
function questions() {
  const news = service.asked.slice(seen).map(({ method, url, headers }) => {
    const { pathname, searchParams } = new URL(url, service.origin);
    assert.equal(headers['x-key'], undefined);
    return `${method} ${pathname} ${searchParams.get('offset') ?? ''}+${searchParams.get('limit') ?? ''}`;
  });
  seen = service.asked.length;
  return news;
}

viaTest('no CORS: the same rows through the service, in the page and with a worker', async () => {
  const open = await stage.file('large', EXPOSED);
  const closed = await stage.file('large', null);
  const fallback = `${service.origin}/`;
  for (const entry of ['.', './worker']) {
    const page = await stage.page(entry);
    const direct = await rows(page, open.url, { fallback });
    assert.deepEqual([direct.via, questions()], [undefined, []]);
    const via = await rows(page, closed.url, { fallback, headers: { 'x-key': 'secret' } });
    assert.equal(via.via, fallback);
    assert.equal(via.rowCount, direct.rowCount);
    assert.deepEqual(via.rows, direct.rows);
    // The service takes 4,000 rows at once, which it says.
    const wanted = ['GET /schema +', 'GET / 54321+5000', 'GET / 54321+4000', 'GET / 58321+1000'];
    assert.deepEqual(questions(), wanted);
    assert.deepEqual(via.requests, ['service', 'service', 'service', 'service']);
  }
});

viaTest('no ranges: through the service, without downloading the file', async () => {
  const { url, name, byteLength } = await stage.file('large', EXPOSED);
  const page = await stage.page();
  // The page's range is answered with all, those of the service are not.
  await stage.data.rule(name, 'whole', { when: 'range', times: 1 });
  const { via, rowCount } = await rows(page, url, { fallback: service.origin });
  assert.deepEqual([via, rowCount], [`${service.origin}/`, 100_000]);
  const log = await settled(stage.data);
  assert.ok(log.requests[0].bytesSent < byteLength, asked(log).join());
  questions();
});

viaTest('only where the direct way has no chance', async () => {
  const page = await stage.page();
  const fallback = service.origin;
  const code = (url) => page.evaluate(([url, fallback]) => failure(parqlet.open(url, { fallback })), [url, fallback]);
  for (const [status, wanted] of [[404, 'not_found'], [403, 'forbidden']]) {
    const { url, name } = await stage.file('large', EXPOSED);
    await stage.data.rule(name, { status });
    assert.equal((await code(url)).code, wanted);
  }
  assert.deepEqual(questions(), []);
});

viaTest('neither way: the error names both', async () => {
  const { url } = await stage.file('large', null);
  const page = await stage.page();
  const failed = async (fallback) =>
    await page.evaluate(([url, fallback]) => failure(parqlet.open(url, { fallback })), [url, fallback]);
  const refused = await failed(other.origin);
  assert.deepEqual([refused.code, refused.typed], ['cors', true]);
  assert.match(refused.message, /Access-Control-Allow-Origin.*; nor is there another way: .*this service reads no loopback/);
  assert.ok(refused.message.includes(`through the service ${other.origin}/`), refused.message);
  const down = await failed('http://127.0.0.1:1/');
  assert.equal(down.code, 'cors');
  assert.match(down.message, /nor is there another way: .*no answer came/);
});

viaTest('<parqlet-preview fallback>: rows at any depth, and through whom they come', async () => {
  const { url } = await stage.file('large', null);
  const page = await stage.page('./preview');
  const preview = await Preview.show(page, { src: url, fallback: `${service.origin}/`, columns: 'ride_id,city,fare' });
  assert.equal((await preview.row(0))[0], '1000000');
  await page.evaluate(() => preview.scrollToRow(75_000));
  assert.deepEqual((await preview.row(75_000)).slice(0, 1), ['1075000']);
  const foot = await preview.locator('[part="transfer"]').textContent();
  assert.match(foot, new RegExp(`in \\d+ requests through ${new URL(service.origin).host}$`));
  if (process.env.PARQLET_SCREENSHOT) await page.screenshot({ path: process.env.PARQLET_SCREENSHOT });
  assert.ok(questions().length >= 3);
});
