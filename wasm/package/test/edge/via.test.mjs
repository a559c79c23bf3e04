/** `openVia` through the handler in every runtime: the same rows as directly, never a short result. */

import assert from 'node:assert/strict';
import { open } from 'parqlet';
import { openVia } from 'parqlet/via';
import { settled } from '../harness/stage.mjs';
import { edgeTest, useStage } from './stage.mjs';

const SAMPLES = {
  large: ['--rows', '100000', '--row-groups', '10'],
  later: ['--rows', '100000', '--row-groups', '10', '--seed', '7'],
  wide: ['--wide', '2000', '--rows', '500', '--row-groups', '2'],
};
const stage = useStage(SAMPLES, ({ data }) => ({
  plain: { allow: [data.origin], maxRows: 20_000 },
  bulk: { allow: [data.origin], maxRows: 1e9, maxBytes: 1e9, memory: 2 ** 20 },
}));

/** Does it in each runtime, one after the other. */
function everywhere(name, body) {
  edgeTest(name, async () => {
    for (const runtime of stage.runtimes) await body((handler) => stage.address(runtime, `/${handler}/`).replace(/\/$/, ''), runtime);
  });
}

everywhere('rows of one answer, and of several', async (service, runtime) => {
  const url = stage.data.url('large.parquet');
  const [via, direct] = await Promise.all([openVia(service('plain'), url), open(url)]);
  assert.deepEqual([via.rowCount, via.byteLength], [direct.rowCount, direct.byteLength], runtime);
  assert.deepEqual(via.schema.fields, direct.schema.fields);
  const few = { offset: 54_321, limit: 100 };
  assert.deepEqual(await via.rows(few), await direct.rows(few), runtime);
  const many = { columns: ['ride_id', 'fare'], offset: 10_000, limit: 50_000 };
  assert.deepEqual(await via.columns(many), await direct.columns(many), runtime);
  // One to open, one for few; of the many one that is refused, and three.
  assert.equal(via.stats.requestCount, 6, runtime);
});

everywhere('an answer that breaks off is no short result', async (service, runtime) => {
  const { data, samples } = stage;
  const name = `breaks-${runtime}.parquet`;
  await data.put(name, samples.large.path);
  const file = await openVia(service('bulk'), data.url(name));
  const columns = ['ride_id', 'notes', 'fare'].filter((name) => file.schema.fields.some((field) => field.name === name));
  let rows = 0;
  const read = async () => {
    for await (const batch of file.batches({ columns })) {
      if (rows === 0) await data.rule(name, { status: 403 });
      rows += batch.rowCount;
    }
  };
  await assert.rejects(read(), ({ code }) => code === 'forbidden', runtime);
  assert.ok(rows > 0 && rows < 100_000, `${runtime}: ${rows} rows`);
  await settled(data);
});

everywhere('one version in one result', async (service, runtime) => {
  const { data, samples } = stage;
  await data.put('changes.parquet', samples.large.path);
  const url = data.url('changes.parquet');
  const file = await openVia(service('plain'), url);
  const batches = file.batches({ columns: ['city'], batchRows: 20_000 });
  const { value: first } = await batches.next();
  assert.ok(first.rowCount > 0);
  await data.put('changes.parquet', samples.later.path);
  const rest = async () => {
    for await (const batch of batches) assert.ok(batch.rowCount > 0);
  };
  await assert.rejects(rest(), ({ code, retryable }) => code === 'changed' && retryable, runtime);
  const direct = await open(url);
  const read = { columns: ['city'], limit: 50_000 };
  assert.deepEqual(await file.rows(read), await direct.rows(read), runtime);
});

everywhere('two thousand columns: the schema, some, and all', async (service, runtime) => {
  const url = stage.data.url('wide.parquet');
  const [via, direct] = await Promise.all([openVia(service('plain'), url), open(url)]);
  assert.equal(via.schema.fields.length, 2000);
  const all = { offset: 250, limit: 10 };
  assert.deepEqual(await via.rows(all), await direct.rows(all), runtime);
  const names = via.schema.fields.map(({ name }) => name);
  await assert.rejects(via.rows({ columns: names, limit: 1 }), { code: 'usage', status: 414 }, runtime);
});
