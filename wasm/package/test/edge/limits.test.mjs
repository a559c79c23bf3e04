/** Files that are much for a Worker: each question is answered, or refused with a status that says why. */

import assert from 'node:assert/strict';
import { edgeTest, useStage } from './stage.mjs';

const MIB = 2 ** 20;
const SAMPLES = {
  wide: ['--wide', '2000', '--rows', '2000', '--row-groups', '2'],
  /** One row group, some 24 MB of it, and as much again once it is unpacked. */
  group: ['--rows', '200000', '--row-groups', '1'],
  unindexed: ['--rows', '200000', '--row-groups', '1', '--no-page-index'],
};
const stage = useStage(SAMPLES, ({ data }) => ({
  plain: { allow: [data.origin], maxRequests: 50 },
  /** Less than the row group, as 32 MiB are less than one of 300 MB. */
  little: { allow: [data.origin], maxRequests: 50, maxBytes: 8 * MIB, memory: 4 * MIB },
}));
const TOO_MUCH = ['too_many_bytes', 'too_many_subrequests', 'too_much_memory'];

/** What all runtimes answer: rows, or that it is too much; within 50 requests. They answer the next question as well. */
async function asked(handler, file, parameters) {
  const { status, text, problem, log } = await stage.askAll(stage.path(handler, file, parameters));
  assert.ok(log.requests.length <= 50, `${log.requests.length} requests`);
  if (status === 200) return JSON.parse(text).length;
  assert.equal(status, 422, text);
  assert.ok(TOO_MUCH.includes(problem.code), problem.code);
  const after = await stage.askAll(stage.path(handler, file, { limit: 1, columns: FIRST[file] }));
  assert.equal(after.status, 200, after.text);
  return problem.code;
}

const FIRST = { 'wide.parquet': 'c0000', 'group.parquet': 'ride_id', 'unindexed.parquet': 'ride_id' };

edgeTest('two thousand columns', async () => {
  const schema = await stage.askAll(stage.path('plain', 'wide.parquet', {}, '/schema'));
  const { fields } = JSON.parse(schema.text);
  assert.equal(fields.length, 2000);
  FIRST['wide.parquet'] = fields[0].name;
  assert.equal(await asked('plain', 'wide.parquet', { limit: 100 }), 100);
  const some = fields.slice(0, 1500).filter((_, at) => at % 10 === 0);
  const columns = some.map(({ name }) => name).join();
  assert.equal(await asked('plain', 'wide.parquet', { columns, offset: 1500, limit: 100 }), 100);
  assert.ok(TOO_MUCH.includes(await asked('little', 'wide.parquet', { limit: 2000 })));
});

edgeTest('a row group that is larger than the memory', async () => {
  assert.equal(await asked('little', 'group.parquet', { limit: 100 }), 100);
  const three = { columns: 'ride_id,city,fare', limit: 100 };
  assert.equal(await asked('little', 'group.parquet', { ...three, offset: 150_000 }), 100);
  assert.equal(await asked('little', 'unindexed.parquet', three), 100);
  // Without an index all that is before it has to be read.
  assert.ok(TOO_MUCH.includes(await asked('little', 'unindexed.parquet', { offset: 199_900, limit: 100 })));
});
