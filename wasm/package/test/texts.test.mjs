/** Values as text, held to the table that the native program is held to as well: data/texts.json. */

import * as arrow from '@uwdata/flechette';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sources } from './sources.mjs';

const { cellsOf } = await sources('text/index.ts');
const { quoted } = await sources('edge/format/csv.ts');
const table = JSON.parse(readFileSync(new URL('data/texts.json', import.meta.url), 'utf8'));

for (const { type, cases } of table) {
  test(`${type} as JSON and in CSV`, () => {
    const cells = cellsOf(
      vectorOf(
        parse(type),
        cases.map(([value]) => value),
      ),
    );
    for (const [row, [value, json, csv]] of cases.entries()) {
      assert.equal(cells.write(row, 'json'), json, JSON.stringify(value));
      assert.equal(cells.isNull(row) ? '' : quoted(cells.write(row, cells.nested ? 'json' : 'plain')), csv);
      JSON.parse(json);
    }
  });
}

test('every 32-bit float reads back, in the fewest digits', () => {
  const bits = new Uint32Array(20_000);
  let seed = 1;
  for (let i = 0; i < bits.length; i++) bits[i] = seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  // Powers of two too: there the floats below lie closer than those above.
  for (let i = 0; i < 254; i++) bits[i] = (i + 1) << 23;
  const values = [...new Float32Array(bits.buffer)];
  const cells = cellsOf(
    vectorOf(
      arrow.float32(),
      [...bits].map((bit) => `0x${bit.toString(16).padStart(8, '0')}`),
    ),
  );
  for (const [row, value] of values.entries()) {
    if (!Number.isFinite(value)) continue;
    const text = cells.write(row, 'plain');
    assert.equal(Math.fround(Number(text)), value, text);
    const digits = text.replace(/e.*|[-.]/g, '').replace(/^0+|0+$/g, '').length;
    if (digits > 1) assert.notEqual(Math.fround(Number(value.toPrecision(digits - 1))), value, text);
  }
});

const NAMED = [
  'bool',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'float16',
  'float32',
  'float64',
  'utf8',
  'binary',
];
const UNITS = ['s', 'ms', 'us', 'ns'];

/** The Arrow type that a text stands for. */
function parse(text) {
  if (NAMED.includes(text)) return arrow[text]();
  const [, name, rest = ''] = /^(\w+?)(?:[[(<](.*)[\])>])?$/.exec(text);
  const [first, second] = rest.split(/, (.*)/);
  const unit = UNITS.indexOf(first);
  switch (name) {
    case 'null':
      return arrow.nullType();
    case 'date32':
    case 'date64':
      return arrow.date(name === 'date32' ? 0 : 1);
    case 'time32':
    case 'time64':
      return arrow.time(unit, Number(name.slice(4)));
    case 'timestamp':
      return arrow.timestamp(unit, second ?? null);
    case 'duration':
      return arrow.duration(unit);
    case 'interval':
      return arrow.interval(2);
    case 'fixed_size_binary':
      return arrow.fixedSizeBinary(Number(rest));
    case 'list':
      return arrow.list(member(rest));
    case 'struct':
      return arrow.struct(rest.split(', ').map(member));
    case 'map':
      return arrow.map(parse(first), parse(second));
    default:
      return arrow.decimal(Number(first), Number(second), Number(name.slice('decimal'.length)));
  }
}

function member(text) {
  const [name, type] = text.split(': ');
  return arrow.field(name, parse(type));
}

const NOTHING = new Uint8Array(0);

/** A vector as it lies in a record batch. */
function vectorOf(type, values, name = 'c') {
  const { length } = values;
  const validity = new Uint8Array(Math.ceil(length / 8) || 1);
  values.forEach((value, row) => {
    if (value !== null) validity[row >> 3] |= 1 << (row & 7);
  });
  const nullCount = values.filter((value) => value === null).length;
  return {
    field: arrow.field(name, type),
    type,
    length,
    nullCount,
    validity: nullCount > 0 ? validity : undefined,
    values: NOTHING,
    offsets: NOTHING,
    sizes: NOTHING,
    data: [],
    children: [],
    dictionary: [],
    ...buffers(type, values),
  };
}

function buffers(type, values) {
  const { Type } = arrow;
  const present = values.map((value) => value ?? []);
  switch (type.typeId) {
    case Type.Null:
      return {};
    case Type.Bool: {
      const bits = new Uint8Array(Math.ceil(values.length / 8));
      values.forEach((value, row) => {
        if (value) bits[row >> 3] |= 1 << (row & 7);
      });
      return { values: bits };
    }
    case Type.Utf8:
    case Type.Binary: {
      const encoding = type.typeId === Type.Utf8 ? 'utf8' : 'hex';
      const parts = values.map((value) => Buffer.from(value ?? '', encoding));
      return { values: new Uint8Array(Buffer.concat(parts)), offsets: offsetsOf(parts) };
    }
    case Type.FixedSizeBinary:
      return {
        values: new Uint8Array(Buffer.from(values.map((value) => value ?? '00'.repeat(type.stride)).join(''), 'hex')),
      };
    case Type.Interval:
      return {
        values: joined(
          present
            .map(([months = 0, days = 0, nanos = 0]) => [
              [months, 4],
              [days, 4],
              [nanos, 8],
            ])
            .flat(),
        ),
      };
    case Type.List:
      return { offsets: offsetsOf(present), children: [vectorOf(type.children[0].type, present.flat(1), 'item')] };
    case Type.Struct:
      return {
        children: type.children.map(({ name, type }) =>
          vectorOf(
            type,
            values.map((value) => value?.[name] ?? null),
            name,
          ),
        ),
      };
    case Type.Map: {
      const entries = present.flat(1);
      const [key, value] = type.children[0].type.children;
      const children = [
        vectorOf(
          key.type,
          entries.map(([key]) => key),
          'key',
        ),
        vectorOf(
          value.type,
          entries.map(([, value]) => value),
          'value',
        ),
      ];
      return {
        offsets: offsetsOf(present),
        children: [
          {
            ...vectorOf(
              arrow.int8(),
              entries.map(() => '0'),
            ),
            children,
          },
        ],
      };
    }
    default:
      return { values: joined(values.map((value) => [value ?? 0, widthOf(type)])) };
  }
}

/** Bytes of a value. */
function widthOf(type) {
  const { Type } = arrow;
  if (type.typeId === Type.Float) return [2, 4, 8][type.precision];
  if (type.typeId === Type.Date) return type.unit === 0 ? 4 : 8;
  if (type.typeId === Type.Time) return type.unit < 2 ? 4 : 8;
  if (type.typeId === Type.Timestamp || type.typeId === Type.Duration) return 8;
  return type.bitWidth / 8;
}

/** Numbers of any width, least significant byte first. */
function joined(numbers) {
  return Uint8Array.from(
    numbers.flatMap(([value, width]) =>
      Array.from({ length: width }, (_, at) =>
        Number((BigInt.asUintN(width * 8, BigInt(value)) >> BigInt(8 * at)) & 255n),
      ),
    ),
  );
}

function offsetsOf(parts) {
  const offsets = new Int32Array(parts.length + 1);
  parts.forEach((part, at) => (offsets[at + 1] = offsets[at] + part.length));
  return new Uint8Array(offsets.buffer);
}
