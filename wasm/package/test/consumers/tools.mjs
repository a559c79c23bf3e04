/** The bundlers, runtimes and compilers that the package is used with. */

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

function found(name) {
  try {
    return require.resolve(name);
  } catch (cause) {
    throw new Error(`${name} isn't there: run \`npm ci --ignore-scripts\` in wasm/package/test/consumers`, { cause });
  }
}
