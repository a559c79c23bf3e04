/** Reads files of the corpus in a thread of its own, so that whoever waits for it can end it. */

import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { parentPort } from 'node:worker_threads';
import { nodeEntry } from '../harness/package.mjs';
import { OPTIONS, digest } from './canon.mjs';

const { open, ParqletError } = await import(pathToFileURL(nodeEntry()));

parentPort.on('message', async ({ path, loose }) => {
  try {
    parentPort.postMessage(await outcome(path, loose));
  } catch (error) {
    const code = error instanceof ParqletError ? error.code : undefined;
    parentPort.postMessage({ error: { code, message: code === undefined ? String(error?.stack ?? error) : error.message } });
  }
});

async function outcome(path, loose) {
  const file = await open(await readFile(path));
  try {
    const { fields } = file.schema;
    const names = fields.map(({ name }) => name);
    const rows = await file.rows(OPTIONS);
    const columns = fields.map((field, i) => {
      // Of columns with one name only the last can be had.
      if (names.lastIndexOf(field.name) !== i) return undefined;
      const values = rows.map((row) => row[field.name]);
      const text = loose[i] ? digest(field, values, true).sha256 : undefined;
      return { ...digest(field, values), type: field.type, loose: text };
    });
    const arrays = Object.values(await file.columns(OPTIONS));
    if (arrays.some(({ length }) => length !== rows.length)) throw new Error('columns of another length than there are rows');
    return { rows: rows.length, columns };
  } finally {
    file.close();
  }
}
