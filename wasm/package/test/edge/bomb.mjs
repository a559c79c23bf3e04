/** A small file whose one page is huge: zeros, packed by gzip to a thousandth. */

import { gzipSync } from 'node:zlib';

/** Thrift's compact protocol, as much of it as a footer needs. */
const varint = (value) => {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
};
const i32 = (value) => ({ type: 5, bytes: varint(value * 2) });
const i64 = (value) => ({ type: 6, bytes: varint(value * 2) });
const text = (value) => ({ type: 8, bytes: Buffer.concat([varint(value.length), Buffer.from(value)]) });
const list = (...items) => ({
  type: 9,
  bytes: Buffer.concat([Buffer.from([items.length * 16 + items[0].type]), ...items.map(({ bytes }) => bytes)]),
});
const struct = (fields) => {
  let last = 0;
  const parts = Object.entries(fields).map(([id, { type, bytes }]) => {
    const head = Buffer.from([(id - last) * 16 + type]);
    last = Number(id);
    return Buffer.concat([head, bytes]);
  });
  return { type: 12, bytes: Buffer.concat([...parts, Buffer.from([0])]) };
};

/** So many 64-bit zeros in one page. */
export function bomb(values) {
  const [int64, plain, gzip, size] = [i32(2), i32(0), i32(2), values * 8];
  const data = gzipSync(Buffer.alloc(size), { level: 9 });
  const pageHeader = {
    1: i32(0),
    2: i32(size),
    3: i32(data.length),
    5: struct({ 1: i32(values), 2: plain, 3: i32(3), 4: i32(3) }),
  };
  const page = Buffer.concat([struct(pageHeader).bytes, data]);
  const column = {
    1: int64,
    2: list(plain),
    3: list(text('zero')),
    4: gzip,
    5: i64(values),
    6: i64(size),
    7: i64(page.length),
    9: i64(4),
  };
  const footer = struct({
    1: i32(1),
    2: list(struct({ 4: text('root'), 5: i32(1) }), struct({ 1: int64, 3: i32(0), 4: text('zero') })),
    3: i64(values),
    4: list(struct({ 1: list(struct({ 2: i64(4), 3: struct(column) })), 2: i64(size), 3: i64(values) })),
  }).bytes;
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  const magic = Buffer.from('PAR1');
  return Buffer.concat([magic, page, footer, length, magic]);
}
