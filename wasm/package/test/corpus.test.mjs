/**
 * Files that others wrote, and the rows they hold: every file of the corpus as the package reads it in Node, from the
 * bytes to JavaScript values.
 */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { goldensOf, judge, locateCorpus } from './corpus/golden.mjs';

/** Longer than any file takes on a slow machine. */
const PATIENCE = 60_000;

const { root, skip } = locateCorpus();
if (skip) console.error(skip);

test('every file gives its values or a clean error', { skip, timeout: 900_000 }, async (t) => {
  const only = process.env.PARQLET_CORPUS_ONLY ?? '';
  const reader = new Reader();
  const failures = [];
  let passed = 0;
  for (const golden of goldensOf(root).filter(({ file }) => file.includes(only))) {
    const outcome = await reader.read(join(root, golden.file), (golden.columns ?? []).map(({ loose }) => loose !== undefined));
    const reason = judge(golden, outcome);
    if (reason === undefined) passed += 1;
    else failures.push(`${golden.expect} ${golden.group} ${golden.file}: ${reason}`);
  }
  await reader.end();
  t.diagnostic(`${passed} passed, ${failures.length} failed`);
  assert.deepEqual(failures, []);
});

/** One thread for all files, replaced where it hangs or ends. */
class Reader {
  #worker;
  #give;

  async read(path, loose) {
    this.#worker ??= this.#start();
    const answer = new Promise((resolve) => (this.#give = resolve));
    const timer = setTimeout(() => this.#give({ lost: `no answer within ${PATIENCE / 1000} s` }), PATIENCE);
    this.#worker.postMessage({ path, loose });
    const outcome = await answer;
    clearTimeout(timer);
    if (outcome.lost === undefined) return outcome;
    await this.end();
    return { error: { message: outcome.lost } };
  }

  async end() {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #start() {
    const worker = new Worker(new URL('corpus/reader.mjs', import.meta.url));
    worker.on('message', (outcome) => this.#give(outcome));
    worker.on('error', (error) => this.#give({ lost: `the thread ended: ${error.stack}` }));
    worker.on('exit', (code) => this.#give({ lost: `the thread ended with ${code}` }));
    return worker;
  }
}
