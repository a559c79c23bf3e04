/** What the build writes in JavaScript: the bindings as a module, and the WebAssembly module as text. */

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { BuildError } from './run.mjs';

/**
 * The bindings as an ES module. They keep the instance in variables of their script, so each instance gets a copy of
 * the script: a closure.
 */
export function glue(script) {
  const source = readFileSync(script, 'utf8');
  if (!/^let wasm_bindgen\b/m.test(source)) throw new BuildError(`${script} has another shape than expected`);
  return `export function instantiate() {\n${source}\nreturn wasm_bindgen;\n}\n`;
}

/** The module as text, for where a bundler left its file behind: a third larger, loaded only then. */
export function inline(wasm) {
  const text = gzipSync(readFileSync(wasm), { level: 9 }).toString('base64');
  return `const text = '${text}';

export async function bytes() {
  const packed = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
`;
}
