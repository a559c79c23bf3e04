// What the preview decides without a document: where rows are, what to read, what keys do, how values read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sources } from './sources.mjs';

const units = await sources(
  'preview/viewport.ts',
  'preview/layout.ts',
  'preview/blocks.ts',
  'preview/table.ts',
  'preview/keyboard.ts',
  'preview/text.ts',
  'preview/kinds.ts',
  'preview/amounts.ts',
);
const { Track, TALLEST, rowsIn, Layout, Blocks, rowsOfBlock, Table, moved } = units;
const { cellText, wholeText, kindOf, shortType, typeLine, size } = units;

const VIEW = 500;

function track(content) {
  const track = new Track();
  track.resize(content, VIEW);
  return track;
}

test('content that fits is scrolled as it is', () => {
  const short = track(10_000);
  assert.equal(short.height, 10_000);
  for (const position of [0, 1234, 9500]) {
    short.scrolled(position);
    assert.deepEqual([short.top, short.settle()], [position, position]);
  }
  assert.ok(!short.stuck);
});

test('a thumb dragged over content of any height reaches every part of it, both ends exactly', () => {
  for (const content of [60_000_000, 3e11]) {
    const tall = track(content);
    assert.equal(tall.height, TALLEST);
    const range = TALLEST - VIEW;
    for (const share of [1, 0.25, 0.5, 0.75, 0]) {
      tall.scrolled(share * range);
      const [wanted, slack] = [share * (content - VIEW), share % 1 === 0 ? 0 : 0.02 * content];
      assert.ok(Math.abs(tall.top - wanted) <= slack, `${tall.top}`);
      assert.ok(Math.abs(tall.settle() - share * range) <= 1);
    }
  }
});

test('a wheel moves tall content by as many pixels as short content, and the thumb follows when it rests', () => {
  const tall = track(60_000_000);
  let position = tall.moveTo(45_000_000);
  for (let step = 0; step < 10; step++) tall.scrolled((position += 120));
  assert.equal(tall.top, 45_001_200);
  position = tall.settle();
  tall.scrolled(position);
  assert.equal(tall.top, 45_001_200);
});

test('scrolling up from anywhere ends at the first row, not before', () => {
  const tall = track(60_000_000);
  let position = tall.moveTo(400_000);
  let steps = 0;
  while (tall.top > 0 && steps++ < 1000) {
    position = Math.max(0, position - 1000);
    tall.scrolled(position);
    if (tall.stuck) position = tall.settle();
  }
  assert.deepEqual([tall.top, position], [0, 0]);
  assert.ok(steps <= 410, `${steps} steps`);
});

test('scrolling down ends at the last row', () => {
  const tall = track(60_000_000);
  const [end, range] = [60_000_000 - VIEW, TALLEST - VIEW];
  let position = tall.moveTo(end - 400_000);
  let steps = 0;
  while (tall.top < end && steps++ < 1000) {
    position = Math.min(range, position + 1000);
    tall.scrolled(position);
    if (tall.stuck) position = tall.settle();
  }
  assert.deepEqual([tall.top, position], [end, range]);
  assert.ok(steps <= 410, `${steps} steps`);
});

test('a window that grows at the end still ends with the last row', () => {
  const tall = track(10_000);
  tall.moveTo(9500);
  tall.resize(10_000, 800);
  assert.equal(tall.top, 9200);
});

test('rows in a window, with and without more around', () => {
  assert.deepEqual(rowsIn(0, 300, 30, 1000), { start: 0, end: 10 });
  assert.deepEqual(rowsIn(15, 300, 30, 1000), { start: 0, end: 11 });
  assert.deepEqual(rowsIn(300, 300, 30, 1000, 4), { start: 6, end: 24 });
  assert.deepEqual(rowsIn(0, 300, 30, 3, 4), { start: 0, end: 3 });
  assert.deepEqual(rowsIn(0, 300, 30, 0, 4), { start: 0, end: 0 });
});

test('columns in a window, and how far to go to see one', () => {
  const layout = new Layout([100, 50, 200, 100]);
  assert.deepEqual(layout.columnsIn(0, 120), { start: 0, end: 2 });
  assert.deepEqual(layout.columnsIn(100, 50, 1), { start: 1, end: 3 });
  assert.deepEqual(layout.columnsIn(400, 300), { start: 3, end: 4 });
  assert.deepEqual([layout.reveal(0, 90, 200), layout.reveal(2, 0, 220), layout.reveal(1, 0, 300)], [0, 130, 0]);
  layout.choose(1, 10);
  layout.fit(1, 300);
  layout.fit(2, 9999);
  assert.deepEqual([layout.widthOf(1), layout.widthOf(2), layout.width], [48, 320, 568]);
});

