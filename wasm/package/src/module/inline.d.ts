/** Types of `inline.js`, which the build makes: the WebAssembly module as text, for where it can't be had as a file. */

/** The module's bytes. */
export function bytes(): Promise<Uint8Array<ArrayBuffer>>;
