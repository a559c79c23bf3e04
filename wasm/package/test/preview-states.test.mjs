/** `<parqlet-preview>` where not all is well, and where what it shows changes. */

import assert from 'node:assert/strict';
import { Preview, bytes } from './harness/preview.mjs';
import { asked, browserTest, EXPOSED, PUBLIC, settled, useStage } from './harness/stage.mjs';

const stage = useStage({ empty: ['--rows', '0', '--row-groups', '1'] });

/** What the element says of a file that can't be shown. */
async function refused(url, properties = {}) {
  const page = await stage.page('./preview');
  const preview = await Preview.show(page, { src: url }, { properties, until: 'error' });
  const alert = preview.locator('[role="alert"]');
  const code = await page.evaluate(() => heard.find(({ type }) => type === 'error').detail.error.code);
  return { page, preview, alert, code, title: await alert.locator('h2').textContent() };
}

browserTest('no CORS: what it means, the headers to set, and another try', async (t) => {
  const { url, name } = await stage.file('large', null);
  const { preview, alert, code, title } = await refused(url, { options: { headers: { 'X-Key': 'secret' } } });
  assert.deepEqual([code, title], ['cors', 'The server doesn’t let this page read the file']);
  const lines = (await alert.locator('pre').textContent()).split('\n');
  assert.deepEqual(lines, [
    `Access-Control-Allow-Origin: ${stage.site.origin}`,
    'Access-Control-Allow-Headers: Range, x-key',
    'Access-Control-Allow-Methods: GET, HEAD',
    'Access-Control-Expose-Headers: Content-Range, ETag',
  ]);
  const log = await settled(stage.data);
  t.diagnostic(`${log.requests.length} requests, ${bytes(log)} bytes`);
  assert.ok(log.requests.length <= 3, String(asked(log)));
  const said = lines.map((line) => line.split(': ')[1]);
  await stage.data.cors(name, {
    allowOrigin: said[0],
    expose: said[3],
    preflight: { answered: { allowHeaders: said[1], allowMethods: said[2], maxAge: 600 } },
  });
  await alert.getByText('Retry').click();
  assert.equal((await preview.row(0))[0], '1000000');
  assert.equal(await alert.count(), 0);
});

browserTest('no ranges: said so, without downloading the file', async (t) => {
  const { url, name, byteLength } = await stage.file('large', EXPOSED);
  await stage.data.rule(name, 'whole');
  const { code, title, alert } = await refused(url);
  assert.deepEqual([code, title], ['no_ranges', 'The server sends only the whole file']);
  assert.match(await alert.locator('pre').textContent(), /206 Partial Content/);
  const log = await settled(stage.data);
  t.diagnostic(`${log.requests.length} requests, ${bytes(log)} bytes`);
  // What was under way when the browser left counts, too.
  assert.ok(bytes(log) < byteLength, `${bytes(log)} of ${byteLength} bytes`);
});

browserTest('missing, refused, no Parquet: each in its own words', async () => {
  for (const [status, title] of [[404, 'There is no such file'], [403, 'The server refuses access']]) {
    const { url, name } = await stage.file('large');
    await stage.data.rule(name, { status });
    const refusal = await refused(url);
    assert.equal(refusal.title, title);
    assert.ok(await refusal.alert.getByText('Retry').isVisible());
  }
  await stage.data.putText('page.parquet', `<!doctype html>${'not a table '.repeat(100)}`);
  await stage.data.cors('page.parquet', PUBLIC);
  assert.equal((await refused(stage.data.url('page.parquet'))).title, 'This is not a Parquet file');
});

browserTest('a file without rows shows its columns', async () => {
  const { url } = await stage.file('empty');
  const page = await stage.page('./preview');
  const preview = await Preview.show(page, { src: url });
  assert.equal(await preview.locator('[part="message"] h2').textContent(), 'This file has no rows');
  assert.ok(await preview.locator('[part="name"]').first().isVisible());
  assert.equal(await preview.locator('[role="grid"]').getAttribute('aria-rowcount'), '1');
  assert.equal((await settled(stage.data)).requests.length, 2);
});