const filled = (length) => Array.from({ length }, (_, row) => row);

test('what is missing is read once: the columns that the first block lacks, and blocks that lack as much', () => {
  const blocks = new Blocks(1000, 100);
  const rows = { start: 150, end: 350 };
  const read = blocks.missing(rows, [0, 2]);
  assert.deepEqual(read, { blocks: { start: 1, end: 4 }, columns: [0, 2] });
  blocks.put({ blocks: { start: 1, end: 2 }, columns: [0] }, () => filled(100));
  assert.deepEqual(blocks.missing(rows, [0, 2]), { blocks: { start: 1, end: 4 }, columns: [2] });
  blocks.put({ blocks: { start: 1, end: 4 }, columns: [2] }, () => filled(300));
  assert.deepEqual(blocks.missing(rows, [0, 2]), { blocks: { start: 2, end: 4 }, columns: [0] });
  blocks.put({ blocks: { start: 2, end: 4 }, columns: [0] }, () => filled(200));
  assert.equal(blocks.missing(rows, [0, 2]), undefined);
  assert.deepEqual([blocks.value(150, 0), blocks.value(350, 2), blocks.value(350, 1)], [50, 250, undefined]);
});

test('one read takes no more than some blocks, and the last block ends with the file', () => {
  const blocks = new Blocks(950, 100);
  assert.deepEqual(blocks.missing({ start: 0, end: 950 }, [0])?.blocks, { start: 0, end: 4 });
  assert.deepEqual(blocks.rowsOf({ start: 8, end: 10 }), { start: 800, end: 950 });
  assert.equal(blocks.missing({ start: 0, end: 0 }, [0]), undefined);
  assert.equal(blocks.missing({ start: 0, end: 10 }, []), undefined);
});

test('the cache lets go of what is far, never of what is looked at', () => {
  const blocks = new Blocks(1_000_000, 100);
  const columns = filled(100);
  for (let block = 0; block < 100; block++) {
    blocks.put({ blocks: { start: block, end: block + 1 }, columns }, () => filled(100));
    blocks.trim({ start: block, end: block + 1 });
  }
  const kept = filled(100).filter((block) => blocks.has(block, 0));
  assert.deepEqual(kept, filled(100).slice(80));
});

test('rows of a block follow their size', () => {
  assert.deepEqual([0, 200, 100_000, 10_000_000].map(rowsOfBlock), [100, 100, 40, 10]);
});

test('keys move as the grid pattern has it', () => {
  const bounds = { rows: 1000, columns: 5, page: 20 };
  const go = (key, row, column, extra = {}) => moved({ key, ...extra }, { row, column }, bounds);
  assert.deepEqual(go('ArrowUp', 0, 2), { row: -1, column: 2 });
  assert.deepEqual(go('ArrowDown', 999, 2), { row: 999, column: 2 });
  assert.deepEqual(go('ArrowRight', 3, 4), { row: 3, column: 4 });
  assert.deepEqual(go('PageUp', 10, 1), { row: 0, column: 1 });
  assert.deepEqual(go('PageDown', 990, 1), { row: 999, column: 1 });
  assert.deepEqual(go('Home', 5, 3), { row: 5, column: 0 });
  assert.deepEqual(go('End', 5, 3, { ctrlKey: true }), { row: 999, column: 4 });
  assert.deepEqual(go('Home', 5, 3, { metaKey: true }), { row: 0, column: 0 });
  assert.equal(go('a', 5, 3), undefined);
  assert.equal(go('ArrowLeft', 5, 3, { altKey: true }), undefined);
});

const field = (type, children, metadata = []) => {
  return { name: 'f', type, nullable: true, children, metadata: new Map(metadata) };
};

