/** Where this code runs, as far as fetching differs. */

/**
 * `browser`: pages, workers and extensions: CORS, an HTTP cache, few connections. `server`: Node, Deno, Bun: no CORS,
 * many connections. `edge`: workerd and its kind: no CORS, six connections, and no promises shared between requests.
 */
export type Realm = 'browser' | 'server' | 'edge';

interface Globals {
  navigator?: { userAgent?: string };
  WebSocketPair?: unknown;
  EdgeRuntime?: unknown;
  Deno?: unknown;
  Bun?: unknown;
  process?: { versions?: { node?: string }; type?: string };
  location?: { href?: string };
  origin?: string;
}

/** The realm, by what there is. */
export function realmOf(globals: Globals = globalThis as Globals): Realm {
  const agent = globals.navigator?.userAgent;
  if (agent === 'Cloudflare-Workers' || globals.WebSocketPair !== undefined || globals.EdgeRuntime !== undefined) {
    return 'edge';
  }
  // A window of Electron has both Node's `process` and a browser's fetch.
  const node = globals.process?.versions?.node !== undefined && globals.process.type !== 'renderer';
  if (node || globals.Deno !== undefined || globals.Bun !== undefined) return 'server';
  return globals.location === undefined ? 'edge' : 'browser';
}

/** The realm this code runs in. */
export const realm: Realm = realmOf();

/** The origin of the page or worker; `undefined` where there is no such thing, and so no CORS. */
export function ownOrigin(): string | undefined {
  if (realm !== 'browser') return undefined;
  const { origin, location } = globalThis as { origin?: string; location?: { origin?: string } };
  return origin ?? location?.origin;
}

/** What relative addresses are relative to, where there is something. */
export function baseAddress(): string | undefined {
  if (realm !== 'browser') return undefined;
  const { document, location } = globalThis as { document?: { baseURI?: string }; location?: { href?: string } };
  return document?.baseURI ?? location?.href;
}
