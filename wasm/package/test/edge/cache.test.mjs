/** Parts in the cache of workerd, the one runtime that has one: never of two versions, nor of two callers. */

import assert from 'node:assert/strict';
import { askedOf, edgeTest, useStage } from './stage.mjs';
import { settled } from '../harness/stage.mjs';

const SAMPLES = {
  rides: ['--rows', '1000', '--row-groups', '2'],
  later: ['--rows', '1000', '--row-groups', '2', '--seed', '7'],
  large: ['--rows', '200000', '--row-groups', '10'],
};
const stage = useStage(SAMPLES, ({ data }) => ({
  plain: { allow: [data.origin] },
  parts: { allow: [data.origin], cached: true },
  kept: { allow: [data.origin], cached: true, cacheControl: 'public, max-age=60' },
  alice: { allow: [data.origin], cached: true, cacheControl: 'private, max-age=60', token: 'alice' },
  bob: { allow: [data.origin], cached: true, cacheControl: 'private, max-age=60', token: 'bob' },
  few: { allow: [data.origin], cached: true, maxRequests: 12 },
}));

/** What workerd answers, and what the data server was asked for it. */
async function ask(handler, file, parameters = { limit: 100 }) {
  await stage.data.resetLog();
  const { status, body } = await stage.ask('workerd', stage.path(handler, file, parameters));
  return {
    status,
    text: body.toString(),
    asked: askedOf(await settled(stage.data)).map((line) => line.replace(/ \S+/, '')),
  };
}

const OPENED = 'GET bytes=-131072';
const DATA = 'GET bytes=4-19257';

edgeTest('parts are kept; whether the file is the same is asked each time', async () => {
  const { text, asked } = await ask('parts', 'rides.parquet');
  assert.deepEqual(asked, [OPENED, DATA]);
  assert.equal(text, (await ask('plain', 'rides.parquet')).text);
  assert.deepEqual(await ask('parts', 'rides.parquet'), { status: 200, text, asked: [OPENED] });
  const large = await ask('parts', 'large.parquet');
  assert.ok(large.asked.length > 1, large.asked.join());
  const again = await ask('parts', 'large.parquet');
  assert.deepEqual(again, { ...large, asked: [OPENED] });
});

edgeTest('for the max-age of answers nothing is asked at all', async () => {
  await stage.data.put('kept.parquet', stage.samples.rides.path);
  const { text, asked } = await ask('kept', 'kept.parquet');
  assert.deepEqual(asked, [OPENED, DATA]);
  assert.deepEqual(await ask('kept', 'kept.parquet'), { status: 200, text, asked: [] });
});

edgeTest('another version is another file', async () => {
  await stage.data.put('versions.parquet', stage.samples.rides.path);
  const before = await ask('parts', 'versions.parquet');
  await stage.data.put('versions.parquet', stage.samples.later.path);
  const after = await ask('parts', 'versions.parquet');
  assert.equal(after.status, 200);
  assert.notEqual(after.text, before.text);
  assert.equal(after.text, (await ask('plain', 'versions.parquet')).text);
});

edgeTest('an end that is out of date is asked for anew as soon as it shows', async () => {
  await stage.data.put('aged.parquet', stage.samples.rides.path);
  await ask('kept', 'aged.parquet', { limit: 1, columns: 'ride_id' });
  await stage.data.put('aged.parquet', stage.samples.later.path);
  // The end of the old version is kept; these columns are not, and the server has them of the new one only.
  const { status, text } = await ask('kept', 'aged.parquet', { limit: 100, columns: 'note,city,pickup' });
  assert.equal(status, 200);
  assert.equal(text, (await ask('plain', 'aged.parquet', { limit: 100, columns: 'note,city,pickup' })).text);
});

edgeTest('what was fetched with credentials serves those alone', async () => {
  await stage.data.put('own.parquet', stage.samples.rides.path);
  await ask('alice', 'own.parquet');
  assert.deepEqual((await ask('alice', 'own.parquet')).asked, []);
  for (const other of ['bob', 'kept']) assert.deepEqual((await ask(other, 'own.parquet')).asked, [OPENED, DATA], other);
});

edgeTest('another query of the address is another file, and failures are not kept', async () => {
  await stage.data.put('signed.parquet', stage.samples.rides.path);
  const signed = (key) => `${stage.data.url('signed.parquet')}?key=${key}`;
  await ask('kept', signed('a'));
  assert.deepEqual((await ask('kept', signed('b'))).asked, [OPENED, DATA]);
  await stage.data.put('once.parquet', stage.samples.rides.path);
  await stage.data.rule('once.parquet', { status: 404 }, { times: 1 });
  assert.equal((await ask('kept', 'once.parquet')).status, 404);
  assert.equal((await ask('kept', 'once.parquet')).status, 200);
});

edgeTest('looking into the cache counts as requests', async () => {
  const { status, asked } = await ask('few', 'large.parquet', { columns: 'ride_id,fare,city', limit: 100 });
  assert.equal(status, 200);
  assert.ok(asked.length <= 4, asked.join());
});

edgeTest('runtimes without a cache do without', async () => {
  const { status } = await stage.askAll(stage.path('plain', 'rides.parquet'));
  assert.equal(status, 200);
  for (const runtime of stage.runtimes) {
    const answer = await stage.ask(runtime, stage.path('kept', 'rides.parquet', { limit: 1 }));
    assert.equal(answer.status, 200, runtime);
  }
});
