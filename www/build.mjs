/**
 * Builds the site: `node build.mjs [--out folder] [--sample file.parquet]`. Static files for any server that takes
 * range requests. The package is used as it is published: its files lie beside the page's own script, untouched.
 */

import { createHash } from 'node:crypto';
import { cp, copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createRequire } from 'node:module';

const root = import.meta.dirname;
const packageRoot = path.join(root, '..', 'wasm', 'package');
const { build: bundle } = createRequire(path.join(packageRoot, 'package.json'))('esbuild');

/** Where it is built if nothing is said. */
export const SITE = path.join(root, 'dist');

/** @param {{ out?: string, sample: string }} options `sample`: the file that is served beside the page. */
export async function build({ out = SITE, sample }) {
  const { exports } = JSON.parse(await readFile(path.join(packageRoot, 'package.json'), 'utf8'));
  /** The file of the package that a browser loads for `parqlet/…`. */
  const entry = (name) => {
    const { browser, default: any } = exports[`.${name.slice('parqlet'.length)}`];
    return path.basename(browser ?? any);
  };
  const used = new Set();
  const published = {
    name: 'published',
    setup({ onResolve }) {
      onResolve({ filter: /^parqlet(\/|$)/ }, ({ path: name }) => {
        used.add(entry(name));
        return { path: `./parqlet/${entry(name)}`, external: true };
      });
    },
  };
  await rm(out, { recursive: true, force: true });
  await mkdir(path.join(out, 'parqlet'), { recursive: true });
  await bundle({
    entryPoints: [path.join(root, 'src', 'main.js')],
    outfile: path.join(out, 'main.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    plugins: [published],
    logLevel: 'warning',
  });
  await bundle({ entryPoints: [path.join(root, 'style.css')], outfile: path.join(out, 'style.css'), minify: true });

  // The worker's script and the module are not imported but started and fetched.
  const files = new Set(['worker-host.js', 'parqlet.wasm']);
  for (const name of [...used, 'worker-host.js']) await reach(name, files);
  for (const name of files) await copyFile(path.join(packageRoot, 'dist', name), path.join(out, 'parqlet', name));

  const early = await reach(entry('parqlet/preview'), new Set());
  const links = [...early].map((name) => `<link rel="modulepreload" href="parqlet/${name}">`);
  const page = await readFile(path.join(root, 'index.html'), 'utf8');
  await writeFile(path.join(out, 'index.html'), page.replace('<!-- modules -->', links.join('\n  ')));
  await copyFile(path.join(root, 'icon.svg'), path.join(out, 'icon.svg'));
  await bundle({
    entryPoints: [path.join(root, 'src', 'offline.js')],
    outfile: path.join(out, 'offline.js'),
    minify: true,
    define: { SITE: JSON.stringify(await digest(out)) },
    logLevel: 'warning',
  });
  await cp(sample, path.join(out, 'sample.parquet'));
}

/** The files of the site, and a version that changes with any of them. */
async function digest(out) {
  const found = await readdir(out, { recursive: true, withFileTypes: true });
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(out, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
  const hash = createHash('sha256');
  for (const name of files) hash.update(`${name}\0`).update(await readFile(path.join(out, name)));
  return { files, version: hash.digest('hex').slice(0, 16) };
}

/** Adds a script of the package and those it imports. */
async function reach(name, files) {
  files.add(name);
  const text = await readFile(path.join(packageRoot, 'dist', name), 'utf8');
  for (const [, next] of text.matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g)) {
    if (!files.has(next)) await reach(next, files);
  }
  return files;
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { out: { type: 'string' }, sample: { type: 'string' } } });
  await build({ sample: path.join(packageRoot, '..', 'build', 'sample.parquet'), ...values });
  console.log(`Built ${values.out ?? SITE}`);
}
