/** Rows as a file to keep: CSV, JSON lines or Arrow, written by the same code as the service's answers, or by the service. */

import { textThroughService } from './service.js';

/** The most rows of one download: they are made in memory. */
export const MOST_ROWS = 100_000;

const ENDINGS = { csv: 'csv', jsonl: 'jsonl', arrow: 'arrows' };

/**
 * Reads rows and gives them as a Blob.
 *
 * @param {object} what
 * @param {string | Blob} what.source
 * @param {import('parqlet/preview').PreviewFile} what.file What the preview has open of it.
 * @param {readonly string[] | undefined} what.columns `undefined`: all.
 * @param {number} what.offset
 * @param {number} what.limit
 * @param {'csv' | 'jsonl' | 'arrow'} what.format
 * @param {(entry: object) => void} what.onRequest Told of each request as it begins, and again as it goes on.
 * @throws {Error} With words for people.
 */
export async function download({ source, file, columns, offset, limit, format, onRequest }) {
  const url = source instanceof Blob ? 'https://file.invalid/file' : new URL(source, document.baseURI).href;
  const names = columns?.map((name) => `"${name.replaceAll('"', '""')}"`).join(',');
  if (file.via !== undefined) {
    const rows = { offset, limit: Math.max(0, Math.min(limit, file.rowCount - offset)) };
    if (format === 'arrow') return new Blob([await file.ipc({ columns, ...rows })]);
    return await textThroughService({ url, version: file.etag, columns: names, ...rows, format, onRequest });
  }
  const { createHandler } = await import('parqlet/edge');
  const handler = createHandler({
    allow: [new URL(url).origin],
    maxRows: MOST_ROWS,
    maxBytes: Number.MAX_SAFE_INTEGER,
    maxRequests: 10_000,
    memory: 256 * 2 ** 20,
    fetch: partsOf(source, url, file.byteLength, onRequest),
  });
  const query = new URLSearchParams({ url, offset: String(offset), limit: String(limit), format });
  if (names !== undefined) query.set('columns', names);
  const answer = await handler(new Request(`${location.origin}/?${query}`));
  if (!answer.ok) throw new Error((await answer.json()).detail ?? 'these rows can’t be read');
  return await answer.blob();
}

/** Hands a Blob to the browser, to be saved under a name. */
export function save(blob, fileName, format) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `${fileName.replace(/\.(parquet|parq|pq)$/i, '')}.${ENDINGS[format]}`;
  link.click();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/**
 * A `fetch` for this file alone. The length is known already, so it asks for ranges that need no preflight, and says
 * what a server from another origin may keep to itself.
 */
function partsOf(source, url, byteLength, onRequest) {
  return async (_, { method = 'GET', headers, signal } = {}) => {
    const total = { 'content-length': String(byteLength), 'accept-ranges': 'bytes' };
    if (method === 'HEAD') return new Response(null, { headers: total });
    const [start, end] = rangeOf(new Headers(headers).get('range') ?? '', byteLength);
    const entry = { kind: 'range', start, end, bytes: 0, ok: false, startedAt: performance.now() };
    onRequest(entry);
    try {
      const answer =
        source instanceof Blob
          ? new Response(source.slice(start, end), { status: 206 })
          : await fetch(url, { headers: { range: `bytes=${start}-${end - 1}` }, signal });
      entry.status = answer.status;
      entry.firstByteAt = performance.now();
      if (answer.status !== 206) {
        // A whole file is not taken.
        await answer.body?.cancel();
        return new Response(null, { status: answer.status });
      }
      const body = await answer.arrayBuffer();
      entry.bytes = body.byteLength;
      entry.ok = true;
      const said = new Headers(answer.headers);
      said.delete('content-encoding');
      said.set('content-length', String(body.byteLength));
      said.set('content-range', `bytes ${start}-${end - 1}/${byteLength}`);
      return new Response(body, { status: 206, headers: said });
    } finally {
      entry.endedAt = performance.now();
      onRequest(entry);
    }
  };
}

/** First byte and the one behind the last, of `bytes=0-7`, `bytes=8-` or `bytes=-8`. */
function rangeOf(range, byteLength) {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
  if (first === '' && last !== '') return [Math.max(0, byteLength - Number(last)), byteLength];
  return [Number(first), last === '' ? byteLength : Math.min(byteLength, Number(last) + 1)];
}
