/** Which pages may read the answers. */

import type { Settings } from './options.js';

/** What a preflight is told to remember, in seconds: Chromium keeps it for two hours at most. */
const PREFLIGHT_AGE = 7200;

/** Adds to the headers of an answer what its page needs to be let through. */
export function allowOrigin(headers: Headers, request: Request, cors: Settings['cors']): void {
  if (cors === '*') headers.set('access-control-allow-origin', '*');
  else if (cors.length > 0) {
    // Shared caches must not give one page's answer to another.
    headers.append('vary', 'origin');
    const origin = request.headers.get('origin');
    if (origin === null || !cors.includes(origin)) return;
    headers.set('access-control-allow-origin', origin);
  } else return;
  headers.set('access-control-expose-headers', 'etag');
}

/** Adds the answer to a preflight. */
export function allowRequest(headers: Headers): void {
  if (!headers.has('access-control-allow-origin')) return;
  headers.delete('access-control-expose-headers');
  headers.set('access-control-allow-methods', 'GET, HEAD');
  headers.set('access-control-allow-headers', 'if-none-match');
  headers.set('access-control-max-age', String(PREFLIGHT_AGE));
}
