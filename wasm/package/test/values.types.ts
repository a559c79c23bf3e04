// The public types of schema and values, checked by the compiler alone: values-typing.test.mjs runs it over this file. A
// line under @ts-expect-error must be an error.

import type { Field, Schema } from '../src/schema.js';
import { schemaOf } from '../src/schema.js';
import type { Column, Interval, Row, ValueOptions } from '../src/values/index.js';
import { columnsOf, rowsOf } from '../src/values/index.js';

declare const bytes: Uint8Array;

const schema: Schema = schemaOf(bytes);
const field: Field | undefined = schema.fields[0];
const types: string[] = schema.fields.map(({ type, name, nullable }) => `${name} ${type} ${String(nullable)}`);
const extension: string | undefined = field?.metadata.get('ARROW:extension:name');
const item: Field | undefined = field?.children?.[0];
// @ts-expect-error: the schema of a file is not for changing
schema.fields.push(field);
// @ts-expect-error: nor are its fields
if (field) field.name = 'other';
// @ts-expect-error: nor is its metadata
schema.metadata.set('a', 'b');
// @ts-expect-error: only nested types have children
const always: readonly Field[] | undefined = field.children;

const rows: Row[] = rowsOf(bytes, [bytes], { int64: 'number', maps: 'map', timestamps: 'nanoseconds', json: 'parsed' });
const value: unknown = rows[0]?.['id'];
// @ts-expect-error: what a member holds depends on the file, so it must be looked at
const id: bigint = rows[0]?.['id'];
// @ts-expect-error: no such way to show integers
rowsOf(bytes, [bytes], { int64: 'string' });
// @ts-expect-error: no such option
const unknownOption: ValueOptions = { dates: 'text' };

const columns: Record<string, Column> = columnsOf(bytes, new Set([bytes]));
for (const column of Object.values(columns)) {
  const length: number = column.length;
  if (column instanceof Float64Array) column.fill(length);
  else if (Array.isArray(column)) column.push('anything');
}
// @ts-expect-error: not every column is a plain array
columns['id']?.push(1);

const interval: Interval = { months: 1, days: -2, nanoseconds: 3n };
// @ts-expect-error: nanoseconds are a bigint, so that all of them are exact
interval.nanoseconds = 3;

export { always, extension, id, item, types, unknownOption, value };
