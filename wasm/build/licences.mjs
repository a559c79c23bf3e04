/** The licences of what is in the package: our own, and those of every crate and script that is compiled into it. */

import { copyFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BuildError, output } from './run.mjs';

const FILE = /^(licen[cs]e|copying|notice)/i;
const CRATE = 'parqlet-wasm';

/** Writes LICENSE and LICENSE-THIRD-PARTY.txt. Texts that several crates share stand there once. */
export function writeLicences(root, packageRoot) {
  copyFileSync(path.join(root, '..', 'LICENSE'), path.join(packageRoot, 'LICENSE'));
  const flechette = path.join(packageRoot, 'node_modules', '@uwdata', 'flechette');
  const parts = [...crates(root), { name: '@uwdata/flechette', licence: 'BSD-3-Clause', folder: flechette }];
  const texts = new Map();
  for (const { folder } of parts) {
    for (const file of readdirSync(folder).filter((name) => FILE.test(name))) {
      if (path.extname(file) === '.rs') continue;
      const text = readFileSync(path.join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim();
      texts.set(text, [...(texts.get(text) ?? []), path.basename(folder)]);
    }
  }
  const list = parts.map(({ name, licence }) => `${name}: ${licence}`).join('\n');
  const rule = '-'.repeat(100);
  const body = [...texts].map(([text, names]) => `${rule}\n${names.join(', ')}\n${rule}\n\n${text}`);
  writeFileSync(
    path.join(packageRoot, 'LICENSE-THIRD-PARTY.txt'),
    `What is compiled into this package, beside Parqlet's own code:\n\n${list}\n\n${body.join('\n\n')}\n`,
  );
}

/** The crates of the module, by cargo's account of what is linked for the browser. */
function crates(root) {
  const args = ['metadata', '--locked', '--format-version', '1', '--filter-platform', 'wasm32-unknown-unknown'];
  const options = { maxBuffer: 1 << 28 };
  const text = output('cargo', [...args, '--manifest-path', path.join(root, 'Cargo.toml')], options);
  if (text === undefined) throw new BuildError('cargo metadata gives nothing');
  const { packages, resolve } = JSON.parse(text);
  const byId = new Map(packages.map((it) => [it.id, it]));
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const linked = new Set(packages.filter((it) => it.name === CRATE).map((it) => it.id));
  for (const id of linked) {
    for (const { pkg, dep_kinds } of nodes.get(id).deps) {
      if (dep_kinds.some(({ kind }) => kind === null)) linked.add(pkg);
    }
  }
  return [...linked]
    .map((id) => byId.get(id))
    .filter((it) => it.source !== null)
    .map((it) => ({ name: `${it.name} ${it.version}`, licence: it.license, folder: path.dirname(it.manifest_path) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
