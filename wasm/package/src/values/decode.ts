// The values of a vector: one function a type. VALUES.md is the table of what they give.

import { Type } from '@uwdata/flechette/src/constants.js';

import * as nested from './nested.js';
import * as numbers from './numbers.js';
import type { ValueOptions } from './options.js';
import * as temporal from './temporal.js';
import * as text from './text.js';
import type { Vector } from './vector.js';

/** As many values as the vector is long, null where there is none. */
export function valuesOf(vector: Vector, options: ValueOptions): unknown[] {
  if (vector.length === 0) return [];
  const { type } = vector;
  switch (type.typeId) {
    case Type.Bool:
      return numbers.booleans(vector);
    case Type.Int:
      return numbers.integers(vector, type, options);
    case Type.Float:
      return numbers.floats(vector, type);
    case Type.Decimal:
      return numbers.decimals(vector, type);
    case Type.Date:
      return temporal.dates(vector, type);
    case Type.Time:
      return temporal.times(vector, type);
    case Type.Timestamp:
      return options.timestamps === 'nanoseconds'
        ? temporal.nanoseconds(vector, type.unit)
        : temporal.timestamps(vector, type.unit);
    case Type.Duration:
      return temporal.nanoseconds(vector, type.unit);
    case Type.Interval:
      return temporal.intervals(vector, type);
    case Type.Utf8:
    case Type.LargeUtf8:
      return jsonOrText(vector, text.texts(vector, text.offsetSpans(vector, type.typeId === Type.LargeUtf8)), options);
    case Type.Utf8View:
      return jsonOrText(vector, text.texts(vector, text.viewSpans(vector)), options);
    case Type.Binary:
    case Type.LargeBinary:
      return text.binaries(vector, text.offsetSpans(vector, type.typeId === Type.LargeBinary));
    case Type.BinaryView:
      return text.binaries(vector, text.viewSpans(vector));
    case Type.FixedSizeBinary:
      return type.stride === 16 && extension(vector) === 'arrow.uuid'
        ? text.uuids(vector)
        : text.binaries(vector, text.fixedSpans(vector, type.stride));
    case Type.List:
    case Type.LargeList:
      return nested.lists(vector, type.typeId === Type.LargeList, options, valuesOf);
    case Type.ListView:
    case Type.LargeListView:
      return nested.listViews(vector, type.typeId === Type.LargeListView, options, valuesOf);
    case Type.FixedSizeList:
      return nested.fixedSizeLists(vector, type.stride, options, valuesOf);
    case Type.Struct:
      return nested.structs(vector, type, options, valuesOf);
    case Type.Map:
      return nested.maps(vector, options, valuesOf);
    case Type.Dictionary:
      return nested.dictionaryValues(vector, { ...vector, type: type.indices }, options);
    case Type.RunEndEncoded:
      return nested.runs(vector, options, valuesOf);
    default:
      return new Array<unknown>(vector.length).fill(null);
  }
}

function jsonOrText(vector: Vector, texts: unknown[], options: ValueOptions): unknown[] {
  return options.json === 'parsed' && extension(vector) === 'arrow.json' ? texts.map(parsed) : texts;
}

function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function extension(vector: Vector): string | undefined {
  return vector.field.metadata?.get('ARROW:extension:name');
}
