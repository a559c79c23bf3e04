/** Rows as hyparquet expects them of its test files: the same, but for the differences that VALUES.md names. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { goldensOf, locateCorpus } from './corpus/golden.mjs';
import { nodeEntry } from './harness/package.mjs';

const { root, skip } = locateCorpus();
if (skip) console.error(skip);

test('rows are those that hyparquet expects', { skip, timeout: 120_000 }, async (t) => {
  const { open } = await import(pathToFileURL(nodeEntry()));
  const goldens = goldensOf(root).filter(({ hyparquet_json }) => hyparquet_json !== undefined);
  assert.ok(goldens.length > 40, `${goldens.length} files`);
  const differences = [];
  let values = 0;
  for (const { file: path, hyparquet_json } of goldens) {
    const expected = JSON.parse(await readFile(join(root, 'hyparquet-expected', hyparquet_json), 'utf8'));
    const file = await open(await readFile(join(root, path)));
    const rows = await file.rows({ int64: 'number', maps: 'map', json: 'parsed' });
    file.close();
    if (rows.length !== expected.length) differences.push(`${path}: ${rows.length} rows, expected ${expected.length}`);
    file.schema.fields.forEach((field, c) => {
      rows.forEach((row, r) => {
        const [ours, theirs] = [row[field.name], expected[r]?.[c]];
        values += 1;
        if (same(field, ours, theirs)) return;
        differences.push(`${path}: row ${r}, "${field.name}" ${field.type}: ${text(ours)}, expected ${text(theirs)}`);
      });
    });
  }
  t.diagnostic(`${goldens.length} files, ${values} values`);
  assert.deepEqual(differences, []);
});

/** Whether a value is what hyparquet's JSON says, as far as that can say it. */
function same({ type, children }, ours, theirs) {
  // There, a member may be missing, and JSON has no NaN and no infinity.
  if (theirs === null || theirs === undefined) return isNothing(ours) || (Array.isArray(ours) && ours.length === 0);
  if (ours === null) return false;
  if (type.startsWith('decimal')) return close(Number(ours), theirs);
  if (ours instanceof Date) return ours.toISOString() === theirs;
  if (ours instanceof Uint8Array) return sameBytes(ours, theirs);
  if (ours instanceof Map) {
    const keys = Object.keys(theirs);
    return keys.length === ours.size && keys.every((key) => same(children[1], ours.get(key), theirs[key]));
  }
  if (Array.isArray(ours)) {
    return ours.length === theirs.length && ours.every((item, i) => same(children[0], item, theirs[i]));
  }
  if (type.startsWith('struct<')) {
    // Variants are assembled there.
    if (children[0].name === 'metadata') return true;
    return children.every((child) => same(child, ours[child.name], theirs[child.name]));
  }
  return text(ours) === text(theirs);
}

function isNothing(value) {
  return value === null || (typeof value === 'number' && !Number.isFinite(value));
}

/** Decimals are computed there, with the last digit as it comes. */
function close(a, b) {
  return Math.abs(a - b) <= Math.abs(a) * 1e-15;
}

/** Bytes are a list of numbers there, or text if they are no text column but were read so; geometries are objects. */
function sameBytes(bytes, theirs) {
  if (Array.isArray(theirs)) return Buffer.from(theirs).equals(bytes);
  return typeof theirs === 'object' || new TextDecoder().decode(bytes) === theirs;
}

/** As hyparquet writes its JSON, which has large integers as numbers. */
function text(value) {
  return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? Number(inner) : inner));
}
