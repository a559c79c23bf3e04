/** The preview site built with a service, which is `parqlet serve`, in Chromium: what comes through it, and whom it is asked by. */

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { build } from '../../../www/build.mjs';
import { serve as serveSite } from '../../../www/serve.mjs';
import { writeState } from '../../../www/src/state.js';
import { offerAxe, serious } from './harness/axe.mjs';
import { startChromium } from './harness/chromium.mjs';
import { Fixture, writeSample } from './harness/fixture.mjs';
import { startNative } from './harness/native.mjs';
import { EXPOSED, settled } from './harness/stage.mjs';
import { serve } from './sources.mjs';

const ROWS = 20_000;
const LIMIT = { timeout: 120_000 };

let folder, site, data, service, stranger, browser, context, page;
/** Questions that the page asked the service, without the address of the file. */
let questions = [];
let origins = new Set();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parqlet-www-service-'));
  const sample = join(folder, 'rides.parquet');
  await writeSample(sample, '--rows', String(ROWS), '--row-groups', '4');
  const large = join(folder, 'large.parquet');
  await writeSample(large, '--rows', '100000', '--row-groups', '10');
  data = await Fixture.start();
  for (const name of ['public/closed.parquet', 'public/open.parquet', 'secret.parquet']) await data.put(name, sample);
  await data.put('public/whole.parquet', large);
  for (const name of ['public/open.parquet', 'public/whole.parquet']) await data.cors(name, EXPOSED);
  site = await serveSite(join(folder, 'site'), 0);
  service = await startNative(`--allow=${data.url('public/')}`, `--cors=${site.origin}`, '--max-rows=4000');
  stranger = await serve((_, response) => response.writeHead(200, { 'access-control-allow-origin': '*' }).end('{}'));
  await build({ out: join(folder, 'site'), sample, service: service.origin });
  browser = await startChromium();
}, LIMIT);

after(async () => {
  await browser?.close();
  await service?.stop();
  stranger?.close();
  await data?.stop();
  await site?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}, LIMIT);

beforeEach(async () => {
  await newPage();
  await data.resetLog();
});

async function newPage(options) {
  await context?.close();
  context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  questions = [];
  origins = new Set();
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (/^https?:$/.test(url.protocol)) origins.add(url.origin);
    if (url.origin !== service.origin) return;
    assert.ok(url.searchParams.get('url')?.startsWith(data.origin), request.url());
    // Rows that the page asks for, and not its worker for when there is no network.
    assert.equal(request.serviceWorker(), null);
    const { pathname, searchParams } = url;
    const [offset, limit, format] = ['offset', 'limit', 'format'].map((name) => searchParams.get(name));
    questions.push(pathname === '/' ? `${offset}+${limit} ${format}` : pathname);
  });
}

async function open(name, query = {}) {
  await page.goto(`${site.origin}/${writeState({ url: data.url(name), ...query })}`);
}

/** A row of the table, counted from 1, once its cells are there. */
async function row(number) {
  const line = page.locator(`parqlet-preview [aria-rowindex="${number + 1}"]:not(:has(.pending))`);
  await line.waitFor();
  return await line.locator('[role="gridcell"]').allTextContents();
}

const host = () => new URL(service.origin).host;
const through = () => page.locator('#through');
const text = (id) => page.locator(`#${id}`).textContent();

/** That all that was asked of the service is told, and that it came through it. */
async function accounted() {
  await page.waitForLoadState('networkidle');
  await page.waitForFunction(
    (made) => document.querySelectorAll('#waterfall .request').length === made,
    questions.length,
  );
  assert.match(await text('totals'), new RegExp(`^\\d[\\d.]* kB in ${questions.length} requests through ${host()}, `));
  const names = await page.locator('#waterfall .what').allTextContents();
  assert.deepEqual(names, ['Schema', ...questions.slice(1).map(() => 'Rows')]);
}

test('a server that lets no page read: the rows all the same, and through whom they come', LIMIT, async () => {
  await page.goto(site.origin);
  assert.match(await page.locator('.start .note').textContent(), new RegExp(`then ${host()} does, and is told`));
  await open('public/closed.parquet', { columns: ['ride_id', 'city', 'fare'] });
  assert.equal((await row(1))[0], '1000000');
  await accounted();
  assert.match(await through().textContent(), new RegExp(`can’t read the file itself.*So ${host()} reads it, and was told its whole address.*no map`));
  assert.equal(await page.locator('#map').isVisible(), false);
  assert.equal(await page.locator('#legend').isVisible(), false);
  assert.equal(await text('schema-totals'), '30 columns, 20,000 rows');
  assert.deepEqual(questions, ['/schema', '0+100 arrow']);

  const before = questions.length;
  await page.evaluate(() => document.getElementById('preview').scrollToRow(15_000));
  assert.equal((await row(15_001))[0], '1015000');
  await accounted();
  assert.ok(questions.length > before);
  assert.deepEqual([...origins].sort(), [site.origin, data.origin, service.origin].sort());
});

test('a server whose ranges don’t reach the page: through the service, without the whole file', LIMIT, async () => {
  await data.rule('public/whole.parquet', 'whole', { when: 'range', times: 1 });
  await open('public/whole.parquet', { columns: ['ride_id'], row: 70_000 });
  assert.equal((await row(70_001))[0], '1070000');
  assert.ok(await through().isVisible());
  assert.equal(questions[0], '/schema');
  const { requests } = await settled(data);
  const sent = requests.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
  const { size } = await stat(join(folder, 'large.parquet'));
  assert.ok(sent < size, `${sent} bytes of ${size}`);
});

