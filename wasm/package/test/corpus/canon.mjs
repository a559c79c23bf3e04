/** The canonical form of the corpus (see its README), made from values as `rows()` has them and the public schema. */

import { createHash } from 'node:crypto';

/** How values have to be read for it. */
export const OPTIONS = { int64: 'bigint', timestamps: 'nanoseconds', maps: 'pairs', json: 'text' };

/** A checksum of all lines, and the first ones. `loose` writes text as hex, as a reader that has it as binary does. */
export function digest(field, values, loose = false) {
  const write = writer(field, loose);
  const hash = createHash('sha256');
  const first = [];
  for (const value of values) {
    const line = write(value);
    if (first.length < 2) first.push(line.slice(0, 200));
    hash.update(`${line}\n`);
  }
  return { sha256: hash.digest('hex'), first };
}

const NANOSECONDS = { s: 1_000_000_000n, ms: 1_000_000n, us: 1000n, ns: 1n };

/** Writes values of a field. */
function writer(field, loose) {
  const write = notNull(field, loose);
  return (value) => (value === null ? 'null' : write(value));
}

function notNull({ type, children, metadata }, loose) {
  const name = /^[a-z_]+/.exec(type)[0];
  const unit = NANOSECONDS[/\[(s|ms|us|ns)\b/.exec(type)?.[1]];
  const items = children?.map((child) => writer(child, loose));
  switch (name) {
    case 'null':
      return () => 'null';
    case 'bool':
    case 'int':
    case 'uint':
    case 'duration':
      return String;
    case 'float':
      return float;
    case 'decimal':
      return (text) => `"${/^-0*\.?0*$/.test(text) ? text.slice(1) : text}"`;
    case 'utf':
    case 'large_utf':
      return loose ? (text) => hex(Buffer.from(text)) : JSON.stringify;
    case 'binary':
    case 'large_binary':
    case 'binary_view':
      return hex;
    case 'fixed_size_binary':
      if (metadata.get('ARROW:extension:name') !== 'arrow.uuid') return hex;
      return (uuid) => `"0x${uuid.replaceAll('-', '')}"`;
    case 'date':
      return (date) => `"date:${date.getTime() / 86_400_000}"`;
    case 'time':
      return (text) => `"time:${timeOfDay(text, unit)}"`;
    case 'timestamp':
      return (nanoseconds) => `"ts:${nanoseconds}"`;
    case 'interval':
      return interval;
    case 'list':
    case 'large_list':
    case 'list_view':
    case 'large_list_view':
    case 'fixed_size_list':
      return (values) => `[${values.map(items[0]).join()}]`;
    case 'struct': {
      const names = children.map((child) => child.name);
      return (value) => `{${names.map((name, i) => `${JSON.stringify(name)}:${items[i](value[name])}`).join()}}`;
    }
    case 'dictionary':
      // Of the type itself there is only the text.
      return notNull({ type: type.slice(type.indexOf(', ') + 2, -1), children, metadata }, loose);
    case 'map': {
      const [key, value] = items;
      return (pairs) => `[${pairs.map((pair) => `{"key":${key(pair[0])},"value":${value(pair[1])}}`).join()}]`;
    }
    default:
      throw new Error(`no canonical form of ${type}`);
  }
}

const bits = new DataView(new ArrayBuffer(8));

function float(value) {
  if (Number.isNaN(value)) return '"NaN"';
  bits.setFloat64(0, value);
  return `"${bits.getBigUint64(0).toString(16).padStart(16, '0')}"`;
}

function hex(bytes) {
  return `"0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}"`;
}

function timeOfDay(text, unit) {
  const parts = /^(\d\d):(\d\d):(\d\d)(?:\.(\d+))?$/.exec(text);
  if (parts === null) return BigInt(text) * unit;
  const [, hours, minutes, seconds, fraction = ''] = parts;
  return BigInt(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}

function interval({ months, days, nanoseconds }) {
  const bytes = new DataView(new ArrayBuffer(12));
  bytes.setInt32(0, months, true);
  bytes.setInt32(4, days, true);
  bytes.setUint32(8, Number(BigInt.asUintN(32, nanoseconds / 1_000_000n)), true);
  return hex(new Uint8Array(bytes.buffer));
}
