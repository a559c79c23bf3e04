/**
 * A page in Chromium on one origin, files on another: CORS is real. Each page is a new one that remembers nothing.
 *
 * The data server seems 30 ms and 50 MB/s a connection away, so that its log tells what overlapped and what waited.
 */

import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startChromium } from './chromium.mjs';
import { Fixture, writeSample } from './fixture.mjs';
import { browserEntry, packageFolder } from './package.mjs';

export const DISTANCE = ['--first-byte', '30ms', '--bandwidth', '50MB/s'];

/** CORS as a bucket made public with one line has it: nothing exposed, preflights refused. */
export const PUBLIC = {};
/** What a careful host adds. */
export const EXPOSED = { expose: 'Content-Range, ETag, Accept-Ranges' };
/** Preflights answered, for these headers. */
export const allowing = (allowHeaders) => ({ preflight: { answered: { allowHeaders, maxAge: 600 } } });

/** Rides in 10 row groups: a column is far from itself in the next one, so that it takes several ranges. */
const LARGE = ['--rows', '100000', '--row-groups', '10'];
const SAMPLES = {
  large: LARGE,
  /** Other values in the same columns: a later version. */
  later: [...LARGE, '--seed', '7'],
  /** More than the tail that is asked for first, less than what is taken whole. */
  small: ['--rows', '1500', '--row-groups', '2'],
  /** Less than that tail. */
  tiny: ['--rows', '100', '--row-groups', '1'],
};

/** A browser test has a time limit of its own: nothing in it may hang. */
export function browserTest(name, body) {
  test(name, { timeout: 120_000 }, body);
}

/** The stage of a test file, up before its first test and gone after its last; `samples` of its own, by name. */
export function useStage(samples = {}) {
  const stage = new Stage({ ...SAMPLES, ...samples });
  before(() => stage.start(), { timeout: 120_000 });
  after(() => stage.stop(), { timeout: 30_000 });
  return stage;
}

class Stage {
  /** The page's own origin. */
  site;
  /** The origin of the files. */
  data;
  /** Samples on disk: `path`, `byteLength`. */
  samples = {};
  #options;
  #folder;
  #browser;
  #context;
  #files = 0;

  constructor(options) {
    this.#options = options;
  }

  async start() {
    browserEntry('.'); // Says at once what to do where there is nothing to test.
    this.#folder = await mkdtemp(join(tmpdir(), 'parqlet-browser-'));
    for (const [name, options] of Object.entries(this.#options)) {
      const path = join(this.#folder, `${name}.parquet`);
      await writeSample(path, ...options);
      this.samples[name] = { path, byteLength: (await stat(path)).size };
    }
    this.site = await Fixture.start(...DISTANCE);
    this.data = await Fixture.start(...DISTANCE);
    await this.site.putFolder('dist', join(packageFolder, 'dist'));
    this.#browser = await startChromium();
  }

  async stop() {
    await this.#browser?.close();
    await this.data?.stop();
    await this.site?.stop();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  /** A sample under a new name on the data server. */
  async file(sample, cors = PUBLIC) {
    this.#files += 1;
    const name = `${sample}-${this.#files}.parquet`;
    const { path, byteLength } = this.samples[sample];
    await this.data.put(name, path);
    await this.data.cors(name, cors);
    return { name, byteLength, url: this.data.url(name) };
  }

  /**
   * A new page with the package as `parqlet`, in place of the last one; `subpath` is what it imports, `head` stands in
   * its head, `options` are those of the browser's context.
   */
  async page(subpath = '.', { head = '', ...options } = {}) {
    await this.#context?.close();
    this.#context = await this.#browser.newContext(options);
    const page = await this.#context.newPage();
    page.setDefaultTimeout(30_000);
    await this.site.putText('page.html', html(`/${browserEntry(subpath)}`, head));
    await page.goto(this.site.url('page.html'));
    await page.waitForFunction(() => globalThis.parqlet !== undefined);
    await this.data.resetLog();
    await this.site.resetLog();
    return page;
  }
}

/** A page without a bundler; `failure` gives an error in a form that gets out of it. */
function html(entry, head) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
${head}
<link rel="icon" href="data:,">
<title>parqlet</title>
<input type="file">
<script type="module">
  import * as parqlet from '${entry}';
  globalThis.parqlet = parqlet;
  globalThis.failure = async (promise) => {
    try {
      await promise;
    } catch (error) {
      const { name, code, message, retryable, status } = error;
      return { name, code, message, retryable, status, typed: error instanceof parqlet.ParqletError };
    }
    throw new Error('it should have failed');
  };
</script>`;
}

/** The requests of a log in the order of their arrival: `HEAD`, `GET bytes=0-7`, `OPTIONS`. */
export function asked(log) {
  return log.requests.map(({ method, range }) => (range === null ? method : `${method} ${range}`));
}

/** Those for data, without those by which a file of this length was opened. */
export function dataRequests(log, byteLength) {
  return log.requests.filter(({ method, range }) => {
    if (method !== 'GET' || range === null || range === 'bytes=0-0') return false;
    return !range.startsWith('bytes=-') && !range.endsWith(`-${byteLength - 1}`);
  });
}

/** Waits until the server has no request open, and gives its log. */
export async function settled(server) {
  for (let tries = 0; tries < 200; tries++) {
    const log = await server.log();
    if (log.requests.every(({ ended }) => ended !== null)) return log;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('the server still has requests under way');
}
