/** Versions of answers. */

import type { FileFacts } from '../api.js';
import type { Settings } from './options.js';
import type { Question } from './query.js';

/** Raised when the same question gets other bytes. */
const REVISION = 1;

/** Characters of each half of a tag. */
const HALF = 16;

/**
 * The entity tag of an answer, before any data is read: half of it from the version of the object, which is the same in all
 * answers about it, half from the question. `undefined` where the file's server tells no version.
 */
export async function entityTag(
  facts: Pick<FileFacts, 'byteLength' | 'etag' | 'lastModified'>,
  question: Question,
  { memory, maxRequests }: Settings,
): Promise<string | undefined> {
  const { byteLength, etag, lastModified } = facts;
  if (etag === undefined && lastModified === undefined) return undefined;
  const { url, ...rest } = question;
  const version = await digest([url.href, byteLength, etag, lastModified]);
  // Batches depend on the memory there is, and plans on both.
  return `"${version}${await digest([REVISION, rest, memory, maxRequests])}"`;
}

async function digest(value: unknown): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(value))));
  return Array.from(hash.subarray(0, HALF / 2), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Whether the caller has this answer already (RFC 9110, 13.1.2: weak comparison). */
export function isKnown(tag: string, ifNoneMatch: string | null): boolean {
  if (ifNoneMatch === null) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((known) => known.trim().replace(/^W\//, '') === tag);
}
