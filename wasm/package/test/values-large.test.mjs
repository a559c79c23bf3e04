// Batches of many rows: random values through another encoder and back, past every block that is worked in.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  bool,
  columnFromArray,
  dictionary,
  field,
  float64,
  int32,
  int64,
  list,
  struct,
  tableFromColumns,
  tableToIPC,
  timestamp,
  utf8,
} from '@uwdata/flechette';

import { columnsOf, messages, rowsOf } from './values-support.mjs';

const ROWS = 5000;

/** Numbers from 0 up to but not including 1, the same in every run (mulberry32). */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

for (const [name, nulls] of [
  ['no nulls', 0],
  ['nulls', 0.2],
  ['nearly all null', 0.98],
]) {
  for (const text of ['ascii', 'few', 'mixed', 'mark']) {
    test(`${ROWS} rows, ${text} text, ${name}`, () => {
      const next = random(ROWS + text.length + nulls * 100);
      const int = (end) => Math.floor(next() * end);
      const word = {
        ascii: () => 'abcdefghijklmnopqrstuvwxyz'.slice(0, int(27)).repeat(int(3)) + int(1e6),
        few: () => `city ${int(5)}`,
        mixed: () => ['Zürich', '東京', '🦜'.repeat(int(9)), 'plain', '', `ß${int(1e5)}`][int(6)],
        // Begins with a byte order mark, which is part of the text here.
        mark: () => `\ufeff${int(100)}`,
      }[text];
      const make = (value) => Array.from({ length: ROWS }, () => (next() < nulls ? null : value()));
      const want = {
        i: make(() => int(2 ** 32) - 2 ** 31),
        b: make(() => BigInt(int(2 ** 50)) * 1000n),
        f: make(() => next() * 1e9),
        t: make(word),
        d: make(word),
        o: make(() => int(2) === 1),
        w: make(() => new Date(int(2 ** 41) - 2 ** 40)),
        l: make(() => Array.from({ length: int(4) }, word)),
        s: make(() => ({ x: int(100), y: next() < nulls ? null : word() })),
      };
      const kinds = {
        i: int32(),
        b: int64(),
        f: float64(),
        t: utf8(),
        d: dictionary(utf8()),
        o: bool(),
        w: timestamp(),
        l: list(utf8()),
        s: struct([field('x', int32()), field('y', utf8())]),
      };
      const columns = Object.entries(kinds).map(([key, type]) => [
        key,
        columnFromArray(want[key], type, { maxBatchRows: 1700 }),
      ]);
      const { schema, batches } = messages(tableToIPC(tableFromColumns(columns), { format: 'stream' }));
      assert.equal(batches.length, 3);
      const rows = rowsOf(schema, batches);
      assert.equal(rows.length, ROWS);
      const got = columnsOf(schema, batches);
      for (const key of Object.keys(kinds)) {
        assert.deepEqual(
          rows.map((row) => row[key]),
          want[key],
          key,
        );
        assert.deepEqual(Array.from(got[key]), want[key], key);
      }
    });
  }
}
