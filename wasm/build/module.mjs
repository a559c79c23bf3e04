/** Rust to a WebAssembly module and its bindings. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run, say } from './run.mjs';
import { findToolchain } from './toolchain.mjs';

/** By name: with all features at once wasm-opt makes modules that older engines refuse. */
const FEATURES = [
  'bulk-memory',
  'bulk-memory-opt',
  'call-indirect-overlong',
  'extended-const',
  'multivalue',
  'mutable-globals',
  'nontrapping-float-to-int',
  'reference-types',
  'sign-ext',
];

/** Compiles and links; answers the path of the module. */
function compile({ root, target }) {
  const { name, cargo, args, env } = findToolchain();
  say(`Compiling with ${name} (minutes the first time)`);
  run(cargo, args, { cwd: root, env: { ...process.env, ...env, CARGO_TARGET_DIR: target } });
  return path.join(target, 'wasm32-unknown-unknown', 'release', 'parqlet_wasm.wasm');
}

/**
 * Makes the module and the script that binds it to JavaScript, unless they are there already.
 *
 * @param {{ root: string, target: string, packageRoot: string }} folders The workspace; where to build; the npm package.
 * @returns {{ wasm: string, script: string }} Paths.
 */
export function makeModule({ root, target, packageRoot }) {
  const compiled = compile({ root, target });
  const wasm = path.join(target, 'parqlet.wasm');
  const script = path.join(target, 'bound', 'parqlet.js');
  const stamp = path.join(target, 'parqlet.stamp');
  const binaryen = path.join(packageRoot, 'node_modules', 'binaryen');
  const made = [
    compiled,
    path.join(root, 'Cargo.lock'),
    path.join(root, 'bindgen', 'src', 'main.rs'),
    path.join(binaryen, 'package.json'),
    import.meta.filename,
  ];
  const state = digest(made);
  if ([wasm, script, stamp].every((file) => existsSync(file)) && readFileSync(stamp, 'utf8') === state) {
    say('The module is as it was');
    return { wasm, script };
  }

  say('Making the bindings');
  const bound = path.dirname(script);
  mkdirSync(bound, { recursive: true });
  const tool = ['run', '--locked', '--quiet', '--profile', 'tool', '--package', 'parqlet-bindgen', '--', compiled, bound];
  run('cargo', tool, { cwd: root, env: { ...process.env, CARGO_TARGET_DIR: target } });

  say('Optimising the module (a minute)');
  const optimised = `${wasm}.new`;
  run(process.execPath, [
    path.join(binaryen, 'bin', 'wasm-opt'),
    ...FEATURES.map((feature) => `--enable-${feature}`),
    '-Oz',
    '--strip-debug',
    '--strip-producers',
    path.join(bound, 'parqlet_bg.wasm'),
    '-o',
    optimised,
  ]);
  renameSync(optimised, wasm);
  writeFileSync(stamp, state);
  return { wasm, script };
}

function digest(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex');
}
