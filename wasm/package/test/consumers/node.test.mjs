/** Node, by import, by import() out of CommonJS, and by require where Node lets it. */

import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Project } from '../harness/packed.mjs';
import { FOUND, READ, useRides } from './rides.mjs';

const LIMITS = { timeout: 300_000 };
const END = '.then((found) => console.log(JSON.stringify(found)), ({ code, message }) => console.log(JSON.stringify({ code, message })));';
const HEAD = 'const address = process.argv[2];';

const PROGRAMS = {
  'import.mjs': `import * as parqlet from 'parqlet';\n${HEAD}\n${READ}${END}`,
  'dynamic.cjs': `${HEAD}\nimport('parqlet').then((parqlet) => ${READ})${END}`,
  'require.cjs': `const parqlet = require('parqlet');\n${HEAD}\n${READ}${END}`,
  'bytes.mjs': initialised(`await readFile('elsewhere.wasm')`),
  'module.mjs': initialised(`await WebAssembly.compile(await readFile('elsewhere.wasm'))`),
  'address.mjs': initialised('new URL(process.argv[3])'),
};

const rides = useRides();
let project;
before(async () => {
  project = await Project.create(PROGRAMS);
  await copyFile(`${project.installed}/dist/parqlet.wasm`, project.path('elsewhere.wasm'));
}, LIMITS);
after(() => project?.remove());

function initialised(source) {
  return `import { readFile } from 'node:fs/promises';
import * as parqlet from 'parqlet';
${HEAD}
await parqlet.init(${source});
${READ}${END}`;
}

const node = (name, ...args) => project.report(process.execPath, '--no-warnings', name, rides.address, ...args);

test('import, import() and require read a remote file', LIMITS, async () => {
  assert.deepEqual(await node('import.mjs'), FOUND);
  assert.deepEqual(await node('dynamic.cjs'), FOUND);
  if (process.features.require_module) assert.deepEqual(await node('require.cjs'), FOUND);
});

test('the WebAssembly file is had by its name in the exports', LIMITS, async () => {
  await project.write({
    'names.mjs': `console.log(JSON.stringify(import.meta.resolve('parqlet/parqlet.wasm').endsWith('/dist/parqlet.wasm')))`,
  });
  assert.equal(await project.report(process.execPath, 'names.mjs'), true);
});

test('the WebAssembly file is used where it is, the text where it is not', LIMITS, async () => {
  const other = await Project.create(PROGRAMS);
  try {
    await other.lose('inline.js');
    assert.deepEqual(await other.report(process.execPath, 'import.mjs', rides.address), FOUND, 'file');
    await other.write({ 'node_modules/parqlet/dist/parqlet.wasm': 'no module' });
    const { code, message } = await other.report(process.execPath, 'import.mjs', rides.address);
    assert.equal(code, 'unsupported', 'neither');
    assert.match(message, /init\(\)/);
  } finally {
    await other.remove();
  }
});

test('without its file the module is had as text, without both by init', LIMITS, async () => {
  await project.lose('parqlet.wasm');
  assert.deepEqual(await node('import.mjs'), FOUND, 'text');
  await project.lose('inline.js');
  assert.deepEqual(await node('bytes.mjs'), FOUND, 'bytes');
  assert.deepEqual(await node('module.mjs'), FOUND, 'module');
  await rides.server.put('elsewhere.wasm', project.path('elsewhere.wasm'));
  assert.deepEqual(await node('address.mjs', rides.server.url('elsewhere.wasm')), FOUND, 'address');
});
