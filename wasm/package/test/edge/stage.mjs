/** Files on loopback, the handler in every runtime, and what each answered. */

import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Fixture, writeSample } from '../harness/fixture.mjs';
import { settled } from '../harness/stage.mjs';
import { serve } from '../sources.mjs';
import { startServices } from './services.mjs';

const LIMITS = { timeout: 120_000 };

/** Headers that are ours to say; the rest is the runtime's. */
const OURS = [
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
  'access-control-expose-headers',
  'access-control-max-age',
  'allow',
  'cache-control',
  'content-type',
  'etag',
  'vary',
  'x-content-type-options',
];

/** `samples`: options of `fixture sample` by name. `configs(stage)`: options of each handler by name. */
export function useStage(samples, configs) {
  const stage = new Stage();
  before(() => stage.start(samples, configs), { timeout: 240_000 });
  after(() => stage.stop(), { timeout: 60_000 });
  return stage;
}

class Stage {
  /** The server of the files, and one that nobody may read from. */
  data;
  elsewhere;
  /** A server that answers as `answer(request, response)` says. */
  custom;
  answer;
  /** Samples on disk: `path`, `byteLength`. */
  samples = {};
  #folder;
  #running;

  async start(samples, configs) {
    this.#folder = await mkdtemp(join(tmpdir(), 'parqlet-edge-'));
    [this.data, this.elsewhere] = await Promise.all([Fixture.start(), Fixture.start()]);
    this.custom = await serve((request, response) => this.answer(request, response));
    for (const [name, options] of Object.entries(samples)) {
      const path = join(this.#folder, `${name}.parquet`);
      await writeSample(path, ...options);
      this.samples[name] = { path, byteLength: (await stat(path)).size };
      await this.data.put(`${name}.parquet`, path);
    }
    this.#running = await startServices(configs(this));
  }

  async stop() {
    await this.#running?.stop();
    await Promise.all([this.data?.stop(), this.elsewhere?.stop()]);
    this.custom?.close();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  get runtimes() {
    return [...this.#running.services.keys()];
  }

  /** The address of a path in a runtime. */
  address(runtime, path) {
    return this.#running.services.get(runtime).address(path);
  }

  /** The address of a question about a file of the data server; `file` may be a whole address. */
  path(handler, file, parameters = {}, path = '/') {
    const url = file.includes(':') ? file : this.data.url(file);
    return `/${handler}${path}?${new URLSearchParams({ url, ...parameters })}`;
  }

  /** Asks one runtime. */
  async ask(runtime, path, init) {
    // Not compressed: workerd would, and what the end of a broken gzip stream holds nobody can tell.
    // workerd closes kept connections whenever it likes. Others keep theirs: where none is kept, Node's fetch takes a
    // body that breaks off for a whole one.
    const own = runtime === 'workerd' ? { connection: 'close' } : {};
    const headers = { 'accept-encoding': 'identity', ...own, ...init?.headers };
    const response = await fetch(this.address(runtime, path), { redirect: 'manual', ...init, headers });
    const { status } = response;
    const said = Object.fromEntries([...response.headers].filter(([name]) => OURS.includes(name)));
    try {
      return { status, headers: said, body: Buffer.from(await response.arrayBuffer()) };
    } catch {
      return { status, headers: said, broken: true };
    }
  }

  /**
   * Asks every runtime, one after the other: all must answer the same, byte for byte, and ask the same of the data
   * server. Gives back the answer, with `text` and, of a problem, `problem`; and what the server was `asked`.
   */
  async askAll(path, init) {
    const answers = [];
    for (const runtime of this.runtimes) {
      await this.data.resetLog();
      await this.elsewhere.resetLog();
      const answer = await this.ask(runtime, path, init);
      const log = await settled(this.data);
      const { requests } = await this.elsewhere.log();
      answers.push({ runtime, answer, asked: askedOf(log), elsewhere: requests.length, log });
    }
    const [first, ...others] = answers;
    for (const other of others) {
      const seen = ({ answer, asked, elsewhere }) => ({
        ...answer,
        body: answer.body?.toString('latin1'),
        asked,
        elsewhere,
      });
      assert.deepEqual(seen(other), seen(first), `${other.runtime} and ${first.runtime}`);
    }
    const { answer, asked, elsewhere, log } = first;
    const text = answer.body?.toString();
    const isProblem = answer.headers['content-type'] === 'application/problem+json' && text !== '';
    return { ...answer, text, problem: isProblem ? JSON.parse(text) : undefined, asked, elsewhere, log };
  }
}

/** The requests of a log in the order of their ranges: those of a read go out at once. */
export function askedOf(log) {
  const line = ({ method, range, path }) => `${method} ${path.split('?')[0].slice(1)} ${range ?? ''}`.trim();
  const start = ({ range }) => Number(/=(\d+)/.exec(range ?? '')?.[1] ?? -1);
  return [...log.requests].sort((a, b) => start(a) - start(b)).map(line);
}

/** A test with a time limit of its own. */
export function edgeTest(name, body) {
  test(name, LIMITS, body);
}
