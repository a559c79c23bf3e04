/**
 * Files that others wrote: every runtime answers the same bytes. With PARQLET_BINARY, the path of the native program, they
 * are those it writes as well. Every sixteenth file; with PARQLET_CORPUS_ALL each, which takes a quarter of an hour.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { goldensOf, locateCorpus } from '../corpus/golden.mjs';
import { useStage } from './stage.mjs';

/** Larger ones say nothing that these don't. */
const LARGEST = 1_000_000;
const ALL = { limit: 999_999_999 };
const STEP = process.env.PARQLET_CORPUS_ALL ? 1 : 16;
/** Of a whole Arrow stream. */
const END = Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
const FORMATS = ['json', 'jsonl', 'csv', 'arrow'];

const { root, skip } = locateCorpus();
const stage = skip
  ? undefined
  : useStage({}, ({ data }) => ({
      bulk: { allow: [data.origin], maxRows: 1e9, maxBytes: 1e9, maxRequests: 1000, memory: 2 ** 26 },
    }));
const binary = process.env.PARQLET_BINARY;

test('every file has the same answer everywhere', { skip, timeout: 1_200_000 }, async (t) => {
  const only = process.env.PARQLET_CORPUS_ONLY ?? '';
  const table = {};
  const failures = [];
  const small = goldensOf(root).filter(({ file, bytes }) => bytes < LARGEST && file.includes(only));
  const goldens = small.filter((_, at) => at % STEP === 0);
  for (const [at, golden] of goldens.entries()) {
    const name = `${at}.parquet`;
    await stage.data.put(name, join(root, golden.file));
    for (const format of FORMATS) {
      const answers = await Promise.all(
        stage.runtimes.map((runtime) => stage.ask(runtime, stage.path('bulk', name, { ...ALL, format }))),
      );
      const [first, ...others] = answers;
      const kind = first.status === 200 ? (first.broken ? 'breaks off' : 'rows') : `${first.status}`;
      const counts = (table[format] ??= {});
      counts[kind] = (counts[kind] ?? 0) + 1;
      const same = others.every((other) => alike(other, first));
      const native = binary === undefined ? undefined : await written(join(root, golden.file), format);
      const fits = native === undefined || (native === null ? kind !== 'rows' : first.body?.equals(native));
      if (!same || !fits) failures.push(`${golden.file} ${format}: ${same ? 'not as native' : 'not the same'}`);
    }
  }
  t.diagnostic(`${goldens.length} files, ${stage.runtimes.join(', ')}${binary === undefined ? '' : ', native'}`);
  for (const [format, counts] of Object.entries(table)) t.diagnostic(`${format}: ${JSON.stringify(counts)}`);
  assert.deepEqual(failures, []);
});

/**
 * Where damage is found after the first rows, how far they came depends on the connection: one runtime breaks off behind
 * them, another has not sent any and refuses. workerd says that it broke off only in the bytes.
 */
function alike(one, other) {
  if (isCut(one) || isCut(other)) return [one, other].every((answer) => isCut(answer) || answer.status === 422);
  if (one.status !== other.status) return false;
  return one.body.equals(other.body) && one.headers['content-type'] === other.headers['content-type'];
}

function isCut({ status, broken, headers, body }) {
  if (status !== 200 || broken) return status === 200;
  return headers['content-type'] === 'application/vnd.apache.arrow.stream' && !body.subarray(-8).equals(END);
}

/** What the native program writes; null where it refuses, undefined where it doesn't know the format. */
async function written(path, format) {
  if (!['jsonl', 'csv'].includes(format)) return undefined;
  return await new Promise((resolve) => {
    const options = { encoding: 'buffer', maxBuffer: 2 ** 30, timeout: 60_000 };
    execFile(binary, ['load', path, '-o', '-', '--format', format], options, (error, out) =>
      resolve(error ? null : out),
    );
  });
}
