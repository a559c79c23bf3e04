/** Browsers, and bundles for them: the module is a file beside the script. */

import { compileResponse } from './index.js';

/** Compiles the module while it is fetched. Fails where the file isn't served, or a bundler left it behind. */
export async function fromFile(): Promise<WebAssembly.Module> {
  // Written so that Vite and webpack see it, and carry the file along.
  return await compileResponse(await fetch(new URL('./parqlet.wasm', import.meta.url)));
}
