// Names, shapes, nulls and ranges that trip readers, and the options.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { IntervalUnit, columnFromArray, interval, tableFromColumns, tableToIPC } from '@uwdata/flechette';

import { canonical, columnsOf, data, messages, rowsOf, schemaOf } from './values-support.mjs';

const streams = JSON.parse(new TextDecoder().decode(data('values_edges.json.gz')));

function stream(name) {
  const { schema, batches } = messages(new Uint8Array(Buffer.from(streams[name], 'base64')));
  return {
    schema,
    batches,
    rows: (options) => rowsOf(schema, batches, options),
    columns: (options) => columnsOf(schema, batches, options),
  };
}

const LONG = '0123456789'.repeat(5000);

test('any name is a member of its own, __proto__ too, and no prototype changes', () => {
  const { rows, columns } = stream('names');
  const [row] = rows();
  assert.deepEqual(Object.keys(row).sort(), ['', '7', '__proto__', 'a.b', 'constructor', 'größe"\\\n'].sort());
  assert.deepEqual(Object.getOwnPropertyDescriptor(row, '__proto__').value, 1);
  assert.equal(Object.getPrototypeOf(row), Object.prototype);
  assert.deepEqual([...Object.getOwnPropertyDescriptor(columns(), '__proto__').value], [1, 2, 3]);
  const [{ s }] = stream('proto_struct').rows();
  assert.equal(Object.getPrototypeOf(s), Object.prototype);
  assert.deepEqual(Object.entries(s), [
    ['__proto__', 1],
    ['toString', 1],
  ]);
  assert.deepEqual(Object.keys(Object.prototype), []);
});

test('of columns with one name the last counts', () => {
  assert.deepEqual(stream('duplicates').rows()[1], { a: 'y', b: 2 });
  assert.deepEqual(stream('duplicates').columns().a, ['x', 'y', 'z']);
});

test('2,000 columns', () => {
  const rows = stream('wide').rows();
  assert.equal(Object.keys(rows[0]).length, 2000);
  assert.equal(rows[1]['column 1999'], 2000);
  assert.equal(rows[2]['column 5'], null);
});

test('no rows, no batches, no columns', () => {
  assert.deepEqual(stream('no_rows').rows(), []);
  assert.deepEqual(stream('no_rows').columns(), { a: new BigInt64Array(0), t: [], l: [], m: [], d: [] });
  assert.deepEqual(stream('no_batches').rows(), []);
  assert.deepEqual(stream('no_batches').columns(), { a: new BigInt64Array(0), t: [] });
  assert.deepEqual(stream('no_columns').rows(), [{}, {}, {}, {}, {}]);
  assert.deepEqual(stream('no_columns').columns(), {});
});

test('slices and nulls hide what lies under them', () => {
  assert.deepEqual(stream('sliced').rows(), [
    { list: [3], text: 'äb', bits: false },
    { list: [], text: null, bits: null },
    { list: [4, 5, 6], text: 'cd', bits: true },
  ]);
  assert.deepEqual(canonical(stream('null_struct').columns().s), [
    { n: { bigint: '1' }, l: ['a'] },
    null,
    { n: { bigint: '3' }, l: ['c'] },
  ]);
  assert.deepEqual(stream('null_list').columns().l, [[1n, 2n], null, [3n]]);
  assert.deepEqual(stream('all_null').rows(), Array(3).fill({ i: null, t: null, b: null }));
});

test('a dictionary may be replaced or grow between batches', () => {
  assert.deepEqual(stream('dictionary_replaced').columns().d, ['a', 'b', 'c', 'd']);
  assert.deepEqual(stream('dictionary_delta').columns().d, ['a', 'b', 'a', 'b', 'c']);
});

test('bytes that are no UTF-8 spoil no other value', () => {
  assert.deepEqual(stream('bad_text').columns().t, ['good', '\ufffd\ufffd', 'é', '\ufffd', '\ufffd']);
});

test('long text', () => {
  const want = [LONG, 'short', `ä${LONG}`, '', 'end'];
  assert.deepEqual(stream('long_text').columns(), { t: want, v: want });
});

test('a binary value owns its memory', () => {
  const { schema, batches } = messages(data('values.arrows.gz'));
  for (const value of columnsOf(schema, batches).binary_required) assert.equal(value.buffer.byteLength, value.length);
});

test('instants beyond Date are invalid, or exact as bigints', () => {
  const { rows, columns } = stream('far_times');
  const invalid = { date: 'invalid' };
  assert.deepEqual(canonical(columns().ms), [invalid, invalid, { date: 8.64e15 }, invalid, { date: -1 }]);
  assert.deepEqual(canonical(columns().us), [
    invalid,
    invalid,
    { date: 8640000000000 },
    { date: 8640000000000 },
    { date: -1 },
  ]);
  assert.deepEqual(canonical(columns().ns), [
    { date: -9223372036855 },
    { date: 9223372036854 },
    { date: 8640000000 },
    { date: 8640000000 },
    { date: -1 },
  ]);
  assert.deepEqual(canonical(columns().d), [invalid, invalid, { date: 8.64e15 }, invalid, { date: -86400000 }]);
  const exact = columns({ timestamps: 'nanoseconds' });
  assert.deepEqual(exact.ns, BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 8640000000000000n, 8640000000000001n, -1n));
  assert.equal(exact.ms[0], -(2n ** 63n) * 1000000n);
  assert.equal(rows({ timestamps: 'nanoseconds' })[1].us, (2n ** 63n - 1n) * 1000n);
});

