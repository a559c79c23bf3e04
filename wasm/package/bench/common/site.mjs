/** Pages of one origin that read files of another, in Chromium. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChromium } from '../../test/harness/chromium.mjs';
import { Fixture } from '../../test/harness/fixture.mjs';
import { bundleReaders } from './bundles.mjs';

const DISTANCE = ['--first-byte', '30ms', '--bandwidth', '50MB/s'];

/** What a host does for its users at most: preflights answered and kept, everything exposed. */
const GENEROUS = {
  expose: 'Content-Range, Content-Length, ETag, Accept-Ranges',
  preflight: { answered: { allowHeaders: 'Range, If-Match', maxAge: 600 } },
};
/** What it does at least: nothing exposed, preflights refused. */
const BARE = {};

const HTML = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>bench</title>';

/** Two origins and a browser. */
export class Site {
  #folder;
  #site;
  #data;
  #browser;

  static async start(file) {
    const site = new Site();
    site.#folder = await mkdtemp(join(tmpdir(), 'parqlet-bench-'));
    await bundleReaders(site.#folder);
    site.#site = await Fixture.start(...DISTANCE);
    site.#data = await Fixture.start(...DISTANCE);
    await site.#site.putFolder('bench', site.#folder);
    await site.#site.putText('page.html', HTML);
    for (const [name, cors] of Object.entries({ 'file.parquet': GENEROUS, 'bare.parquet': BARE })) {
      await site.#data.put(name, file);
      await site.#data.cors(name, cors);
    }
    site.#browser = await startChromium();
    return site;
  }

  async stop() {
    await this.#browser?.close();
    await this.#site?.stop();
    await this.#data?.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** One job in a new page with an empty cache, the reader's module compiled before the clock starts. */
  async measure({ script, way, bare }, job) {
    return await this.#inPage(this.#browser, async (page) => {
      await page.exposeFunction('beforeJob', async () => {
        await this.#settled();
        await this.#data.resetLog();
      });
      const found = await page.evaluate(
        async ({ script, way, job, url }) => {
          const [{ run }, reader] = await Promise.all([import('/bench/page.js'), import(`/bench/${script}/reader.js`)]);
          await reader.prepare();
          return await run(reader, way, job, url);
        },
        { script, way, job, url: this.#data.url(bare ? 'bare.parquet' : 'file.parquet') },
      );
      return { ...found, ...cost(await this.#settled()) };
    });
  }

  /** One job from nothing, in a browser with a new profile. */
  async cold({ script, way }, job) {
    const browser = await startChromium();
    try {
      return await this.#inPage(browser, (page) =>
        page.evaluate(
          async ({ script, way, job, url }) => {
            const { cold } = await import('/bench/page.js');
            return await cold(`/bench/${script}/reader.js`, way, job, url);
          },
          { script, way, job, url: this.#data.url('file.parquet') },
        ),
      );
    } finally {
      await browser.close();
    }
  }

  async #inPage(browser, work) {
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(120_000);
      await page.goto(this.#site.url('page.html'));
      return await work(page);
    } finally {
      await context.close();
    }
  }

  /** The log once the server has no request open. */
  async #settled() {
    for (let tries = 0; tries < 400; tries++) {
      const log = await this.#data.log();
      if (log.requests.every(({ ended }) => ended !== null)) return log;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error('the server still has requests under way');
  }
}

function cost({ requests, roundTrips }) {
  const preflights = requests.filter(({ method }) => method === 'OPTIONS').length;
  return {
    requests: requests.length - preflights,
    preflights,
    roundTrips,
    bytes: requests.reduce((sum, { bytesSent }) => sum + bytesSent, 0),
    log: requests.map(
      ({ method, range, status, started, ended, bytesSent }) =>
        `${started.toFixed(0)}–${ended?.toFixed(0)} ${method} ${range ?? ''} ${status}, ${bytesSent} bytes`,
    ),
  };
}
