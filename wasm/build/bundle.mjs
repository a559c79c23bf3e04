/** TypeScript to the files of the npm package. */

import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { BuildError, run } from './run.mjs';

/** What becomes a file of its own in `dist`, by what is in `src`. The rest is shared between them. */
const ENTRIES = {
  browser: 'entry/browser.ts',
  node: 'entry/node.ts',
  workerd: 'entry/workerd.ts',
  worker: 'worker/index.ts',
  'worker-host': 'worker/host.ts',
  preview: 'preview/index.ts',
};

/** The same, each bundled apart: what pages load would be cut into more files for their sake. */
const VIA_ENTRIES = {
  via: 'via/index.ts',
};
const EDGE_ENTRIES = {
  'edge-browser': 'entry/edge-browser.ts',
  'edge-node': 'entry/edge-node.ts',
  'edge-workerd': 'entry/edge-workerd.ts',
};

/** Whose types users see. */
const TYPES = ['index', 'worker/index', 'preview/index', 'via/index', 'edge/index'];

/** A bundle apart that others load where they need it. */
const VIA = /^\.\.\/via\/index\.js$/;

/** Written by the build itself, beside the bundles. */
const BESIDE = /^\.\.?\/(.*\/)?(inline\.js|parqlet\.wasm)$/;

/**
 * Bundles `src` into `dist` and writes the types.
 *
 * @param {string} glue Path of the bindings, which `src` imports as `glue.js`.
 * @returns {Promise<string[]>} Paths of what a browser loads for `import 'parqlet'`.
 */
export async function bundle(packageRoot, glue) {
  const { build } = await import(pathToFileURL(path.join(packageRoot, 'node_modules', 'esbuild', 'lib', 'main.js')));
  const dist = path.join(packageRoot, 'dist');
  const plugin = {
    name: 'parqlet',
    setup({ onResolve }) {
      onResolve({ filter: /(^|\/)glue\.js$/ }, () => ({ path: glue }));
      onResolve({ filter: VIA }, ({ kind }) =>
        kind === 'dynamic-import' ? { path: './via.js', external: true } : undefined,
      );
      onResolve({ filter: BESIDE }, ({ path: name }) => ({ path: `./${path.basename(name)}`, external: true }));
    },
  };
  const options = {
    outdir: dist,
    bundle: true,
    format: 'esm',
    splitting: true,
    target: 'es2022',
    platform: 'neutral',
    external: ['node:*'],
    minify: true,
    legalComments: 'eof',
    plugins: [plugin],
    metafile: true,
    absWorkingDir: packageRoot,
    logLevel: 'warning',
  };
  const bundled = async (entries) => {
    const files = Object.entries(entries).map(([name, file]) => [name, path.join(packageRoot, 'src', file)]);
    const { metafile } = await build({ ...options, entryPoints: Object.fromEntries(files) });
    return metafile.outputs;
  };
  const outputs = await bundled(ENTRIES);
  await bundled(VIA_ENTRIES);
  await bundled(EDGE_ENTRIES);
  return reached(outputs, 'dist/browser.js').map((file) => path.join(packageRoot, file));
}

/** An output and all it imports, directly or not, except what it may never need. */
function reached(outputs, first) {
  const files = new Set([first]);
  for (const file of files) {
    for (const { path: other, external, kind } of outputs[file].imports) {
      if (!external && kind === 'import-statement') files.add(other);
    }
  }
  return [...files];
}

/** Checks types and writes the declarations that users need: those that the public ones refer to. */
export function declare(packageRoot, scratch) {
  const src = path.join(packageRoot, 'src');
  const types = path.join(packageRoot, 'dist', 'types');
  rmSync(scratch, { recursive: true, force: true });
  const compiler = path.join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  run(process.execPath, [compiler, '--project', packageRoot, '--outDir', scratch], { cwd: packageRoot });

  const wanted = new Set(TYPES);
  for (const name of wanted) {
    const file = [scratch, src].map((folder) => path.join(folder, `${name}.d.ts`)).find((file) => existsSync(file));
    if (file === undefined) throw new BuildError(`there are no types of ${name}`);
    const text = readFileSync(file, 'utf8');
    for (const [, from] of text.matchAll(/(?:from|import\()\s*['"]([^'"]+)['"]/g)) {
      if (!from.startsWith('.')) throw new BuildError(`the types of ${name} need ${from}, which users don't have`);
      wanted.add(path.posix.join(path.posix.dirname(name), from).replace(/\.js$/, ''));
    }
    const to = path.join(types, `${name}.d.ts`);
    mkdirSync(path.dirname(to), { recursive: true });
    writeFileSync(to, text);
  }
}

/** Empties `dist`, without taking the folder away from whoever serves it. */
export function clear(dist) {
  mkdirSync(dist, { recursive: true });
  for (const name of readdirSync(dist)) rmSync(path.join(dist, name), { recursive: true });
}
