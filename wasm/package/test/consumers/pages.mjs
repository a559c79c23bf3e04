/** Pages that use the package, seen in a real browser. */

import { after, before } from 'node:test';
import { startChromium } from '../harness/chromium.mjs';
import { Fixture } from '../harness/fixture.mjs';
import { READ } from './rides.mjs';

/** The script of a page; `entry` is what it imports. */
export function script(entry) {
  return `import * as parqlet from '${entry}';
const address = new URL(location.href).searchParams.get('file');
${READ}.then(
  (found) => (globalThis.report = { found }),
  ({ code, message, stack }) => (globalThis.report = { code, message, stack }),
);
`;
}

/** A page that has that script. */
export function html(src) {
  return `<!doctype html><meta charset="utf-8"><title>parqlet</title><link rel="icon" href="data:,">
<script type="module" src="${src}"></script>
`;
}

/** A browser, up while the tests of a file run. */
export function useBrowser() {
  const browser = new Browser();
  before(() => browser.start(), { timeout: 90_000 });
  after(() => browser.stop(), { timeout: 30_000 });
  return browser;
}

class Browser {
  #browser;
  #sites = [];

  async start() {
    this.#browser = await startChromium();
  }

  async stop() {
    await this.#browser?.close();
    for (const site of this.#sites) await site.stop();
  }

  /** Serves a folder as it is, from an origin of its own; answers the address of its page. */
  async site(folder) {
    const site = await Fixture.start();
    this.#sites.push(site);
    await site.putFolder('', folder);
    return site.url('index.html');
  }

  /**
   * Loads a page that reads a file. Answers its report, and where the WebAssembly module came from: a `file`, or the
   * text `inline` in a script.
   */
  async visit(page, file) {
    const context = await this.#browser.newContext();
    try {
      const tab = await context.newPage();
      const modules = [];
      const problems = [];
      tab.on('response', (response) => modules.push(isModule(response)));
      tab.on('pageerror', (error) => problems.push(error.message));
      await tab.goto(`${page}?file=${encodeURIComponent(file)}`);
      try {
        await tab.waitForFunction(() => globalThis.report !== undefined, undefined, { timeout: 45_000 });
      } catch {
        throw new Error(`the page said nothing: ${problems.join('; ')}`);
      }
      const report = await tab.evaluate(() => globalThis.report);
      const files = await Promise.all(modules);
      return { ...report, module: files.includes(true) ? 'file' : 'inline' };
    } finally {
      await context.close();
    }
  }
}

/** Some servers answer with a page where they have no such file. */
async function isModule(response) {
  if (!new URL(response.url()).pathname.endsWith('.wasm') || response.status() !== 200) return false;
  const body = await response.body().catch(() => Buffer.alloc(0));
  return body.subarray(0, 4).equals(Buffer.of(0, 0x61, 0x73, 0x6d));
}
