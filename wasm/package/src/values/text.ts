// Text, binary and UUIDs, from any of Arrow's layouts.

import { isNull } from './numbers.js';
import { Repeats } from './repeats.js';
import { type Vector, words } from './vector.js';

/** Where each value lies: value `i` is `bytes[offsets[i]..offsets[i + 1]]`. */
interface Spans {
  bytes: Uint8Array;
  offsets: ArrayLike<number>;
}

/**
 * How many bytes of text are decoded by one call. A call costs as much as some hundred bytes, so many values share it;
 * and long values are slices of the decoded piece to the engine, so a value somebody keeps keeps no more than that.
 */
const PIECE = 16_384;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

/** Text values. Bytes that are not UTF-8 read as U+FFFD. */
export function texts(vector: Vector, spans: Spans): unknown[] {
  const { length, validity } = vector;
  const { bytes, offsets } = spans;
  const out = new Array<string | null>(length).fill('');
  const repeats = new Repeats(bytes, offsets);
  for (let first = 0; first < length;) {
    const start = offsets[first] as number;
    let last = first + 1;
    while (last < length && (offsets[last + 1] as number) - start <= PIECE) last++;
    decodePiece(spans, first, last, repeats, out);
    first = last;
  }
  if (validity) for (let i = 0; i < length; i++) if (isNull(validity, i)) out[i] = null;
  return out;
}

/** Binary values, each with memory of its own, so that `value.buffer` is the value and nothing else stays alive. */
export function binaries(vector: Vector, spans: Spans): unknown[] {
  const { length, validity } = vector;
  const { bytes, offsets } = spans;
  const out = new Array<Uint8Array | null>(length);
  for (let i = 0; i < length; i++) out[i] = isNull(validity, i) ? null : bytes.slice(offsets[i], offsets[i + 1]);
  return out;
}

/** 16-byte values as `8-4-4-4-12` lower-case hexadecimal digits. */
export function uuids(vector: Vector): unknown[] {
  const { length, validity, values } = vector;
  const out = new Array<string | null>(length);
  for (let i = 0; i < length; i++) out[i] = isNull(validity, i) ? null : uuid(values, 16 * i);
  return out;
}

/** The spans of a layout with an offsets buffer, 32 or 64 bits wide. */
export function offsetSpans(vector: Vector, large: boolean): Spans {
  return { bytes: vector.values, offsets: wideOffsets(vector.offsets, large) };
}

/** Offsets as numbers, whatever their width. */
export function wideOffsets(bytes: Uint8Array, large: boolean): ArrayLike<number> {
  if (!large) return words(bytes, Int32Array);
  return Float64Array.from(words(bytes, BigInt64Array), Number);
}

/** The spans of values of one size. */
export function fixedSpans(vector: Vector, stride: number): Spans {
  return { bytes: vector.values, offsets: Float64Array.from({ length: vector.length + 1 }, (_, i) => i * stride) };
}

/** The spans of a view layout, after its values were put one behind the other. */
export function viewSpans(vector: Vector): Spans {
  const { length, validity, values, data } = vector;
  const parts = words(values, Int32Array);
  const offsets = new Float64Array(length + 1);
  for (let i = 0; i < length; i++) {
    offsets[i + 1] = (offsets[i] as number) + (isNull(validity, i) ? 0 : (parts[4 * i] as number));
  }
  const bytes = new Uint8Array(offsets[length] as number);
  for (let i = 0; i < length; i++) {
    const to = offsets[i] as number;
    const size = (offsets[i + 1] as number) - to;
    // Up to 12 bytes stand in the view itself; else there are a prefix, a buffer's number and an offset.
    const source = size <= 12 ? values : data[parts[4 * i + 2] as number];
    const from = size <= 12 ? 16 * i + 4 : (parts[4 * i + 3] as number);
    if (size > 0 && source) bytes.set(source.subarray(from, from + size), to);
  }
  return { bytes, offsets };
}

/** Decodes the values from `first` to before `last` at once and cuts the text up. */
function decodePiece(spans: Spans, first: number, last: number, repeats: Repeats, out: (string | null)[]): void {
  const { bytes, offsets } = spans;
  const start = offsets[first] as number;
  const end = offsets[last] as number;
  if (start === end) return;
  const text = strictText(bytes.subarray(start, end));
  if (text === undefined) {
    for (let i = first; i < last; i++) out[i] = lenient.decode(bytes.subarray(offsets[i], offsets[i + 1]));
    return;
  }
  // As many UTF-16 units as bytes: all ASCII.
  const ascii = text.length === end - start;
  let from = 0;
  for (let i = first; i < last; i++) {
    const [at, next] = [offsets[i] as number, offsets[i + 1] as number];
    const to = from + (ascii ? next - at : units(bytes, at, next));
    const earlier = repeats.earlier(i);
    out[i] = earlier < 0 ? text.slice(from, to) : (out[earlier] as string);
    from = to;
  }
}

/** Nothing if the bytes are not UTF-8. */
function strictText(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** How many UTF-16 units this UTF-8 has: one for each byte that begins a character, two if the character takes four. */
function units(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if ((byte & 0xc0) !== 0x80) count += byte >= 0xf0 ? 2 : 1;
  }
  return count;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function uuid(bytes: Uint8Array, at: number): string {
  let text = '';
  for (let i = 0; i < 16; i++) {
    text += HEX[bytes[at + i] as number];
    if (i === 3 || i === 5 || i === 7 || i === 9) text += '-';
  }
  return text;
}
