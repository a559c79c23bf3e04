// Arrow -> JavaScript values, as rows or as columns. VALUES.md is the table of what becomes what.

import { arrowSchema } from './arrow.js';
import { columnOf } from './columns.js';
import { valuesOf } from './decode.js';
import { appendObjects, shapeOf } from './objects.js';
import type { ValueOptions } from './options.js';
import { type Pieces, whole } from './pieces.js';
import type { Column, Row } from './types.js';
import { type Vector, type VectorBatch, vectorBatches } from './vector.js';

export type { ValueOptions } from './options.js';
export type { Column, Interval, Row } from './types.js';

/**
 * The rows of record batches, in order. `schema` is an encapsulated Arrow IPC schema message, an item of `batches` a
 * record batch message with the dictionary messages it needs before it.
 */
export function rowsOf(schema: Uint8Array, batches: Iterable<Uint8Array>, options: ValueOptions = {}): Row[] {
  const { fields } = arrowSchema(schema);
  const shape = shapeOf(fields.map((field) => field.name ?? ''));
  const rows: Row[] = [];
  for (const { rowCount, vectors } of vectorBatches(fields, batches, (vector) => valuesOf(vector, options))) {
    appendObjects(
      rows,
      shape,
      vectors.map((vector) => valuesOf(vector, options)),
      rowCount,
    );
  }
  return rows;
}

/** The columns of record batches, each as one array, by name. `schema` and `batches` as for `rowsOf`. */
export function columnsOf(
  schema: Uint8Array,
  batches: Iterable<Uint8Array>,
  options: ValueOptions = {},
): Record<string, Column> {
  return whole(columnsInPieces(schema, batches, options));
}

/**
 * The same, a piece at a time: of many rows it takes seconds.
 *
 * @internal
 */
export function* columnsInPieces(
  schema: Uint8Array,
  batches: Iterable<Uint8Array>,
  options: ValueOptions,
): Pieces<Record<string, Column>> {
  const { fields } = arrowSchema(schema);
  const all: VectorBatch[] = [...vectorBatches(fields, batches, (vector) => valuesOf(vector, options))];
  const { template } = shapeOf(fields.map((field) => field.name ?? ''));
  // Every name is there already, so `__proto__` is set as a member like any other.
  for (const [c, field] of fields.entries()) {
    const vectors = all.map((batch) => batch.vectors[c] as Vector);
    template[field.name ?? ''] = yield* columnOf(field, vectors, options);
  }
  return template as Record<string, Column>;
}
