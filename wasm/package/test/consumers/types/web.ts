// Never run, only compiled: what only projects with the types of web pages have names for.

import { init, open } from 'parqlet';

export async function right(request: Request, headers: HeadersInit, mode: RequestCredentials): Promise<void> {
  const module: WebAssembly.Module = await WebAssembly.compileStreaming(fetch('parqlet.wasm'));
  await init(module);
  await open(request, { headers, credentials: mode });
}
