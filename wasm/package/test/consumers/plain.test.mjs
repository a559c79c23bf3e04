/** No bundler at all: the package's files as they are, behind a static server. */

import assert from 'node:assert/strict';
import { cp, readFile, rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { browserEntry } from '../harness/package.mjs';
import { Project } from '../harness/packed.mjs';
import { html, script, useBrowser } from './pages.mjs';
import { FOUND, useRides } from './rides.mjs';

const LIMITS = { timeout: 300_000 };
const rides = useRides();
const browser = useBrowser();
let project;
before(async () => (project = await Project.create({})), LIMITS);
after(() => project?.remove());

/** A site with the package in a folder of its own, but for files that got lost, and pages that import it. */
async function site(name, pages, lost = []) {
  await cp(project.installed, project.path(`${name}/parqlet`), { recursive: true });
  for (const file of lost) await rm(project.path(`${name}/parqlet/dist/${file}`));
  await project.write(Object.fromEntries(Object.entries(pages).map(([path, text]) => [`${name}/${path}`, text])));
  return await browser.site(project.path(name));
}

test('a script imports the package by its path', LIMITS, async () => {
  const pages = { 'index.html': html('main.js'), 'main.js': script(`./parqlet/${browserEntry('.')}`) };
  assert.deepEqual(await browser.visit(await site('path', pages), rides.address), { found: FOUND, module: 'file' });
});

test('an import map gives the package its name', LIMITS, async () => {
  const map = { imports: { parqlet: `./parqlet/${browserEntry('.')}` } };
  const pages = {
    'index.html': `<script type="importmap">${JSON.stringify(map)}</script>${html('main.js')}`,
    'main.js': script('parqlet'),
  };
  assert.deepEqual(await browser.visit(await site('map', pages), rides.address), { found: FOUND, module: 'file' });
});

test('the worker is found beside the package', LIMITS, async () => {
  const pages = { 'index.html': html('main.js'), 'main.js': script(`./parqlet/${browserEntry('./worker')}`) };
  assert.deepEqual(await browser.visit(await site('worker', pages), rides.address), { found: FOUND, module: 'file' });
});

test('a site without the WebAssembly file has it as text', LIMITS, async () => {
  const pages = { 'index.html': html('main.js'), 'main.js': script(`./parqlet/${browserEntry('.')}`) };
  const page = await site('text', pages, ['parqlet.wasm']);
  assert.deepEqual(await browser.visit(page, rides.address), { found: FOUND, module: 'inline' });
});

test('a site with neither says what to do', LIMITS, async () => {
  const pages = { 'index.html': html('main.js'), 'main.js': script(`./parqlet/${browserEntry('.')}`) };
  const { code, message } = await browser.visit(await site('none', pages, ['parqlet.wasm', 'inline.js']), rides.address);
  assert.equal(code, 'unsupported');
  assert.match(message, /init\(\)/);
});

test('init takes the module from an address, as bytes and compiled', LIMITS, async () => {
  const sources = {
    address: `new URL('elsewhere.wasm', location.href)`,
    text: `'elsewhere.wasm'`,
    answer: `fetch('elsewhere.wasm')`,
    bytes: `await (await fetch('elsewhere.wasm')).arrayBuffer()`,
    view: `new Uint8Array(await (await fetch('elsewhere.wasm')).arrayBuffer())`,
    module: `await WebAssembly.compileStreaming(fetch('elsewhere.wasm'))`,
  };
  const wasm = await readFile(`${project.installed}/dist/parqlet.wasm`);
  for (const [name, source] of Object.entries(sources)) {
    const entry = `./parqlet/${browserEntry('.')}`;
    const pages = {
      'index.html': html('main.js'),
      'main.js': `import { init } from '${entry}';\nawait init(${source});\nawait import('./read.js');\n`,
      'read.js': script(entry),
      'elsewhere.wasm': wasm,
    };
    const page = await site(name, pages, ['parqlet.wasm', 'inline.js']);
    assert.deepEqual(await browser.visit(page, rides.address), { found: FOUND, module: 'file' }, name);
  }
});
