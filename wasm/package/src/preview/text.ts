/** Values as text: short for a cell, whole for a window and the clipboard. */

import type { Field } from '../schema.js';
import { valueType } from './kinds.js';
import { hex, scalarText } from './scalars.js';

/** Characters of a cell: more than any column shows. */
const CELL = 240;
/** Bytes of a binary value that a cell shows. */
const CELL_BYTES = 16;

/** A value as one line for its cell. */
export function cellText(value: unknown, field: Field): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof Uint8Array) {
    const cut = value.length > CELL_BYTES;
    return `${hex(value.subarray(0, CELL_BYTES))}${cut ? `… ${value.length} bytes` : ''}` || 'empty';
  }
  const sink = new Sink(CELL, undefined);
  if (typeof value === 'string') sink.add(value.slice(0, CELL + 1));
  else write(value, field, sink, 0);
  const { text } = sink;
  return (text.length > CELL ? `${text.slice(0, CELL)}…` : text).replace(/\r\n|[\n\r]/g, '↵').replace(/\t/g, '⇥');
}

/** A value in full, over as many lines as it takes. `limit`: characters after which it is cut. */
export function wholeText(value: unknown, field: Field, limit = Infinity): string {
  if (value === null || value === undefined) return 'null';
  const sink = new Sink(limit, '  ');
  if (typeof value === 'string') sink.add(value);
  else if (value instanceof Uint8Array) dump(value, sink);
  else write(value, field, sink, 0);
  return sink.text.length > limit ? sink.text.slice(0, limit) : sink.text;
}

/** A value for the clipboard: as {@link wholeText}, but for bytes, which are digits alone. */
export function copiedText(value: unknown, field: Field): string {
  return value instanceof Uint8Array ? hex(value) : wholeText(value, field);
}

/** Takes text up to a limit: nobody has to build what is cut off in the end. */
class Sink {
  text = '';
  readonly limit: number;
  /** What a level is set in by; on one line if there is nothing. */
  readonly indent: string | undefined;

  constructor(limit: number, indent: string | undefined) {
    this.limit = limit;
    this.indent = indent;
  }

  get full(): boolean {
    return this.text.length > this.limit;
  }

  add(text: string): void {
    if (!this.full) this.text += text;
  }
}

/** Writes like JSON, but with types as their own: no quotes around dates and exact numbers. */
function write(value: unknown, field: Field | undefined, sink: Sink, depth: number): void {
  if (sink.full) return;
  if (value === null || value === undefined) sink.add('null');
  else if (Array.isArray(value)) writeArray(value, field, sink, depth);
  else if (typeof value === 'string') sink.add(field !== undefined && isPlain(field) ? value : JSON.stringify(value));
  else if (isStruct(value, field)) {
    const fields = new Map(field?.children?.map((child) => [child.name, child]));
    const members = Object.entries(value).map(([name, member]) => ({ key: name, member, field: fields.get(name) }));
    writeAll('{}', members, sink, depth);
  } else sink.add(scalarText(value, field === undefined ? '' : valueType(field.type)));
}

function writeArray(value: unknown[], field: Field | undefined, sink: Sink, depth: number): void {
  const [first, second] = field?.children ?? [];
  if (field !== undefined && valueType(field.type).startsWith('map<')) {
    const pairs = value as [unknown, unknown][];
    const entries = pairs.map(([key, member]) => ({ key: keyText(key, first), member, field: second }));
    writeAll('{}', entries, sink, depth);
    return;
  }
  writeAll('[]', value.map((member) => ({ key: undefined, member, field: first })), sink, depth);
}

interface Member {
  key: string | undefined;
  member: unknown;
  field: Field | undefined;
}

function writeAll(brackets: string, members: Member[], sink: Sink, depth: number): void {
  // Lists of plain values stay on a line: one number a line reads badly.
  const flat = members.every(({ key, member }) => key === undefined && (typeof member !== 'object' || member === null));
  const lines = sink.indent !== undefined && members.length > 0 && !flat;
  const start = lines ? `\n${sink.indent?.repeat(depth + 1)}` : '';
  sink.add(brackets[0] as string);
  members.some(({ key, member, field }, index) => {
    if (index > 0) sink.add(lines ? ',' : ', ');
    sink.add(`${start}${key === undefined ? '' : `${key}: `}`);
    write(member, field, sink, depth + 1);
    return sink.full;
  });
  sink.add(`${lines ? `\n${sink.indent?.repeat(depth)}` : ''}${brackets[1]}`);
}

/** Names stand without quotes where they need none. */
function keyText(key: unknown, field: Field | undefined): string {
  const sink = new Sink(CELL, undefined);
  write(key, field, sink, 0);
  return sink.text;
}

/** Sixteen bytes a line: place, digits, characters. */
function dump(bytes: Uint8Array, sink: Sink): void {
  for (let at = 0; at < bytes.length && !sink.full; at += 16) {
    const line = bytes.subarray(at, at + 16);
    const digits = (hex(line).match(/../g) ?? []).join(' ').padEnd(47);
    const letters = Array.from(line, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
    sink.add(`${at === 0 ? '' : '\n'}${at.toString(16).padStart(8, '0')}  ${digits}  ${letters}`);
  }
}

/** Text that is exact numbers and times: it stands without quotes. */
function isPlain(field: Field): boolean {
  return /^(decimal|time)\d/.test(valueType(field.type));
}

function isStruct(value: unknown, field: Field | undefined): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array) return false;
  return field === undefined || field.children !== undefined;
}
