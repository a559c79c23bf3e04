/** Browsers, and bundles for them: the module is a file beside this one, and text where that file isn't served. */

import { fromFile } from './file.js';
import { fromText } from './text.js';

/** Compiles the module. */
export async function load(): Promise<WebAssembly.Module> {
  try {
    return await fromFile();
  } catch {
    // A bundler that doesn't carry it along, or a server that doesn't serve it.
    return await fromText();
  }
}
