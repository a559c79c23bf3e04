/** What is in the tarball, and whether package.json speaks the truth about it. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { packageFolder } from './harness/package.mjs';
import { pack } from './harness/packed.mjs';

const manifest = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
let folder;
let tarball;
let paths;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parqlet-manifest-'));
  tarball = await pack(folder);
  execFileSync('tar', ['-xzf', tarball.path, '-C', folder]);
  paths = tarball.files.map(({ path }) => path);
}, { timeout: 120_000 });
after(() => rm(folder, { recursive: true, force: true }));

const text = (path) => readFile(join(folder, 'package', path), 'utf8');
const scripts = () => paths.filter((path) => path.endsWith('.js'));

/** Every path that a value of `exports` leads to, with the conditions on the way. */
function targets(value, conditions = []) {
  if (typeof value === 'string') return [{ path: value.replace(/^\.\//, ''), conditions }];
  return Object.entries(value).flatMap(([condition, inner]) => targets(inner, [...conditions, condition]));
}

test('every export is a file of the tarball, types first', () => {
  for (const [name, value] of Object.entries(manifest.exports)) {
    const found = targets(value);
    for (const { path, conditions } of found) assert.ok(paths.includes(path), `${name} ${conditions}: ${path}`);
    if (typeof value === 'string') continue;
    // Conditions are taken in order, so that anything before them would hide the types.
    assert.equal(found[0].conditions[0], 'types', name);
    assert.match(found[0].path, /\.d\.ts$/);
    assert.equal(found.at(-1).conditions.at(-1), 'default', name);
  }
  assert.ok(paths.includes(manifest.types.replace(/^\.\//, '')));
});

test('scripts and types import only what is there', async () => {
  for (const path of paths.filter((path) => /\.(js|d\.ts)$/.test(path))) {
    for (const [, name] of (await text(path)).matchAll(/(?:\bfrom|\bimport\(?)\s*["']([^"'\n]+)["']/g)) {
      if (name.startsWith('node:')) continue;
      assert.match(name, /^\.\.?\//, `${path} imports ${name}`);
      const file = join(path, '..', name);
      const there = paths.includes(file) || paths.includes(file.replace(/\.js$/, '.d.ts'));
      assert.ok(there, `${path} imports ${name}, which isn't there`);
    }
  }
});

test('no file is empty', () => {
  // A bundle shared between entries can be, and is then one more file that browsers fetch.
  assert.deepEqual(tarball.files.filter(({ size }) => size === 0).map(({ path }) => path), []);
});

test('nothing is installed along, and nothing is run', () => {
  for (const name of ['dependencies', 'peerDependencies', 'optionalDependencies', 'bundleDependencies']) {
    assert.equal(manifest[name], undefined, name);
  }
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) assert.equal(manifest.scripts?.[name], undefined);
});

test('no bundler is told that scripts do nothing when they are imported', () => {
  // They set how the module is found, or answer messages: a bundler that dropped them would break the package.
  assert.equal(manifest.sideEffects, undefined);
});

test('no path of a machine and no source of the build is in it', async () => {
  const documents = /^(dist\/|package\.json$|LICENSE|(README|PREVIEW|VALUES|EDGE|CHANGELOG)\.md$)/;
  const others = paths.filter((path) => !documents.test(path));
  assert.deepEqual(others, []);
  const homes = [packageFolder, homedir(), tmpdir(), '/home/', '/Users/', 'node_modules'];
  for (const path of paths.filter((path) => path.startsWith('dist/'))) {
    const bytes = await readFile(join(folder, 'package', path));
    for (const home of homes) assert.ok(!bytes.includes(`${home}${home.endsWith('/') ? '' : '/'}`), `${path} names ${home}`);
  }
});

test('licences are along: our own, and that of what is bundled', async () => {
  assert.ok(paths.includes('LICENSE'), 'no LICENSE');
  const texts = await Promise.all(paths.filter((path) => /LICEN[CS]E|NOTICE/i.test(path)).map(text));
  const all = texts.join('\n');
  assert.match(all, /Apache License/);
  // @uwdata/flechette, BSD-3-Clause.
  assert.match(all, /flechette/i);
  assert.match(all, /Redistribution and use in source and binary forms/);
});

test('a README is along', () => assert.ok(paths.includes('README.md'), 'no README.md'));

test('the size of the tarball', (t) => {
  const largest = [...tarball.files].sort((a, b) => b.size - a.size).slice(0, 5);
  for (const { path, size } of largest) t.diagnostic(`${path}: ${size} bytes`);
  t.diagnostic(`${paths.length} files, ${tarball.size} bytes packed, ${tarball.unpackedSize} unpacked`);
  assert.ok(tarball.size < 2_500_000, `${tarball.size} bytes`);
});
