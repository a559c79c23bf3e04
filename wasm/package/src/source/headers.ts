/** Requests and answers as HTTP headers. */

import type { Head } from '../glue.js';
import type { Ask } from './index.js';
import type { Way } from './way.js';

/** What a request says: the user's headers, if `own` is given, and ours over them. */
export function requestHeaders(ask: Ask, way: Way, own: Headers | undefined): Headers {
  const headers = new Headers(own);
  headers.delete('range');
  if (ask.kind === 'range') headers.set('range', `bytes=${ask.start}-${ask.end - 1}`);
  if (ask.kind === 'tail') headers.set('range', `bytes=-${ask.bytes}`);
  // Ranges of an encoded body would be ranges of something else. Browsers see to it themselves and allow no say.
  if (way.realm !== 'browser') headers.set('accept-encoding', 'identity');
  // A changed object is then a 412 from the server itself. From another origin it would cost a preflight.
  if (ask.kind === 'range' && ask.etag !== undefined && !way.crossOrigin) headers.set('if-match', ask.etag);
  return headers;
}

/** What an answer says before its body. `hidden`: headers may exist that we aren't shown. */
export function answerHead(response: Response, hidden: boolean): Head {
  const text = (name: string): string | undefined => response.headers.get(name) ?? undefined;
  return {
    status: response.status,
    contentRange: text('content-range'),
    contentLength: contentLength(response),
    contentEncoding: text('content-encoding'),
    etag: text('etag'),
    lastModified: text('last-modified'),
    retryAfter: retryAfter(text('retry-after'), Date.now()),
    hidden,
  };
}

/** `Content-Length`, where it is a number. */
export function contentLength(response: Response): number | undefined {
  const text = response.headers.get('content-length')?.trim();
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  const length = Number(text);
  return Number.isSafeInteger(length) ? length : undefined;
}

/** Milliseconds from now: the header says seconds, or a date (RFC 9110, 10.2.3). */
export function retryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
