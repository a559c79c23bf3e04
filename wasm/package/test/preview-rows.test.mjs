/** `<parqlet-preview>` over two million rows on another origin: what is seen, and what that cost. */

import assert from 'node:assert/strict';
import { Preview, bytes, DEEP } from './harness/preview.mjs';
import { asked, browserTest, dataRequests, settled, useStage } from './harness/stage.mjs';

const stage = useStage(DEEP);
const ROWS = 2_000_000;

/** The element over the deep file, first rows there, the log emptied. */
async function deep(t, options) {
  const { url, name, byteLength } = await stage.file('deep');
  const page = await stage.page('./preview', options);
  const preview = await Preview.show(page, { src: url });
  const log = await preview.asked(stage.data);
  t.diagnostic(`first rows: ${log.requests.length} requests, ${bytes(log)} bytes`);
  await stage.data.resetLog();
  return { page, preview, url, name, byteLength, log };
}

browserTest('the first rows come with the front of the pages they are in, and nothing else', async (t) => {
  const { page, preview, byteLength, log } = await deep(t);
  assert.deepEqual([await preview.row(0), await preview.row(15)], await preview.truth([0, 15]));
  const data = dataRequests(log, byteLength);
  assert.ok(data.length >= 1 && data.length <= 6, String(asked(log)));
  // The footer, and of each column the front of its dictionary and of its first page.
  assert.ok(bytes(log) < 230_000, `${bytes(log)} bytes`);
  assert.match(await preview.locator('[part="toolbar"]').textContent(), /2,000,000 rows · 3 columns · 3\d\.\d MB/);
  // What the element says it cost is what the server was asked, but for its HEAD, which has no body.
  const { requestCount, bytes: counted } = await page.evaluate(() => preview.file.stats);
  assert.deepEqual([requestCount, counted], [log.requests.length, bytes(log)]);
  assert.match(await preview.locator('[part="transfer"]').textContent(), new RegExp(`in ${requestCount} requests`));
  assert.equal(page.workers().length, 1);
});

browserTest('heads say how many nulls there are, as the file counts them', async () => {
  const { url } = await stage.file('small');
  const page = await stage.page('./preview');
  const preview = await Preview.show(page, { src: url, columns: 'ride_id,tip' });
  const { tip } = await page.evaluate(async () => await preview.file.columns({ columns: ['tip'] }));
  const nulls = Array.from(tip).filter((value) => value === null).length;
  assert.ok(nulls > 0 && nulls < 1500, String(nulls));
  const types = await preview.locator('[part="column-header"] [part="type"]').allTextContents();
  assert.deepEqual(types, ['int64', `float64 · ${nulls} nulls`]);
});

browserTest('what assistive technology is told', async (t) => {
  const { preview } = await deep(t);
  const grid = preview.locator('[role="grid"]');
  assert.equal(await grid.getAttribute('aria-rowcount'), String(ROWS + 1));
  assert.equal(await grid.getAttribute('aria-colcount'), '4');
  const rows = await preview.locator('[role="rowgroup"] > [role="row"]').evaluateAll((rows) =>
    rows.map((row) => [row.getAttribute('aria-rowindex'), row.querySelector('[role="rowheader"]')?.textContent]),
  );
  assert.deepEqual(rows.slice(0, 3), [['1', undefined], ['2', '1'], ['3', '2']]);
  // In the order in which they are read.
  assert.ok(rows.every(([index], at) => Number(index) === at + 1));
  assert.ok(rows.length < 60, `${rows.length} rows in the document`);
  assert.equal(await preview.locator('[role="grid"] [tabindex="0"]').count(), 1);
  assert.match(await preview.locator('[role="status"]').textContent(), /2,000,000 rows/);
});

browserTest('scrolled to row 1,500,000 it fetches the pages of that place', async (t) => {
  const { page, preview, byteLength } = await deep(t);
  const height = await page.evaluate(() => {
    const scroller = preview.shadowRoot.querySelector('.scroller');
    scroller.scrollTop = (scroller.scrollHeight - scroller.clientHeight) * 0.745;
    return scroller.scrollHeight;
  });
  assert.ok(height < 8_000_000, `${height}`);
  const log = await preview.asked(stage.data);
  const top = await preview.top();
  assert.ok(Math.abs(top - 1_500_000) < 20_000, `${top}`);
  const got = [await preview.row(top + 1), await preview.row(top + 10)];
  assert.deepEqual(got, await preview.truth([top + 1, top + 10]));
  t.diagnostic(`row 1,500,000 by scrolling: ${log.requests.length} requests, ${bytes(log)} bytes`);
  // The index of the pages there, and the pages.
  assert.ok(dataRequests(log, byteLength).length <= 8, String(asked(log)));
  assert.ok(bytes(log) < byteLength / 6, `${bytes(log)} bytes`);
});

browserTest('a thumb that is dragged past many places stops for none of them', async (t) => {
  const { page, preview, byteLength } = await deep(t);
  const STEPS = 40;
  const rests = await page.evaluate(async (steps) => {
    const scroller = preview.shadowRoot.querySelector('.scroller');
    let [rests, last] = [1, performance.now()];
    for (let step = 1; step <= steps; step++) {
      scroller.scrollTop = (scroller.scrollHeight - scroller.clientHeight) * (step / steps);
      await new Promise(requestAnimationFrame);
      if (performance.now() - last > 80) rests += 1;
      last = performance.now();
    }
    return rests;
  }, STEPS);
  const log = await preview.asked(stage.data);
  assert.equal(await preview.row(ROWS - 1).then((row) => row.length), 3);
  t.diagnostic(`dragged to the end: ${log.requests.length} requests, ${rests} rests`);
  // A place takes up to eight; where a frame takes long the thumb rests there.
  assert.ok(dataRequests(log, byteLength).length <= 8 * rests, String(asked(log)));
});

