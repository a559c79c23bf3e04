/** Redirects: followed, and remembered, so that they are paid once. */

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { Fixture } from './harness/fixture.mjs';
import { asked, browserTest, DISTANCE, EXPOSED, PUBLIC, useStage } from './harness/stage.mjs';

const stage = useStage();
/** A third origin. */
let store;
before(async () => {
  store = await Fixture.start(...DISTANCE);
});
after(() => store?.stop());

async function read(page, url) {
  const count = await page.evaluate(async (url) => {
    const file = await parqlet.open(url);
    return (await file.columns({ columns: ['ride_id'] })).ride_id.length;
  }, url);
  assert.equal(count, 100_000);
}

function to(log, path) {
  return log.requests.filter((request) => request.path === path);
}

browserTest('a redirect on the same server is paid once', async () => {
  for (const status of [302, 308]) {
    const { name, url } = await stage.file('large');
    const other = `there-${name}`;
    await stage.data.put(other, stage.samples.large.path);
    await stage.data.cors(other, PUBLIC);
    await stage.data.rule(name, { redirect: [status, `/${other}?token=1`] });
    const page = await stage.page();
    await read(page, url);
    const log = await stage.data.log();
    assert.equal(to(log, `/${name}`).length, 1, String(asked(log)));
    assert.ok(to(log, `/${other}?token=1`).length > 7, String(asked(log)));
    assert.ok(log.requests.every(({ method }) => method !== 'OPTIONS'));
  }
});

browserTest('a redirect to another server is paid once', async () => {
  const { name, url } = await stage.file('large', EXPOSED);
  await store.put('object', stage.samples.large.path);
  await store.cors('object', EXPOSED);
  await stage.data.rule(name, { redirect: [302, `${store.origin}/object?signature=1`] });
  const page = await stage.page();
  await store.resetLog();
  await read(page, url);
  assert.equal((await stage.data.log()).requests.length, 1);
  const log = await store.log();
  assert.ok(log.requests.length > 7 && log.requests.every(({ method }) => method !== 'OPTIONS'), String(asked(log)));
});

browserTest('a signed address that has expired is renewed from the first one', async () => {
  const { name, url } = await stage.file('large');
  await store.put('expiring', stage.samples.large.path);
  await store.cors('expiring', PUBLIC);
  await stage.data.rule(name, { redirect: [302, `${store.origin}/expiring`] });
  await store.rule('expiring', { status: 403 }, { when: 'range', nth: 3, times: 1 });
  await store.resetLog();
  const page = await stage.page();
  await read(page, url);
  // Those that are under way side by side ask for the new address each for itself.
  const log = await stage.data.log();
  assert.ok(log.requests.length >= 2 && log.requests.length <= 7, String(asked(log)));
  assert.equal((await store.log()).requests.filter(({ status }) => status === 403).length, 1);
});

browserTest('redirects in a circle end', async () => {
  const { name, url } = await stage.file('large');
  await stage.data.rule(name, { redirect: [302, `/${name}`] });
  const page = await stage.page();
  const error = await page.evaluate(async (url) => await failure(parqlet.open(url)), url);
  assert.ok(error.typed, error.message);
  assert.ok(['bad_answer', 'cors', 'network'].includes(error.code), error.code);
  assert.ok((await stage.data.log()).requests.length <= 60);
});
