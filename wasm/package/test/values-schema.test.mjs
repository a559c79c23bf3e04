// The public schema: names, types as text, children, metadata.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { data, messages, schemaOf } from './values-support.mjs';

const all = schemaOf(messages(data('values.arrows.gz')).schema);
const streams = JSON.parse(new TextDecoder().decode(data('values_edges.json.gz')));
const small = (name) => schemaOf(messages(new Uint8Array(Buffer.from(streams[name], 'base64'))).schema);

test('every type has its name', () => {
  const types = Object.fromEntries(
    all.fields.filter((field) => field.nullable).map((field) => [field.name, field.type]),
  );
  assert.deepEqual(types, {
    bool: 'bool',
    int8: 'int8',
    uint8: 'uint8',
    int16: 'int16',
    uint16: 'uint16',
    int32: 'int32',
    uint32: 'uint32',
    int64: 'int64',
    uint64: 'uint64',
    float16: 'float16',
    float32: 'float32',
    float64: 'float64',
    decimal32: 'decimal32(9, 2)',
    decimal64: 'decimal64(18, 18)',
    decimal128: 'decimal128(38, 10)',
    decimal128_whole: 'decimal128(20, 0)',
    decimal128_negative_scale: 'decimal128(5, -3)',
    decimal256: 'decimal256(76, 40)',
    date32: 'date32',
    date64: 'date64',
    time_s: 'time32[s]',
    time_ms: 'time32[ms]',
    time_us: 'time64[us]',
    time_ns: 'time64[ns]',
    timestamp_s: 'timestamp[s]',
    timestamp_ms: 'timestamp[ms]',
    timestamp_us: 'timestamp[us]',
    timestamp_ns: 'timestamp[ns]',
    timestamp_utc: 'timestamp[us, UTC]',
    timestamp_zone: 'timestamp[ns, Europe/Berlin]',
    duration_s: 'duration[s]',
    duration_ms: 'duration[ms]',
    duration_us: 'duration[us]',
    duration_ns: 'duration[ns]',
    interval: 'interval[month_day_nano]',
    utf8: 'utf8',
    large_utf8: 'large_utf8',
    utf8_view: 'utf8_view',
    binary: 'binary',
    large_binary: 'large_binary',
    binary_view: 'binary_view',
    fixed: 'fixed_size_binary[7]',
    uuid: 'fixed_size_binary[16]',
    json: 'utf8',
    list: 'list<item: int32>',
    large_list: 'large_list<item: utf8>',
    list_view: 'list_view<item: int64>',
    large_list_view: 'large_list_view<item: bool>',
    fixed_list: 'fixed_size_list<item: float32>[3]',
    list_list: 'list<item: list<item: utf8>>',
    struct: 'struct<a: int32, __proto__: utf8, deep: struct<x: list<item: float64>>>',
    list_struct: 'list<item: struct<u: uint8, d: date32>>',
    map: 'map<utf8, int32>',
    map_nested: 'map<int64, list<item: utf8>>',
    dictionary_int8: 'dictionary<int8, utf8>',
    dictionary_uint8: 'dictionary<uint8, utf8>',
    dictionary_int16: 'dictionary<int16, utf8>',
    dictionary_uint16: 'dictionary<uint16, utf8>',
    dictionary_int32: 'dictionary<int32, utf8>',
    dictionary_uint32: 'dictionary<uint32, utf8>',
    dictionary_int64: 'dictionary<int64, utf8>',
    dictionary_uint64: 'dictionary<uint64, utf8>',
    dictionary_decimal: 'dictionary<int32, decimal128(10, 2)>',
    list_dictionary: 'list<item: dictionary<int16, utf8>>',
    runs: 'run_end_encoded<int32, utf8>',
    null: 'null',
  });
});

test('nullable, children and metadata', () => {
  assert.equal(all.metadata.get('made'), 'by values.py');
  const { fields } = small('types');
  const named = Object.fromEntries(fields.map((field) => [field.name, field]));
  assert.equal(named.r.nullable, false);
  assert.equal('children' in named.r, false);
  assert.equal(named.s.type, 'struct<x: int32 not null>');
  assert.deepEqual(named.s.children, [{ name: 'x', type: 'int32', nullable: false, metadata: new Map() }]);
  assert.deepEqual(
    named.m.children.map(({ name, type, nullable }) => [name, type, nullable]),
    [
      ['key', 'utf8', false],
      ['value', 'float32', true],
    ],
  );
  assert.equal(named.l.type, 'list<item: uint8 not null>');
  assert.equal(named.f.type, 'fixed_size_list<item: int8>[2]');
  assert.equal(named.u.metadata.get('ARROW:extension:name'), 'arrow.uuid');
});

test('a schema without fields, and bytes that are no schema', () => {
  assert.deepEqual(small('no_columns'), { fields: [], metadata: new Map() });
  assert.throws(() => schemaOf(new Uint8Array(0)), /Not an Arrow schema message/);
  assert.throws(() => schemaOf(messages(data('values.arrows.gz')).batches[1]), /Not an Arrow schema message/);
});
