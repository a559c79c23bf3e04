/** `parqlet/worker`: the same API, with everything done in a Web Worker. */

import type { FallbackOptions, FileSource, OpenOptions } from '../api.js';
import { ParqletError } from '../error.js';
import { fallBack } from '../fallback.js';
import { load } from '../module/browser.js';
import { offerLoader } from '../module/index.js';
import { baseAddress } from '../realm.js';
import { present, throwIfAborted } from '../signals.js';
import type { Slices } from '../source/slices.js';
import type { ViaFile } from '../via/api.js';
import type { WorkerFile } from './api.js';
import { RemoteFile, type Sender } from './file.js';
import type { Link } from './link.js';
import type { SentOptions, SentSource } from './protocol.js';

export { init, type ModuleSource } from '../module/index.js';
export { ParqletError, type ErrorCode, type ErrorFacts } from '../error.js';
export type * from '../index.js';
export type { WorkerFile } from './api.js';

// For init() without an argument: what the page has compiled, each worker begins with.
offerLoader(load);

/**
 * Opens a Parquet file in a worker, which is started with the first file and ended after the last. Rows are made there
 * and cloned, columns and IPC bytes change hands; batches come as IPC bytes, which `batch.rows()` decodes in the page.
 *
 * @param input Where the file is. Bytes, `{ byteLength, slice }` and a `fetch` option stay here and are asked for.
 * @throws ParqletError, or the reason of the signal that aborted it.
 */
export async function open(input: FileSource, options: FallbackOptions): Promise<WorkerFile | ViaFile>;
export async function open(input: FileSource, options?: OpenOptions): Promise<WorkerFile>;
export async function open(
  input: FileSource,
  { fallback, ...options }: OpenOptions & Partial<FallbackOptions> = {},
): Promise<WorkerFile | ViaFile> {
  const life = isRequest(input) ? present(input.signal) : [];
  const signals = [...life, ...present(options.signal)];
  throwIfAborted(signals);
  try {
    return await RemoteFile.open(senderOf(input, options), life, options);
  } catch (error) {
    const address = addressOf(input);
    if (fallback === undefined || address === undefined) throw error;
    // What comes from there are few rows: they are decoded here.
    return await fallBack(error, () => import('../via/index.js'), fallback, address, options, signals[0]);
  }
}

/** The address that a service can be asked for, if there is one. */
function addressOf(input: FileSource): string | undefined {
  const address = isRequest(input) ? input.url : input;
  if (typeof address !== 'string' && !(address instanceof URL)) return undefined;
  const base = baseAddress();
  const url = URL.canParse(address, base) ? new URL(address, base) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url.href : undefined;
}

function senderOf(input: FileSource, options: OpenOptions): Sender {
  const { signal: _signal, onProgress: _onProgress, fetch, headers, ...others } = options;
  const pairs = [...new Headers(headers)];
  return (link) => {
    const source = sentSource(input, link);
    const sent: SentOptions = { ...others, headers: pairs };
    if (fetch !== undefined) sent.fetch = link.services.addFetch(fetch);
    return { source, options: sent };
  };
}

function sentSource(input: FileSource, link: Link): SentSource {
  if (typeof input === 'string' || input instanceof URL) {
    // What is relative is so to the page, not to the worker's script. What is no address the worker says.
    const base = baseAddress();
    const url = URL.canParse(input, base) ? new URL(input, base).href : String(input);
    return { kind: 'address', url, headers: [] };
  }
  if (isRequest(input)) {
    if (input.method !== 'GET') throw new ParqletError('usage', `a file is read with GET, not ${input.method}`);
    const { url, credentials, mode } = input;
    const source: SentSource = { kind: 'address', url, headers: [...input.headers], credentials };
    return mode === 'cors' || mode === 'same-origin' ? { ...source, mode } : source;
  }
  if (input instanceof Blob) return { kind: 'blob', blob: input };
  const slices = slicesOf(input);
  return { kind: 'slices', service: link.services.addSlices(slices), byteLength: slices.byteLength };
}

/** Bytes stay in the page: only what is read of them is copied. */
function slicesOf(input: ArrayBuffer | Uint8Array | Slices): Slices {
  if (input instanceof Uint8Array) {
    return { byteLength: input.length, slice: (start, end) => input.slice(start, end) };
  }
  const { byteLength, slice } = input as Partial<Slices>;
  if (typeof byteLength !== 'number' || typeof slice !== 'function') {
    throw new ParqletError('usage', 'open() takes an address, a Request, a Blob, bytes, or { byteLength, slice }');
  }
  return input as Slices;
}

function isRequest(input: unknown): input is Request {
  return typeof Request !== 'undefined' && input instanceof Request;
}
