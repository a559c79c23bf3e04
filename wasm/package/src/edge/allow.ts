/** Which files may be asked for. */

import { ParqletError } from '../error.js';
import { isPublicHost } from './address.js';
import { globMatches } from './glob.js';

/** What a URL is to the list. */
export type Verdict = 'allowed' | 'private' | 'unknown';

/** One pattern. */
interface Pattern {
  protocol: string;
  /** Without `*.` where `anySubdomain`; any host at all where it is empty. */
  host: string;
  anySubdomain: boolean;
  port: string;
  path: string;
}

/** `scheme://host`, and what follows. */
const SHAPE = /^(https?):\/\/([^/?#@\\]+)(\/[^?#\\]*)?$/i;

/** Names a URL parser takes for a host with a star in it. */
const ANY = 'any-host.invalid';

/** The patterns of `allow`; what they mean is said at the option. */
export class AllowList {
  readonly #patterns: readonly Pattern[];

  /** @throws ParqletError `usage` for a pattern that is none. */
  constructor(patterns: readonly string[]) {
    if (!Array.isArray(patterns)) throw new ParqletError('usage', 'allow must be an array of patterns');
    this.#patterns = patterns.map(patternOf);
  }

  /** Holds a parsed URL against the patterns. A host that is not public must be named by one of them, without stars. */
  judge(url: URL): Verdict {
    if (climbs(url.pathname)) return 'unknown';
    const matching = this.#patterns.filter((pattern) => matches(pattern, url));
    const named = matching.some(({ anySubdomain }) => !anySubdomain);
    if (named || (matching.length > 0 && isPublicHost(url.hostname))) return 'allowed';
    return isPublicHost(url.hostname) ? 'unknown' : 'private';
  }
}

function patternOf(text: string): Pattern {
  const [, scheme, host, path = '/'] = SHAPE.exec(text) ?? [];
  if (scheme === undefined || host === undefined) {
    throw wrong(text, 'write an origin, with a path or without: https://data.example.org/public/');
  }
  const anySubdomain = host === '*' || host.startsWith('*.') || host.startsWith('*:');
  const rest = anySubdomain ? host.replace(/^\*\.?/, '') : host;
  if (rest.includes('*')) throw wrong(text, 'a star stands for whole labels at the front of the host');
  // The parser normalises what it will normalise in the URLs that are held against it.
  const authority = rest === '' || rest.startsWith(':') ? `${ANY}${rest}` : rest;
  const address = `${scheme}://${authority}${path}`;
  if (!URL.canParse(address)) throw wrong(text, 'this is no address');
  const url = new URL(address);
  if (climbs(url.pathname)) throw wrong(text, 'a path must not lead upwards');
  return {
    protocol: url.protocol,
    host: url.hostname === ANY ? '' : trimmed(url.hostname),
    anySubdomain,
    port: url.port,
    path: url.pathname,
  };
}

function matches(pattern: Pattern, url: URL): boolean {
  if (pattern.protocol !== url.protocol || pattern.port !== url.port) return false;
  const host = trimmed(url.hostname);
  const { anySubdomain } = pattern;
  const fits = anySubdomain ? pattern.host === '' || host.endsWith(`.${pattern.host}`) : host === pattern.host;
  return fits && globMatches(pattern.path, url.pathname);
}

/** A dot at the end means the same host. */
function trimmed(host: string): string {
  return host.replace(/\.+$/, '');
}

/**
 * Whether a path leads upwards for a server that decodes it once more than it should: the URL parser has resolved what
 * was plain.
 */
function climbs(path: string): boolean {
  let decoded = path;
  for (let round = 0; round < 3; round++) decoded = decoded.replace(/%(25|2e|2f|5c)/gi, decodedByte);
  return decoded.split(/[/\\]/).some((segment) => segment === '.' || segment === '..');
}

function decodedByte(_: string, hex: string): string {
  return String.fromCharCode(parseInt(hex, 16));
}

function wrong(pattern: string, why: string): ParqletError {
  return new ParqletError('usage', `allow: ${JSON.stringify(pattern)} is no pattern: ${why}`);
}
