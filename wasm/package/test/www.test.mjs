/** The preview site as it is built, in Chromium: what it shows, what its address says, and whom it asks. */

import assert from 'node:assert/strict';
import { appendFile, cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { build } from '../../../www/build.mjs';
import { serve } from '../../../www/serve.mjs';
import { count, size } from '../../../www/src/amounts.js';
import { readState, writeState } from '../../../www/src/state.js';
import { offerAxe, serious } from './harness/axe.mjs';
import { startChromium } from './harness/chromium.mjs';
import { Fixture, writeSample } from './harness/fixture.mjs';
import { EXPOSED, settled } from './harness/stage.mjs';

const ROWS = 20_000;
// Far more than it takes: the machine may have other things to do.
const LIMIT = { timeout: 120_000 };

let folder, site, data, browser, context, page;
/** What the site's own server was asked, and which origins were asked at all. */
let asked = [];
let origins = new Set();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parqlet-www-'));
  const sample = join(folder, 'rides.parquet');
  await writeSample(sample, '--rows', String(ROWS), '--row-groups', '4');
  await build({ out: join(folder, 'site'), sample });
  site = await serve(join(folder, 'site'), 0, (request) => asked.push(request));
  data = await Fixture.start();
  await data.put('rides.parquet', sample);
  await data.cors('rides.parquet', EXPOSED);
  await data.put('closed.parquet', sample);
  await writeSample(join(folder, 'large.parquet'), '--rows', '100000', '--row-groups', '10');
  await data.put('whole.parquet', join(folder, 'large.parquet'));
  await data.cors('whole.parquet', EXPOSED);
  browser = await startChromium();
}, LIMIT);

after(async () => {
  await browser?.close();
  await data?.stop();
  await site?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}, LIMIT);

beforeEach(async () => {
  await context?.close();
  context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  context.on('request', (request) => {
    if (/^https?:/.test(request.url())) origins.add(new URL(request.url()).origin);
  });
  asked = [];
  origins = new Set();
  await data.resetLog();
});

/** A row of the table, counted from 1, once its cells are there. */
async function row(number) {
  const line = page.locator(`parqlet-preview [aria-rowindex="${number + 1}"]:not(:has(.pending))`);
  await line.waitFor();
  return await line.locator('[role="gridcell"]').allTextContents();
}

/** Drops the rides on the page as a file of somebody's own. */
async function drop() {
  const bytes = await readFile(join(folder, 'rides.parquet'), 'base64');
  await page.evaluate((bytes) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(atob(bytes), (byte) => byte.charCodeAt(0))], 'mine.parquet'));
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, bytes);
}

/** For looking at, where somebody wants to. */
async function picture(name) {
  const path = process.env.PARQLET_SCREENSHOTS;
  if (path) await page.screenshot({ path: join(path, `${name}.png`) });
}

const names = () => page.locator('parqlet-preview [part="name"]').allTextContents();
const search = () => readState(new URL(page.url()).search);

/** Waits until the page tells of as many requests and bytes as `told` says. */
async function totals(told) {
  const { requests, bytes } = await told();
  const text = `${size(bytes)} of`;
  await page.waitForFunction(
    ([text, made]) => {
      const said = document.getElementById('totals').textContent;
      return said.startsWith(text) && said.includes(made);
    },
    [text, `in ${count(requests)} request${requests === 1 ? '' : 's'}, `],
  );
}

test('from the first page to the first rows of the sample, with no other host', LIMIT, async (t) => {
  await page.goto(site.origin);
  await page.getByRole('button', { name: 'Open the sample' }).click();
  assert.equal((await row(1))[0], '1000000');
  await page.waitForFunction(() => document.querySelectorAll('#schema .tree > li').length === 30);
  await page.waitForLoadState('networkidle');
  await totals(() => {
    const own = asked.filter(({ path }) => path === '/sample.parquet');
    const bytes = own.reduce((sum, request) => sum + request.bytes, 0);
    t.diagnostic(`${own.length} requests, ${bytes} bytes of the sample`);
    return { requests: own.length, bytes };
  });
  const rows = await page.locator('#waterfall .request').count();
  assert.equal(rows, asked.filter(({ path }) => path === '/sample.parquet').length);
  assert.deepEqual([...origins], [site.origin]);
  assert.equal(new URL(page.url()).search, '?url=sample.parquet');
});

