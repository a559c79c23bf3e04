// Every Arrow type, with and without nulls, over several batches, against values that Python made.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { canonical, columnsOf, data, messages, rowsOf, schemaOf } from './values-support.mjs';

const stream = data('values.arrows.gz');
const { schema, batches } = messages(stream);
const expected = JSON.parse(new TextDecoder().decode(data('values.json.gz')));
const names = Object.keys(expected.columns);

test('the fixture has all its columns', () => {
  assert.equal(batches.length, 4);
  assert.deepEqual(
    schemaOf(schema).fields.map((field) => field.name),
    names,
  );
  assert.ok(names.length > 120);
});

const rows = rowsOf(schema, batches);
const columns = columnsOf(schema, batches);

for (const name of names) {
  test(`${name}: ${expected.types[name]}`, () => {
    const want = expected.columns[name];
    assert.deepEqual(
      rows.map((row) => canonical(row[name])),
      want,
      'rows',
    );
    assert.deepEqual(Array.from(columns[name], canonical), want, 'columns');
  });
}

test('a batch without its dictionary is an error, not wrong values', () => {
  assert.throws(() => rowsOf(schema, batches.slice(-1)), /Dictionary \d+ is missing/);
});

test('bytes that do not lie on a word boundary are read all the same', () => {
  for (const shift of [1, 2, 4]) {
    const moved = batches.map((batch) => {
      const room = new Uint8Array(batch.length + shift);
      room.set(batch, shift);
      return room.subarray(shift);
    });
    assert.deepEqual(canonical(rowsOf(schema, moved)), canonical(rows));
  }
});

test('several messages in one item and one message an item are the same', () => {
  assert.deepEqual(canonical(rowsOf(schema, [Buffer.concat(batches)])), canonical(rows));
});
