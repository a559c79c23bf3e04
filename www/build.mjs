/**
 * Builds the site: `node build.mjs [--out folder] [--sample file.parquet] [--service https://…]`. Static files for any
 * server that takes range requests. The package is used as it is published: its files lie beside the page's own script,
 * untouched.
 */

import { createHash } from 'node:crypto';
import { cp, copyFile, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createRequire } from 'node:module';

const root = import.meta.dirname;
const packageRoot = path.join(root, '..', 'wasm', 'package');

/** What whoever builds it can mend. */
class UsageError extends Error {}

/** Where it is built if nothing is said. */
export const SITE = path.join(root, 'dist');

/** What is told of a service on the page, before anything is opened. */
const TOLD = (host) => `, but where a file’s own server doesn’t let this page read it: then ${host} does, and is told the
        whole address`;

/**
 * @param {object} options
 * @param {string} [options.out]
 * @param {string} options.sample The file that is served beside the page.
 * @param {string} [options.service] The address of a service (`parqlet/edge`, `parqlet serve`) that reads what a page can't.
 *   It stands in the page itself, so that no link can name another. Default: none.
 * @throws {UsageError} For what is no such address, or where there is no package yet.
 */
export async function build({ out = SITE, sample, service }) {
  const through = service === undefined ? undefined : addressOf(service);
  const bundle = await bundler();
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
  // The module as text is for pages that can't fetch it, what reads through a service for those that have one.
  const without = through === undefined ? ['inline.js', 'via.js'] : ['inline.js'];
  for (const name of [...used, 'worker-host.js']) await reach(name, files, without);
  for (const name of files) await copyFile(path.join(packageRoot, 'dist', name), path.join(out, 'parqlet', name));

  const early = await reach(entry('parqlet/preview'), new Set());
  const links = [...early].map((name) => `<link rel="modulepreload" href="parqlet/${name}">`);
  const filled = fill(await readFile(path.join(root, 'index.html'), 'utf8'), {
    modules: links.join('\n  '),
    service: through && `<meta name="parqlet-service" content="${escaped(through.href)}">`,
    told: through && TOLD(escaped(through.host)),
  });
  await writeFile(path.join(out, 'index.html'), filled);
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

/** What bundles, once there is something to be bundled. */
async function bundler() {
  const made = await stat(path.join(packageRoot, 'dist', 'preview.js')).catch(() => undefined);
  if (made === undefined) throw new UsageError('the package is not built: run `make wasm` first');
  return createRequire(path.join(packageRoot, 'package.json'))('esbuild').build;
}

/** The address of a service as the page has it. */
function addressOf(service) {
  const url = URL.canParse(service) ? new URL(service) : undefined;
  if (!/^https?:$/.test(url?.protocol) || url.username !== '' || url.password !== '' || url.hash !== '') {
    throw new UsageError(`--service takes the address of a service, as https://service.example.org/, not ${service}`);
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** Puts texts in the place of `<!-- name -->`; nothing where there is none, and no line that is left empty. */
function fill(page, texts) {
  let filled = page;
  for (const [name, text] of Object.entries(texts)) {
    const place = text === undefined ? new RegExp(`^ *<!-- ${name} -->\\n|<!-- ${name} -->`, 'm') : `<!-- ${name} -->`;
    filled = filled.replace(place, () => text ?? '');
  }
  return filled;
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

/** Adds a script of the package and those it imports; with `without` those it may import later, too, but for these. */
async function reach(name, files, without) {
  files.add(name);
  const text = await readFile(path.join(packageRoot, 'dist', name), 'utf8');
  for (const [, later, next] of text.matchAll(/(?:from|import)\s*(\(?)"\.\/([\w.-]+\.js)"/g)) {
    if (files.has(next) || (later !== '' && (without?.includes(next) ?? true))) continue;
    await reach(next, files, without);
  }
  return files;
}

if (process.argv[1] === import.meta.filename) {
  try {
    const text = { type: 'string' };
    const { values } = parseArgs({ options: { out: text, sample: text, service: text } });
    await build({ sample: path.join(packageRoot, '..', 'build', 'sample.parquet'), ...values });
    console.log(`Built ${values.out ?? SITE}`);
  } catch (error) {
    if (!(error instanceof UsageError || error.code?.startsWith('ERR_PARSE_ARGS'))) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 2;
  }
}
