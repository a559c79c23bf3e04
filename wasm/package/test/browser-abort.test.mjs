/** Reads that end early, and openings that are shared. */

import assert from 'node:assert/strict';
import { asked, browserTest, settled, useStage } from './harness/stage.mjs';

const stage = useStage();

/** Runs `body` in the page until the server has sent something it won't finish; then the page aborts. */
async function aborted(page, url, nth, body) {
  await page.evaluate(
    ({ url, body }) => {
      globalThis.reason = new Error('enough');
      globalThis.controller = new AbortController();
      const run = new Function('url', 'signal', `return (${body})(url, signal)`);
      const ended = (end) => (end === reason ? 'the reason' : String(end));
      globalThis.outcome = run(url, controller.signal).then(() => 'no error', ended);
    },
    { url, body: String(body) },
  );
  await stalled(nth);
  return await page.evaluate(async () => {
    controller.abort(reason);
    return await outcome;
  });
}

/** Waits until the `nth` GET hangs in its body. */
async function stalled(nth) {
  for (let tries = 0; tries < 200; tries++) {
    const gets = (await stage.data.log()).requests.filter(({ method }) => method === 'GET');
    if (gets.length >= nth && gets[nth - 1].firstByte !== null) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('no request hangs');
}

browserTest('an abort rejects with its own reason and closes the connections', async () => {
  const reads = {
    opening: [1, async (url, signal) => await parqlet.open(url, { signal })],
    rows: [2, async (url, signal) => await (await parqlet.open(url)).rows({ columns: ['note'], signal })],
    batches: [
      2,
      async (url, signal) => {
        for await (const batch of (await parqlet.open(url)).batches({ columns: ['note'], signal })) batch.rows();
      },
    ],
  };
  for (const [name, [nth, body]] of Object.entries(reads)) {
    const { name: file, url, byteLength } = await stage.file('large');
    await stage.data.rule(file, { stall: 100 }, { when: 'range', nth });
    const page = await stage.page();
    assert.equal(await aborted(page, url, nth, body), 'the reason', name);
    const log = await settled(stage.data);
    // A request that hangs ends only when its client leaves.
    const hung = log.requests.filter(({ method, bytesSent }) => method === 'GET' && bytesSent <= 100);
    assert.ok(hung.length > 0, `${name}: ${asked(log)}`);
    assert.ok(log.requests.reduce((sum, { bytesSent }) => sum + bytesSent, 0) < byteLength / 4);
  }
});

browserTest('a signal that was aborted before asks nothing', async () => {
  const { url } = await stage.file('large');
  const page = await stage.page();
  const same = await page.evaluate(async (url) => {
    const reason = new Error('never mind');
    const end = await parqlet.open(url, { signal: AbortSignal.abort(reason) }).catch((error) => error);
    return end === reason;
  }, url);
  assert.ok(same);
  assert.deepEqual(asked(await stage.data.log()), []);
});

browserTest('leaving the loop and closing the file stop the transfers', async () => {
  const ways = {
    leaving: async (url) => {
      const file = await parqlet.open(url);
      for await (const batch of file.batches({ columns: ['ride_id'] })) {
        if (batch.rowCount > 0) break;
      }
      return 'left';
    },
    closing: async (url) => {
      const file = await parqlet.open(url);
      const reading = file.rows({ columns: ['ride_id'] });
      setTimeout(() => file.close(), 200);
      return (await failure(reading)).code;
    },
  };
  for (const [way, body] of Object.entries(ways)) {
    const { name, url } = await stage.file('large');
    // The first row groups come, the last ones never.
    await stage.data.rule(name, { stall: 10 }, { when: 'range', nth: 5 });
    const page = await stage.page();
    assert.equal(await page.evaluate(body, url), way === 'leaving' ? 'left' : 'closed');
    await settled(stage.data);
  }
});

browserTest('an abort and a close reach columns that are being made', async () => {
  const page = await stage.page();
  await page.setInputFiles('input', stage.samples.large.path);
  const ends = await page.evaluate(async () => {
    const file = await parqlet.open(document.querySelector('input').files[0]);
    const reason = new Error('enough');
    const controller = new AbortController();
    // A task after the last batch: making columns of all of them takes many.
    const later = (act) => ({ onProgress: ({ rows }) => rows === file.rowCount && setTimeout(act) });
    const reading = file.columns({ ...later(() => controller.abort(reason)), signal: controller.signal });
    const aborted = await reading.catch((error) => error);
    const closed = await failure(file.columns(later(() => file.close())));
    return [aborted === reason, closed.code];
  });
  assert.deepEqual(ends, [true, 'closed']);
});

browserTest('two openings at the same time are one', async () => {
  const { url, byteLength } = await stage.file('large');
  const page = await stage.page();
  const counts = await page.evaluate(async (url) => {
    const files = await Promise.all([parqlet.open(url), parqlet.open(url)]);
    files[0].close();
    return files.map((file) => file.rowCount);
  }, url);
  assert.deepEqual(counts, [100_000, 100_000]);
  const requests = asked(await stage.data.log());
  assert.equal(requests.length, 2, String(requests));
  assert.equal(requests[0], 'HEAD');
  assert.ok(requests[1].endsWith(`-${byteLength - 1}`));
});

browserTest('one of two that goes away leaves the opening to the other', async () => {
  const { url } = await stage.file('large');
  const page = await stage.page();
  const ends = await page.evaluate(async (url) => {
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const first = parqlet.open(url, { signal: controller.signal }).catch((error) => error === reason);
    const second = parqlet.open(url);
    controller.abort(reason);
    return [await first, (await (await second).rows({ columns: ['ride_id'], limit: 1 })).length];
  }, url);
  assert.deepEqual(ends, [true, 1]);
});

browserTest('a failure is not kept', async () => {
  const { name, url } = await stage.file('large');
  await stage.data.rule(name, { status: 404 }, { times: 2 });
  const page = await stage.page();
  const codes = await page.evaluate(async (url) => {
    const together = await Promise.all([failure(parqlet.open(url)), failure(parqlet.open(url))]);
    return together.map(({ code }) => code);
  }, url);
  assert.deepEqual(codes, ['not_found', 'not_found']);
  const again = await page.evaluate(async (url) => {
    for (let tries = 0; tries < 3; tries++) {
      const file = await parqlet.open(url).catch(() => undefined);
      if (file !== undefined) return file.rowCount;
    }
    return 0;
  }, url);
  assert.equal(again, 100_000);
});
