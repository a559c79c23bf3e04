/** Answers that aren't what was asked for: never taken for data, never waited for without end. */

import assert from 'node:assert/strict';
import { asked, browserTest, EXPOSED, PUBLIC, settled, useStage } from './harness/stage.mjs';

const stage = useStage();

/** Opens the file, reads the first rows of a column; an array of ids, or why not. */
async function read(page, url) {
  return await page.evaluate(async (url) => {
    const reading = async () => {
      const file = await parqlet.open(url);
      return (await file.rows({ columns: ['ride_id'], limit: 3 })).map((row) => row.ride_id);
    };
    const outcome = reading();
    return await outcome.catch(() => failure(outcome));
  }, url);
}

const FIRST = [1_000_000n, 1_000_001n, 1_000_002n];

browserTest('a large file from a server without ranges is refused, and hardly any of it sent', async () => {
  for (const cors of [PUBLIC, EXPOSED]) {
    const { name, url, byteLength } = await stage.file('large', cors);
    await stage.data.rule(name, 'whole');
    const page = await stage.page();
    const error = await read(page, url);
    assert.equal(error.code, 'no_ranges', error.message);
    assert.ok(!error.retryable);
    const log = await settled(stage.data);
    assert.ok(log.requests.length <= 3, String(asked(log)));
    const sent = log.requests.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
    assert.ok(sent < byteLength / 4, `${sent} of ${byteLength} bytes sent`);
  }
});

browserTest('a small file from a server without ranges is taken whole, once', async () => {
  for (const cors of [PUBLIC, EXPOSED]) {
    const { name, url } = await stage.file('small', cors);
    await stage.data.rule(name, 'whole');
    const page = await stage.page();
    assert.deepEqual(await read(page, url), FIRST);
    const gets = (await stage.data.log()).requests.filter(({ method }) => method === 'GET');
    assert.equal(gets.length, 1);
  }
});

browserTest('an empty file, and one that is no Parquet, are told apart from a fault', async () => {
  const page = await stage.page();
  for (const text of ['', 'no', 'name,city\na,b\n'.repeat(20)]) {
    const { name, url } = await stage.file('small');
    await stage.data.putText(name, text);
    await stage.data.resetLog();
    const error = await read(page, url);
    assert.equal(error.code, 'not_parquet', error.message);
    assert.ok((await stage.data.log()).requests.length <= 2);
  }
});

browserTest('an empty file where HEAD is refused: the 416 tells', async () => {
  const page = await stage.page();
  for (const cors of [PUBLIC, EXPOSED]) {
    const { name, url } = await stage.file('small', cors);
    await stage.data.putText(name, '');
    await stage.data.rule(name, { status: 403 }, { when: 'head' });
    await stage.data.resetLog();
    const error = await read(page, url);
    assert.ok(error.typed && !error.retryable, error.message);
    if (cors === EXPOSED) assert.equal(error.code, 'not_parquet', error.message);
    assert.ok((await stage.data.log()).requests.length <= 3);
  }
});

browserTest('gzip though none was asked is an error, never wrong rows', async () => {
  for (const cors of [PUBLIC, EXPOSED]) {
    const { name, url } = await stage.file('large', cors);
    await stage.data.rule(name, 'gzip', { when: 'get' });
    const page = await stage.page();
    const error = await read(page, url);
    // The browser says as little of it as of an answer it isn't allowed to show.
    assert.equal(error.code, 'cors', error.message);
    assert.match(error.message, /the server compresses ranges \(Content-Encoding\)/);
    assert.ok(!error.retryable);
    // It looks like a line that broke: that is worth one more try, and no third.
    const requests = asked(await stage.data.log());
    assert.deepEqual(requests, ['HEAD', requests[1], requests[1]]);
  }
});

browserTest("gzip though none was asked, from the page's own origin", async () => {
  await stage.site.put('gzip.parquet', stage.samples.large.path);
  await stage.site.rule('gzip.parquet', 'gzip', { when: 'get' });
  const page = await stage.page();
  const error = await read(page, stage.site.url('gzip.parquet'));
  assert.equal(error.code, 'bad_answer', error.message);
  assert.match(error.message, /the server compresses ranges \(Content-Encoding\)/);
  assert.ok(!error.retryable);
  const requests = (await stage.site.log()).requests.filter(({ path }) => path.endsWith('gzip.parquet'));
  const [suffix, head, range, ...more] = asked({ requests });
  assert.match(suffix, /^GET bytes=-/);
  assert.equal(head, 'HEAD');
  assert.match(range, /^GET bytes=\d/);
  assert.deepEqual(more, []);
});

browserTest('a body shorter than its range is never taken', async () => {
  for (const cors of [PUBLIC, EXPOSED]) {
    const { name, url } = await stage.file('large', cors);
    await stage.data.rule(name, { short: 1000 }, { when: 'range' });
    const page = await stage.page();
    const error = await read(page, url);
    assert.equal(error.code, 'bad_answer', error.message);
    // Where Content-Range is shown it contradicts the length: no use in asking again.
    const { length } = (await stage.data.log()).requests;
    assert.ok(cors === EXPOSED ? length === 2 : length <= 6, `${length} requests`);
  }
});

