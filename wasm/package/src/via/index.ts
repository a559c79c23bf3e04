/** `parqlet/via`: the same API through a service that reads for us. Loads no WebAssembly. */

import { messageOf, ParqletError } from '../error.js';
import { baseAddress } from '../realm.js';
import { present } from '../signals.js';
import type { ViaFile, ViaOptions } from './api.js';
import { OpenedViaFile } from './file.js';
import { Service } from './service.js';

export { ParqletError, type ErrorCode, type ErrorFacts } from '../error.js';
export type * from '../index.js';

/** What a read by the package itself may hold, too. */
const MEMORY = 64 * 2 ** 20;

/**
 * Opens a Parquet file through a service: a handler of `parqlet/edge`, or `parqlet serve`. For where a browser can't read
 * the file itself: its server allows no other origin, serves no ranges, or is within a network of its own.
 *
 * @param service The address of the service, that of its `/`.
 * @param file The address of the file, as the service is to ask for it: with its query, so a signed address is shown to it.
 * @throws ParqletError, or the reason of the signal that aborted it.
 */
export async function openVia(
  service: string | URL,
  file: string | URL,
  options: ViaOptions = {},
): Promise<ViaFile> {
  const { signal, onProgress, credentials, fetch, memory = MEMORY } = options;
  if (!(Number.isSafeInteger(memory) && memory >= 0)) {
    throw new ParqletError('usage', `memory must be a whole number, not ${String(memory)}`);
  }
  const root = address(service, 'the address of the service');
  if (!root.pathname.endsWith('/')) root.pathname += '/';
  const target = address(file, 'the address of the file');
  const way = new Service(root, target, { headers: headersOf(options), credentials, fetch });
  return await OpenedViaFile.open(way, target.origin + target.pathname, memory, present(signal), onProgress);
}

function address(input: string | URL, what: string): URL {
  const base = baseAddress();
  const url = URL.canParse(input, base) ? new URL(input, base) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new ParqletError('usage', `${what} must begin with http: or https:`);
  }
  url.hash = '';
  return url;
}

function headersOf({ headers }: ViaOptions): Headers {
  try {
    return new Headers(headers);
  } catch (cause) {
    throw new ParqletError('usage', `these headers can't be sent (${messageOf(cause)})`, { cause });
  }
}
