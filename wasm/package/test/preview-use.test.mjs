/** `<parqlet-preview>` in use: keys, columns, whole values, copies, themes, and what axe finds. */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Preview, bytes } from './harness/preview.mjs';
import { asked, browserTest, dataRequests, EXPOSED, useStage } from './harness/stage.mjs';

const stage = useStage();
const AXE = createRequire(import.meta.url).resolve('axe-core');
const COLUMNS = ['ride_id', 'note', 'pickup', 'stops'];

/** The element over 100,000 rides, first rows there, the log emptied. */
async function rides(attributes = {}, options = {}) {
  const { url, byteLength } = await stage.file('large', EXPOSED);
  const page = await stage.page('./preview', options);
  const preview = await Preview.show(page, { src: url, ...attributes });
  await preview.asked(stage.data);
  await stage.data.resetLog();
  return { page, preview, url, byteLength };
}

browserTest('keys: Tab goes in, arrows and pages move, the ends are one press away', async () => {
  const { page, preview } = await rides();
  await preview.locator('button', { hasText: 'Columns' }).first().focus();
  await preview.press('Tab');
  assert.deepEqual(await preview.focused(), [0, 0]);
  await preview.press('ArrowDown', 'ArrowDown', 'ArrowRight');
  assert.deepEqual(await preview.focused(), [2, 1]);
  await preview.press('PageDown');
  const [paged] = await preview.focused();
  assert.ok(paged > 10 && paged < 20, `${paged}`);
  await preview.press('Control+End');
  assert.deepEqual(await preview.focused(), [99_999, 29]);
  await preview.row(99_999);
  const box = await preview.cell(99_999, 29).boundingBox();
  const stageBox = await preview.locator('[part="grid"]').boundingBox();
  assert.ok(box.y + box.height <= stageBox.y + stageBox.height + 1);
  assert.ok(box.x + box.width <= stageBox.x + stageBox.width + 1);
  await preview.press('Control+Home', 'ArrowUp');
  assert.deepEqual(await preview.focused(), [-1, 0]);
  await preview.press('ArrowRight', 'End', 'Home', 'ArrowDown');
  assert.deepEqual(await preview.focused(), [0, 0]);
  // One stop for Tab: the next is behind the grid.
  await preview.press('Tab');
  assert.equal(await preview.focused(), undefined);
  assert.equal(page.workers().length, 1);
});

browserTest('the cell with the focus keeps it while its row is scrolled away and back', async () => {
  const { page, preview } = await rides();
  await preview.cell(3, 1).click();
  const scroll = (rows) => page.evaluate((rows) => preview.scrollToRow?.(rows), rows);
  await page.mouse.wheel(0, 3000);
  await page.waitForFunction(() => heard.findLast(({ type }) => type === 'view').detail.start === 100);
  assert.deepEqual(await preview.focused(), [3, 1]);
  assert.equal(await preview.cell(3, 1).textContent(), (await preview.row(3))[1]);
  await preview.press('ArrowDown');
  assert.deepEqual(await preview.focused(), [4, 1]);
  assert.equal(await preview.top(), 4);
  await scroll(50_000);
  await page.mouse.wheel(0, 3000);
  await preview.asked(stage.data);
});

browserTest('a folded value opens whole, is copied whole, and closes with the focus back', async () => {
  const permissions = ['clipboard-read', 'clipboard-write'];
  const { page, preview } = await rides({ columns: COLUMNS.join() }, { permissions });
  assert.match(await preview.cell(0, 2).textContent(), /^\{lat: 4\d\.\d+, lon: -7\d\.\d+, zone: "Zone \d+"\}$/);
  await preview.cell(0, 2).click();
  await preview.press('Enter');
  const dialog = preview.locator('dialog');
  await dialog.waitFor();
  const whole = /^\{\n {2}lat: 4\d\.\d+,\n {2}lon: -7\d\.\d+,\n {2}zone: "Zone \d+"\n\}$/;
  assert.match(await dialog.locator('pre').textContent(), whole);
  await dialog.getByText('Copy', { exact: true }).click();
  await dialog.getByText('Copied').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await dialog.locator('pre').textContent());
  await preview.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  assert.deepEqual(await preview.focused(), [0, 2]);
  await preview.press('ArrowLeft', 'ArrowLeft', 'Control+c');
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '1000000');
  // The sign at the end of a folded value opens it with a press.
  const { x, y, width, height } = await preview.cell(4, 2).boundingBox();
  await page.mouse.click(x + width - 10, y + height / 2);
  await dialog.waitFor();
});

