/** Lists, structs and maps as text. */

import { Type } from '@uwdata/flechette/src/constants.js';

import { wideOffsets } from '../values/text.js';
import { type Vector, words } from '../values/vector.js';
import type { Cells, Style } from './index.js';
import { jsonString } from './json-string.js';

/** Prepares a vector; given in, since it needs this file too. */
type Prepare = (vector: Vector) => Cells;

type Write = Cells['write'];

/** Lists with one offsets buffer. */
export function lists(vector: Vector, large: boolean, prepare: Prepare): Write {
  const offsets = wideOffsets(vector.offsets, large);
  return sequence(vector, prepare, (row) => [offsets[row] as number, offsets[row + 1] as number]);
}

/** Lists with an offset and a size each. */
export function listViews(vector: Vector, large: boolean, prepare: Prepare): Write {
  const offsets = wideOffsets(vector.offsets, large);
  const sizes = wideOffsets(vector.sizes, large);
  return sequence(vector, prepare, (row) => {
    const start = offsets[row] as number;
    return [start, start + (sizes[row] as number)];
  });
}

/** Lists of one size. */
export function fixedSizeLists(vector: Vector, stride: number, prepare: Prepare): Write {
  return sequence(vector, prepare, (row) => [row * stride, (row + 1) * stride]);
}

/** Structs. */
export function structs(vector: Vector, prepare: Prepare): Write {
  const members = vector.children.map((child) => ({ name: child.field.name ?? '', cells: prepare(child) }));
  return (row, style) =>
    braces(
      style,
      members.map(({ name, cells }) => [style === 'json' ? jsonString(name) : name, cells.write(row, inner(style))]),
    );
}

/** Maps: in JSON an object, its keys as text. */
export function maps(vector: Vector, prepare: Prepare): Write {
  const offsets = words(vector.offsets, Int32Array);
  const [keyVector, valueVector] = (vector.children[0] as Vector).children as [Vector, Vector];
  const [keys, values] = [prepare(keyVector), prepare(valueVector)];
  const textual = [Type.Utf8, Type.LargeUtf8, Type.Utf8View].some((id) => id === keyVector.type.typeId);
  return (row, style) => {
    const members: [string, string][] = [];
    for (let entry = offsets[row] as number; entry < (offsets[row + 1] as number); entry++) {
      const key =
        style === 'json' && !textual ? jsonString(keys.write(entry, 'plain')) : keys.write(entry, inner(style));
      members.push([key, values.write(entry, inner(style))]);
    }
    return braces(style, members);
  };
}

/** For each row the number of the run it lies in; `ends` are those of the runs. */
export function runs(length: number, ends: readonly unknown[]): Int32Array {
  const rows = new Int32Array(length);
  let run = 0;
  for (let row = 0; row < length; row++) {
    while (run < ends.length - 1 && Number(ends[run]) <= row) run++;
    rows[row] = run;
  }
  return rows;
}

function sequence(vector: Vector, prepare: Prepare, span: (row: number) => [number, number]): Write {
  const items = prepare(vector.children[0] as Vector);
  return (row, style) => {
    const [start, end] = span(row);
    const texts: string[] = [];
    for (let item = start; item < end; item++) texts.push(items.write(item, inner(style)));
    return `[${texts.join(style === 'json' ? ',' : ', ')}]`;
  };
}

function braces(style: Style, members: readonly (readonly [string, string])[]): string {
  const [colon, comma] = style === 'json' ? [':', ','] : [': ', ', '];
  return `{${members.map(([name, value]) => name + colon + value).join(comma)}}`;
}

/** The style of what stands inside. */
function inner(style: Style): Style {
  return style === 'json' ? 'json' : 'nested';
}
