/** workerd, the runtime of Cloudflare's Workers, with the package bundled as their own tool does it. */

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Project } from '../harness/packed.mjs';
import { FOUND, READ, useRides } from './rides.mjs';
import { assertFewRequests } from './runtimes.mjs';
import { tool } from './tools.mjs';
import { bundledWorker } from './worker.mjs';

const LIMITS = { timeout: 300_000 };
/** Before and after `fetch` knew its option `cache` there. */
const DATES = ['2024-09-02', '2026-02-01'];

/**
 * `/read` reads the file; `/keep` reads with a file that an earlier request opened; `/compile` shows that bytes can't be
 * compiled here.
 */
const WORKER = `import * as parqlet from 'parqlet';
let kept;
export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const address = searchParams.get('file');
    try {
      if (pathname === '/read') return Response.json(await ${READ});
      if (pathname === '/keep') {
        kept ??= await parqlet.open(address);
        const rows = await kept.rows({ columns: ['ride_id'], offset: Number(searchParams.get('row')), limit: 1 });
        return Response.json(String(rows[0].ride_id));
      }
      await WebAssembly.compile(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
      return Response.json('compiled');
    } catch ({ name, code, message, stack }) {
      return Response.json({ name, code, message, stack });
    }
  },
};
`;

const rides = useRides();
let project;
let modules;
let Miniflare;
before(async () => {
  ({ Miniflare } = await tool('miniflare'));
  project = await Project.create({ 'worker.js': WORKER });
  // All but the import of the WebAssembly file, which workerd does itself.
  await project.lose('inline.js', 'node.js', 'browser.js');
  modules = await bundledWorker(project);
}, LIMITS);
after(() => project?.remove());
beforeEach(() => rides.server.resetLog());

async function deployed(compatibilityDate, body) {
  const worker = new Miniflare({ compatibilityDate, modules });
  try {
    await body(async (path, query = '') => {
      const url = `http://worker${path}?file=${encodeURIComponent(rides.address)}${query}`;
      return await (await worker.dispatchFetch(url)).json();
    });
  } finally {
    await worker.dispose();
  }
}

test('the WebAssembly module is imported, not compiled: this runtime compiles none', LIMITS, async () => {
  assert.deepEqual(modules.map(({ type }) => type), ['ESModule', 'CompiledWasm']);
  await deployed(DATES[1], async (ask) => {
    assert.equal((await ask('/compile')).name, 'CompileError');
  });
});

for (const date of DATES) {
  test(`a remote file is read, compatibility date ${date}`, LIMITS, async () => {
    await deployed(date, async (ask) => {
      assert.deepEqual(await ask('/read'), FOUND);
      await assertFewRequests(rides.server);
    });
  });
}

test('requests at once share no promises', LIMITS, async () => {
  await rides.server.rule('rides.parquet', { slow: 200 }, { when: 'tail', nth: 1, times: 8 });
  await deployed(DATES[1], async (ask) => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask('/read')));
    for (const answer of answers) assert.deepEqual(answer, FOUND);
  });
});

test('a file that one request opened is read by others', LIMITS, async () => {
  await deployed(DATES[1], async (ask) => {
    assert.equal(await ask('/keep', '&row=0'), '1000000');
    assert.equal(await ask('/keep', '&row=700'), '1000700');
    const both = await Promise.all([ask('/keep', '&row=300'), ask('/keep', '&row=900')]);
    assert.deepEqual(both, ['1000300', '1000900']);
  });
});
