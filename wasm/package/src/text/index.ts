/**
 * Arrow values as text: one place for JSON and CSV. The texts are those of the native program, byte for byte; the table
 * that both are held to is test/data/texts.json.
 *
 * | type | JSON | in a cell of CSV |
 * | --- | --- | --- |
 * | integers, decimals | number, every digit | the same |
 * | floats | shortest number that reads back; `null` for NaN and the infinities | `NaN`, `inf`, `-inf` |
 * | booleans | `true`, `false` | the same |
 * | text | string | as it is |
 * | binary, UUIDs | string of lower-case hexadecimal digits | the same |
 * | dates, times, timestamps, durations, intervals | string as ISO 8601 has it, in full precision | the same |
 * | lists | array | the JSON |
 * | structs | object | the JSON |
 * | maps | object; keys that are no strings as their text, repeated ones repeated | the JSON |
 * | dictionaries, runs | the value they stand for | the same |
 * | null | `null` | nothing |
 *
 * Numbers beyond 2^53 and decimals are numbers in the text: nothing is lost there, though a reader that makes doubles
 * of them may lose some.
 */

import { Type } from '@uwdata/flechette/src/constants.js';

import { ParqletError } from '../error.js';
import * as numbers from '../values/numbers.js';
import * as spans from '../values/text.js';
import type { Vector } from '../values/vector.js';
import { float32Text, float64Text } from './floats.js';
import { jsonString } from './json-string.js';
import * as nested from './nested.js';
import { temporal } from './temporal.js';

export { jsonString } from './json-string.js';

/**
 * `plain`: a cell of its own, text bare and null empty. `nested`: inside a nested value of a plain cell, text quoted.
 * `json`: a JSON value.
 */
export type Style = 'plain' | 'nested' | 'json';

/** The values of one vector as text. */
export interface Cells {
  /** Whether they are lists, structs or maps. */
  readonly nested: boolean;
  isNull(row: number): boolean;
  write(row: number, style: Style): string;
}

/** A value of a dictionary: each is written when a row has it. */
interface Entry {
  cells: Cells;
  row: number;
}

/** The values of a dictionary's vector, as `vectorBatches` wants to have them. */
export function entriesOf(vector: Vector): readonly unknown[] {
  const cells = cellsOf(vector);
  return Array.from({ length: vector.length }, (_, row): Entry => ({ cells, row }));
}

/** Prepares a vector. Throws ParqletError `unsupported` for a type without text (a union). */
export function cellsOf(vector: Vector): Cells {
  const { type } = vector;
  switch (type.typeId) {
    case Type.Null:
      return { nested: false, isNull: () => true, write: (_, style) => (style === 'plain' ? '' : 'null') };
    case Type.Bool:
    case Type.Int:
    case Type.Decimal:
      return leaf(vector, bare(vector));
    case Type.Float: {
      const values = numbers.floatWords(vector, type);
      const text = values instanceof Float64Array ? float64Text : float32Text;
      return leaf(vector, (row, style) => {
        const value = values[row] as number;
        return style === 'json' && !Number.isFinite(value) ? 'null' : text(value);
      });
    }
    case Type.Utf8:
    case Type.LargeUtf8:
      return strings(vector, spans.texts(vector, spans.offsetSpans(vector, type.typeId === Type.LargeUtf8)));
    case Type.Utf8View:
      return strings(vector, spans.texts(vector, spans.viewSpans(vector)));
    case Type.Binary:
    case Type.LargeBinary:
      return binaries(vector, spans.binaries(vector, spans.offsetSpans(vector, type.typeId === Type.LargeBinary)));
    case Type.BinaryView:
      return binaries(vector, spans.binaries(vector, spans.viewSpans(vector)));
    case Type.FixedSizeBinary:
      return binaries(vector, spans.binaries(vector, spans.fixedSpans(vector, type.stride)));
    case Type.List:
    case Type.LargeList:
      return wrapped(vector, nested.lists(vector, type.typeId === Type.LargeList, cellsOf));
    case Type.ListView:
    case Type.LargeListView:
      return wrapped(vector, nested.listViews(vector, type.typeId === Type.LargeListView, cellsOf));
    case Type.FixedSizeList:
      return wrapped(vector, nested.fixedSizeLists(vector, type.stride, cellsOf));
    case Type.Struct:
      return wrapped(vector, nested.structs(vector, cellsOf));
    case Type.Map:
      return wrapped(vector, nested.maps(vector, cellsOf));
    case Type.Dictionary: {
      const at = numbers.integers({ ...vector, type: type.indices }, type.indices, {}) as (number | bigint | null)[];
      const entry = (row: number): Entry | undefined => vector.dictionary[Number(at[row] ?? -1)] as Entry | undefined;
      return through(entry, 'children' in type.dictionary);
    }
    case Type.RunEndEncoded: {
      const [ends, values] = vector.children as [Vector, Vector];
      const cells = cellsOf(values);
      const rows = nested.runs(vector.length, endsOf(ends));
      return through((row) => ({ cells, row: rows[row] as number }), cells.nested);
    }
    default: {
      const write = temporal(vector);
      if (write === undefined)
        throw new ParqletError(
          'unsupported',
          `values of column "${vector.field.name ?? ''}" have no text: read them as Arrow`,
        );
      return leaf(vector, (row, style) => (style === 'json' ? `"${write(row)}"` : write(row)));
    }
  }
}

/** Integers, decimals and booleans: the same in every style. */
function bare(vector: Vector): (row: number) => string {
  const { type } = vector;
  let values: unknown[] = [];
  if (type.typeId === Type.Bool) values = numbers.booleans(vector);
  else if (type.typeId === Type.Int) values = numbers.integers(vector, type, {});
  else if (type.typeId === Type.Decimal) values = numbers.decimals(vector, type);
  return (row) => String(values[row]);
}

function strings(vector: Vector, values: unknown[]): Cells {
  return leaf(vector, (row, style) => {
    const text = values[row] as string;
    return style === 'plain' ? text : jsonString(text);
  });
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function binaries(vector: Vector, values: unknown[]): Cells {
  return leaf(vector, (row, style) => {
    let text = '';
    for (const byte of values[row] as Uint8Array) text += HEX[byte];
    return style === 'json' ? `"${text}"` : text;
  });
}

function leaf(vector: Vector, write: Cells['write']): Cells {
  return known(vector, false, write);
}

function wrapped(vector: Vector, write: Cells['write']): Cells {
  return known(vector, true, write);
}

function known({ validity }: Vector, nested: boolean, write: Cells['write']): Cells {
  const isNull = (row: number): boolean => numbers.isNull(validity, row);
  return { nested, isNull, write: (row, style) => (isNull(row) ? nothing(style) : write(row, style)) };
}

function endsOf(vector: Vector): unknown[] {
  return vector.type.typeId === Type.Int ? numbers.integers(vector, vector.type, {}) : [];
}

/** Values that stand elsewhere. */
function through(entry: (row: number) => Entry | undefined, nested: boolean): Cells {
  return {
    nested,
    isNull: (row) => {
      const found = entry(row);
      return found === undefined || found.cells.isNull(found.row);
    },
    write: (row, style) => {
      const found = entry(row);
      return found === undefined ? nothing(style) : found.cells.write(found.row, style);
    },
  };
}

function nothing(style: Style): string {
  return style === 'plain' ? '' : 'null';
}
