/** `parqlet/worker`: the same, decoded in a worker. */

import assert from 'node:assert/strict';
import { asked, browserTest, settled, useStage } from './harness/stage.mjs';

const stage = useStage();

browserTest('a worker reads the same rows with the same requests', async () => {
  const { url } = await stage.file('large');
  const requests = [];
  const answers = [];
  for (const subpath of ['.', './worker']) {
    const page = await stage.page(subpath);
    answers.push(
      await page.evaluate(async (url) => {
        const file = await parqlet.open(url);
        const rows = await file.rows({ columns: ['ride_id', 'pickup_at', 'note', 'pickup'], limit: 100 });
        const text = JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
        return { rowCount: file.rowCount, names: file.schema.fields.map(({ name }) => name), text };
      }, url),
    );
    requests.push(asked(await stage.data.log()).sort());
  }
  assert.deepEqual(answers[1], answers[0]);
  assert.deepEqual(requests[1], requests[0]);
  assert.ok(requests[0].length >= 3 && !requests[0].includes('OPTIONS'));
});

browserTest('batches and Arrow come from a worker', async () => {
  const { url } = await stage.file('large');
  const page = await stage.page('./worker');
  const rows = await page.evaluate(async (url) => {
    const file = await parqlet.open(url);
    let rows = 0;
    for await (const batch of file.batches({ columns: ['note', 'fare'] })) rows += batch.rowCount;
    const ipc = await file.ipc({ columns: ['fare'] });
    return [rows, ipc instanceof Uint8Array && ipc.length > 800_000];
  }, url);
  assert.deepEqual(rows, [100_000, true]);
  assert.equal(page.workers().length, 1);
});

browserTest('columns are the same from a worker', async () => {
  const columns = ['ride_id', 'note', 'fare', 'pickup_at', 'pickup'];
  const texts = [];
  for (const subpath of ['.', './worker']) {
    const { url } = await stage.file('large');
    const page = await stage.page(subpath);
    const read = async ({ url, columns }) => {
      const got = await (await parqlet.open(url)).columns({ columns, limit: 12_345 });
      const plain = (_, value) => (typeof value === 'bigint' ? `${value}n` : value);
      return Object.entries(got).map(([name, values]) => [
        name,
        values.constructor.name,
        values.length,
        JSON.stringify(Array.from(values), plain),
      ]);
    };
    texts.push(await page.evaluate(read, { url, columns }));
  }
  assert.deepEqual(texts[1], texts[0]);
  assert.deepEqual(texts[0].map(([name, , length]) => [name, length]), columns.map((name) => [name, 12_345]));
});

browserTest('after an abort the worker is there for the next call, whatever it was about to make', async () => {
  const { path } = stage.samples.large;
  const page = await stage.page('./worker');
  await page.setInputFiles('input', path);
  const waits = await page.evaluate(async () => {
    const file = await parqlet.open(document.querySelector('input').files[0]);
    const waits = [];
    for (const how of ['rows', 'columns', 'ipc']) {
      const begun = performance.now();
      await file[how]();
      const all = performance.now() - begun;
      const controller = new AbortController();
      // All batches are decoded by then: what is left is to make values of them and to hand those over.
      const onProgress = ({ rows }) => rows === file.rowCount && controller.abort();
      const end = await file[how]({ signal: controller.signal, onProgress }).catch((error) => error.name);
      const aborted = performance.now();
      await file.plan();
      waits.push({ how, end, all, wait: performance.now() - aborted });
    }
    return waits;
  });
  for (const { how, end, all, wait } of waits) {
    if (how === 'columns') assert.equal(end, 'AbortError');
    assert.ok(wait < Math.max(200, all / 5), `${how}: ${all} ms in all, ${wait} ms after an abort`);
  }
});

browserTest("an abort goes through to the worker's transfers", async () => {
  const { name, url } = await stage.file('large');
  await stage.data.rule(name, { stall: 100 }, { when: 'range', nth: 2 });
  const page = await stage.page('./worker');
  const same = await page.evaluate(async (url) => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const file = await parqlet.open(url);
    const reading = file.rows({ columns: ['note'], signal: controller.signal }).catch((error) => error);
    setTimeout(() => controller.abort(reason), 200);
    return (await reading) === reason;
  }, url);
  assert.ok(same);
  const log = await settled(stage.data);
  assert.ok(log.requests.some(({ method, bytesSent }) => method === 'GET' && bytesSent <= 100), String(asked(log)));
});

browserTest('errors keep their type and code across the boundary', async () => {
  const { name, url } = await stage.file('large');
  await stage.data.rule(name, { status: 404 });
  const page = await stage.page('./worker');
  const error = await page.evaluate(async (url) => await failure(parqlet.open(url)), url);
  assert.deepEqual([error.typed, error.code, error.status, error.retryable], [true, 'not_found', 404, false]);
});

browserTest('init compiles the module before the first file, for all workers', async () => {
  const { url } = await stage.file('large');
  const page = await stage.page('./worker');
  const compiled = async () => (await stage.site.log()).requests.filter(({ path }) => path.endsWith('.wasm')).length;
  await page.evaluate(async () => await parqlet.init());
  assert.equal(await compiled(), 1);
  const read = async (url) => {
    const file = await parqlet.open(url);
    const rows = await file.rows({ columns: ['ride_id'], limit: 1 });
    file.close();
    return rows[0].ride_id;
  };
  assert.equal(await page.evaluate(read, url), 1_000_000n);
  assert.equal(await compiled(), 1, 'the worker compiled it again');
});

browserTest('a File goes to the worker without being read whole', async () => {
  const { path, byteLength } = stage.samples.large;
  const page = await stage.page('./worker');
  await page.setInputFiles('input', path);
  const got = await page.evaluate(async () => {
    const file = await parqlet.open(document.querySelector('input').files[0]);
    const rows = await file.rows({ columns: ['ride_id'], limit: 2 });
    return { ids: rows.map((row) => row.ride_id), bytes: file.stats.bytes };
  });
  assert.deepEqual(got.ids, [1_000_000n, 1_000_001n]);
  assert.ok(got.bytes < byteLength / 4);
});
