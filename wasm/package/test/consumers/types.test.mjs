/** TypeScript's view of the package, through the exports of package.json. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Project } from '../harness/packed.mjs';
import { program, toolFolder } from './tools.mjs';

const LIMITS = { timeout: 300_000 };
const SHARED = { strict: true, noEmit: true, exactOptionalPropertyTypes: true, skipLibCheck: false, target: 'es2022' };
const WEB = ['es2022', 'dom', 'dom.iterable'];

/** How projects find types; `dom`: whether they have those of web pages. */
const PROJECTS = {
  bundler: { module: 'esnext', moduleResolution: 'bundler', lib: WEB, types: [] },
  nodenext: { module: 'nodenext', lib: WEB, types: [] },
  'nodenext without the types of web pages': { module: 'nodenext', lib: ['es2022'], types: ['node'] },
};

let project;
before(async () => {
  const text = async (name) => await readFile(new URL(`types/${name}`, import.meta.url), 'utf8');
  project = await Project.create({ 'use.ts': await text('use.ts'), 'web.ts': await text('web.ts') });
}, LIMITS);
after(() => project?.remove());

/** Checks a program; answers what the compiler complains of. */
async function check(options, file) {
  const typeRoots = [join(toolFolder('@types/node'), '..')];
  const config = { compilerOptions: { ...SHARED, ...options, typeRoots }, files: [file] };
  await project.write({ 'tsconfig.json': JSON.stringify(config) });
  const tsc = program('typescript', 'bin/tsc');
  return await project.run(process.execPath, tsc, '--project', 'tsconfig.json').catch(({ stdout }) => stdout);
}

for (const [name, options] of Object.entries(PROJECTS)) {
  test(`right use is accepted and wrong use refused: ${name}`, LIMITS, async () => {
    assert.equal(await check(options, 'use.ts'), '');
  });
}

test('what the web has names for goes in by those names', LIMITS, async () => {
  assert.equal(await check(PROJECTS.bundler, 'web.ts'), '');
});

test('a wrong use that is not expected is found', LIMITS, async () => {
  await project.write({ 'wrong.ts': `import { open } from 'parqlet';\nvoid open(1);\n` });
  assert.match(await check(PROJECTS.bundler, 'wrong.ts'), /wrong\.ts\(2,11\): error TS2345/);
});

test('CommonJS that Node gives an ES module by require is accepted', LIMITS, async () => {
  await project.write({ 'old.cts': `import { open } from 'parqlet';\nvoid open('a.parquet');\n` });
  assert.equal(await check(PROJECTS.nodenext, 'old.cts'), '');
});
