/** The service that reads what this page can't, where whoever put the site up named one (`build.mjs --service`). */

import { count } from './amounts.js';
import { element } from './dom.js';

/** Its address, of `/`; `undefined`: there is none. The page itself says so, never its address, which may come from anybody. */
export const SERVICE = document.querySelector('meta[name="parqlet-service"]')?.content;

/** Says what it means for a file that it came through the service. */
export function explain(box) {
  const { host } = new URL(SERVICE);
  box.replaceChildren(
    'This page can’t read the file itself: its server allows no other site (CORS), sends it no parts of the file, or can’t ' +
      'be reached from here. So ',
    element('strong', {}, host),
    ' reads it, and was told its whole address. Which bytes that takes it doesn’t say: there is no map.',
  );
}

/**
 * Rows as text, in one answer of the service.
 *
 * @param {object} what
 * @param {string} what.url Of the file.
 * @param {string | undefined} what.version The entity tag of the file that is shown.
 * @param {string | undefined} what.columns As the service's query has them.
 * @param {number} what.offset
 * @param {number} what.limit
 * @param {'csv' | 'jsonl'} what.format
 * @param {(entry: object) => void} what.onRequest
 * @returns {Promise<Blob>}
 * @throws {Error} With words for people.
 */
export async function textThroughService({ url, version, columns, offset, limit, format, onRequest }) {
  const question = new URL(SERVICE);
  const query = { url, columns, offset, limit, format };
  for (const [name, value] of Object.entries(query)) if (value !== undefined) question.searchParams.set(name, value);
  const entry = { kind: 'service', bytes: 0, ok: false, startedAt: performance.now() };
  onRequest(entry);
  try {
    const answer = await fetch(question);
    entry.status = answer.status;
    entry.firstByteAt = performance.now();
    if (!answer.ok) throw new Error(await refusal(answer));
    const body = await answer.blob();
    entry.bytes = body.size;
    const now = /^(?:W\/)?"([0-9a-f]{16})/.exec(answer.headers.get('etag') ?? '')?.[1];
    if (version !== undefined && now !== undefined && version !== `"${now}"`) {
      throw new Error('The file has changed: open it again.');
    }
    // An answer that broke off ends in a string that is never closed, even where the connection doesn't say so.
    if (limit > 0 && (await body.slice(-1).text()) !== '\n') throw new Error('The answer broke off: try again.');
    entry.ok = true;
    return body;
  } finally {
    entry.endedAt = performance.now();
    onRequest(entry);
  }
}

/** Why the service doesn't answer; `maxRows` comes with a refusal of too many. */
async function refusal(answer) {
  const { detail, maxRows } = await answer.json().catch(() => ({}));
  if (maxRows !== undefined) return `The service gives at most ${count(maxRows)} rows at a time.`;
  return detail ?? `The service answers with status ${answer.status}.`;
}