browserTest('a body longer than its range is never taken', async () => {
  for (const cors of [PUBLIC, EXPOSED]) {
    const { name, url } = await stage.file('large', cors);
    await stage.data.rule(name, { long: 1000 }, { when: 'range', nth: 2 });
    const page = await stage.page();
    const error = await read(page, url);
    assert.equal(error.code, 'bad_answer', error.message);
  }
});

browserTest('the length unsaid: one byte tells it where Content-Range is shown, else the error says so', async () => {
  for (const cors of [PUBLIC, EXPOSED]) {
    const { name, url } = await stage.file('large', cors);
    await stage.data.rule(name, 'chunked');
    const page = await stage.page();
    const got = await read(page, url);
    if (cors === EXPOSED) assert.deepEqual(got, FIRST);
    else assert.match(got.message, /Content-Range in Access-Control-Expose-Headers/);
    assert.deepEqual(asked(await stage.data.log()).slice(0, 2), ['HEAD', 'GET bytes=0-0']);
  }
});

browserTest('a body that breaks off is asked for again', async () => {
  for (const fault of [{ cut: 300 }, { reset: 300 }]) {
    const { name, url } = await stage.file('large');
    await stage.data.rule(name, fault, { when: 'range', nth: 2, times: 1 });
    const page = await stage.page();
    assert.deepEqual(await read(page, url), FIRST);
    const log = await stage.data.log();
    const short = log.requests.find(({ method, bytesSent }) => method === 'GET' && bytesSent === 300);
    assert.ok(short !== undefined, String(asked(log)));
    assert.ok(log.requests.some(({ started, method }) => method === 'GET' && started > short.started));
  }
});

browserTest('a server that is busy for a moment is asked again when it says', async () => {
  const { name, url } = await stage.file('large');
  await stage.data.rule(name, { retryAfter: [503, 1] }, { when: 'range', nth: 2, times: 1 });
  const page = await stage.page();
  assert.deepEqual(await read(page, url), FIRST);
  const log = await stage.data.log();
  assert.equal(log.requests.filter(({ status }) => status === 503).length, 1, String(asked(log)));
});

/** Reads three columns that belong together and says whether every row holds together. */
async function readConsistently(page, url) {
  return await page.evaluate(async (url) => {
    const reading = async () => {
      const file = await parqlet.open(url);
      const columns = ['pickup_at', 'dropoff_at', 'duration_s'];
      const rows = await file.rows({ columns });
      const whole = rows.every((row) => row.dropoff_at - row.pickup_at === row.duration_s * 1000);
      return { rows: rows.length, whole, restarts: file.stats.restarts };
    };
    const outcome = reading();
    return await outcome.catch(() => failure(outcome));
  }, url);
}

browserTest('a file that changes while it is read is read again, in its new version alone', async () => {
  const { path } = stage.samples.later;
  for (const cors of [PUBLIC, EXPOSED]) {
    const { name, url } = await stage.file('large', cors);
    const page = await stage.page();
    // The first range is of the new version already: no row of the old one was had.
    await stage.data.rule(name, { replaced: { path, keepsConditions: true } }, { when: 'range', nth: 2, times: 1 });
    assert.deepEqual(await readConsistently(page, url), { rows: 100_000, whole: true, restarts: 1 });
    const heads = asked(await stage.data.log()).filter((request) => request === 'HEAD');
    assert.ok(heads.length <= 2);
  }
});

browserTest('two versions are never mixed', async () => {
  const { path } = stage.samples.later;
  for (const cors of [PUBLIC, EXPOSED]) {
    const { name, url } = await stage.file('large', cors);
    const page = await stage.page();
    await stage.data.rule(name, { replaced: { path, keepsConditions: true } }, { when: 'range', nth: 5, times: 1 });
    const got = await readConsistently(page, url);
    // Begun again, or too late for that: the first rows of the old version may have been handed out.
    if (got.rows === undefined) assert.equal(got.code, 'changed', JSON.stringify(got));
    else assert.deepEqual(got, { rows: 100_000, whole: true, restarts: 1 });
  }
});

browserTest('a file that changes again is an error', async () => {
  const { later, large } = stage.samples;
  for (const cors of [PUBLIC, EXPOSED]) {
    const { name, url } = await stage.file('large', cors);
    const page = await stage.page();
    // The first load ends at its first range, with some under way beside it; the second one is among its ranges then.
    for (const [nth, { path }] of [[2, later], [14, large]]) {
      await stage.data.rule(name, { replaced: { path, keepsConditions: true } }, { when: 'range', nth, times: 1 });
    }
    const error = await readConsistently(page, url);
    assert.equal(error.code, 'changed', JSON.stringify(error));
    const log = await settled(stage.data);
    assert.equal(log.requests.filter(({ method }) => method === 'HEAD').length, 2, String(asked(log)));
  }
});
