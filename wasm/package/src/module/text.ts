/** The module as text, for where its file can't be had; loaded only then. */

/** Compiles it. */
export async function fromText(): Promise<WebAssembly.Module> {
  const { bytes } = await import('./inline.js');
  return await WebAssembly.compile(await bytes());
}
