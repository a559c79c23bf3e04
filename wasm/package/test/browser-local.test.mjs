/** A file from the visitor's own disk. */

import assert from 'node:assert/strict';
import { asked, browserTest, useStage } from './harness/stage.mjs';

const stage = useStage();

browserTest('a file that was chosen is read in place, by slices', async () => {
  const { path, byteLength } = stage.samples.large;
  const page = await stage.page();
  await page.setInputFiles('input', path);
  const got = await page.evaluate(async () => {
    const [chosen] = document.querySelector('input').files;
    const file = await parqlet.open(chosen);
    const rows = await file.rows({ columns: ['ride_id'], offset: 99_999, limit: 5 });
    const { byteLength, rowCount, stats } = file;
    return { byteLength, rowCount, ids: rows.map((row) => row.ride_id), bytes: stats.bytes };
  });
  assert.deepEqual([got.byteLength, got.rowCount, got.ids], [byteLength, 100_000, [1_099_999n]]);
  assert.ok(got.bytes < byteLength / 4, `${got.bytes} of ${byteLength} bytes read`);
  assert.deepEqual(asked(await stage.data.log()), []);
});

browserTest('a Blob and bytes that were fetched by the page are read as they are', async () => {
  const { url } = await stage.file('large');
  const page = await stage.page();
  const counts = await page.evaluate(async (url) => {
    const bytes = await (await fetch(url)).arrayBuffer();
    const sources = [new Blob([bytes]), bytes, new Uint8Array(bytes)];
    const counts = [];
    for (const source of sources) {
      const file = await parqlet.open(source);
      counts.push((await file.columns({ columns: ['fare'] })).fare.length);
      file.close();
    }
    return [...counts, bytes.byteLength];
  }, url);
  assert.deepEqual(counts, [100_000, 100_000, 100_000, stage.samples.large.byteLength]);
  assert.deepEqual(asked(await stage.data.log()), ['GET']);
});

browserTest('a file that was changed on disk after it was chosen is an error', async () => {
  const page = await stage.page();
  const { copyFile } = await import('node:fs/promises');
  const copy = `${stage.samples.large.path}.copy`;
  await copyFile(stage.samples.large.path, copy);
  await page.setInputFiles('input', copy);
  await page.evaluate(async () => {
    const [chosen] = document.querySelector('input').files;
    globalThis.file = await parqlet.open(chosen);
  });
  await copyFile(stage.samples.later.path, copy);
  const error = await page.evaluate(async () => await failure(file.rows({ columns: ['note'] })));
  assert.ok(error.typed, `${error.name}: ${error.message}`);
});
