// Integers, floats, booleans and decimals.

import type { DecimalType, FloatType, IntType } from '@uwdata/flechette';
import { Precision } from '@uwdata/flechette/src/constants.js';

import type { ValueOptions } from './options.js';
import { type Vector, words } from './vector.js';

/** Integers of up to 32 bits as numbers; wider ones as the options say. */
export function integers(vector: Vector, type: IntType, options: ValueOptions): unknown[] {
  if (type.bitWidth === 64 && options.int64 === 'number') return safeIntegers(vector, type.signed);
  // The union of constructors is one to `words`, which only wants to view bytes.
  return plain(vector, words<ArrayLike<number | bigint>>(vector.values, type.values));
}

/** Floats, as 64-bit ones: exactly the stored value. */
export function floats(vector: Vector, type: FloatType): unknown[] {
  return plain(vector, floatWords(vector, type));
}

/** Floats in the narrowest typed array everywhere at hand that holds them: for 16 bits a Float32Array. */
export function floatWords(vector: Vector, type: FloatType): Float32Array | Float64Array {
  switch (type.precision) {
    case Precision.DOUBLE:
      return words(vector.values, Float64Array);
    case Precision.SINGLE:
      return words(vector.values, Float32Array);
    default:
      return Float32Array.from(words(vector.values, Uint16Array), halfToNumber);
  }
}

/** True and false, one bit each. */
export function booleans(vector: Vector): unknown[] {
  const { length, values, validity } = vector;
  const out = new Array<boolean | null>(length);
  for (let i = 0; i < length; i++) out[i] = isNull(validity, i) ? null : bit(values, i);
  return out;
}

/** Decimals as text, with exactly as many digits after the point as the type's scale: `-1.50`. */
export function decimals(vector: Vector, type: DecimalType): unknown[] {
  const { length, validity } = vector;
  const width = type.bitWidth / 32;
  const parts = words(vector.values, Int32Array);
  const out = new Array<string | null>(length);
  for (let i = 0; i < length; i++) {
    out[i] = isNull(validity, i) ? null : scaled(digits(parts, i * width, width), type.scale);
  }
  return out;
}

/** The values of an array, with null where the vector has none. */
export function plain<T>(vector: Vector, values: ArrayLike<T>): (T | null)[] {
  const { length, validity } = vector;
  const out = new Array<T | null>(length);
  if (validity) {
    for (let i = 0; i < length; i++) out[i] = bit(validity, i) ? (values[i] as T) : null;
  } else {
    for (let i = 0; i < length; i++) out[i] = values[i] as T;
  }
  return out;
}

/** Whether value `i` is null. */
export function isNull(validity: Uint8Array | undefined, i: number): boolean {
  return validity !== undefined && !bit(validity, i);
}

/** A 64-bit integer from its two halves: a number where that is exact, else a bigint. */
export function safeInteger(low: number, high: number, signed: boolean): number | bigint {
  const top = signed ? high : high >>> 0;
  if (top >= -0x200000 && top < 0x200000) {
    const value = top * 0x100000000 + (low >>> 0);
    if (Number.isSafeInteger(value)) return value;
  }
  return (BigInt(top) << 32n) + BigInt(low >>> 0);
}

function safeIntegers(vector: Vector, signed: boolean): unknown[] {
  const { length, validity } = vector;
  const halves = words(vector.values, Int32Array);
  const out = new Array<number | bigint | null>(length);
  for (let i = 0; i < length; i++) {
    out[i] = isNull(validity, i) ? null : safeInteger(halves[2 * i] as number, halves[2 * i + 1] as number, signed);
  }
  return out;
}

function bit(bits: Uint8Array, i: number): boolean {
  return ((bits[i >> 3] as number) & (1 << (i & 7))) !== 0;
}

/** The unscaled digits of the decimal in `width` 32-bit parts from `at`, least significant first. */
function digits(parts: Int32Array, at: number, width: number): string {
  const low = parts[at] as number;
  if (width === 1) return String(low);
  const second = parts[at + 1] as number;
  let small = true;
  for (let k = 2; k < width; k++) small &&= parts[at + k] === second >> 31;
  if (small) return String(safeInteger(low, second, true));
  let value = BigInt(parts[at + width - 1] as number);
  for (let k = width - 2; k >= 0; k--) value = (value << 32n) + BigInt((parts[at + k] as number) >>> 0);
  return String(value);
}

function scaled(whole: string, scale: number): string {
  if (scale === 0) return whole;
  if (scale < 0) return whole === '0' ? whole : whole + '0'.repeat(-scale);
  const sign = whole.startsWith('-') ? '-' : '';
  const padded = whole.slice(sign.length).padStart(scale + 1, '0');
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

function halfToNumber(half: number): number {
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  const sign = half & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}