test('what the page can read itself it reads itself, and the map is there again', LIMIT, async () => {
  await open('public/closed.parquet');
  await row(1);
  assert.ok(await through().isVisible());
  const asked = questions.length;
  await page.getByLabel('Address of a Parquet file').fill(data.url('public/open.parquet'));
  await page.keyboard.press('Enter');
  await page.locator('#map').waitFor();
  await row(1);
  assert.equal(await through().isVisible(), false);
  assert.match(await text('totals'), / of \d/);
  await page.getByRole('button', { name: 'Sample' }).click();
  await page.waitForURL('**/?url=sample.parquet');
  await row(1);
  assert.equal(questions.slice(asked).filter((question) => question === '/schema').length, 0);
});

test('no link names another service', LIMIT, async () => {
  const names = ['service', 'fallback', 'via', 'parqlet-service', 'preview', 'options'];
  const query = names.map((name) => `${name}=${encodeURIComponent(stranger.origin)}`).join('&');
  const link = `?url=${data.url('public/closed.parquet')}&${query}#service=${stranger.origin}`;
  await page.goto(`${site.origin}/${link}`);
  await row(1);
  assert.ok(questions.length > 0);
  assert.deepEqual(stranger.asked, []);

  // Where there is none, none is asked, and what the page may do is the same.
  const plain = join(folder, 'plain');
  await build({ out: plain, sample: join(folder, 'rides.parquet') });
  const policy = async (folder) => /Content-Security-Policy" content="([^"]+)"/.exec(await readFile(join(folder, 'index.html'), 'utf8'))[1];
  assert.equal(await policy(plain), await policy(join(folder, 'site')));
  const other = await serveSite(plain, 0);
  try {
    await page.goto(`${other.origin}/${link}`);
    await page.getByText('The server doesn’t let this page read the file').waitFor();
    await page.getByText('or read it through a service of your own').waitFor();
    assert.deepEqual(stranger.asked, []);
  } finally {
    await other.close();
  }
});

test('rows to keep come through the service, too', LIMIT, async () => {
  await open('public/closed.parquet', { columns: ['ride_id', 'city'] });
  await row(1);
  await page.locator('#download').click();
  const form = page.locator('#download-form');
  const keep = async (rows, format) => {
    await form.getByLabel('The first').check();
    await form.getByLabel('Number of rows').fill(String(rows));
    await form.getByLabel(format).check();
    const waiting = page.waitForEvent('download');
    await form.getByRole('button', { name: 'Download' }).click();
    return await readFile(await (await waiting).path());
  };
  const lines = String(await keep(3_000, 'CSV')).trimEnd().split('\n');
  assert.deepEqual([lines.length, lines[0]], [3_001, 'ride_id,city']);
  assert.match(lines[3_000], /^1002999,/);
  assert.equal(questions.at(-1), '0+3000 csv');
  // Of Arrow it takes several answers to make one.
  const arrow = await keep(9_000, 'Arrow');
  assert.deepEqual(questions.slice(-3).map((question) => question.split('+')[0]), ['0', '4000', '8000']);
  assert.equal(arrow.readInt32LE(0), -1);
  await form.getByLabel('JSON lines').check();
  await form.getByRole('button', { name: 'Download' }).click();
  await page.getByText('The service gives at most 4,000 rows at a time').waitFor();
  assert.deepEqual([...origins].sort(), [site.origin, data.origin, service.origin].sort());
});

test('the site’s worker leaves the service alone', LIMIT, async () => {
  await page.goto(site.origin);
  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
  await open('public/closed.parquet');
  await row(1);
  assert.equal(questions[0], '/schema');
  const kept = await page.evaluate(async () => {
    const caches = await globalThis.caches.keys();
    const requests = await Promise.all(caches.map(async (name) => await (await globalThis.caches.open(name)).keys()));
    return requests.flat().map(({ url }) => url);
  });
  assert.ok(kept.includes(`${site.origin}/parqlet/via.js`), kept.join());
  assert.deepEqual(kept.filter((url) => !url.startsWith(`${site.origin}/`)), []);
});

test('neither way: why not, of both', LIMIT, async () => {
  await open('secret.parquet');
  await page.getByText('The server doesn’t let this page read the file').waitFor();
  await page.getByText(`Nor can it be read through the service ${service.origin}/`).waitFor();
  assert.match(await page.locator('#otherwise').innerText(), /Fetch the file and drop it here\.$/);
  assert.deepEqual(questions, ['/schema']);
  // What the service refuses it doesn't ask for.
  assert.ok((await settled(data)).requests.every(({ headers }) => headers.origin !== undefined));
});

for (const colorScheme of ['light', 'dark']) {
  test(`nothing in the way of anybody, ${colorScheme}`, LIMIT, async () => {
    await newPage({ colorScheme });
    await offerAxe(page);
    await page.goto(site.origin);
    assert.deepEqual(await serious(page), [], 'the first page');
    await open('public/closed.parquet');
    await row(1);
    assert.deepEqual(await serious(page), [], 'a file through the service');
    await open('secret.parquet');
    await page.getByText('Nor can it be read through the service').waitFor();
    assert.deepEqual(await serious(page), [], 'neither way');
  });
}

test('an address that is none is refused before anything is built', async () => {
  for (const address of ['service.example.org', 'ftp://example.org/', 'https://user:word@example.org/', '/service/']) {
    const out = join(folder, 'never');
    await assert.rejects(build({ out, sample: 'none', service: address }), /--service takes the address of a service/);
    await assert.rejects(stat(out), { code: 'ENOENT' });
  }
});
