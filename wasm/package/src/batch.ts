/** Batches as the user holds them. */

import type { RowBatch } from './api.js';
import { stream } from './ipc.js';
import { columnsOf, rowsOf, type ValueOptions } from './values/index.js';

/** A batch from its messages; values are made when they are asked for. */
export function batchOf(rowCount: number, schema: Uint8Array, messages: Uint8Array, options: ValueOptions): RowBatch {
  return {
    rowCount,
    ipc: () => stream(schema, [messages]),
    rows: () => rowsOf(schema, [messages], options),
    columns: () => columnsOf(schema, [messages], options),
  };
}