test('a file from elsewhere: its server saw what the totals say, and the map knows the parts', LIMIT, async () => {
  await page.goto(`${site.origin}/${writeState({ url: data.url('rides.parquet') })}`);
  await row(1);
  await page.waitForLoadState('networkidle');
  await totals(async () => {
    const requests = (await settled(data)).requests.filter(({ method }) => method !== 'OPTIONS');
    return { requests: requests.length, bytes: requests.reduce((sum, { bytesSent }) => sum + bytesSent, 0) };
  });
  assert.deepEqual([...origins].sort(), [site.origin, data.origin].sort());
  const map = page.locator('#map canvas');
  const { width, height } = await map.boundingBox();
  await map.hover({ position: { x: width * 0.1, y: height * 0.1 } });
  const told = await page.locator('#tip').innerText();
  assert.match(told, /Row group\s+1\s+Bytes[^]+Fetched[^]+Codec\s+SNAPPY\s+Encodings/);
  await map.focus();
  await page.keyboard.press('ArrowDown');
  assert.match(await map.getAttribute('aria-label'), /Row group, 2/);
});

test('the address says what is shown, and back and forward go there', LIMIT, async () => {
  await page.goto(`${site.origin}/?url=sample.parquet&columns=fare,city&row=15001`);
  await row(15_001);
  assert.deepEqual(await names(), ['fare', 'city']);
  await page.evaluate(() => document.getElementById('preview').scrollToRow(8_000));
  await row(8_001);
  await page.waitForFunction(() => location.search.endsWith('row=8001'));

  await page.locator('parqlet-preview button').filter({ hasText: 'Columns' }).click();
  await page.locator('parqlet-preview [aria-label="Find a column"]').fill('city');
  await page.locator('parqlet-preview [part="chooser"] label:visible').click();
  await page.keyboard.press('Escape');
  assert.deepEqual(search(), { url: 'sample.parquet', columns: ['fare'], row: 8_000 });
  await page.goBack();
  await page.waitForFunction(() => document.getElementById('preview').columns.length === 2);
  assert.deepEqual(search().columns, ['fare', 'city']);
  await page.goForward();
  await page.waitForFunction(() => document.getElementById('preview').columns.length === 1);
  await page.getByLabel('Address of a Parquet file').fill(data.url('rides.parquet'));
  await page.keyboard.press('Enter');
  await row(1);
  assert.equal((await names())[0], 'ride_id');
  await page.goBack();
  await row(8_001);
  assert.deepEqual(await names(), ['fare']);
});

test('any names of columns go through the address', () => {
  const state = { url: 'https://example.org/a b.parquet?x=1&y=2', columns: ['a,b', '100%', 'ä.b', '%2C'], row: 41 };
  assert.deepEqual(readState(writeState(state)), state);
  assert.equal(writeState({}), './');
});

test('a dropped file is read where it is, and kept as CSV', LIMIT, async () => {
  await page.goto(site.origin);
  await drop();
  assert.equal((await row(1))[0], '1000000');
  assert.equal(await page.title(), 'mine.parquet · Parqlet');
  await page.locator('#download').click();
  await page.getByLabel('Number of rows').fill('1500');
  await page.getByLabel('The first').check();
  const waiting = page.waitForEvent('download');
  await page.locator('#download-form').getByRole('button', { name: 'Download' }).click();
  const download = await waiting;
  assert.equal(download.suggestedFilename(), 'mine.csv');
  const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split(/\r?\n/);
  assert.ok(lines.length >= 1501, `${lines.length}`);
  assert.match(lines[0], /^ride_id,pickup_at,/);
  assert.match(lines[1], /^1000000,2024-/);
  assert.deepEqual(asked.filter(({ path }) => path.endsWith('.parquet')), []);
  assert.deepEqual([...origins], [site.origin]);
});

test('once loaded it opens without its server, and a file of one\'s own in it', LIMIT, async () => {
  const copy = join(folder, 'offline');
  await cp(join(folder, 'site'), copy, { recursive: true });
  const own = await serve(copy, 0, (request) => asked.push(request));
  const parquet = () => asked.filter(({ path }) => path.endsWith('.parquet'));
  const controlled = () => page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
  try {
    await page.goto(own.origin);
    await controlled();
    // Data goes by it: the same ranges as without.
    await page.goto(`${own.origin}/?url=sample.parquet`);
    await row(1);
    await page.waitForLoadState('networkidle');
    assert.ok(parquet().length > 1 && parquet().every(({ method, range }) => method === 'HEAD' || range !== undefined));
    const kept = await page.evaluate(async () => {
      const caches = await globalThis.caches.keys();
      const requests = await Promise.all(caches.map(async (name) => await (await globalThis.caches.open(name)).keys()));
      return requests.flat().map(({ url }) => new URL(url).pathname);
    });
    assert.ok(kept.includes('/') && kept.includes('/parqlet/parqlet.wasm') && kept.includes('/parqlet/worker-host.js'));
    assert.deepEqual(kept.filter((path) => /\.parquet$|offline\.js$/.test(path)), []);

    await own.close();
    const before = asked.length;
    await page.goto(`${own.origin}/?columns=fare,city`);
    await drop();
    assert.equal((await row(1))[0], '1000000');
    await page.evaluate(() => document.getElementById('preview').scrollToRow(15_000));
    await row(15_001);
    assert.equal(await page.title(), 'mine.parquet · Parqlet');
    assert.equal(asked.length, before);
    await picture('offline');
    await page.goto(`${own.origin}/?url=sample.parquet`);
    await page.getByText('The connection failed').waitFor();
  } finally {
    await own.close().catch(() => undefined);
  }
});

