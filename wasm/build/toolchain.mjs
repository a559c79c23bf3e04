/** Finds what compiles Rust and C to WebAssembly. */

import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { BuildError, output } from './run.mjs';

const TARGET = 'wasm32-unknown-unknown';

/** Debian's packages have no standard library for the target, but its source. */
const DEBIAN = { rustc: '/usr/bin/rustc', cargo: '/usr/bin/cargo', source: '/usr/lib/rustlib/src/rust/library' };

/**
 * The first of: the usual toolchain with the target added (`rustup target add wasm32-unknown-unknown`), Debian's with
 * the standard library built along.
 *
 * @returns {{ name: string, cargo: string, args: string[], env: Record<string, string> }}
 */
export function findToolchain() {
  const clang = newest('clang', (program) => output(program, ['--print-targets'])?.includes('wasm32'));
  const library = output('rustc', ['--print', 'target-libdir', '--target', TARGET]);
  const debian = Object.values(DEBIAN).every((file) => existsSync(file));
  const linker = newest('wasm-ld', () => true);
  const usual = library !== undefined && existsSync(library);
  if (clang === undefined || !(usual || (debian && linker !== undefined))) {
    throw new BuildError(
      'no toolchain for WebAssembly: run wasm/setup.sh, which installs the Debian packages rustc-web cargo-web ' +
        'rust-web-src lld-22 clang-22 (as root), or `rustup target add wasm32-unknown-unknown` and clang',
    );
  }
  const env = { CC_wasm32_unknown_unknown: clang };
  const args = ['build', '--locked', '--release', '--package', 'parqlet-wasm', '--target', TARGET];
  if (usual) return { name: `${output('rustc', ['--version'])}, ${clang}`, cargo: 'cargo', args, env: { ...env, ...flags([]) } };
  return {
    name: `${output(DEBIAN.rustc, ['--version'])} with its standard library built along, ${clang}`,
    cargo: DEBIAN.cargo,
    args: [...args, '-Zbuild-std=std,panic_abort', '-Zbuild-std-features=optimize_for_size'],
    env: {
      ...env,
      // A panic traps either way; without the texts that nobody can see, the module is a tenth smaller.
      ...flags(['-Zunstable-options', '-Cpanic=immediate-abort']),
      RUSTC: DEBIAN.rustc,
      // Building the standard library is an unstable feature.
      RUSTC_BOOTSTRAP: '1',
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: linker,
    },
  };
}

/** Paths of this machine stay out of the module, which also makes it the same everywhere. */
function flags(others) {
  const home = process.env.CARGO_HOME ?? path.join(homedir(), '.cargo');
  const registry = path.join(home, 'registry', 'src');
  const sources = existsSync(registry) ? readdirSync(registry) : [];
  const paths = [[path.resolve(import.meta.dirname, '../..'), '.'], ...sources.map((source) => [path.join(registry, source), 'crates'])];
  const remap = paths.map(([from, to]) => `--remap-path-prefix=${from}=${to}`);
  // Hash tables get a random seed at compile time here, having no other source of it.
  return { CARGO_ENCODED_RUSTFLAGS: [...remap, ...others].join('\x1f'), CONST_RANDOM_SEED: 'parqlet' };
}

/** `name`, or the highest `name-NN` on the path, that passes. */
function newest(name, passes) {
  const found = new Set();
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    if (!existsSync(folder)) continue;
    for (const file of readdirSync(folder)) if (file === name || file.match(`^${name}-\\d+$`)) found.add(file);
  }
  const version = (file) => Number(file.slice(name.length + 1) || 0);
  return [...found].sort((a, b) => version(b) - version(a)).find(passes);
}
