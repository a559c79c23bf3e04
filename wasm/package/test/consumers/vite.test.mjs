/** Vite, without a line of configuration for the package. */

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Project } from '../harness/packed.mjs';
import { html, script, useBrowser } from './pages.mjs';
import { FOUND, useRides } from './rides.mjs';
import { tool } from './tools.mjs';

const LIMITS = { timeout: 120_000 };
const rides = useRides();
const browser = useBrowser();
const projects = [];

async function project(entry) {
  const project = await Project.create({ 'index.html': html('/main.js'), 'main.js': script(entry) });
  projects.push(project);
  return project;
}

let vite;
before(async () => (vite = await tool('vite')), LIMITS);
after(async () => {
  for (const project of projects) await project.remove();
});

/** Builds for production and serves what was built. */
async function visitBuilt(project) {
  const config = { root: project.folder, configFile: false, logLevel: 'error' };
  await vite.build(config);
  const server = await vite.preview({ ...config, preview: { port: 0, host: '127.0.0.1' } });
  try {
    return await browser.visit(server.resolvedUrls.local[0], rides.address);
  } finally {
    await server.close();
  }
}

/** Serves the project as it is developed. */
async function visitDeveloped(project, options = {}) {
  const server = await vite.createServer({
    root: project.folder,
    configFile: false,
    logLevel: 'error',
    server: { port: 0, host: '127.0.0.1', hmr: false },
    ...options,
  });
  try {
    await server.listen();
    return await browser.visit(server.resolvedUrls.local[0], rides.address);
  } finally {
    await server.close();
  }
}

test('a production build carries the WebAssembly file along', LIMITS, async () => {
  const built = await project('parqlet');
  assert.deepEqual(await visitBuilt(built), { found: FOUND, module: 'file' });
  const assets = await readdir(built.path('dist/assets'));
  assert.equal(assets.filter((name) => /^parqlet-.*\.wasm$/.test(name)).length, 1, assets.join());
});

test('a production build bundles the worker', LIMITS, async () => {
  assert.deepEqual(await visitBuilt(await project('parqlet/worker')), { found: FOUND, module: 'file' });
});

test('the development server, which moves the package away from its file, has it as text', LIMITS, async () => {
  assert.deepEqual(await visitDeveloped(await project('parqlet')), { found: FOUND, module: 'inline' });
});

test('the development server serves the file of a package that it leaves in place', LIMITS, async () => {
  const options = { optimizeDeps: { exclude: ['parqlet'] } };
  assert.deepEqual(await visitDeveloped(await project('parqlet'), options), { found: FOUND, module: 'file' });
});

test('the development server serves the worker of a package that it leaves in place', LIMITS, async () => {
  const options = { optimizeDeps: { exclude: ['parqlet'] } };
  assert.deepEqual(await visitDeveloped(await project('parqlet/worker'), options), { found: FOUND, module: 'file' });
});

test('a worker that the development server left behind is an error that says what to do', LIMITS, async () => {
  const { code, message } = await visitDeveloped(await project('parqlet/worker'));
  assert.equal(code, 'unsupported');
  assert.match(message, /optimizeDeps\.exclude/);
});
