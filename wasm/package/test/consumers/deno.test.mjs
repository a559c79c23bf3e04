/** Deno, with the package in node_modules. */

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Project } from '../harness/packed.mjs';
import { FOUND, useRides } from './rides.mjs';
import { PROGRAM, assertFewRequests } from './runtimes.mjs';
import { program } from './tools.mjs';

const LIMITS = { timeout: 300_000 };
const rides = useRides();
let project;
before(async () => (project = await Project.create({ 'main.mjs': PROGRAM })), LIMITS);
after(() => project?.remove());
beforeEach(() => rides.server.resetLog());

function deno(...permissions) {
  const options = ['run', '--quiet', '--no-prompt', '--no-lock', '--node-modules-dir=manual', '--allow-net', ...permissions];
  return project.report(process.execPath, program('deno', 'bin.cjs'), ...options, 'main.mjs', rides.address);
}

test('a program that may not read files has the WebAssembly module as text', LIMITS, async () => {
  assert.deepEqual(await deno(), FOUND);
  await assertFewRequests(rides.server);
});

test('a program that may read files has it from its file', LIMITS, async () => {
  await project.lose('inline.js');
  assert.deepEqual(await deno('--allow-read'), FOUND);
  await assertFewRequests(rides.server);
});