test('a time that is no time of day is its plain number', () => {
  assert.deepEqual(stream('far_times').columns().t, [
    '-9223372036854775808',
    '9223372036854775807',
    '8640000000000000',
    '8640000000000001',
    '-1',
  ]);
});

test('int64: numbers where they are exact', () => {
  const { rows, columns } = stream('safe');
  const option = { int64: 'number' };
  const edge = Number.MAX_SAFE_INTEGER;
  assert.deepEqual(
    rows(option).map((row) => row.i),
    [edge, -edge, 2n ** 53n, -(2n ** 53n), 0],
  );
  assert.deepEqual(
    rows(option).map((row) => row.u),
    [2n ** 64n - 1n, edge, 2n ** 63n, 0, 1],
  );
  assert.deepEqual(columns(option), {
    i: [edge, -edge, 2n ** 53n, -(2n ** 53n), 0],
    small: Float64Array.of(1, 2, 3, 4, -5),
    u: [2n ** 64n - 1n, edge, 2n ** 63n, 0, 1],
    n: [1, null, 3, 4, 5],
  });
  assert.deepEqual(columns().u, BigUint64Array.of(2n ** 64n - 1n, BigInt(edge), 2n ** 63n, 0n, 1n));
});

test('timestamps, maps and JSON by option', () => {
  const { rows, columns } = stream('options');
  assert.deepEqual(rows()[0], {
    t: new Date(1700000000000),
    required: new Date(1),
    far: new Date(253402300799999),
    m: [
      ['a', 1n],
      ['b', null],
      ['a', 3n],
    ],
    j: '{"a":[1,null]}',
  });
  const options = { timestamps: 'nanoseconds', maps: 'map', json: 'parsed', int64: 'number' };
  assert.deepEqual(rows(options), [
    {
      t: 1700000000000001000n,
      required: 1000000n,
      far: 253402300799999000000n,
      m: new Map([
        ['a', 3],
        ['b', null],
      ]),
      j: { a: [1, null] },
    },
    { t: null, required: 2000000n, far: 0n, m: null, j: '{' },
  ]);
  assert.deepEqual(columns(options).required, BigInt64Array.of(1000000n, 2000000n));
  assert.deepEqual(columns(options).far, [253402300799999000000n, 0n]);
});

test('columns are typed arrays of their own where the type has one and nothing is null', () => {
  const { schema, batches } = messages(data('values.arrows.gz'));
  const columns = columnsOf(schema, batches);
  const kinds = {
    int8: Int8Array,
    uint8: Uint8Array,
    int16: Int16Array,
    uint16: Uint16Array,
    int32: Int32Array,
    uint32: Uint32Array,
  };
  Object.assign(kinds, { int64: BigInt64Array, uint64: BigUint64Array, float16: Float32Array, float32: Float32Array });
  Object.assign(kinds, { float64: Float64Array, bool: Array, utf8: Array, decimal128: Array, timestamp_us: Array });
  for (const [name, kind] of Object.entries(kinds)) {
    assert.equal(columns[`${name}_required`].constructor, kind, name);
    assert.equal(columns[name].constructor, Array, name);
    assert.equal(columns[`${name}_required`].length, 120);
    if (kind !== Array) assert.equal(columns[`${name}_required`].byteOffset, 0, name);
  }
});

test('intervals of months alone, and of days and milliseconds', () => {
  const { schema, batches } = messages(
    tableToIPC(
      tableFromColumns({
        months: columnFromArray([14, null, -1], interval(IntervalUnit.YEAR_MONTH)),
        days: columnFromArray([Int32Array.of(3, 4), null, Int32Array.of(-3, -4)], interval(IntervalUnit.DAY_TIME)),
      }),
      { format: 'stream' },
    ),
  );
  assert.deepEqual(rowsOf(schema, batches), [
    { months: { months: 14, days: 0, nanoseconds: 0n }, days: { months: 0, days: 3, nanoseconds: 4_000_000n } },
    { months: null, days: null },
    { months: { months: -1, days: 0, nanoseconds: 0n }, days: { months: 0, days: -3, nanoseconds: -4_000_000n } },
  ]);
  assert.deepEqual(
    schemaOf(schema).fields.map((field) => field.type),
    ['interval[year_month]', 'interval[day_time]'],
  );
});

test('the same rows whatever was read before', () => {
  // Many shapes in turn, so that the engine's caches of shapes overflow.
  for (let round = 0; round < 3; round++) {
    for (const name of Object.keys(streams)) {
      const once = canonical(stream(name).rows());
      assert.deepEqual(canonical(stream(name).rows()), once, name);
    }
  }
});
