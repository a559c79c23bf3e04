/** Node, Deno and Bun: the module is a file beside this one, and text where a bundler left that file behind. */

import { readFile } from 'node:fs/promises';

/** Compiles the module from its file. */
export async function load(): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(await readFile(new URL('./parqlet.wasm', import.meta.url)));
  } catch {
    const { bytes } = await import('./inline.js');
    return await WebAssembly.compile(await bytes());
  }
}
