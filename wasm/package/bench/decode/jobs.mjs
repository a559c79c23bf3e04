/**
 * What is timed: whole files in memory, read by one of the readers. Each job is loaded on its own, so that a process
 * that runs one of them holds nothing of the others.
 *
 * A job is `(bytes, columns) => result`; `rows` and `stream` say what `check.mjs` can compare.
 */

const parqlet = async () => (await import('../../dist/node.js')).open;
const parquetWasm = async () => (await import('parquet-wasm')).readParquet;
const hyparquet = async () => ({ ...(await import('hyparquet')), ...(await import('hyparquet-compressors')) });

const withFile = (read) => async () => {
  const open = await parqlet();
  return async (bytes, columns) => {
    const file = await open(bytes);
    try {
      return await read(file, columns);
    } finally {
      file.close();
    }
  };
};

const toStream = (options) => async () => {
  const readParquet = await parquetWasm();
  return async (bytes, columns) => readParquet(bytes, { columns, ...options }).intoIPCStream();
};

/** Loads a job by its name. */
export const JOBS = {
  nothing: async () => async () => undefined,
  'parqlet ipc': withFile((file, columns) => file.ipc({ columns })),
  'parqlet batches': withFile(async (file, columns) => {
    let bytes = 0;
    for await (const batch of file.batches({ columns })) bytes += batch.ipc().length;
    return bytes;
  }),
  'parquet-wasm': toStream({}),
  'parquet-wasm 65536': toStream({ batchSize: 65_536 }),
  'parqlet rows': withFile((file, columns) => file.rows({ columns })),
  'hyparquet rows': async () => {
    const { parquetReadObjects, compressors } = await hyparquet();
    return (bytes, columns) => parquetReadObjects({ file: bytes.buffer, columns, compressors });
  },
  'parqlet columns': withFile((file, columns) => file.columns({ columns })),
  'hyparquet columns': async () => {
    const { parquetRead, compressors } = await hyparquet();
    return async (bytes, columns) => {
      const chunks = [];
      await parquetRead({ file: bytes.buffer, columns, compressors, onChunk: (chunk) => chunks.push(chunk) });
      return chunks;
    };
  },
};