browserTest('only the columns that are chosen are fetched, and one more costs its own bytes alone', async (t) => {
  const { url, byteLength } = await stage.file('large', EXPOSED);
  const page = await stage.page('./preview');
  const preview = await Preview.show(page, { src: url, columns: 'city, ride_id, nothing-like-it' });
  const log = await preview.asked(stage.data);
  t.diagnostic(`two columns: ${log.requests.length} requests, ${bytes(log)} bytes`);
  assert.deepEqual(await preview.locator('[part="name"]').allTextContents(), ['city', 'ride_id']);
  assert.deepEqual([await preview.row(1)], await preview.truth([1], ['city', 'ride_id']));

  await stage.data.resetLog();
  await preview.locator('button').filter({ hasText: 'Columns' }).click();
  await preview.locator('[aria-label="Find a column"]').fill('fare');
  await preview.locator('[part="chooser"] label:visible').click();
  await preview.press('Escape');
  assert.deepEqual(await preview.locator('[part="name"]').allTextContents(), ['city', 'ride_id', 'fare']);
  assert.deepEqual([await preview.row(1)], await preview.truth([1], ['city', 'ride_id', 'fare']));
  const more = await preview.asked(stage.data);
  t.diagnostic(`one more: ${more.requests.length} requests, ${bytes(more)} bytes`);
  const chunk = await page.evaluate(() => preview.file.rowGroups[0].columns.find(({ path }) => path === 'fare'));
  const ranges = dataRequests(more, byteLength).map(({ range }) => /(\d+)-(\d+)/.exec(range).slice(1).map(Number));
  assert.ok(ranges.length >= 1, String(asked(more)));
  for (const [first, last] of ranges) assert.ok(first >= chunk.start && last < chunk.end, `${first}-${last}`);
  const told = await page.evaluate(() =>
    heard.filter(({ type }) => type === 'columns').map(({ detail }) => detail.columns),
  );
  assert.deepEqual(told, [['city', 'ride_id', 'fare']]);
});

browserTest('columns out of sight are not fetched until they are scrolled to', async () => {
  const { page, preview } = await rides();
  const last = await page.evaluate(() => preview.file.rowGroups[0].columns.at(-1));
  const fetched = () =>
    page.evaluate(
      ({ start, end }) => preview.file.stats.requests.some((r) => r.kind === 'range' && r.start < end && r.end > start),
      last,
    );
  assert.equal(await fetched(), false);
  await page.evaluate(() => (preview.shadowRoot.querySelector('.scroller').scrollLeft = 1e6));
  const texts = await preview.row(0);
  const log = await preview.asked(stage.data);
  assert.ok(texts.length < 20 && log.requests.length > 0);
  assert.equal(await fetched(), true);
});

browserTest('a column is widened by its edge and by keys', async () => {
  const { page, preview } = await rides();
  const width = async () => (await preview.locator('[part="column-header"]').first().boundingBox()).width;
  const before = await width();
  const edge = await preview.locator('[part="column-header"] .edge').first().boundingBox();
  await page.mouse.move(edge.x + 5, edge.y + 10);
  await page.mouse.down();
  await page.mouse.move(edge.x + 65, edge.y + 10, { steps: 4 });
  await page.mouse.up();
  assert.equal(Math.round((await width()) - before), 60);
  assert.equal(Math.round((await preview.cell(0, 0).boundingBox()).width - before), 60);
  await preview.cell(0, 0).click();
  await preview.press('ArrowUp', 'Alt+ArrowLeft');
  assert.equal(Math.round((await width()) - before), 44);
  assert.deepEqual(await preview.focused(), [-1, 0]);
});

browserTest('rows and theme are attributes', async () => {
  const { page, preview } = await rides({ rows: '5', theme: 'dark' });
  const height = async () => (await preview.locator('.stage').boundingBox()).height;
  const colour = () => preview.locator('.frame').evaluate((frame) => getComputedStyle(frame).backgroundColor);
  assert.equal(await height(), 5 * 30 + 48);
  assert.equal(await colour(), 'rgb(20, 23, 28)');
  await page.evaluate(() => {
    preview.rows = 8;
    preview.setAttribute('theme', 'light');
    preview.style.setProperty('--parqlet-background', 'rgb(1, 2, 3)');
  });
  assert.equal(await height(), 8 * 30 + 48);
  assert.equal(await colour(), 'rgb(1, 2, 3)');
  await page.evaluate(() => (preview.style.height = '400px'));
  assert.equal((await preview.locator('.frame').boundingBox()).height, 400);
});

for (const colorScheme of ['light', 'dark']) {
  browserTest(`axe finds nothing in any state (${colorScheme})`, async () => {
    const { page, preview } = await rides({ columns: COLUMNS.join() }, { colorScheme });
    await page.addScriptTag({ path: AXE });
    const check = async (state) => {
      // Colours are judged as they end up, not halfway in.
      await page.waitForFunction(() =>
        preview.getAnimations({ subtree: true }).every(({ playState }) => playState !== 'running'),
      );
      const found = await page.evaluate(async () => {
        document.title = 'Preview';
        const { violations } = await axe.run('parqlet-preview');
        return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0].html} ${nodes[0].failureSummary}`);
      });
      assert.deepEqual(found, [], state);
    };
    await check('rows');
    await preview.cell(0, 2).click();
    await check('a cell with the focus');
    await preview.press('Enter');
    await preview.locator('dialog').waitFor();
    await check('a whole value');
    await preview.press('Escape');
    await preview.locator('button').filter({ hasText: 'Columns' }).click();
    await check('the columns');
    await preview.press('Escape');
    await page.evaluate(() => (preview.columns = []));
    await check('no columns');
    const { url } = await stage.file('large', null);
    await Preview.show(page, { src: url }, { until: 'error' });
    await check('an error');
  });
}
