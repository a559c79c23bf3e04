/** Each reader with all it needs as one minified script, as a bundler would ship it, and its module beside it. */

import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { packageFolder } from '../../test/harness/package.mjs';

const bench = fileURLToPath(new URL('..', import.meta.url));
const esm = createRequire(import.meta.url).resolve('parquet-wasm/esm');

/** Scripts in `readers`, by name, with the module that each fetches. */
export const READERS = {
  parqlet: join(packageFolder, 'dist/parqlet.wasm'),
  hyparquet: undefined,
  'parquet-wasm': join(dirname(esm), 'parquet_wasm_bg.wasm'),
};

/** Writes the scripts and modules to a folder that is then served. */
export async function bundleReaders(folder) {
  await build({ ...options(), entryPoints: [join(bench, 'readers/page.js')], outfile: join(folder, 'page.js') });
  for (const [name, module] of Object.entries(READERS)) {
    await mkdir(join(folder, name), { recursive: true });
    await build({
      ...options(),
      entryPoints: [join(bench, `readers/${name}.js`)],
      outfile: join(folder, name, 'reader.js'),
      // Only fetched where the module can't be had as a file.
      external: ['./inline.js'],
    });
    if (module !== undefined) await copyFile(module, join(folder, name, module.slice(dirname(module).length + 1)));
  }
}

/** What a page has to load for a reader: raw, `gzip -9`, Brotli 11, of the module and of the script without our own part. */
export async function readerSizes() {
  const rows = [];
  for (const [name, module] of Object.entries(READERS)) {
    const { outputFiles } = await build({ ...options(), ...SOURCES[name], write: false, external: ['./inline.js'] });
    rows.push({ name, part: 'JavaScript', ...sizes(outputFiles[0].contents) });
    if (module !== undefined) rows.push({ name, part: 'WebAssembly', ...sizes(await readFile(module)) });
  }
  return rows;
}

function options() {
  return { bundle: true, format: 'esm', minify: true, target: 'es2022', platform: 'browser', logLevel: 'error' };
}

const from = (contents) => ({ stdin: { contents, resolveDir: bench } });

/** What the readers here use of each package, and nothing else. */
const SOURCES = {
  parqlet: from(`export { open } from '${packageFolder}/dist/browser.js'`),
  hyparquet: from(
    `export { asyncBufferFromUrl, parquetReadObjects, parquetMetadataAsync } from 'hyparquet';
     export { compressors } from 'hyparquet-compressors'`,
  ),
  'parquet-wasm': from(
    `export { default, ParquetFile } from 'parquet-wasm/esm'; export { tableFromIPC } from 'apache-arrow'`,
  ),
};

function sizes(bytes) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return {
    raw: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: brotliCompressSync(bytes, { params }).length,
  };
}
