// Lists, structs, maps, dictionaries and runs.

import type { StructType } from '@uwdata/flechette';

import { integers, isNull } from './numbers.js';
import { appendObjects, type Shape, shapeOf } from './objects.js';
import type { ValueOptions } from './options.js';
import { wideOffsets } from './text.js';
import { type Vector, words } from './vector.js';

/** The values of any vector; given in, since it needs this file too. */
export type Read = (vector: Vector, options: ValueOptions) => unknown[];

/** Lists with one offsets buffer. */
export function lists(vector: Vector, large: boolean, options: ValueOptions, read: Read): unknown[] {
  const offsets = wideOffsets(vector.offsets, large);
  const items = read(vector.children[0] as Vector, options);
  return spans(vector, (i) => items.slice(offsets[i], offsets[i + 1]));
}

/** Lists with an offset and a size each; they may share items and come in any order. */
export function listViews(vector: Vector, large: boolean, options: ValueOptions, read: Read): unknown[] {
  const offsets = wideOffsets(vector.offsets, large);
  const sizes = wideOffsets(vector.sizes, large);
  const items = read(vector.children[0] as Vector, options);
  return spans(vector, (i) => items.slice(offsets[i], (offsets[i] as number) + (sizes[i] as number)));
}

/** Lists of one size. */
export function fixedSizeLists(vector: Vector, stride: number, options: ValueOptions, read: Read): unknown[] {
  const items = read(vector.children[0] as Vector, options);
  return spans(vector, (i) => items.slice(i * stride, (i + 1) * stride));
}

/** Structs as plain objects. */
export function structs(vector: Vector, type: StructType, options: ValueOptions, read: Read): unknown[] {
  let shape = shapes.get(type);
  if (!shape) shapes.set(type, (shape = shapeOf(type.children.map((field) => field.name ?? ''))));
  const out: unknown[] = [];
  appendObjects(
    out,
    shape,
    vector.children.map((child) => read(child, options)),
    vector.length,
    vector.validity,
  );
  return out;
}

/** Maps as arrays of pairs, or as Map where the last one of equal keys counts. */
export function maps(vector: Vector, options: ValueOptions, read: Read): unknown[] {
  const offsets = words(vector.offsets, Int32Array);
  const entries = vector.children[0] as Vector;
  const [keys, values] = entries.children.map((child) => read(child, options)) as [unknown[], unknown[]];
  const asMap = options.maps === 'map';
  return spans(vector, (i) => {
    const pairs: [unknown, unknown][] = [];
    for (let at = offsets[i] as number; at < (offsets[i + 1] as number); at++) pairs.push([keys[at], values[at]]);
    return asMap ? new Map(pairs) : pairs;
  });
}

/** Dictionary-encoded values: each is made once and shared by the rows that have it. */
export function dictionaryValues(vector: Vector, indices: Vector, options: ValueOptions): unknown[] {
  const { dictionary, length, validity } = vector;
  const at = integers(indices, indices.type as Parameters<typeof integers>[1], { ...options, int64: 'number' });
  const out = new Array<unknown>(length);
  for (let i = 0; i < length; i++) out[i] = isNull(validity, i) ? null : (dictionary[at[i] as number] ?? null);
  return out;
}

/** Run-end encoded values: each is made once and shared by the rows of its run. */
export function runs(vector: Vector, options: ValueOptions, read: Read): unknown[] {
  const [endsVector, valuesVector] = vector.children as [Vector, Vector];
  const ends = read(endsVector, options);
  const values = read(valuesVector, options);
  const out = new Array<unknown>(vector.length);
  let run = 0;
  for (let i = 0; i < vector.length; i++) {
    while (run < ends.length && Number(ends[run]) <= i) run++;
    out[i] = values[run] ?? null;
  }
  return out;
}

/** By the decoder's type object, of which there is one a field and schema. */
const shapes = new WeakMap<StructType, Shape>();

function spans(vector: Vector, value: (i: number) => unknown): unknown[] {
  const { length, validity } = vector;
  const out = new Array<unknown>(length);
  for (let i = 0; i < length; i++) out[i] = isNull(validity, i) ? null : value(i);
  return out;
}
