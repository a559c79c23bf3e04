/** What hosts refuse to other origins, and what a page makes of it. */

import assert from 'node:assert/strict';
import { allowing, asked, browserTest, EXPOSED, PUBLIC, useStage } from './harness/stage.mjs';

const stage = useStage();

/** Rows of a column, and how they were had. */
async function preview(page, url, options) {
  const ids = await page.evaluate(
    async ({ url, options }) => {
      const file = await parqlet.open(url, options);
      return (await file.rows({ columns: ['ride_id'], limit: 3 })).map((row) => row.ride_id);
    },
    { url, options },
  );
  assert.deepEqual(ids, [1_000_000n, 1_000_001n, 1_000_002n]);
}

/** Why it can't be opened. */
async function refusal(page, url, options) {
  const error = await page.evaluate(
    async ({ url, options }) => await failure(parqlet.open(url, options)),
    { url, options },
  );
  assert.ok(error.typed, `${error.name}: ${error.message}`);
  return error;
}

browserTest('an address signed for GET is asked for one byte, and the next file there at once', async () => {
  const page = await stage.page();
  const first = await stage.file('large', EXPOSED);
  await stage.data.rule(first.name, { status: 403 }, { when: 'head' });
  await preview(page, first.url);
  const [head, probe, tail] = asked(await stage.data.log());
  assert.equal(head, 'HEAD');
  assert.equal(probe, 'GET bytes=0-0');
  assert.match(tail, new RegExp(`^GET bytes=\\d+-${first.byteLength - 1}$`));

  await stage.data.resetLog();
  const second = await stage.file('large', EXPOSED);
  await preview(page, second.url);
  assert.equal(asked(await stage.data.log())[0], 'GET bytes=0-0');
});

browserTest('HEAD refused and Content-Range hidden: the error says what the server must do', async () => {
  const page = await stage.page();
  const { url, name } = await stage.file('large', PUBLIC);
  for (const status of [403, 405]) await stage.data.rule(name, { status }, { when: 'head', times: 1 });
  const error = await refusal(page, url);
  assert.match(error.message, /Access-Control-Expose-Headers/);
  assert.match(error.message, /Content-Range/);
  assert.ok(!error.retryable);
  const log = await stage.data.log();
  assert.ok(log.requests.length <= 4, String(asked(log)));
  const sent = log.requests.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
  assert.ok(sent < 200_000, `${sent} bytes`);
});

browserTest('no CORS headers at all: cors, in a sentence that helps', async () => {
  const page = await stage.page();
  const { url } = await stage.file('large', null);
  const error = await refusal(page, url);
  assert.equal(error.code, 'cors');
  assert.match(error.message, /Access-Control-Allow-Origin/);
  const log = await stage.data.log();
  assert.ok(log.requests.length <= 3, String(asked(log)));
});

browserTest('custom headers are asked for first; where that is refused the error is cors', async () => {
  const page = await stage.page();
  for (const status of [403, 405]) {
    const { url } = await stage.file('large', { preflight: { refused: status } });
    await stage.data.resetLog();
    const error = await refusal(page, url, { headers: { 'X-Api-Key': 'secret-key' } });
    assert.equal(error.code, 'cors');
    assert.match(error.message, /Access-Control-Allow-Headers/);
    assert.ok(!error.message.includes('secret-key'));
    const log = await stage.data.log();
    assert.ok(log.requests.length > 0 && log.requests.length <= 3, String(asked(log)));
    assert.ok(log.requests.every(({ method }) => method === 'OPTIONS'), String(asked(log)));
  }
});

browserTest('custom headers that are allowed go with each request', async () => {
  const page = await stage.page();
  const { url } = await stage.file('large', { ...EXPOSED, ...allowing('X-Api-Key, Range, If-Match') });
  await preview(page, url, { headers: { 'X-Api-Key': 'secret-key' } });
  const log = await stage.data.log();
  const [plain, preflights] = [[], []];
  for (const request of log.requests) (request.method === 'OPTIONS' ? preflights : plain).push(request);
  assert.ok(plain.length > 0 && plain.every(({ headers }) => headers['x-api-key'] === 'secret-key'));
  assert.ok(preflights.every(({ headers }) => headers['access-control-request-headers'].includes('x-api-key')));
});

browserTest('credentials go where they are asked for and allowed', async () => {
  const page = await stage.page();
  const cors = { allowOrigin: stage.site.origin, credentials: true };
  const { url } = await stage.file('large', cors);
  await page.context().addCookies([{ name: 'who', value: 'me', url: stage.data.origin, sameSite: 'Lax' }]);
  await preview(page, url, { credentials: 'include' });
  const log = await stage.data.log();
  assert.ok(log.requests.every(({ headers }) => headers.cookie === 'who=me'), JSON.stringify(log.requests[0]));
  assert.ok(!asked(log).includes('OPTIONS'));

  const open = await stage.file('large', PUBLIC);
  const error = await refusal(page, open.url, { credentials: 'include' });
  assert.equal(error.code, 'cors');
});

browserTest('what a server says to nobody else it says to no page', async () => {
  const page = await stage.page();
  for (const [status, code] of [[403, 'forbidden'], [404, 'not_found'], [410, 'not_found']]) {
    const { url, name } = await stage.file('large');
    await stage.data.rule(name, { status });
    await stage.data.resetLog();
    const error = await refusal(page, url);
    assert.deepEqual([error.code, error.status, error.retryable], [code, status, false]);
    assert.ok((await stage.data.log()).requests.length <= 3);
  }
});
