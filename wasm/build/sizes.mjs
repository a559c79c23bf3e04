/** What a user downloads, and whether that is too much. */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { BuildError } from './run.mjs';

/** Bytes of the module and its JavaScript, as a server with Brotli sends them. */
const BUDGET = 520_000;

/**
 * Prints the sizes of the module and of the JavaScript that comes with it in a browser.
 *
 * @param {string} cache A file that keeps the sizes of what was measured: Brotli takes seconds.
 */
export function checkSizes(wasm, scripts, cache) {
  const known = existsSync(cache) ? JSON.parse(readFileSync(cache, 'utf8')) : {};
  const sizes = (file) => {
    const bytes = readFileSync(file);
    const key = createHash('sha256').update(bytes).digest('hex');
    return [key, (known[key] ?? measured(bytes))];
  };
  const module = sizes(wasm);
  const others = scripts.map(sizes);
  writeFileSync(cache, JSON.stringify(Object.fromEntries([module, ...others])));
  const sum = (all) => all.reduce((a, b) => ({ raw: a.raw + b.raw, gzip: a.gzip + b.gzip, brotli: a.brotli + b.brotli }));
  const javascript = sum(others.map(([, size]) => size));
  const total = sum([module[1], javascript]);
  console.table({ 'parqlet.wasm': module[1], JavaScript: javascript, both: total });
  if (total.brotli > BUDGET) {
    throw new BuildError(`${total.brotli} bytes with Brotli are over the budget of ${BUDGET} (wasm/build/sizes.mjs)`);
  }
}

function measured(bytes) {
  const brotli = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return {
    raw: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: brotliCompressSync(bytes, { params: brotli }).length,
  };
}