test('a new version of the site is fetched whole, and shown once nobody has the old one open', LIMIT, async () => {
  const copy = join(folder, 'updated');
  await cp(join(folder, 'site'), copy, { recursive: true });
  const own = await serve(copy, 0);
  try {
    await page.goto(own.origin);
    await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
    await appendFile(join(copy, 'style.css'), 'body{outline:7px solid}');
    const script = await readFile(join(copy, 'offline.js'), 'utf8');
    await writeFile(join(copy, 'offline.js'), script.replace(/version:"[0-9a-f]{16}"/, 'version:"the-next-one"'));
    const outline = () => page.evaluate(() => getComputedStyle(document.body).outlineWidth);
    await page.reload();
    assert.notEqual(await outline(), '7px');
    await page.evaluate(async () => await (await navigator.serviceWorker.ready).update());
    await page.waitForFunction(async () => Boolean((await navigator.serviceWorker.ready).waiting));
    const caches = await page.evaluate(() => globalThis.caches.keys());
    assert.ok(caches.length === 2 && caches.includes('parqlet-site-the-next-one'), caches.join());
    await page.reload();
    assert.notEqual(await outline(), '7px');
    // Nobody has it open any more. The browser takes its time to see that.
    for (let tries = 0; tries < 10 && (await outline()) !== '7px'; tries++) {
      await page.close();
      await new Promise((resolve) => setTimeout(resolve, 300));
      page = await context.newPage();
      await page.goto(own.origin);
    }
    assert.equal(await outline(), '7px');
    assert.deepEqual(await page.evaluate(() => globalThis.caches.keys()), ['parqlet-site-the-next-one']);
  } finally {
    await own.close();
  }
});

test('a server without ranges: what that means, the answer it should give, and no download', LIMIT, async () => {
  await data.rule('whole.parquet', 'whole');
  await page.goto(`${site.origin}/${writeState({ url: data.url('whole.parquet') })}`);
  await page.getByText('The server sends only the whole file').waitFor();
  await page.getByText('206 Partial Content').waitFor();
  await page.getByText('Is the server not yours to change?').waitFor();
  await picture('no-ranges');
  const { requests } = await settled(data);
  const { bytesSent } = requests.find(({ method }) => method === 'GET');
  assert.ok(bytesSent < (await stat(join(folder, 'large.parquet'))).size, `${bytesSent} bytes`);
});

test('on a phone nothing is out of sight', LIMIT, async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  const inside = async (locator) => {
    const { x, width } = await locator.boundingBox();
    assert.ok(x >= 0 && x + width <= 390, `${x} and ${width} pixels`);
  };
  await page.goto(site.origin);
  await inside(page.locator('.start'));
  await page.goto(`${site.origin}/?url=sample.parquet`);
  await row(1);
  await page.locator('#download').click();
  await page.waitForFunction(() => document.getElementById('download-form').style.left !== '');
  await inside(page.locator('#download-form'));
  await page.goto(`${site.origin}/${writeState({ url: data.url('closed.parquet') })}`);
  await inside(page.getByText('The server doesn’t let this page read the file'));
  await inside(page.getByLabel('Response headers'));
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
});

for (const colorScheme of ['light', 'dark']) {
  test(`nothing in the way of anybody, ${colorScheme}`, LIMIT, async () => {
    await page.emulateMedia({ colorScheme });
    const check = async (what) => assert.deepEqual(await serious(page), [], what);
    await offerAxe(page);
    await page.goto(site.origin);
    await check('the first page');
    await page.goto(`${site.origin}/?url=sample.parquet`);
    await row(1);
    await check('a file');
    await page.locator('#download').click();
    await check('the form for downloads');
    await page.goto(`${site.origin}/${writeState({ url: data.url('closed.parquet') })}`);
    await page.getByText('The server doesn’t let this page read the file').waitFor();
    await page.getByText('Is the server not yours to change?').waitFor();
    await check('a refusal');
  });
}
