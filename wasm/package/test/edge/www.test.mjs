/** The programs of `www/edge` run as they are, each in its runtime. */

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Fixture, writeSample } from '../harness/fixture.mjs';
import { asked } from '../harness/stage.mjs';
import { RUNTIMES, startWww, WORKER, WWW } from './services.mjs';

let folder;
let files;
let running;
before(
  async () => {
    folder = await mkdtemp(join(tmpdir(), 'parqlet-www-'));
    const path = join(folder, 'rides.parquet');
    await writeSample(path, '--rows', '1000', '--row-groups', '2');
    files = await Fixture.start();
    await files.put('public/rides.parquet', path);
    running = await startWww(`https://example.org/ ${files.url('public/')}`);
  },
  { timeout: 120_000 },
);
after(async () => {
  await running?.stop();
  await files?.stop();
  await rm(folder, { recursive: true, force: true });
});

for (const runtime of RUNTIMES) {
  test(`${runtime} answers with rows of what is allowed, and of nothing else`, { timeout: 60_000 }, async () => {
    const { address } = running.services.get(runtime);
    await files.resetLog();
    const ask = (name) =>
      fetch(address(`/?${new URLSearchParams({ url: files.url(name), columns: 'ride_id', limit: '1' })}`));
    const answer = await ask('public/rides.parquet');
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
    assert.deepEqual(await answer.json(), [{ ride_id: 1000000 }]);
    assert.deepEqual(asked(await files.log()), ['GET bytes=-131072', 'GET bytes=4-2633']);
    const refused = await ask('secret.parquet');
    assert.deepEqual([refused.status, (await refused.json()).code], [403, 'private_address']);
  });
}

test('Node lives on after what is no request of the handler', { timeout: 60_000 }, async () => {
  const { address } = running.services.get('node');
  const { Socket } = await import('node:net');
  for (const line of [
    'TRACE / HTTP/1.1',
    'GET http://a b/ HTTP/1.1',
    'GET // HTTP/1.1',
    'OPTIONS * HTTP/1.1',
    'GET http://x:99999/ HTTP/1.1',
  ]) {
    const socket = new Socket().connect(Number(new URL(address('/')).port), '127.0.0.1');
    socket.end(`${line}\r\nhost: x\r\nconnection: close\r\n\r\n`);
    let said = '';
    for await (const chunk of socket) said += chunk;
    assert.match(said, /^HTTP\/1\.1 (204|4\d\d) /, line);
  }
  assert.equal((await fetch(address('/schema'))).status, 400);
});

test('the worker is tested with the date and flags it is deployed with, and without secrets', async () => {
  const text = await readFile(join(WWW, 'wrangler.jsonc'), 'utf8');
  const config = JSON.parse(text.replace(/^\s*\/\/.*$/gm, ''));
  assert.equal(config.compatibility_date, WORKER.compatibilityDate);
  assert.deepEqual(config.compatibility_flags, WORKER.compatibilityFlags);
  assert.deepEqual(Object.keys(config).sort(), ['compatibility_date', 'compatibility_flags', 'main', 'name', 'vars']);
});
