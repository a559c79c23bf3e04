/** From what the user has to a source. */

import type { FileSource, OpenOptions } from '../api.js';
import { ParqletError, messageOf } from '../error.js';
import { baseAddress, ownOrigin, realm } from '../realm.js';
import { blobSource } from './blob.js';
import { bufferSource } from './buffer.js';
import { HttpSource, type HttpTarget } from './http.js';
import type { Source } from './index.js';
import { slicesSource, type Slices } from './slices.js';

/** A source, and where it comes from if that is an address: what is the same can be opened once. */
export interface Found {
  source(signals: readonly AbortSignal[]): Source | Promise<Source>;
  target?: HttpTarget | undefined;
}

/**
 * Finds out what `input` is.
 *
 * @throws ParqletError `usage` for what can't be a source.
 */
export function find(input: FileSource, options: OpenOptions): Found {
  if (typeof input === 'string' || input instanceof URL) return address(input, {}, options);
  if (isRequest(input)) return request(input, options);
  if (isBlob(input)) return { source: () => blobSource(input) };
  if (input instanceof ArrayBuffer) return { source: () => bufferSource(new Uint8Array(input)) };
  if (ArrayBuffer.isView(input)) return { source: () => bufferSource(bytesOf(input)) };
  if (isSlices(input)) return { source: () => slicesSource(input) };
  throw new ParqletError('usage', 'open() takes an address, a Request, a Blob, bytes, or { byteLength, slice }');
}

function request(input: Request, options: OpenOptions): Found {
  if (input.method !== 'GET') throw new ParqletError('usage', `a file is read with GET, not ${input.method}`);
  const parts: Partial<HttpTarget> = { headers: input.headers };
  // Edge runtimes know neither; other modes than these can't be asked for, or give answers that nobody may read.
  if (realm !== 'edge') parts.credentials = input.credentials;
  if (input.mode === 'cors' || input.mode === 'same-origin') parts.mode = input.mode;
  return address(input.url, parts, options);
}

function address(input: string | URL, parts: Partial<HttpTarget>, options: OpenOptions): Found {
  const url = parsed(input);
  if (url.protocol === 'blob:' || url.protocol === 'data:') return { source: () => fetched(url) };
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ParqletError('usage', `an address must begin with http: or https:, not ${url.protocol}${advice}`);
  }
  const headers = mergedHeaders(parts.headers, options.headers);
  signIn(url, headers);
  url.hash = '';
  const target: HttpTarget = {
    url,
    headers,
    credentials: options.credentials ?? parts.credentials,
    mode: parts.mode,
    fetch: options.fetch,
    length: options.length,
    realm,
    ownOrigin: ownOrigin(),
  };
  return { source: () => new HttpSource(target), target };
}

const advice = '; for a file on disk, open a Blob: `await fs.openAsBlob(path)` in Node, `Bun.file(path)` in Bun';

function parsed(input: string | URL): URL {
  const base = baseAddress();
  if (!URL.canParse(input, base)) throw new ParqletError('usage', `this is no address${advice}`);
  return new URL(input, base);
}

function mergedHeaders(first: HeadersInit | undefined, second: HeadersInit | undefined): Headers {
  try {
    const headers = new Headers(first);
    new Headers(second).forEach((value, name) => headers.set(name, value));
    return headers;
  } catch (cause) {
    throw new ParqletError('usage', `these headers can't be sent (${messageOf(cause)})`, { cause });
  }
}

/** `fetch` refuses addresses with a user in them. */
function signIn(url: URL, headers: Headers): void {
  if (url.username === '' && url.password === '') return;
  const bytes = new TextEncoder().encode(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`);
  if (!headers.has('authorization')) headers.set('authorization', `Basic ${btoa(String.fromCharCode(...bytes))}`);
  url.username = '';
  url.password = '';
}

/** `blob:` and `data:` addresses are at hand: no ranges are needed, nor known everywhere. */
async function fetched(url: URL): Promise<Source> {
  try {
    const response = await fetch(url);
    return blobSource(await response.blob());
  } catch (cause) {
    throw new ParqletError('not_found', `nothing is at this ${url.protocol} address`, { cause });
  }
}

function isRequest(input: object): input is Request {
  return typeof Request !== 'undefined' && input instanceof Request;
}

function isBlob(input: object): input is Blob {
  if (typeof Blob !== 'undefined' && input instanceof Blob) return true;
  const { size, slice, arrayBuffer } = input as Partial<Blob>;
  return typeof size === 'number' && typeof slice === 'function' && typeof arrayBuffer === 'function';
}

function isSlices(input: object): input is Slices {
  const { byteLength, slice } = input as Partial<Slices>;
  return Number.isSafeInteger(byteLength) && Number(byteLength) >= 0 && typeof slice === 'function';
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
