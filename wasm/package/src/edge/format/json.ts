/** JSON: one object a row with every column in it, in an array or one a line. */

import { arrowSchema } from '../../values/arrow.js';
import { jsonString } from '../../text/index.js';
import { rowsOf, type TextRow } from './rows.js';
import { CUT, type Writer } from './index.js';

/** An array, a row a line. */
export function jsonWriter(schema: Uint8Array): Writer {
  const row = objectOf(schema);
  let first = true;
  return {
    begin: () => '[',
    *batch(batch) {
      for (const cells of rowsOf(schema, batch)) {
        yield `${first ? '' : ',\n'}${row(cells)}`;
        first = false;
      }
    },
    end: () => ']\n',
    cut: () => CUT,
  };
}

/** JSON lines. */
export function jsonLinesWriter(schema: Uint8Array): Writer {
  const row = objectOf(schema);
  return {
    begin: () => '',
    *batch(batch) {
      for (const cells of rowsOf(schema, batch)) yield `${row(cells)}\n`;
    },
    end: () => '',
    cut: () => `{${CUT}`,
  };
}

/** Writes a row from its values. */
function objectOf(schema: Uint8Array): (row: TextRow) => string {
  const keys = arrowSchema(schema).fields.map((field) => `${jsonString(field.name ?? '')}:`);
  return (row) => `{${keys.map((key, column) => key + row.text(column, 'json')).join()}}`;
}
