// The public schema: what columns a file has, in plain objects, from an Arrow IPC schema message.

import type { DataType, Field as ArrowField, IntType } from '@uwdata/flechette';
import { DateUnit, IntervalUnit, Precision, TimeUnit, Type } from '@uwdata/flechette/src/constants.js';

import { arrowSchema } from './values/arrow.js';

/** The columns of a file, in file order. */
export interface Schema {
  readonly fields: readonly Field[];
  /** What the file's Arrow schema says about itself, such as `pandas`. Not the file's key-value metadata. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** A column, or a part of a nested one. */
export interface Field {
  readonly name: string;
  /** Arrow's type as text: `int64`, `decimal128(10, 2)`, `timestamp[us, UTC]`, `list<item: int32>`; see VALUES.md. */
  readonly type: string;
  /** Whether values may be null. */
  readonly nullable: boolean;
  /** The members of a struct, the item of a list, key and value of a map; absent for any other type. */
  readonly children?: readonly Field[];
  /** Arrow's metadata of the field. `ARROW:extension:name` names a logical type, such as `arrow.uuid`. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Reads an encapsulated Arrow IPC schema message. Throws on bytes that are none. */
export function schemaOf(message: Uint8Array): Schema {
  const schema = arrowSchema(message);
  return { fields: schema.fields.map(publicField), metadata: schema.metadata ?? new Map() };
}

/** The name of an Arrow type as `Field.type` has it. */
function typeName(type: DataType): string {
  switch (type.typeId) {
    case Type.Dictionary:
      return `dictionary<${typeName(type.indices)}, ${typeName(type.dictionary)}>`;
    case Type.Null:
      return 'null';
    case Type.Int:
      return intName(type);
    case Type.Float:
      return floatName(type.precision);
    case Type.Bool:
      return 'bool';
    case Type.Decimal:
      return `decimal${type.bitWidth}(${type.precision}, ${type.scale})`;
    case Type.Date:
      return type.unit === DateUnit.DAY ? 'date32' : 'date64';
    case Type.Time:
      // The type's own bit width isn't always kept by the decoder; the unit decides it.
      return `time${type.unit >= TimeUnit.MICROSECOND ? 64 : 32}[${unitName(type.unit)}]`;
    case Type.Timestamp:
      return `timestamp[${unitName(type.unit)}${type.timezone ? `, ${type.timezone}` : ''}]`;
    case Type.Duration:
      return `duration[${unitName(type.unit)}]`;
    case Type.Interval:
      return `interval[${intervalName(type.unit)}]`;
    case Type.Utf8:
      return 'utf8';
    case Type.LargeUtf8:
      return 'large_utf8';
    case Type.Utf8View:
      return 'utf8_view';
    case Type.Binary:
      return 'binary';
    case Type.LargeBinary:
      return 'large_binary';
    case Type.BinaryView:
      return 'binary_view';
    case Type.FixedSizeBinary:
      return `fixed_size_binary[${type.stride}]`;
    case Type.List:
      return `list<${memberName(type.children[0])}>`;
    case Type.LargeList:
      return `large_list<${memberName(type.children[0])}>`;
    case Type.ListView:
      return `list_view<${memberName(type.children[0])}>`;
    case Type.LargeListView:
      return `large_list_view<${memberName(type.children[0])}>`;
    case Type.FixedSizeList:
      return `fixed_size_list<${type.children.map(memberName).join()}>[${type.stride}]`;
    case Type.Struct:
      return `struct<${type.children.map(memberName).join(', ')}>`;
    case Type.Map:
      return `map<${entryFields(type.children[0])
        .map((field) => typeName(field.type))
        .join(', ')}>`;
    case Type.RunEndEncoded:
      return `run_end_encoded<${typeName(type.children[0].type)}, ${typeName(type.children[1].type)}>`;
    case Type.Union:
      return `union<${type.children.map(memberName).join(', ')}>`;
    case Type.NONE:
      return 'none';
  }
}

function publicField(field: ArrowField): Field {
  const children = childrenOf(field.type)?.map(publicField);
  return {
    name: field.name ?? '',
    type: typeName(field.type),
    nullable: field.nullable,
    ...(children && { children }),
    metadata: field.metadata ?? new Map(),
  };
}

function childrenOf(type: DataType): ArrowField[] | undefined {
  switch (type.typeId) {
    case Type.Dictionary:
      return childrenOf(type.dictionary);
    case Type.RunEndEncoded:
      return childrenOf(type.children[1].type);
    case Type.Map:
      return entryFields(type.children[0]);
    case Type.List:
    case Type.LargeList:
    case Type.ListView:
    case Type.LargeListView:
    case Type.FixedSizeList:
    case Type.Struct:
    case Type.Union:
      return type.children;
    default:
      return undefined;
  }
}

/** Key and value of a map, out of the struct that Arrow puts around them. */
function entryFields(entries: ArrowField): ArrowField[] {
  return entries.type.typeId === Type.Struct ? entries.type.children : [];
}

function memberName(field: ArrowField): string {
  return `${field.name ?? ''}: ${typeName(field.type)}${field.nullable ? '' : ' not null'}`;
}

function intName(type: IntType): string {
  return `${type.signed ? '' : 'u'}int${type.bitWidth}`;
}

function floatName(precision: number): string {
  if (precision === Precision.HALF) return 'float16';
  return precision === Precision.SINGLE ? 'float32' : 'float64';
}

function unitName(unit: number): string {
  return ['s', 'ms', 'us', 'ns'][unit] ?? '?';
}

function intervalName(unit: number): string {
  if (unit === IntervalUnit.YEAR_MONTH) return 'year_month';
  return unit === IntervalUnit.DAY_TIME ? 'day_time' : 'month_day_nano';
}