test('values read the same everywhere', () => {
  const texts = [
    [null, field('int32'), 'null'],
    [9007199254740993n, field('int64'), '9007199254740993'],
    [Math.fround(0.1), field('float32'), '0.1'],
    [0.1 + 0.2, field('float64'), '0.30000000000000004'],
    [-0, field('float64'), '-0'],
    [1704067200123456000n, field('timestamp[us, UTC]'), '2024-01-01 00:00:00.123456Z'],
    [1704067200000000000n, field('timestamp[ms]'), '2024-01-01 00:00:00'],
    [-1n, field('timestamp[ns]'), '1969-12-31 23:59:59.999999999'],
    [new Date('2024-02-29T00:00:00Z'), field('date32'), '2024-02-29'],
    [new Date(NaN), field('date32'), 'a date beyond the calendar'],
    [3_723_500_000_000n, field('duration[ms]'), 'PT1H2M3.500S'],
    [{ months: 14, days: 3, nanoseconds: 0n }, field('interval[month_day_nano]'), 'P14M3D'],
    ['1.50', field('decimal128(10, 2)'), '1.50'],
    ['a\nb\tc', field('utf8'), 'a↵b⇥c'],
    [Uint8Array.of(0, 255), field('binary'), '00ff'],
    [new Uint8Array(20), field('binary'), `${'00'.repeat(16)}… 20 bytes`],
    [{ a: 1, b: null }, field('struct<a: int32, b: utf8>', [field('int32'), field('utf8')]), '{a: 1, b: null}'],
    [['x', 'y"'], field('list<item: utf8>', [field('utf8')]), '["x", "y\\""]'],
    [[['k', 1n]], field('map<utf8, int64>', [field('utf8'), field('int64')]), '{"k": 1}'],
    [[1704067200000000000n], field('list<item: timestamp[ms]>', [field('timestamp[ms]')]), '[2024-01-01 00:00:00]'],
  ];
  for (const [value, type, text] of texts) assert.equal(cellText(value, type), text);
});

test('a long value is cut in its cell without being built, and whole on demand', () => {
  const list = Array.from({ length: 1_000_000 }, (_, i) => i);
  const type = field('list<item: int32>', [field('int32')]);
  assert.ok(cellText(list, type).length <= 241);
  assert.equal(wholeText(list, type, 1000).length, 1000);
  assert.equal(wholeText('x'.repeat(5000), field('utf8')).length, 5000);
  assert.equal(wholeText({ f: [1, 2] }, field('struct<f: list>', [type])), '{\n  f: [1, 2]\n}');
  assert.match(wholeText(Uint8Array.of(80, 65, 82, 49), field('binary')), /^00000000 {2}50 41 52 31 +PAR1$/);
});

test('types in short', () => {
  const short = [
    [field('dictionary<int32, utf8>'), 'text', 'text'],
    [field('timestamp[us, UTC]'), 'timestamp us UTC', 'time'],
    [field('list<item: utf8>', [field('utf8')]), 'list of text', 'nested'],
    [field('struct<a: int32>', [field('int32')]), 'struct of 1', 'nested'],
    [field('map<utf8, int64>', [field('utf8'), field('int64')]), 'map text → int64', 'nested'],
    [field('fixed_size_binary[16]', undefined, [['ARROW:extension:name', 'arrow.uuid']]), 'uuid', 'text'],
    [field('fixed_size_binary[4]'), 'binary 4', 'binary'],
  ];
  for (const [type, text, kind] of short) assert.deepEqual([shortType(type), kindOf(type)], [text, kind]);
  assert.deepEqual([size(0), size(999), size(123_456), size(99_950_000)], ['0 B', '999 B', '123 kB', '100 MB']);
});

test('nulls of a column are those of its chunks, if all count them', () => {
  const field = (name, children) => ({ name, type: 'int64', nullable: true, metadata: new Map(), children });
  const fields = [field('a'), field('s', [field('x'), field('y')]), field('b'), field('c')];
  const group = (...counts) => ({
    rowCount: 10,
    columns: ['a', 's.x', 's.y', 'b', 'c'].map((path, at) => ({ path, nullCount: counts[at], uncompressedBytes: 80 })),
  });
  const nulls = (...rowGroups) => new Table({ schema: { fields }, rowCount: 20, rowGroups }, undefined).model('').nulls;
  assert.deepEqual(nulls(group(1, 2, 3, 4, 0), group(5, 6, 7, undefined, 0)), [6, undefined, undefined, 0]);
  assert.deepEqual(nulls(), [undefined, undefined, undefined, undefined]);
  // A service tells nothing of chunks.
  assert.deepEqual(nulls({ rowCount: 20, byteLength: 100, columns: [] }), [undefined, undefined, undefined, undefined]);
  const line = (count) => typeLine(field('a'), count);
  const lines = [line(undefined), line(0), line(1), line(1500)];
  assert.deepEqual(lines, ['int64', 'int64', 'int64 · 1 null', 'int64 · 1,500 nulls']);
});
