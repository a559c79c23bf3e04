/** Browsers, and bundles for them: the module is a file beside this one, and text where that file isn't served. */

import { compileResponse } from './index.js';

/** Compiles the module while it is fetched. */
export async function load(): Promise<WebAssembly.Module> {
  try {
    // Written so that Vite and webpack see it, and carry the file along.
    return await compileResponse(await fetch(new URL('./parqlet.wasm', import.meta.url)));
  } catch {
    // A bundler that doesn't carry it along, or a server that doesn't serve it.
    const { bytes } = await import('./inline.js');
    return await WebAssembly.compile(await bytes());
  }
}
