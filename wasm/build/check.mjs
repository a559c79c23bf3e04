/** Does the module work? Reads a file with a column of each codec, so that a tool that broke the module is noticed. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { readAll } from './drive.mjs';
import { BuildError } from './run.mjs';

/** Made by sample.py. */
const SAMPLE = path.join(import.meta.dirname, 'sample.parquet');
const ROWS = 500;
const END = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);

/** @param {string} glue Path of the bindings as an ES module. */
export async function checkModule(wasm, glue, packageRoot) {
  const flechette = path.join(packageRoot, 'node_modules', '@uwdata', 'flechette', 'src', 'index.js');
  const { tableFromIPC } = await import(pathToFileURL(flechette));
  const { instantiate } = await import(`${pathToFileURL(glue)}?${Date.now()}`);
  const module = await WebAssembly.compile(readFileSync(wasm));
  const { schema, batches } = readAll(instantiate(), module, readFileSync(SAMPLE));
  const stream = Buffer.concat([schema, ...batches.map((batch) => batch.ipc), END]);
  const table = tableFromIPC(new Uint8Array(stream));
  const expected = Array.from({ length: ROWS }, (_, row) => `value ${(row * row) % 97}`);
  for (const name of ['none', 'snappy', 'gzip', 'brotli', 'lz4', 'zstd']) {
    const values = table.getChild(name)?.toArray() ?? [];
    if (values.length !== ROWS || expected.some((value, row) => values[row] !== value)) {
      throw new BuildError(`the module reads column "${name}" of the sample wrongly`);
    }
  }
}
