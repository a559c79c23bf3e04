// Compiles values.types.ts: types that should fit do, and those that should not don't.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');

test('the public types of schema and values', () => {
  const options =
    '--ignoreConfig --noEmit --strict --noUncheckedIndexedAccess --module esnext --moduleResolution bundler';
  const files = [join(here, 'values.types.ts'), join(here, '..', 'src', 'values', 'flechette.d.ts')];
  const flags = [...options.split(' '), '--target', 'es2022', '--lib', 'es2022,dom', '--skipLibCheck', '--types', ''];
  const { status, stdout } = spawnSync(process.execPath, [compiler, ...flags, ...files], { encoding: 'utf8' });
  assert.equal(stdout, '');
  assert.equal(status, 0);
});
