/** How the compiled WebAssembly module is had: once for each realm. */

import { ParqletError, messageOf } from '../error.js';

/** A `WebAssembly.Module`. TypeScript has that name only beside the types of web pages, and sees no more in it. */
export type CompiledModule = object;

/** What {@link init} takes: a compiled module, its bytes, where to fetch it, or the answer of that fetch. */
export type ModuleSource =
  CompiledModule | URL | string | Response | PromiseLike<Response> | ArrayBuffer | Uint8Array<ArrayBuffer>;

/** The same, in types that can be told apart. */
type Known = WebAssembly.Module | URL | string | Response | PromiseLike<Response> | BufferSource;

/**
 * Finds the module by itself; one for each kind of runtime.
 *
 * @internal
 */
export type Loader = () => WebAssembly.Module | Promise<WebAssembly.Module>;

let loader: Loader | undefined;
let module: WebAssembly.Module | undefined;
let loading: Promise<WebAssembly.Module> | undefined;

/**
 * For the package's own entries: how modules are found in this runtime.
 *
 * @internal
 */
export function setLoader(load: Loader): void {
  loader = load;
}

/**
 * The same for an entry that is imported beside one of those, which knows its runtime better: its word stands.
 *
 * @internal
 */
export function offerLoader(load: Loader): void {
  loader ??= load;
}

/**
 * The module, if it is compiled.
 *
 * @internal
 */
export function ready(): WebAssembly.Module | undefined {
  return module;
}

/**
 * Sets the WebAssembly module, for places where it can't be found by itself, or to have it compiled before the first
 * file is opened. Not needed otherwise: {@link open} does it.
 *
 * @param source The module, its bytes, where to fetch it, or the answer of that fetch. Default: where the package is.
 * @throws ParqletError `unsupported` if it can't be compiled.
 */
export async function init(source?: ModuleSource): Promise<void> {
  if (source === undefined) await compiled();
  else module = await guarded(async () => await compile(source as Known));
}

/**
 * The module, compiled at the first call. A failure isn't kept.
 *
 * @internal
 */
export async function compiled(): Promise<WebAssembly.Module> {
  if (module !== undefined) return module;
  if (loading !== undefined) return await loading;
  const found = find();
  // The edge has the module at once, and must not share promises between requests.
  if (found instanceof WebAssembly.Module) {
    module = found;
    return found;
  }
  loading = guarded(() => found);
  try {
    module = await loading;
    return module;
  } finally {
    loading = undefined;
  }
}

function find(): WebAssembly.Module | Promise<WebAssembly.Module> {
  if (loader === undefined) throw new ParqletError('usage', 'call init() with the WebAssembly module first');
  return loader();
}

async function guarded(work: () => Promise<WebAssembly.Module>): Promise<WebAssembly.Module> {
  try {
    return await work();
  } catch (cause) {
    const message =
      `the WebAssembly module can't be loaded (${messageOf(cause)}): a Content-Security-Policy must allow ` +
      `'wasm-unsafe-eval', and init() takes the module from elsewhere`;
    throw new ParqletError('unsupported', message, { cause });
  }
}

async function compile(source: Known): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return await WebAssembly.compile(source);
  const response = typeof source === 'string' || source instanceof URL ? fetch(source) : source;
  return await compileResponse(await response);
}

/**
 * Compiles what a fetch brought, while it comes where possible.
 *
 * @internal
 */
export async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok) throw new Error(`status ${response.status}`);
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('application/wasm') && typeof WebAssembly.compileStreaming === 'function') {
    return await WebAssembly.compileStreaming(response);
  }
  // Servers that don't know the type send others; some send a page for whatever they don't have.
  const bytes = await response.arrayBuffer();
  const [a, b, c, d] = new Uint8Array(bytes);
  if (a !== 0 || b !== 0x61 || c !== 0x73 || d !== 0x6d)
    throw new Error(`no WebAssembly came, but ${type || 'something'}`);
  return await WebAssembly.compile(bytes);
}
