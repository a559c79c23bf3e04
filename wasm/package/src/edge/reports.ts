/** What the service says of a file in JSON: its schema, and the plan of a read. */

import type { Field } from '../schema.js';
import type { RowQuestion } from './query.js';
import type { RemoteFile } from './remote.js';

/** Without the Arrow schema, which `fields` spells out. */
const SPELLED_OUT = 'ARROW:schema';

/** `/schema`: length, rows, row groups, columns and the footer's own entries. */
export function schemaReport(file: RemoteFile): string {
  const { byteLength, rowCount, createdBy, schema, keyValueMetadata } = file.facts;
  const entries = Object.entries(keyValueMetadata).filter(([key]) => key !== SPELLED_OUT);
  return line({
    byteLength,
    rowCount,
    createdBy,
    rowGroups: file.rowGroups,
    fields: schema.fields.map(fieldReport),
    keyValueMetadata: Object.fromEntries(entries.map(([key, value]) => [key, value ?? null])),
  });
}

/** `/plan`: the plan as `file.plan()` gives it, and what it cost to open the file. */
export function planReport(file: RemoteFile, rows: RowQuestion): string {
  return line({ ...file.plan(rows), opening: file.opening });
}

function fieldReport({ name, type, nullable, children, metadata }: Field): object {
  return {
    name,
    type,
    nullable,
    children: children?.map(fieldReport),
    metadata: metadata.size > 0 ? Object.fromEntries(metadata) : undefined,
  };
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
