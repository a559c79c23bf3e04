/** esbuild without a plugin or a loader: it leaves files that are named by `new URL` behind. */

import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Project } from '../harness/packed.mjs';
import { html, script, useBrowser } from './pages.mjs';
import { FOUND, READ, useRides } from './rides.mjs';
import { tool } from './tools.mjs';

const LIMITS = { timeout: 300_000 };
const rides = useRides();
const browser = useBrowser();

let esbuild;
let project;
before(async () => {
  esbuild = await tool('esbuild');
  project = await Project.create({ 'main.js': script('parqlet') });
}, LIMITS);
after(() => project?.remove());

async function bundle(folder, options, entry = 'main.js') {
  const { warnings } = await esbuild.build({
    absWorkingDir: project.folder,
    entryPoints: [entry],
    bundle: true,
    outdir: folder,
    logLevel: 'silent',
    ...options,
  });
  await project.write({ [`${folder}/index.html`]: html('main.js') });
  return warnings.map(({ text }) => text);
}

test('a bundle for browsers has the WebAssembly module as text', LIMITS, async () => {
  assert.deepEqual(await bundle('web', { format: 'esm' }), []);
  const page = await browser.site(project.path('web'));
  assert.deepEqual(await browser.visit(page, rides.address), { found: FOUND, module: 'inline' });
});

test('with splitting the text is a file of its own', LIMITS, async () => {
  assert.deepEqual(await bundle('split', { format: 'esm', splitting: true, minify: true }), []);
  const page = await browser.site(project.path('split'));
  assert.deepEqual(await browser.visit(page, rides.address), { found: FOUND, module: 'inline' });
});

test('the WebAssembly file is used where it was copied beside the bundle', LIMITS, async () => {
  await bundle('copied', { format: 'esm' });
  await copyFile(`${project.installed}/dist/parqlet.wasm`, project.path('copied/parqlet.wasm'));
  const page = await browser.site(project.path('copied'));
  assert.deepEqual(await browser.visit(page, rides.address), { found: FOUND, module: 'file' });
});

test('a classic script works too', LIMITS, async () => {
  await bundle('classic', { format: 'iife', logLevel: 'silent' });
  const page = await browser.site(project.path('classic'));
  assert.deepEqual(await browser.visit(page, rides.address), { found: FOUND, module: 'inline' });
});

test('bundles for Node, ESM and CommonJS', LIMITS, async () => {
  const text = `import * as parqlet from 'parqlet';
const address = process.argv[2];
${READ}.then((found) => console.log(JSON.stringify(found)));
`;
  await project.write({ 'node.js': text });
  for (const [format, name] of [['esm', 'node.mjs'], ['cjs', 'node.cjs']]) {
    const options = { format, platform: 'node', outdir: undefined, outfile: name };
    await bundle('.', options, 'node.js');
    assert.deepEqual(await project.report(process.execPath, name, rides.address), FOUND, format);
  }
});
