/** Edge runtimes: they compile nothing while they serve, so the module is imported. */

import module from './parqlet.wasm';

/** The module, compiled when the script was deployed. */
export function load(): WebAssembly.Module {
  return module;
}
