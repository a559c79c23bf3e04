/** What runtimes other than browsers are given to run, and what the server may be asked for it. */

import assert from 'node:assert/strict';
import { asked } from '../harness/stage.mjs';
import { READ } from './rides.mjs';

/** A program that says what it found in the file that its last argument names. */
export const PROGRAM = `import process from 'node:process';
import * as parqlet from 'parqlet';
const address = process.argv.at(-1);
try {
  console.log(JSON.stringify(await ${READ}));
} catch ({ code, message, stack }) {
  console.log(JSON.stringify({ code, message, stack }));
}
`;

/** Opening takes one request, by the end of the file, and each of the two reads at most one more. */
export async function assertFewRequests(server) {
  const [first, ...others] = asked(await server.log());
  assert.match(first, /^GET bytes=-\d+$/);
  assert.ok(others.length <= 2, others.join());
  for (const other of others) assert.match(other, /^GET bytes=\d+-\d+$/);
}
