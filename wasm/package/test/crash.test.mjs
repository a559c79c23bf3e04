// A trap in WebAssembly. None is known, so one is put between an instance and its bindings.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { open } from 'parqlet';
import { ranges, serve } from './sources.mjs';

const bytes = new Uint8Array(gunzipSync(readFileSync(new URL('data/ramp.parquet.gz', import.meta.url))));

/** The number of the instance that traps as soon as it decodes. */
let trapping;
let instances = 0;
const { Instance, RuntimeError } = WebAssembly;
WebAssembly.Instance = function (module, imports) {
  const number = ++instances;
  const { exports } = new Instance(module, imports);
  const decode = (...values) => {
    if (number === trapping) throw new RuntimeError('unreachable');
    return exports.load_decode(...values);
  };
  return { exports: { ...exports, load_decode: decode } };
};

test('a trap is an error, the next call begins anew, and other files go on', async (t) => {
  const server = await serve(ranges(bytes, { etag: '"v1"' }));
  t.after(server.close);
  const file = await open(`${server.origin}/a`);
  const other = await open(`${server.origin}/b`);
  const reading = other.batches({ batchRows: 1_000 });
  await reading.next();

  trapping = 1;
  await assert.rejects(file.rows({ limit: 5 }), (error) => {
    assert.deepEqual([error.name, error.code, error.retryable], ['ParqletError', 'crashed', false]);
    assert.ok(error.cause instanceof RuntimeError);
    return true;
  });
  assert.equal(file.rowCount, 40_000);
  assert.throws(() => file.plan(), { code: 'crashed' });
  assert.equal((await reading.next()).value.rowCount, 1_000);

  const [rows, more] = await Promise.all([file.rows({ limit: 5 }), file.rows({ offset: 39_999 })]);
  assert.deepEqual([rows.length, more.length], [5, 1]);
  assert.equal(more[0].id, 39_999n);
  const openings = server.asked.filter(({ url, headers }) => url === '/a' && headers.range.startsWith('bytes=-'));
  assert.equal(openings.length, 2);
  assert.ok(file.plan().rowGroups.length > 0);
});

test('after a trap, a file that is another by now is said to have changed', async (t) => {
  let etag = '"v1"';
  const server = await serve((request, response) => ranges(bytes, { etag })(request, response));
  t.after(server.close);
  const file = await open(server.origin);
  trapping = 4;
  await assert.rejects(file.rows({ limit: 5 }), { code: 'crashed' });
  etag = '"v2"';
  await assert.rejects(file.rows({ limit: 5 }), { code: 'changed' });
});
