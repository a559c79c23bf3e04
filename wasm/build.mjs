/** Builds the npm package: `make wasm`, or `node wasm/build.mjs` once `wasm/setup.sh` is through. */

import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundle, clear, declare } from './build/bundle.mjs';
import { checkModule } from './build/check.mjs';
import { glue, inline } from './build/glue.mjs';
import { writeLicences } from './build/licences.mjs';
import { makeModule } from './build/module.mjs';
import { BuildError, run, say } from './build/run.mjs';
import { checkSizes } from './build/sizes.mjs';

const root = import.meta.dirname;
const packageRoot = path.join(root, 'package');
const dist = path.join(packageRoot, 'dist');
// Apart from the native build: another compiler, which would keep throwing out what that one made.
const target = path.join(path.resolve(process.env.CARGO_TARGET_DIR ?? path.join(root, '..', 'target')), 'wasm');

/** What the package is built with, as its lock file says; not again while that is the same. */
function installTools() {
  const lock = path.join(packageRoot, 'package-lock.json');
  const stamp = path.join(packageRoot, 'node_modules', '.parqlet-lock.json');
  const wanted = readFileSync(lock, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('Installing the JavaScript tools');
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: packageRoot });
  writeFileSync(stamp, wanted);
}

async function main() {
  installTools();
  const { wasm, script } = makeModule({ root, target, packageRoot });
  const bindings = path.join(target, 'glue.mjs');
  writeFileSync(bindings, glue(script));
  await checkModule(wasm, bindings, packageRoot);

  say('Bundling the package');
  clear(dist);
  declare(packageRoot, path.join(target, 'types'));
  const scripts = await bundle(packageRoot, bindings);
  copyFileSync(wasm, path.join(dist, 'parqlet.wasm'));
  writeFileSync(path.join(dist, 'inline.js'), inline(wasm));
  writeLicences(root, packageRoot);
  checkSizes(wasm, scripts, path.join(target, 'sizes.json'));
}

try {
  await main();
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