browserTest('no file is no error, and neither is importing it where there is no document', async () => {
  const page = await stage.page('./preview');
  const preview = await Preview.show(page, {}, { until: null });
  await preview.locator('[part="message"]').waitFor();
  assert.equal(await page.evaluate(() => heard.length), 0);
  await import(new URL('../dist/preview.js', import.meta.url));
});

browserTest('rows that can’t be read leave the others, and are there after another try', async () => {
  const { url, name } = await stage.file('large', EXPOSED);
  const page = await stage.page('./preview');
  const preview = await Preview.show(page, { src: url });
  await preview.asked(stage.data);
  await stage.data.rule(name, { status: 403 }, { times: 1 });
  await page.evaluate(() => preview.scrollToRow(55_000));
  const banner = preview.locator('[role="alert"]');
  await banner.waitFor();
  assert.match(await banner.textContent(), /^Rows 55,001–55,0\d\d can’t be shown: The server refuses access\./);
  await page.evaluate(() => preview.scrollToRow(0));
  await banner.waitFor({ state: 'detached' });
  assert.equal((await preview.row(0))[0], '1000000');
  await stage.data.rule(name, { status: 403 }, { times: 1 });
  await page.evaluate(() => preview.scrollToRow(75_000));
  await banner.getByText('Retry').click();
  assert.equal((await preview.row(75_000))[0], '1075000');
  assert.equal(await banner.count(), 0);
});

browserTest('a file that changed is never shown mixed', async () => {
  const { url, name } = await stage.file('large', EXPOSED);
  const page = await stage.page('./preview');
  const preview = await Preview.show(page, { src: url });
  await preview.asked(stage.data);
  await stage.data.put(name, stage.samples.later.path);
  await page.evaluate(() => preview.scrollToRow(55_000));
  const alert = preview.locator('[role="alert"]');
  await alert.waitFor();
  assert.equal(await alert.locator('h2').textContent(), 'The file has changed');
  assert.equal(await preview.locator('[role="grid"]').isVisible(), false);
  await alert.getByText('Retry').click();
  await alert.waitFor({ state: 'detached' });
  const now = (await preview.row(0)).slice(4, 6);
  assert.deepEqual([now], await preview.truth([0], ['vendor', 'city']));
});

