/** The other way to a file: through a service, where it can't be read directly. */

import type { OpenOptions } from './api.js';
import { messageOf, ParqletError, type ErrorCode } from './error.js';
import type { ViaFile, ViaOptions } from './via/api.js';

/** What opens through a service; loaded where it is needed. */
export interface Via {
  openVia(service: string | URL, file: string | URL, options: ViaOptions): Promise<ViaFile>;
}

/** What another machine may do better: this one was let through nothing, or nobody answers it in parts. */
const HOPELESS: readonly ErrorCode[] = ['cors', 'network', 'no_ranges'];

/**
 * Opens `address` through `service` if `error`, which the direct way ended with, is one that a service may not meet. Else
 * throws it. What was meant for the file's server (headers, credentials, a fetch function) isn't shown to the service.
 */
export async function fallBack(
  error: unknown,
  load: () => Promise<Via>,
  service: string | URL,
  address: string,
  { memory, onProgress }: OpenOptions,
  signal: AbortSignal | undefined,
): Promise<ViaFile> {
  if (!(error instanceof ParqletError && HOPELESS.includes(error.code))) throw error;
  try {
    const { openVia } = await load();
    return await openVia(service, address, { memory, onProgress, signal });
  } catch (second) {
    signal?.throwIfAborted();
    const { code, message, retryable, status, attempts, range, object } = error;
    const facts = { retryable, status, attempts, range, object, cause: second };
    throw new ParqletError(code, `${message}; nor is there another way: ${messageOf(second)}`, facts);
  }
}