browserTest('a wheel moves by rows there, with nothing to fetch, and the thumb rests where it belongs', async (t) => {
  const { page, preview } = await deep(t);
  await page.evaluate(() => preview.scrollToRow(1_499_999));
  await preview.asked(stage.data);
  await stage.data.resetLog();
  const before = await page.evaluate(() => preview.shadowRoot.querySelector('.scroller').scrollTop);
  await preview.locator('[role="grid"]').hover();
  await page.mouse.wheel(0, 300);
  await page.waitForFunction(() => heard.findLast(({ type }) => type === 'view').detail.start === 1_500_009);
  const [row] = await preview.truth([1_500_009]);
  assert.deepEqual(await preview.row(1_500_009), row);
  // 300 pixels of some 60 million.
  await page.waitForFunction(
    (before) => Math.abs(preview.shadowRoot.querySelector('.scroller').scrollTop - before) < 40,
    before,
  );
  assert.equal(await preview.top(), 1_500_009);
  assert.deepEqual(asked(await settled(stage.data)), []);
});

browserTest('“Go to row” brings it to the top and gives it the focus', async (t) => {
  const { preview, byteLength } = await deep(t);
  const box = preview.locator('[aria-label="Go to row"]');
  await box.fill('1,500,000');
  await box.press('Enter');
  const log = await preview.asked(stage.data);
  assert.equal(await preview.top(), 1_499_999);
  assert.deepEqual(await preview.focused(), [1_499_999, 0]);
  assert.deepEqual([await preview.row(1_499_999)], await preview.truth([1_499_999]));
  t.diagnostic(`go to row 1,500,000: ${log.requests.length} requests, ${bytes(log)} bytes`);
  assert.ok(dataRequests(log, byteLength).length <= 9, String(asked(log)));
  assert.ok(bytes(log) < byteLength / 8, `${bytes(log)} bytes`);
  await box.fill('the end');
  await box.press('Enter');
  assert.equal(await box.getAttribute('aria-invalid'), 'true');
  await box.fill('99999999999');
  await box.press('Enter');
  assert.deepEqual(await preview.focused(), [ROWS - 1, 0]);
  assert.deepEqual([await preview.row(ROWS - 1)], await preview.truth([ROWS - 1]));
});

browserTest('requests for rows that were scrolled past are dropped', async (t) => {
  const { page, preview, name } = await deep(t);
  await stage.data.rule(name, { stall: 100 }, { when: 'range', times: 1 });
  await page.evaluate(() => preview.scrollToRow(1_000_000));
  for (let tries = 0; ; tries++) {
    const { requests } = await stage.data.log();
    if (requests.some(({ bytesSent }) => bytesSent > 0)) break;
    assert.ok(tries < 200, 'nothing was asked');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  await page.evaluate(() => preview.scrollToRow(200_000));
  assert.deepEqual([await preview.row(200_000)], await preview.truth([200_000]));
  // What hangs ends only when its client leaves.
  const log = await settled(stage.data);
  assert.ok(log.requests.some(({ bytesSent }) => bytesSent === 100), String(asked(log)));
  assert.equal(await preview.locator('[role="alert"]').count(), 0);
});

browserTest('rows that were seen are there at once when they come back', async (t) => {
  const { page, preview } = await deep(t);
  await page.evaluate(() => preview.scrollToRow(1_000_000));
  await preview.asked(stage.data);
  await stage.data.resetLog();
  await page.evaluate(() => preview.scrollToRow(0));
  assert.equal(await preview.cell(0, 0).evaluate((cell) => cell.classList.contains('pending')), false);
  assert.deepEqual(asked(await preview.asked(stage.data)), []);
});

browserTest('nothing on the page moves while the first rows come', async () => {
  const { url } = await stage.file('deep');
  const page = await stage.page('./preview');
  await page.evaluate(async () => {
    document.body.innerHTML = '<p>before</p><parqlet-preview></parqlet-preview><p>after</p>';
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
    globalThis.shift = 0;
    const add = (list) => list.getEntries().forEach((entry) => (shift += entry.value));
    new PerformanceObserver(add).observe({ type: 'layout-shift' });
  });
  await page.evaluate(
    (url) =>
      new Promise((resolve) => {
        const preview = document.querySelector('parqlet-preview');
        preview.addEventListener('load', () => setTimeout(resolve, 300));
        preview.src = url;
      }),
    url,
  );
  assert.equal(await page.evaluate(() => shift), 0);
});

browserTest('without a worker the page reads by itself', async () => {
  const { url } = await stage.file('deep');
  const head = `<meta http-equiv="Content-Security-Policy" content="worker-src 'none'">`;
  const page = await stage.page('./preview', { head });
  const preview = await Preview.show(page, { src: url });
  assert.equal(page.workers().length, 0);
  assert.deepEqual([await preview.row(3)], await preview.truth([3]));
});
