/** A worker bundled as Cloudflare's own tool does it. */

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tool } from './tools.mjs';

/** The modules of a project's `worker.js`, as Miniflare takes them. */
export async function bundledWorker(project) {
  const { build } = await tool('esbuild');
  const outdir = project.path('out');
  await build({
    absWorkingDir: project.folder,
    entryPoints: ['worker.js'],
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    loader: { '.wasm': 'copy' },
    outdir,
    logLevel: 'silent',
  });
  const modules = [];
  for (const path of (await readdir(outdir)).sort()) {
    const contents = await readFile(join(outdir, path));
    if (path.endsWith('.wasm')) modules.push({ type: 'CompiledWasm', path, contents });
    else modules.unshift({ type: 'ESModule', path, contents: contents.toString() });
  }
  return modules;
}
