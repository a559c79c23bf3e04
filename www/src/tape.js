/** The file as a tape of pieces in the order of their bytes, and where on it a byte stands. */

import { familyOf } from './families.js';

/** The label of what is behind the row groups. */
const END = 'end';

/**
 * @typedef {object} Piece A column chunk, or what lies between and behind them.
 * @property {number} start
 * @property {number} end Behind its last byte.
 * @property {string} name
 * @property {string} family
 * @property {number | undefined} group Number of the row group, from 0.
 * @property {{ codec: string, encodings: string[], uncompressedBytes: number, valueCount: number } | undefined} chunk
 */

/**
 * @param {{ byteLength: number, rowGroups: readonly object[], schema: { fields: readonly object[] } }} file
 * @returns {{ pieces: Piece[], bands: { start: number, end: number, label: string }[] }} Bands are row groups, and last
 *   of all the end of the file.
 */
export function tapeOf({ byteLength, rowGroups, schema }) {
  const families = new Map(schema.fields.map((field) => [field.name, familyOf(field)]));
  const pieces = rowGroups.flatMap(({ columns }, group) =>
    columns.map((chunk) => {
      const { path, start, end } = chunk;
      const family = families.get(path) ?? families.get(path.split('.')[0]) ?? 'other';
      return { start, end, name: path, family, group, chunk };
    }),
  );
  pieces.sort((one, other) => one.start - other.start);
  // A row group without chunks has no place in the file.
  const bands = rowGroups
    .map(({ columns }, group) => ({
      start: Math.min(...columns.map(({ start }) => start)),
      end: Math.max(...columns.map(({ end }) => end)),
      label: String(group + 1),
    }))
    .filter(({ start, end }) => start < end)
    .sort((one, other) => one.start - other.start);
  const data = bands.at(-1)?.end ?? 0;
  if (data < byteLength) {
    pieces.push({
      start: data,
      end: byteLength,
      name: 'Page index and footer',
      family: 'meta',
      group: undefined,
      chunk: undefined,
    });
    bands.push({ start: data, end: byteLength, label: END });
  }
  return { pieces, bands };
}

/** Lines of about the same length: bands put together where there are more than `most`, a long end cut in pieces. */
export function linesOf(bands, most) {
  const data = bands.filter(({ label }) => label !== END);
  const each = Math.ceil(data.length / most);
  const lines = Array.from({ length: Math.ceil(data.length / (each || 1)) }, (_, line) => {
    const some = data.slice(line * each, (line + 1) * each);
    return { start: some[0].start, end: Math.max(...some.map(({ end }) => end)), label: some[0].label };
  });
  const end = bands.find(({ label }) => label === END);
  if (end === undefined) return lines;
  const longest = Math.max(0, ...lines.map(({ start, end }) => end - start));
  // An end of many times that length makes the scale itself.
  const step = Math.max(longest, (end.end - end.start) / Math.max(4, most / 4));
  for (let { start } = end; start < end.end; start += step) {
    lines.push({ start, end: Math.min(end.end, start + step), label: start === end.start ? END : '' });
  }
  return lines;
}

/** The pieces that have bytes between `start` and `end`. */
export function piecesWithin(pieces, start, end) {
  const found = [];
  for (let at = firstBehind(pieces, start); at < pieces.length && pieces[at].start < end; at++) found.push(pieces[at]);
  return found;
}

/** The piece of a byte. */
export function pieceAt(pieces, byte) {
  return piecesWithin(pieces, byte, byte + 1)[0];
}

/** What a range of bytes is, in a few words. */
export function nameOfRange(pieces, start, end) {
  const found = piecesWithin(pieces, start, end);
  const names = [...new Set(found.map(({ name }) => name))];
  if (names.length === 0) return 'Start of the file';
  return names.length === 1 ? names[0] : `${names[0]} and ${names.length - 1} more`;
}

/** Fetched stretches, in order and without overlaps. */
export function stretches(requests) {
  const all = requests.flatMap(({ start, end, bytes }) => {
    if (start === undefined || end === undefined || bytes === 0) return [];
    return [{ start, end: Math.min(end, start + bytes) }];
  });
  all.sort((one, other) => one.start - other.start);
  const merged = [];
  for (const { start, end } of all) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
}

/** How many bytes of a piece were fetched. */
export function fetchedOf({ start, end }, fetched) {
  let bytes = 0;
  for (const stretch of fetched) bytes += Math.max(0, Math.min(end, stretch.end) - Math.max(start, stretch.start));
  return bytes;
}

function firstBehind(pieces, byte) {
  let [low, high] = [0, pieces.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pieces[middle].end <= byte) low = middle + 1;
    else high = middle;
  }
  return low;
}
