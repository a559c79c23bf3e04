/** `parqlet/preview` as users get it on a page: without a bundler, from another host, and through bundlers. */

import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Fixture } from '../harness/fixture.mjs';
import { browserEntry } from '../harness/package.mjs';
import { Project } from '../harness/packed.mjs';
import { html, useBrowser } from './pages.mjs';
import { useRides } from './rides.mjs';
import { program, tool } from './tools.mjs';

const LIMITS = { timeout: 300_000 };
const rides = useRides();
const browser = useBrowser();
const projects = [];
const sites = [];
after(async () => {
  for (const site of sites) await site.stop();
  for (const project of projects) await project.remove();
});

/** A page with the element; it reports what its first row shows, and whether a worker read it. */
const script = (entry) => `
const Started = globalThis.Worker;
let workers = 0;
globalThis.Worker = class extends Started {
  constructor(...args) {
    super(...args);
    this.addEventListener('message', () => (workers = 1), { once: true });
  }
};
await import('${entry}');
const preview = document.createElement('parqlet-preview');
preview.columns = ['ride_id', 'fare'];
preview.addEventListener('error', ({ detail }) => (globalThis.report = { message: detail.error.message }));
preview.addEventListener('load', ({ detail }) => {
  const cell = preview.shadowRoot.querySelector('[aria-rowindex="2"] [aria-colindex="2"]');
  globalThis.report = { found: [detail.file.rowCount, cell.textContent, workers] };
});
preview.src = new URL(location.href).searchParams.get('file');
document.body.append(preview);
`;
const READ = (workers) => [1000, '1000000', workers];

async function project(entry) {
  const project = await Project.create({ 'index.html': html('main.js'), 'main.js': script(entry) });
  projects.push(project);
  return project;
}

test('from a static server, beside the page and from another host, where no worker can be had', LIMITS, async () => {
  const here = await project(`./parqlet/${browserEntry('./preview')}`);
  await cp(here.installed, here.path('parqlet'), { recursive: true });
  const { found } = await browser.visit(await browser.site(here.folder), rides.address);
  assert.deepEqual(found, READ(1));

  const host = await Fixture.start();
  sites.push(host);
  await host.putFolder('parqlet', here.installed);
  await host.cors('*', {});
  const there = await project(host.url(`parqlet/${browserEntry('./preview')}`));
  const far = await browser.visit(await browser.site(there.folder), rides.address);
  assert.deepEqual(far.found, READ(0), far.message);
});

test('Vite: built with its worker; developed with Vite 7, which leaves the worker behind, without', LIMITS, async () => {
  const [vite, before] = [await tool('vite'), await tool('vite-7')];
  const built = await project('parqlet/preview');
  const config = { root: built.folder, configFile: false, logLevel: 'error', build: { target: 'es2022' } };
  await vite.build(config);
  const server = await vite.preview({ ...config, preview: { port: 0, host: '127.0.0.1' } });
  try {
    assert.deepEqual((await browser.visit(server.resolvedUrls.local[0], rides.address)).found, READ(1));
  } finally {
    await server.close();
  }
  const developed = await project('parqlet/preview');
  const development = await before.createServer({
    root: developed.folder,
    configFile: false,
    logLevel: 'error',
    server: { port: 0, host: '127.0.0.1', hmr: false },
  });
  try {
    await development.listen();
    const { found, message } = await browser.visit(development.resolvedUrls.local[0], rides.address);
    assert.deepEqual(found, READ(0), message);
  } finally {
    await development.close();
  }
});

test('esbuild: it leaves the worker behind, so the page reads', LIMITS, async () => {
  const esbuild = await tool('esbuild');
  const bundled = await project('parqlet/preview');
  await esbuild.build({
    absWorkingDir: bundled.folder,
    entryPoints: ['main.js'],
    bundle: true,
    format: 'esm',
    outdir: 'web',
    logLevel: 'silent',
  });
  await bundled.write({ 'web/index.html': html('main.js') });
  const { found, message } = await browser.visit(await browser.site(bundled.path('web')), rides.address);
  assert.deepEqual(found, READ(0), message);
});

test('webpack: built with its worker', LIMITS, async () => {
  const { default: webpack } = await tool('webpack');
  const built = await project('parqlet/preview');
  const output = { path: built.path('dist') };
  const experiments = { outputModule: true, topLevelAwait: true };
  const options = { mode: 'production', context: built.folder, entry: './main.js', output, experiments, devtool: false };
  const compiler = webpack(options);
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, stats) => (error ? reject(error) : resolve(stats)));
  });
  await new Promise((resolve) => compiler.close(resolve));
  assert.deepEqual(stats.toJson({ all: false, errors: true }).errors, []);
  await built.write({ 'dist/index.html': html('main.js') });
  const { found, message } = await browser.visit(await browser.site(built.path('dist')), rides.address);
  assert.deepEqual(found, READ(1), message);
});

test('TypeScript knows the element, its properties and its events', LIMITS, async () => {
  const use = `import { ParqletPreview, type PreviewEvents } from 'parqlet/preview';
const preview: ParqletPreview = document.createElement('parqlet-preview');
preview.source = new Blob([]);
preview.options = { headers: { a: 'b' } };
preview.columns = ['a'];
preview.addEventListener('stats', ({ detail }) => detail.stats.requests.length);
preview.addEventListener('load', async ({ detail: { file } }) => (await file.plan()).requests);
preview.addEventListener('click', (event: MouseEvent) => event.clientX);
const told: PreviewEvents['view']['detail'] = { start: 0, end: 1 };
preview.scrollToRow(told.start);
// @ts-expect-error: rows are numbers
preview.scrollToRow('1');
`;
  const typed = await project('parqlet/preview');
  const compilerOptions = {
    strict: true, noEmit: true, skipLibCheck: false, module: 'esnext', moduleResolution: 'bundler', target: 'es2022',
    lib: ['es2022', 'dom', 'dom.iterable'], types: [],
  };
  await typed.write({ 'use.ts': use, 'tsconfig.json': JSON.stringify({ compilerOptions, files: ['use.ts'] }) });
  const tsc = program('typescript', 'bin/tsc');
  const said = await typed.run(process.execPath, tsc, '--project', 'tsconfig.json').catch(({ stdout }) => stdout);
  assert.equal(said, '');
});
