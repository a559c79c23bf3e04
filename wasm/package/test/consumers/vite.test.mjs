/** Vite 8 and Vite 7, without a line of configuration for the package. */

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Project } from '../harness/packed.mjs';
import { html, script, useBrowser } from './pages.mjs';
import { FOUND, useRides } from './rides.mjs';
import { tool } from './tools.mjs';

const LIMITS = { timeout: 300_000 };
const EXCLUDED = { optimizeDeps: { exclude: ['parqlet'] } };

const rides = useRides();
const browser = useBrowser();
const projects = [];
const versions = {};
before(async () => {
  versions[8] = await tool('vite');
  versions[7] = await tool('vite-7');
}, LIMITS);
after(async () => {
  for (const project of projects) await project.remove();
});

async function project(entry) {
  const project = await Project.create({ 'index.html': html('/main.js'), 'main.js': script(entry) });
  projects.push(project);
  return project;
}

/** Builds for production and serves what was built. */
async function visitBuilt(vite, project) {
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
async function visitDeveloped(vite, project, options = {}) {
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

for (const version of [8, 7]) {
  test(`Vite ${version}: a production build carries the WebAssembly file along`, LIMITS, async () => {
    const built = await project('parqlet');
    assert.deepEqual(await visitBuilt(versions[version], built), { found: FOUND, module: 'file' });
    const assets = await readdir(built.path('dist/assets'));
    assert.equal(assets.filter((name) => /^parqlet-.*\.wasm$/.test(name)).length, 1, assets.join());
  });

  test(`Vite ${version}: a production build bundles the worker`, LIMITS, async () => {
    assert.deepEqual(await visitBuilt(versions[version], await project('parqlet/worker')), { found: FOUND, module: 'file' });
  });
}

test('Vite 8: the development server serves the WebAssembly file and the worker', LIMITS, async () => {
  for (const entry of ['parqlet', 'parqlet/worker']) {
    assert.deepEqual(await visitDeveloped(versions[8], await project(entry)), { found: FOUND, module: 'file' }, entry);
  }
});

test('Vite 7: the development server moves the package away from its file: there it is text', LIMITS, async () => {
  assert.deepEqual(await visitDeveloped(versions[7], await project('parqlet')), { found: FOUND, module: 'inline' });
});

test('Vite 7: a worker that the development server left behind is an error that says what to do', LIMITS, async () => {
  const { code, message } = await visitDeveloped(versions[7], await project('parqlet/worker'));
  assert.equal(code, 'unsupported');
  assert.match(message, /optimizeDeps\.exclude/);
});

test('Vite 7: the development server serves file and worker of a package that it leaves in place', LIMITS, async () => {
  for (const entry of ['parqlet', 'parqlet/worker']) {
    const report = await visitDeveloped(versions[7], await project(entry), EXCLUDED);
    assert.deepEqual(report, { found: FOUND, module: 'file' }, entry);
  }
});
