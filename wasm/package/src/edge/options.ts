/** What a handler is told once, checked, with its defaults. */

import { ParqletError } from '../error.js';
import { AllowList } from './allow.js';
import type { PartStore } from './cache.js';

/** How the service behaves. Sizes are in bytes, times in milliseconds. */
export interface EdgeOptions {
  /**
   * Which files may be asked for; nothing else is. A pattern is an origin with a path or without:
   * `https://data.example.org` (all of it), `https://data.example.org/public/` (all that is below),
   * `https://data.example.org/a.parquet` (that file), `https://*.example.org/*.parquet`. In a path `*` stands for any
   * characters of one segment and `**` for any at all. At the front of a host `*.` stands for one or more labels, and
   * `*` alone for every public host. Scheme and port count; the query doesn't. Patterns are held against the address as
   * the URL parser spells it, and again wherever a redirect leads: list the hosts that files redirect to as well.
   *
   * Loopback, private, link-local and metadata addresses are refused unless a pattern has that very host, without a
   * star. Names are not resolved: with a star for hosts outside of Cloudflare, a name may lead into your own network.
   */
  allow: readonly string[];
  /** The most rows of an answer. Default: 10,000, which is a preview of any size and no bulk transfer. */
  maxRows?: number | undefined;
  /** The most bytes fetched for an answer, opening included; the plan is held against it. Default: 32 MiB. */
  maxBytes?: number | undefined;
  /**
   * The most requests made for an answer, with opening, redirects and retries; plans keep to it. Default: 50, what
   * Cloudflare's free plan allows.
   */
  maxRequests?: number | undefined;
  /** Bytes held at once for an answer. Default: 32 MiB, so that two or three answers fit into a Worker's 128 MB. */
  memory?: number | undefined;
  /** The longest wait for the next rows. Default: 30,000. */
  timeout?: number | undefined;
  /**
   * The `Cache-Control` of answers. Default: `no-cache`, or `private, no-cache` with `headers`: whoever keeps an answer
   * asks whether it still holds, which costs the end of the file. Problems are never kept.
   */
  cacheControl?: string | undefined;
  /**
   * Headers for the server of a file, such as credentials. They are sent to the origin of `url` and to no other, nor
   * after a redirect came back from another.
   */
  headers?: ((url: URL) => NonNullable<RequestInit['headers']> | undefined | Promise<NonNullable<RequestInit['headers']> | undefined>) | undefined;
  /** Used in place of the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
  /**
   * Where parts of files are kept for later answers, by version. Default: `caches.default` where there is one, as on
   * Workers; `false`: nowhere. Its calls count as requests. The end of a file is kept for the `max-age` of
   * `cacheControl`, if that has one: so long a change of the file may go unseen.
   */
  cache?: PartStore | false | undefined;
  /** Origins of pages that may read answers, or `*` for all. Default: none but the service's own. */
  cors?: '*' | readonly string[] | undefined;
}

/** The options with defaults. */
export interface Settings {
  allow: AllowList;
  maxRows: number;
  maxBytes: number;
  maxRequests: number;
  memory: number;
  timeout: number;
  cacheControl: string;
  headers: EdgeOptions['headers'];
  fetch: typeof globalThis.fetch | undefined;
  cache: PartStore | undefined;
  cors: '*' | readonly string[];
}

const MIB = 2 ** 20;

/** @throws ParqletError `usage` for options that make no sense. */
export function settingsOf(options: EdgeOptions): Settings {
  const { allow, headers, fetch, cors = [] } = options;
  if (cors !== '*' && !Array.isArray(cors)) throw new ParqletError('usage', "cors must be '*' or an array of origins");
  for (const origin of cors === '*' ? [] : cors) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new ParqletError('usage', `cors: ${JSON.stringify(origin)} is no origin such as https://www.example.org`);
    }
  }
  return {
    allow: new AllowList(allow),
    maxRows: count('maxRows', options.maxRows ?? 10_000),
    maxBytes: count('maxBytes', options.maxBytes ?? 32 * MIB),
    maxRequests: count('maxRequests', options.maxRequests ?? 50),
    memory: count('memory', options.memory ?? 32 * MIB),
    timeout: count('timeout', options.timeout ?? 30_000),
    cacheControl: options.cacheControl ?? (headers === undefined ? 'no-cache' : 'private, no-cache'),
    headers,
    fetch,
    cache: options.cache === false ? undefined : (options.cache ?? platformCache()),
    cors,
  };
}

/** Only Workers have a default one; what others call a cache is a folder that nobody empties. */
function platformCache(): PartStore | undefined {
  return (globalThis as { caches?: { default?: PartStore } }).caches?.default;
}

function count(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new ParqletError('usage', `${name} must be a whole number from 1, not ${String(value)}`);
}
