/** The bundlers, runtimes and compilers that the package is used with. */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);

/** Imports a tool. */
export async function tool(name) {
  return await import(pathToFileURL(found(name)));
}

/** The folder of a tool's package. */
export function toolFolder(name) {
  return dirname(found(`${name}/package.json`));
}

/** The program of a tool, by its path in the tool's package. */
export function program(name, path) {
  return join(toolFolder(name), path);
}

/** Bun's program: its package gets it by a script of npm, or has it in a package for the platform. */
export function bun() {
  const platform = `${process.platform}-${process.arch === 'arm64' ? 'aarch64' : process.arch}`;
  const paths = [program('bun', `../@oven/bun-${platform}/bin/bun`), program('bun', 'bin/bun.exe')];
  return paths.find((path) => existsSync(path)) ?? 'bun';
}

function found(name) {
  try {
    return require.resolve(name);
  } catch (cause) {
    throw new Error(`${name} isn't there: run \`npm ci --ignore-scripts\` in wasm/package/test/consumers`, { cause });
  }
}
