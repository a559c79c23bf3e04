/**
 * The package as a command that other checkers can run: `node corpus-reader.mjs IN OUT` reads a Parquet file and writes
 * it as an Arrow IPC stream. Exit status 1 and a line on standard error for a refusal, 101 for a crash.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { nodeEntry } from './harness/package.mjs';

const [input, output] = process.argv.slice(2);
const { open, ParqletError } = await import(pathToFileURL(nodeEntry()));
try {
  const file = await open(await readFile(input));
  await writeFile(output, await file.ipc());
  file.close();
} catch (error) {
  const refused = error instanceof ParqletError && error.code !== 'crashed';
  console.error(refused ? `${error.code}: ${error.message}` : error);
  process.exitCode = refused ? 1 : 101;
}
