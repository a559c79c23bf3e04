// A column of all batches as one array, typed where the type has a typed array.

import type { DataType, Field } from '@uwdata/flechette';
import { Precision, Type } from '@uwdata/flechette/src/constants.js';

import { valuesOf } from './decode.js';
import { floatWords } from './numbers.js';
import type { ValueOptions } from './options.js';
import type { Pieces } from './pieces.js';
import { unitNanoseconds } from './temporal.js';
import type { Column } from './types.js';
import { type Vector, words } from './vector.js';

/** The longest array made in its full length, which takes a third of the time of growing. V8 hashes those beyond. */
const LONGEST_AT_ONCE = 2 ** 25;

type TypedColumn = Exclude<Column, unknown[]>;

/** Puts the vectors of one field one behind the other, a piece for each. The array shares no memory with them. */
export function* columnOf(field: Field, vectors: Vector[], options: ValueOptions): Pieces<Column> {
  const nullable = vectors.some((vector) => vector.validity);
  const typed = nullable ? undefined : yield* typedColumn(field.type, vectors, options);
  if (typed) return typed;
  const length = vectors.reduce((sum, vector) => sum + vector.length, 0);
  const out = length <= LONGEST_AT_ONCE ? new Array<unknown>(length) : [];
  let at = 0;
  for (const vector of vectors) {
    const values = valuesOf(vector, options);
    for (let i = 0; i < values.length; i++) out[at++] = values[i];
    yield;
  }
  return out;
}

/** Nothing where the type has no typed array, or the values don't fit the one it has. */
function* typedColumn(
  type: DataType,
  vectors: Vector[],
  options: ValueOptions,
): Pieces<TypedColumn | undefined> {
  const length = vectors.reduce((sum, vector) => sum + vector.length, 0);
  switch (type.typeId) {
    case Type.Int:
      if (type.bitWidth === 64 && options.int64 === 'number') return yield* safeColumn(vectors, type.signed, length);
      return yield* joined(new type.values(length), vectors, (vector) => words<TypedColumn>(vector.values, type.values));
    case Type.Float: {
      const out = type.precision === Precision.DOUBLE ? new Float64Array(length) : new Float32Array(length);
      return yield* joined(out, vectors, (vector) => floatWords(vector, type));
    }
    case Type.Timestamp:
      return options.timestamps === 'nanoseconds' ? yield* nanosecondColumn(vectors, type.unit, length) : undefined;
    case Type.Duration:
      return yield* nanosecondColumn(vectors, type.unit, length);
    default:
      return undefined;
  }
}

/** 64-bit integers as floats, if all are exact. */
function* safeColumn(vectors: Vector[], signed: boolean, length: number): Pieces<Float64Array | undefined> {
  const out = new Float64Array(length);
  let at = 0;
  for (const vector of vectors) {
    for (const value of signed ? words(vector.values, BigInt64Array) : words(vector.values, BigUint64Array)) {
      const number = Number(value);
      if (!Number.isSafeInteger(number)) return undefined;
      out[at++] = number;
    }
    yield;
  }
  return out;
}

/** Nanoseconds in 64 bits, if all fit: those of the years 1677 to 2262 do. */
function* nanosecondColumn(vectors: Vector[], unit: number, length: number): Pieces<BigInt64Array | undefined> {
  const factor = unitNanoseconds(unit);
  const out = new BigInt64Array(length);
  let at = 0;
  for (const vector of vectors) {
    for (const value of words(vector.values, BigInt64Array)) {
      const nanoseconds = value * factor;
      out[at] = nanoseconds;
      if (out[at++] !== nanoseconds) return undefined;
    }
    yield;
  }
  return out;
}

/** Copies each vector's numbers behind those of the one before. */
function* joined(
  out: TypedColumn,
  vectors: Vector[],
  numbers: (vector: Vector) => TypedColumn,
): Pieces<TypedColumn> {
  let at = 0;
  for (const vector of vectors) {
    const part = numbers(vector).subarray(0, vector.length);
    // Both are of the field's kind, which the type of a union of arrays can't say.
    (out as Float64Array).set(part as Float64Array, at);
    at += vector.length;
    yield;
  }
  return out;
}
