/** parquet-wasm with Apache Arrow, as its documentation has it, and with row groups picked by hand and streams. */

import { tableFromIPC } from 'apache-arrow';
import wasmInit, { ParquetFile } from 'parquet-wasm/esm';
import { plainTable } from '../common/plain.js';

const documented = {
  connect: (url) => ParquetFile.fromUrl(url),
  names: async (file) => tableFromIPC(file.schema().intoIPCStream()).schema.fields.map(({ name }) => name),
  rows: async (file, { columns, offset, limit }) => {
    const table = await file.read({ columns, offset, limit });
    return tableFromIPC(table.intoIPCStream());
  },
  column: async (file, name) => {
    const table = tableFromIPC((await file.read({ columns: [name] })).intoIPCStream());
    return table.getChild(name).data.map(({ values }) => values);
  },
};

const tuned = {
  ...documented,
  rows: (file, { columns, offset = 0, limit }) => {
    const { group, first } = rowGroupOf(file, offset);
    return documented.rows({ read: (options) => file.read({ ...options, rowGroups: [group] }) }, {
      columns,
      offset: offset - first,
      limit,
    });
  },
  column: async (file, name) => {
    const stream = await file.stream({ columns: [name], batchSize: 65_536, concurrency: 6 });
    const chunks = [];
    for await (const batch of stream) {
      chunks.push(...tableFromIPC(batch.intoIPCStream()).getChild(name).data.map(({ values }) => values));
    }
    return chunks;
  },
};

/** The row group with a row, and the number of its own first row. The rows asked for here don't cross its end. */
function rowGroupOf(file, row) {
  let first = 0;
  const groups = file.metadata().rowGroups();
  for (const [group, metadata] of groups.entries()) {
    const rows = metadata.numRows();
    if (row < first + rows) return { group, first };
    first += rows;
  }
  throw new Error(`the file has no row ${row}`);
}

export const ways = { 'parquet-wasm': documented, 'parquet-wasm, tuned': tuned };

export const prepare = () => wasmInit();
export const preparesItself = false;
export const plainRows = (table) => plainTable(table);
