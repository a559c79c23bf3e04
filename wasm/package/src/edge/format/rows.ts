/** The rows of a batch, each value as text when it is asked for. */

import type { Batch } from '../../glue.js';
import { cellsOf, entriesOf, type Cells, type Style } from '../../text/index.js';
import { arrowSchema } from '../../values/arrow.js';
import { vectorBatches } from '../../values/vector.js';

/** One row: the same object for all, moved on. */
export interface TextRow {
  isNull(column: number): boolean;
  /** Whether the column has lists, structs or maps. */
  isNested(column: number): boolean;
  text(column: number, style: Style): string;
}

/** Goes through the rows of a batch. */
export function* rowsOf(schema: Uint8Array, batch: Batch): Generator<TextRow> {
  const { fields } = arrowSchema(schema);
  for (const { rowCount, vectors } of vectorBatches(fields, [batch.ipc], entriesOf)) {
    const columns: Cells[] = vectors.map(cellsOf);
    const cells = (column: number): Cells => columns[column] as Cells;
    let row = 0;
    const texts: TextRow = {
      isNull: (column) => cells(column).isNull(row),
      isNested: (column) => cells(column).nested,
      text: (column, style) => cells(column).write(row, style),
    };
    for (; row < rowCount; row++) yield texts;
  }
}
