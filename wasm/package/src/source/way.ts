/** What a browser makes of the way to an address: another origin or the same, with a preflight or without. */

import type { Start } from '../glue.js';
import { httpLink, type Link } from '../link.js';
import { originKey, type Learned } from '../origins.js';
import type { Realm } from '../realm.js';

/** The way from here to an address. */
export interface Way {
  realm: Realm;
  /** A browser goes to another origin: headers are hidden, and a question may need a preflight. */
  crossOrigin: boolean;
  /** The user's own headers cost a preflight for each request, whatever else is asked. */
  preflight: boolean;
}

/** Headers that need no preflight (https://fetch.spec.whatwg.org/#cors-safelisted-request-header). */
const SAFELISTED = ['accept', 'accept-language', 'content-language'];
/** Their values must not be longer than that. */
const LONGEST_SAFE_VALUE = 128;

/** The way to `url` with these headers; `own` is the origin of the page, where there is one. */
export function wayTo(url: URL, headers: Headers, realm: Realm, own: string | undefined): Way {
  const crossOrigin = realm === 'browser' && url.origin !== own;
  let safe = true;
  headers.forEach((value, name) => {
    safe &&= SAFELISTED.includes(name) && value.length <= LONGEST_SAFE_VALUE;
  });
  return { realm, crossOrigin, preflight: crossOrigin && !safe };
}

/** The key under which an origin's lessons are kept. */
export function wayKey(url: URL, way: Way): string {
  return originKey(url.origin, way.preflight);
}

/**
 * The first rung of the opening ladder. A suffix range tells length and version in one answer, but from another origin
 * it costs a preflight, which some servers refuse.
 */
export function firstRung(way: Way, learned: Learned): Start {
  return learned.start ?? (way.crossOrigin && !way.preflight ? 'length' : 'suffix');
}

/** The link: measured, or the preset. A preflight is a round trip more for each request: `no-store` keeps none. */
export function linkOf(way: Way, learned: Learned): Link {
  const preset = httpLink(way.realm);
  const latency = way.preflight ? preset.latency * 2 : preset.latency;
  return { ...preset, latency, ...learned.link };
}
