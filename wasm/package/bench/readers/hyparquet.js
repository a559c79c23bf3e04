/** hyparquet: as in the first example of its README, and with what its documentation and source offer. */

import { asyncBufferFromUrl, cachedAsyncBuffer, parquetMetadataAsync, parquetRead, parquetReadObjects, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { plainRow } from '../common/plain.js';

const readme = {
  connect: async (url) => ({ file: await asyncBufferFromUrl({ url }) }),
  names: async ({ file, metadata }) => {
    const schema = parquetSchema(metadata ?? (await parquetMetadataAsync(file)));
    return schema.children.map(({ element }) => element.name);
  },
  rows: (source, { columns, offset = 0, limit }) =>
    parquetReadObjects({ ...source, compressors, columns, rowStart: offset, rowEnd: offset + limit }),
  column: async (source, name) => {
    const chunks = [];
    const onChunk = ({ columnData, rowStart }) => chunks.push({ columnData, rowStart });
    await parquetRead({ ...source, compressors, columns: [name], onChunk });
    return chunks.sort((a, b) => a.rowStart - b.rowStart).map(({ columnData }) => columnData);
  },
};

/** Metadata and ranges kept, the offset index used, and no ranges of one address one after the other in Chromium's cache. */
const tuned = {
  ...readme,
  connect: async (url) => {
    const file = cachedAsyncBuffer(await asyncBufferFromUrl({ url, requestInit: { cache: 'no-store' } }));
    return { file, metadata: await parquetMetadataAsync(file), useOffsetIndex: true };
  },
};

export const ways = { 'hyparquet': readme, 'hyparquet, tuned': tuned };

export const prepare = async () => undefined;
export const preparesItself = true;
export const plainRows = (rows) => rows.map(plainRow);