browserTest('another `src` while one is loading: the first is dropped, and nothing of it is ever seen', async () => {
  const first = await stage.file('large', EXPOSED);
  const second = await stage.file('small', EXPOSED);
  const page = await stage.page('./preview');
  // Its footer comes, its rows hang.
  await stage.data.rule(first.name, { stall: 100 }, { when: 'range', nth: 2 });
  const preview = await Preview.show(page, { src: first.url }, { until: 'open' });
  for (let tries = 0; (await stage.data.log()).requests.length < 3; tries++) {
    assert.ok(tries < 200, 'nothing was asked');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  await page.evaluate((src) => {
    globalThis.seen = new Set();
    const look = () => seen.add(preview.shadowRoot.querySelector('[part="toolbar"]').textContent);
    new MutationObserver(look).observe(preview.shadowRoot, { subtree: true, childList: true, characterData: true });
    preview.src = src;
  }, second.url);
  assert.equal((await preview.row(0))[0], '1000000');
  const seen = await page.evaluate(() => [...seen]);
  assert.ok(seen.every((text) => !text.includes(first.name)), seen.join('\n'));
  const events = await page.evaluate(() => heard.map(({ type, detail }) => [type, detail.file?.rowCount]));
  const loads = events.filter(([type]) => type === 'open' || type === 'load' || type === 'error');
  assert.deepEqual(loads.map(([type]) => type), ['open', 'open', 'load']);
  // What hung ended, for its client has left.
  const log = await settled(stage.data);
  assert.ok(log.requests.some(({ path, bytesSent }) => path.includes(first.name) && bytesSent === 100));
});

browserTest('rows and columns that are asked for before the file is open are where it begins', async () => {
  const { url } = await stage.file('large', EXPOSED);
  const page = await stage.page('./preview');
  const preview = await Preview.show(page, {}, { until: null });
  await page.evaluate((src) => {
    preview.src = src;
    preview.scrollToRow(60_000);
    queueMicrotask(() => (preview.columns = ['fare', 'ride_id']));
  }, url);
  assert.equal((await preview.row(60_000))[1], '1060000');
  assert.equal(await preview.top(), 60_000);
  // Nothing of the first rows was read.
  const groups = await page.evaluate(() => {
    const { rowGroups, stats } = preview.file;
    const [{ end }] = rowGroups[0].columns.slice(-1);
    return stats.requests.filter((request) => request.kind === 'range' && request.start < end).length;
  });
  assert.equal(groups, 0);
});

browserTest('`src` changed many times at once opens the last alone', async () => {
  const files = [await stage.file('large'), await stage.file('small'), await stage.file('tiny')];
  const page = await stage.page('./preview');
  const preview = await Preview.show(page, {}, { until: null });
  await page.evaluate((urls) => urls.forEach((url) => (preview.src = url)), files.map(({ url }) => url));
  assert.equal((await preview.row(0))[0], '1000000');
  const paths = new Set((await settled(stage.data)).requests.map(({ path }) => path));
  assert.deepEqual([...paths], [`/${files[2].name}`]);
});

browserTest('a dropped File takes the place of `src`, and `src` that of the File', async () => {
  const { url } = await stage.file('small', EXPOSED);
  const page = await stage.page('./preview');
  const preview = await Preview.show(page, { src: url });
  await preview.asked(stage.data);
  await stage.data.resetLog();
  await page.setInputFiles('input', stage.samples.large.path);
  await page.evaluate(() => {
    heard.length = 0;
    preview.source = document.querySelector('input').files[0];
  });
  await page.waitForFunction(() => heard.some(({ type }) => type === 'load'));
  assert.match(await preview.locator('[part="toolbar"]').textContent(), /^large\.parquet100,000 rows/);
  await page.evaluate(() => preview.scrollToRow(80_000));
  assert.equal((await preview.row(80_000))[0], '1080000');
  assert.deepEqual(asked(await stage.data.log()), []);
  const read = await page.evaluate(() => [preview.file.stats.bytes, preview.file.byteLength]);
  assert.ok(read[0] < read[1], String(read));
  const again = await stage.file('tiny', EXPOSED);
  await page.evaluate((src) => (preview.src = src), again.url);
  await preview.locator('[part="title"]', { hasText: 'tiny' }).waitFor();
  assert.equal((await preview.row(3))[0], '1000003');
});

browserTest('taken out it stops, put back it begins anew, and moved it goes on', async () => {
  const { url, name } = await stage.file('large', EXPOSED);
  const page = await stage.page('./preview');
  const preview = await Preview.show(page, { src: url });
  await page.evaluate(() => preview.scrollToRow(30_000));
  await preview.asked(stage.data);
  await stage.data.resetLog();
  await page.evaluate(() => document.body.prepend(preview));
  assert.equal((await preview.row(30_000))[0], '1030000');
  assert.equal(await page.evaluate(() => preview.file !== undefined), true);
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
  assert.equal(await preview.top(), 30_000);
  assert.deepEqual(asked(await preview.asked(stage.data)), []);

  await stage.data.rule(name, { stall: 100 }, { when: 'range', times: 1 });
  await page.evaluate(() => preview.scrollToRow(90_000));
  for (let tries = 0; (await stage.data.log()).requests.length < 1; tries++) {
    assert.ok(tries < 200, 'nothing was asked');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  await page.evaluate(() => preview.remove());
  await settled(stage.data);
  assert.equal(await page.evaluate(() => preview.file), undefined);
  await page.evaluate(() => document.body.append(preview));
  assert.equal((await preview.row(0))[0], '1000000');
});

browserTest('headers and credentials are those of `options`', async () => {
  const cors = { ...EXPOSED, preflight: { answered: { allowHeaders: 'X-Key, Range, If-Match', maxAge: 600 } } };
  const { url } = await stage.file('small', cors);
  const page = await stage.page('./preview');
  const preview = await Preview.show(page, { src: url }, { properties: { options: { headers: { 'X-Key': 'mine' } } } });
  await preview.row(0);
  const log = await settled(stage.data);
  const plain = log.requests.filter(({ method }) => method !== 'OPTIONS');
  assert.ok(plain.length > 0 && plain.every(({ headers }) => headers['x-key'] === 'mine'));
});
