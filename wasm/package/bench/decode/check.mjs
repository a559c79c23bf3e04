/** The readers give the same values: rows all over the file, compared. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { tableFromIPC } from 'apache-arrow';
import { plainRow, plainTable } from '../common/plain.js';
import { JOBS } from './jobs.mjs';

/** One row of so many is compared; no divisor of batches and pages. */
const STEP = 997;

/** Throws if Parqlet gives other values than its peers for the columns of a file. */
export async function checkValues(path, columns) {
  const bytes = Uint8Array.from(readFileSync(path));
  const read = async (name) => await (await JOBS[name]())(bytes, columns);
  const table = async (name) => plainTable(tableFromIPC(await read(name)), STEP);
  const rows = async (name) => (await read(name)).filter((_, at) => at % STEP === 0).map(plainRow);
  const expected = await table('parquet-wasm 65536');
  assert.deepEqual(await table('parqlet ipc'), expected);
  assert.deepEqual(await rows('parqlet rows'), expected);
  assert.deepEqual(await rows('hyparquet rows'), expected);
}
