/** webpack 5, with nothing configured but what goes in and out. */

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Project } from '../harness/packed.mjs';
import { html, script, useBrowser } from './pages.mjs';
import { FOUND, useRides } from './rides.mjs';
import { tool } from './tools.mjs';

const LIMITS = { timeout: 300_000 };
const rides = useRides();
const browser = useBrowser();
const projects = [];

let webpack;
before(async () => ({ default: webpack } = await tool('webpack')), LIMITS);
after(async () => {
  for (const project of projects) await project.remove();
});

async function built(entry, mode) {
  const project = await Project.create({ 'main.js': script(entry), 'dist/index.html': html('main.js') });
  projects.push(project);
  const output = { path: project.path('dist') };
  const compiler = webpack({ mode, context: project.folder, entry: './main.js', output, devtool: false });
  const stats = await new Promise((resolve, reject) => compiler.run((error, stats) => (error ? reject(error) : resolve(stats))));
  await new Promise((resolve) => compiler.close(resolve));
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
  // That assets are large is said of the WebAssembly file too, rightly.
  const texts = [...errors, ...warnings].map(({ message }) => message).filter((text) => !/size limit|code splitting/.test(text));
  assert.deepEqual(texts, []);
  return project;
}

for (const mode of ['production', 'development']) {
  test(`a ${mode} build carries the WebAssembly file along`, LIMITS, async () => {
    const project = await built('parqlet', mode);
    const page = await browser.site(project.path('dist'));
    assert.deepEqual(await browser.visit(page, rides.address), { found: FOUND, module: 'file' });
    const files = await readdir(project.path('dist'));
    assert.equal(files.filter((name) => name.endsWith('.wasm')).length, 1, files.join());
  });
}

test('a production build bundles the worker', LIMITS, async () => {
  const project = await built('parqlet/worker', 'production');
  const page = await browser.site(project.path('dist'));
  assert.deepEqual(await browser.visit(page, rides.address), { found: FOUND, module: 'file' });
});
