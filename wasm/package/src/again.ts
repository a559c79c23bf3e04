/** Reading once more. */

import { ParqletError } from './error.js';

/**
 * Reads once more where the object changed after rows had been given out. Nobody else has seen those yet, so both versions
 * stay apart.
 */
export async function again<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ParqletError && error.code === 'changed' && error.retryable)) throw error;
    return await read();
  }
}
