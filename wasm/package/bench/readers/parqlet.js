/** Parqlet, as its README has it. */

import { init, open } from '../../dist/browser.js';
import { plainRow } from '../common/plain.js';

export const ways = {
  parqlet: {
    connect: (url) => open(url),
    names: async (file) => file.schema.fields.map(({ name }) => name),
    rows: (file, { columns, offset, limit }) => file.rows({ columns, offset, limit }),
    column: async (file, name) => [(await file.columns({ columns: [name] }))[name]],
  },
};

/** Before the clock starts, where loading the module isn't what is measured. */
export const prepare = init;
/** {@link open} loads the module by itself. */
export const preparesItself = true;
export const plainRows = (rows) => rows.map(plainRow);
