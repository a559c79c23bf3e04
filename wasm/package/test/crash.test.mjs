// A trap in WebAssembly. None is known, so one is put between the package and its bindings.

import assert from 'node:assert/strict';
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { ranges, serve } from './sources.mjs';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const bytes = new Uint8Array(gunzipSync(readFileSync(new URL('data/ramp.parquet.gz', import.meta.url))));

/** Bindings of which the instance of this number traps at its next call of `decode`. */
const trapping = `
  import { instantiate as real } from ${JSON.stringify(path('../dist/glue.js'))};
  export const traps = { instance: undefined };
  let instances = 0;
  export function instantiate() {
    const glue = real();
    const instance = ++instances;
    const decode = glue.Load.prototype.decode;
    glue.Load.prototype.decode = function () {
      if (traps.instance === instance) throw new WebAssembly.RuntimeError('unreachable');
      return decode.call(this);
    };
    return glue;
  }`;

async function trappingPackage() {
  const { outputFiles } = await build({
    stdin: {
      contents: `export * from './index.ts'; export { traps } from './glue.js';`,
      resolveDir: path('../src'),
      loader: 'ts',
    },
    bundle: true,
    format: 'esm',
    write: false,
    target: 'es2022',
    plugins: [
      {
        name: 'traps',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /\/glue\.js$/ }, ({ namespace, path }) =>
            namespace === 'traps' ? { path } : { path: 'glue', namespace: 'traps' },
          );
          onLoad({ filter: /./, namespace: 'traps' }, () => ({ contents: trapping, resolveDir: path('.') }));
        },
      },
    ],
  });
  const url = `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`;
  const parqlet = await import(url);
  await parqlet.init(readFileSync(path('../dist/parqlet.wasm')));
  return parqlet;
}

const { open, traps } = await trappingPackage();

test('a trap is an error, the next call begins anew, and other files go on', async (t) => {
  const server = await serve(ranges(bytes, { etag: '"v1"' }));
  t.after(server.close);
  const file = await open(`${server.origin}/a`);
  const other = await open(`${server.origin}/b`);
  const reading = other.batches({ batchRows: 1_000 });
  await reading.next();

  traps.instance = 1;
  await assert.rejects(file.rows({ limit: 5 }), (error) => {
    assert.deepEqual([error.name, error.code, error.retryable], ['ParqletError', 'crashed', false]);
    assert.ok(error.cause instanceof WebAssembly.RuntimeError);
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
  traps.instance = 4;
  await assert.rejects(file.rows({ limit: 5 }), { code: 'crashed' });
  etag = '"v2"';
  await assert.rejects(file.rows({ limit: 5 }), { code: 'changed' });
});
