/** Bun, as a runtime and as a bundler. */

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Project } from '../harness/packed.mjs';
import { FOUND, useRides } from './rides.mjs';
import { PROGRAM, assertFewRequests } from './runtimes.mjs';
import { bun } from './tools.mjs';

const LIMITS = { timeout: 300_000 };
const rides = useRides();
let project;
before(async () => (project = await Project.create({ 'main.mjs': PROGRAM })), LIMITS);
after(() => project?.remove());
beforeEach(() => rides.server.resetLog());

test('a bundle for Bun reads a remote file', LIMITS, async () => {
  await project.run(bun(), 'build', '--target=bun', '--outfile=bundle.mjs', 'main.mjs');
  assert.deepEqual(await project.report(bun(), 'bundle.mjs', rides.address), FOUND);
});

test('a program without the WebAssembly file has it as text', LIMITS, async () => {
  const other = await Project.create({ 'main.mjs': PROGRAM });
  try {
    await other.lose('parqlet.wasm');
    assert.deepEqual(await other.report(bun(), 'main.mjs', rides.address), FOUND);
  } finally {
    await other.remove();
  }
});

test('a program has the WebAssembly module from its file', LIMITS, async () => {
  await project.lose('inline.js');
  assert.deepEqual(await project.report(bun(), 'main.mjs', rides.address), FOUND);
  await assertFewRequests(rides.server);
});
