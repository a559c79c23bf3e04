/** What a service says of a file, made sure of: it is somebody else's program. */

import type { FileFacts } from '../api.js';
import type { Plan, RowGroup, Span } from '../glue.js';
import type { Field } from '../schema.js';
import { Failure } from '../source/index.js';

/** The facts in an answer of `/schema`. Throws a {@link Failure} for what is none. */
export function factsOf(report: unknown, version: string | undefined): FileFacts {
  const { byteLength, rowCount, createdBy, rowGroups, fields, keyValueMetadata } = members(report);
  // A null prototype: a key may be `__proto__`.
  const entries = Object.create(null) as Record<string, string | undefined>;
  for (const [key, value] of Object.entries(members(keyValueMetadata))) entries[key] = textOf(value);
  return {
    byteLength: countOf(byteLength),
    rowCount: countOf(rowCount),
    etag: version === undefined ? undefined : `"${version}"`,
    lastModified: undefined,
    createdBy: textOf(createdBy),
    schema: { fields: listOf(fields).map(fieldOf), metadata: new Map() },
    rowGroups: listOf(rowGroups).map(rowGroupOf),
    keyValueMetadata: entries,
  };
}

/** The plan in an answer of `/plan`. */
export function planOf(report: unknown): Plan {
  const { requests, usefulBytes, knownBytes, wasteBytes, index, rowGroups } = members(report);
  return {
    requests: listOf(requests).map(spanOf),
    usefulBytes: countOf(usefulBytes),
    knownBytes: countOf(knownBytes),
    wasteBytes: countOf(wasteBytes),
    index: index === undefined || index === null ? undefined : spanOf(index),
    rowGroups: listOf(rowGroups).map((item) => {
      const { index, rows, ranges } = members(item);
      const [start, end] = listOf(rows).map(countOf);
      return { index: countOf(index), rows: [start ?? 0, end ?? 0], ranges: listOf(ranges).map(spanOf) };
    }),
  };
}

function fieldOf(value: unknown): Field {
  const { name, type, nullable, children, metadata } = members(value);
  if (typeof name !== 'string' || typeof type !== 'string' || typeof nullable !== 'boolean') throw unexpected();
  const entries = metadata === undefined ? [] : Object.entries(members(metadata));
  return {
    name,
    type,
    nullable,
    ...(children !== undefined && { children: listOf(children).map(fieldOf) }),
    metadata: new Map(entries.map(([key, value]) => [key, String(value)])),
  };
}

/** A service tells no more than the size of a row group. */
function rowGroupOf(value: unknown): RowGroup {
  const { rowCount, byteLength } = members(value);
  return { rowCount: countOf(rowCount), byteLength: countOf(byteLength), columns: [] };
}

function spanOf(value: unknown): Span {
  const { start, end } = members(value);
  return { start: countOf(start), end: countOf(end) };
}

function members(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected();
  return value as Record<string, unknown>;
}

function listOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw unexpected();
  return value;
}

function countOf(value: unknown): number {
  if (!Number.isSafeInteger(value) || Number(value) < 0) throw unexpected();
  return Number(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function unexpected(): Failure {
  return new Failure('bad_answer', 'its answer is not what was asked for: is this the address of such a service?', false);
}
