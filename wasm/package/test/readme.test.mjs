/** The README is true: every snippet in it runs, against a server in the place of its host. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { startChromium } from './harness/chromium.mjs';
import { Fixture, writeSample } from './harness/fixture.mjs';
import { packageFolder } from './harness/package.mjs';
import { startService } from './harness/service.mjs';

const HOST = 'https://example.org';
const SERVICE = 'https://service.example.org';
/** The package's own, and that of the repository. */
const texts = ['README.md', '../../README.md'].map((name) => readFileSync(join(packageFolder, name), 'utf8'));
let folder;
let files;
let page;
let service;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parqlet-readme-'));
  const sample = join(folder, 'rides.parquet');
  await writeSample(sample, '--rows', '200000');
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(packageFolder, join(folder, 'node_modules', 'parqlet'));
  [files, page] = await Promise.all([Fixture.start(), Fixture.start()]);
  await files.put('rides.parquet', sample);
  await files.cors('rides.parquet', { allowOrigin: '*' });
  service = await startService({ allow: [files.origin] });
});

after(async () => {
  service?.close();
  await Promise.all([files?.stop(), page?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

/** The fenced blocks of a language. */
function blocks(language) {
  return texts
    .join('\n')
    .split(`\`\`\`${language}\n`)
    .slice(1)
    .map((rest) => rest.split('```')[0].replaceAll(HOST, files.origin).replaceAll(SERVICE, service.origin));
}

async function run(script, name) {
  const path = join(folder, name);
  writeFileSync(path, script);
  return await promisify(execFile)(process.execPath, ['--preserve-symlinks', path], { timeout: 60_000, cwd: folder });
}

test('the scripts run and print', async () => {
  const scripts = blocks('js');
  assert.equal(scripts.length, 6);
  const outputs = scripts.map((script, place) => run(script, `${place}.mjs`));
  const [rows, file, error, via, edge, front] = await Promise.all(outputs);
  assert.equal(edge.stdout, '');
  for (const { stdout } of [rows, front]) assert.match(stdout, /city: .*fare: /s);
  assert.match(file.stdout, /^200000 \d+ \[/);
  assert.match(file.stdout, /100 20000 \d+ \[/);
  assert.equal(error.stdout, 'not_found false 404\n');
  assert.match(via.stdout, /^directly \[.*city: .*\]\n(\d+\n)+$/s);
});

test('the page with the preview shows rows', async () => {
  const [, html] = blocks('html');
  await shown('preview.html', html, async (tab) => {
    await tab.waitForFunction(() => document.title === '200000 rides', undefined, { timeout: 30_000 });
    const cells = await tab.locator('[aria-rowindex="2"] [role="gridcell"]').allTextContents();
    assert.deepEqual([cells.length, cells[0]], [4, '1000000']);
  });
});

test('the edge function answers', async () => {
  const script = blocks('js').find((script) => script.includes('createHandler'));
  const url = encodeURIComponent(files.url('rides.parquet'));
  const ask = `const request = new Request('https://edge.example/?url=${url}&columns=city,fare&limit=2&format=csv');
console.log(await (await handler(request)).text());`;
  const { stdout } = await run(`${script}\n${ask}`, 'edge.mjs');
  assert.match(stdout, /^city,fare\n[^\n]+,\d+\.\d+\n[^\n]+,\d+\.\d+\n$/m);
});

test('the page shows rows', async () => {
  const [html] = blocks('html');
  await shown('index.html', html, async (tab) => {
    await tab.waitForFunction(() => document.querySelectorAll('tr').length === 11, undefined, { timeout: 30_000 });
    const cells = await tab.locator('tr').nth(1).locator('td').allTextContents();
    assert.equal(cells.length, 5);
    assert.ok(cells.every((cell) => cell !== 'undefined' && cell !== ''), cells.join());
    if (process.env.PARQLET_SCREENSHOT) {
      await tab.setViewportSize({ width: 800, height: 460 });
      await tab.screenshot({ path: process.env.PARQLET_SCREENSHOT });
    }
  });
});

/** Shows `html` in Chromium with the package beside it; `look` tells what it sees, and the page must report no error. */
async function shown(name, html, look) {
  await page.putText(name, html);
  await page.putFolder('node_modules/parqlet/dist', join(packageFolder, 'dist'));
  const chromium = await startChromium();
  try {
    const tab = await chromium.newPage();
    const errors = [];
    tab.on('pageerror', (error) => errors.push(error));
    await tab.goto(page.url(name));
    await look(tab);
    assert.deepEqual(errors, []);
  } finally {
    await chromium.close();
  }
}
