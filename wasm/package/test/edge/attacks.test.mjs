/** What a stranger may try, and a bad server; each with the answer of every runtime. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { ranges } from '../sources.mjs';
import { bomb } from './bomb.mjs';
import { edgeTest, useStage } from './stage.mjs';

const SECRET = 'c2lnbmF0dXJl';
const SAMPLES = {
  rides: ['--rows', '1000', '--row-groups', '2'],
  large: ['--rows', '200000', '--row-groups', '10'],
  wide: ['--rows', '2000', '--row-groups', '1', '--wide', '2000'],
};
const stage = useStage(SAMPLES, ({ data, custom }) => ({
  plain: { allow: [data.origin, custom.origin] },
  nothing: { allow: [] },
  open: { allow: ['https://*/', 'http://*/', 'http://*:8080/', 'https://*.example.org/'] },
  folder: { allow: [`${data.origin}/public/*.parquet`, `${data.origin}/deep/**/x.parquet`, `${data.origin}/all/`] },
  tight: { allow: [data.origin], maxRows: 50, maxBytes: 300_000 },
  few: { allow: [data.origin], maxRequests: 4, maxBytes: 1e9 },
  one: { allow: [data.origin], maxRequests: 1 },
  hasty: { allow: [data.origin, custom.origin], timeout: 400 },
  token: { allow: [data.origin, custom.origin], token: `Bearer ${SECRET}` },
}));

/** Asks for a file; the status, the code, and what the two servers were asked. */
async function tried(handler, file, parameters = {}, init) {
  const address = stage.path(handler, file, parameters);
  const { status, text, problem, asked, elsewhere, headers, log } = await stage.askAll(address, init);
  for (const secret of [SECRET, 'X-Amz-Signature', 'server: ']) assert.ok(!text.includes(secret), text.slice(0, 300));
  if (problem !== undefined) assert.equal(headers['cache-control'], 'no-store');
  return { status, code: problem?.code, detail: problem?.detail, text, asked, elsewhere, log };
}

async function refused(handler, file, status, code, parameters) {
  const answer = await tried(handler, file, parameters);
  assert.deepEqual([answer.status, answer.code], [status, code], `${file}: ${answer.text.slice(0, 200)}`);
  assert.equal(answer.elsewhere, 0, file);
  return answer;
}

edgeTest('addresses that are no web address of a file', async () => {
  const addresses = [
    'file:///etc/passwd',
    'ftp://example.org/a.parquet',
    'data:application/octet-stream,PAR1',
    'blob:https://example.org/1',
    'javascript:alert(1)',
    'gopher://example.org/',
    '/a.parquet?:',
    'a:b',
    'http://',
    'http://user@example.org/a.parquet',
    'http://user:pass@example.org/a.parquet',
    'http://:pass@example.org/a.parquet',
    'http://exa mple.org/:',
    'http://[::1/a.parquet',
    'http://256.256.256.256/',
    'http://example.org:99999/',
  ];
  for (const address of addresses) {
    const { asked } = await refused('open', address, 400, 'bad_url');
    assert.deepEqual(asked, []);
  }
});

edgeTest(
  'loopback, private, link-local and metadata addresses in every spelling, though all hosts are allowed',
  async () => {
    const hosts = [
      '127.0.0.1',
      '127.0.0.1.',
      '127.1',
      '127.0.1',
      '2130706433',
      '0x7f000001',
      '0x7f.1',
      '0177.0.0.1',
      '017700000001',
      '127.255.255.254',
      '０.0.0.0',
      '１２７.0.0.1',
      '%31%32%37.0.0.1',
      '0',
      '0.0.0.0',
      'localhost',
      'LOCALHOST',
      'localhost.',
      'a.localhost',
      'localhost.localdomain',
      'printer.local',
      'intranet',
      '[::1]',
      '[0:0:0:0:0:0:0:1]',
      '[::]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[0:0:0:0:0:ffff:7f00:0001]',
      '[::127.0.0.1]',
      '[64:ff9b::7f00:1]',
      '[2002:7f00:1::]',
      '[2001:0:7f00:1::]',
      '[fe80::1]',
      '[fc00::1]',
      '[fd00:ec2::254]',
      '[ff02::1]',
      '[2001:db8::1]',
      '10.0.0.1',
      '10.255.255.255',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.0.1',
      '100.64.0.1',
      '198.18.0.1',
      '224.0.0.1',
      '240.0.0.1',
      '255.255.255.255',
      '192.0.0.192',
      '169.254.169.254',
      '2852039166',
      '0xa9fea9fe',
      '0251.0376.0251.0376',
      '[::ffff:169.254.169.254]',
      '169.254.170.2',
      '100.100.100.200',
      '168.63.129.16',
      'metadata',
      'instance-data',
      'metadata.google.internal',
      'metadata.google.internal.',
    ];
    for (const host of hosts) await refused('open', `http://${host}/latest/meta-data/`, 403, 'private_address');
    const port = new URL(stage.elsewhere.origin).port;
    await refused('open', `http://127.0.0.1:${port}/a.parquet`, 403, 'private_address');
    const detail = '`url`: this service reads no loopback, private or link-local address';
    assert.equal((await tried('nothing', 'http://127.0.0.1/')).detail, detail);
  },
);

edgeTest('nothing is allowed but what is listed', async () => {
  const detail = '`url`: this service does not read this file';
  const { asked, detail: said } = await refused('nothing', 'https://example.org/a.parquet', 403, 'url_not_allowed');
  assert.deepEqual([asked, said], [[], detail]);
  // Another port, another scheme, another host with the same beginning or end.
  const { host } = new URL(stage.data.origin);
  for (const address of [`https://${host}/a`, 'https://example.org.evil.example/', 'https://evilexample.org/']) {
    await refused(
      address.includes('example') ? 'nothing' : 'folder',
      address,
      403,
      address.includes('127') ? 'private_address' : 'url_not_allowed',
    );
  }
  for (const name of ['public/a.parquet', 'deep/a/b/x.parquet', 'deep/x.parquet', 'all/of/it']) {
    await stage.data.put(name, stage.samples.rides.path);
  }
  const read = async (name) => (await tried('folder', name, { columns: 'ride_id', limit: 1 })).status;
  assert.equal(await read('public/a.parquet'), 200);
  assert.equal(await read('deep/a/b/x.parquet'), 200);
  assert.equal(await read('all/of/it'), 200);
  const outside = [
    'secret.parquet',
    'public/',
    'public/b/a.parquet',
    'public/../secret.parquet',
    'public/%2e%2e/secret.parquet',
    'public/..%2fsecret.parquet',
    'public/..%5csecret.parquet',
    'public/%252e%252e%252fsecret.parquet',
    'public/a%2fb.parquet',
    'all/..%2f..%2fsecret',
    'all/%2e%2e%2fsecret',
    'PUBLIC/a.parquet',
    'deep/a/y.parquet',
    'all',
  ];
  for (const name of outside) {
    // Loopback that is not named for this path is loopback; what leads upwards is not even held against a pattern.
    const code = /\.\.%|%2e%2e%/i.test(name) || name.includes('%252e') ? 'url_not_allowed' : 'private_address';
    const { asked } = await refused('folder', name, 403, code);
    assert.deepEqual(asked, [], name);
  }
});

edgeTest('redirects to places that are not allowed', async () => {
  const port = new URL(stage.elsewhere.origin).port;
  const targets = [
    `http://127.0.0.1:${port}/a.parquet`,
    `http://localhost:${port}/a`,
    `http://2130706433:${port}/`,
    `http://[::1]:${port}/`,
    'http://169.254.169.254/latest/meta-data/',
    'http://metadata.google.internal/',
    'https://example.org/a.parquet',
    'file:///etc/passwd',
    'ftp://example.org/',
    'data:,PAR1',
    `//127.0.0.1:${port}/a`,
    `${stage.data.origin.replace('//', '//user:pass@')}/rides.parquet`,
  ];
  for (const [at, target] of targets.entries()) {
    await stage.data.rule(`away-${at}.parquet`, { redirect: [302, `${target}?X-Amz-Signature=${SECRET}`] });
    const { asked } = await refused('plain', `away-${at}.parquet`, 403, 'redirect_not_allowed');
    assert.equal(asked.length, 1, target);
  }
});

edgeTest('redirects that are allowed are followed, few of them, and paid once', async () => {
  await stage.data.rule('moved.parquet', { redirect: [302, '/rides.parquet'] });
  const moved = await tried('plain', 'moved.parquet', { limit: 2 });
  assert.equal(moved.status, 200);
  assert.deepEqual(moved.asked, [
    'GET moved.parquet bytes=-131072',
    'GET rides.parquet bytes=-131072',
    'GET rides.parquet bytes=4-18337',
  ]);
  await stage.data.rule('circle.parquet', { redirect: [301, '/circle.parquet'] });
  const circle = await refused('plain', 'circle.parquet', 502, 'upstream_bad_answer');
  assert.equal(circle.asked.length, 6);
  stage.answer = (_, response) => response.writeHead(302).end();
  await refused('plain', `${stage.custom.origin}/nowhere`, 502, 'upstream_bad_answer');
});

edgeTest('credentials go to the origin of the file, and never further', async () => {
  const bytes = await readFile(stage.samples.rides.path);
  const authorizations = () => stage.custom.asked.splice(0).map(({ headers }) => headers.authorization);
  // The native program has no function to ask for each file's headers: they are the same for all.
  const native = stage.runtimes.includes('native') ? [`Bearer ${SECRET}`] : [];
  const serve = ranges(bytes, { etag: '"v1"' });
  stage.answer = serve;
  stage.custom.asked.length = 0;
  assert.equal(
    (await tried('token', `${stage.custom.origin}/a.parquet`, { columns: 'ride_id', limit: 1 })).status,
    200,
  );
  assert.deepEqual(new Set(authorizations()), new Set([`Bearer ${SECRET} /a.parquet`, ...native]));
  // To another origin, which is allowed: without.
  await stage.data.rule('out.parquet', { redirect: [302, `${stage.custom.origin}/a.parquet`] });
  const out = await tried('token', 'out.parquet', { columns: 'ride_id', limit: 1 });
  assert.equal(out.status, 200);
  assert.deepEqual(
    out.log.requests.map(({ headers }) => headers.authorization),
    [`Bearer ${SECRET} /out.parquet`],
  );
  assert.deepEqual(new Set(authorizations()), new Set([undefined]));
  // Out and back again: not even there.
  stage.answer = (request, response) => {
    if (request.url === '/first') response.writeHead(302, { location: `${stage.data.origin}/back.parquet` }).end();
    else serve(request, response);
  };
  await stage.data.rule('back.parquet', { redirect: [302, `${stage.custom.origin}/last`] });
  const back = await tried('token', `${stage.custom.origin}/first`, { columns: 'ride_id', limit: 1 });
  assert.equal(back.status, 200);
  const seen = stage.custom.asked.map(({ url, headers }) => `${url} ${headers.authorization !== undefined}`);
  assert.deepEqual(new Set(seen), new Set(['/first true', '/last false']));
});

edgeTest('questions over the limits cost nothing but the opening', async () => {
  const rows = await refused('tight', 'rides.parquet', 400, 'too_many_rows', { limit: 51 });
  assert.deepEqual([rows.asked, rows.detail], [[], '`limit`: an answer has 50 rows at most']);
  const bytes = await refused('tight', 'large.parquet', 422, 'too_many_bytes');
  assert.equal(bytes.detail, 'this takes more than 300000 bytes of the file: ask for fewer columns or rows');
  assert.deepEqual(bytes.asked, ['GET large.parquet bytes=-131072']);
  assert.equal((await tried('tight', 'large.parquet', { columns: 'ride_id' })).status, 200);
  const one = await refused('one', 'large.parquet', 422, 'too_many_subrequests', { columns: 'ride_id' });
  assert.deepEqual(one.asked, ['GET large.parquet bytes=-131072']);
  const few = await tried('few', 'large.parquet', { offset: 50_000, limit: 90_00 });
  assert.equal(few.status, 200);
  assert.ok(few.asked.length <= 4, few.asked.join());
});

edgeTest('the first rows of thirty columns, and rows deep in the file, keep well within 50 requests', async () => {
  for (const parameters of [{}, { offset: 150_000 }, { offset: 150_000, limit: 10_000 }]) {
    const { status, asked, log } = await tried('plain', 'large.parquet', parameters);
    assert.equal(status, 200);
    const bytes = log.requests.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
    assert.ok(
      asked.length <= 12 && bytes < stage.samples.large.byteLength / 4,
      `${asked.length} requests, ${bytes} bytes`,
    );
  }
});

edgeTest('ten thousand columns in the query', async () => {
  const names = Array.from({ length: 10_000 }, (_, at) => `c${at}`).join();
  const { status, problem, asked } = await stage.askAll(`${stage.path('plain', 'wide.parquet')}&columns=${names}`);
  assert.deepEqual([status, problem.code, asked], [414, 'query_too_long', []]);
  assert.equal(problem.detail, 'the query has more than 8192 characters');
});

edgeTest('two thousand columns in the file', async () => {
  const { status, asked, text } = await tried('plain', 'wide.parquet');
  assert.equal(status, 200);
  assert.equal(Object.keys(JSON.parse(text)[0]).length, 2000);
  assert.ok(asked.length <= 50, String(asked.length));
});

edgeTest('small files with huge pages', async () => {
  const address = `${stage.custom.origin}/bomb.parquet`;
  // 200 MB out of 200 KB, over what any page may have.
  stage.answer = ranges(bomb(25_000_000), { etag: '"b1"' });
  const huge = await refused('plain', address, 422, 'file_corrupt', { limit: 1 });
  assert.match(huge.detail, /the page claims 200000000 bytes, the limit is 67108864$/);
  // 60 MB, which a page may have: more than the memory of an answer, and only its front is unpacked.
  stage.answer = ranges(bomb(7_500_000), { etag: '"b2"' });
  const { status, text } = await tried('plain', address, { limit: 2 });
  assert.deepEqual([status, text], [200, '[{"zero":0},\n{"zero":0}]\n']);
  // The service lives on.
  assert.equal((await tried('plain', 'rides.parquet', { limit: 1 })).status, 200);
});

edgeTest('servers that are slow, stall, drip, or never end', async () => {
  await stage.data.put('slow.parquet', stage.samples.rides.path);
  await stage.data.rule('slow.parquet', { slow: 3000 });
  const slow = await refused('hasty', 'slow.parquet', 504, 'upstream_timeout');
  assert.equal(slow.detail, 'the server of the file is too slow: try again later');
  await stage.data.put('stall.parquet', stage.samples.rides.path);
  await stage.data.rule('stall.parquet', { stall: 100 }, { when: 'tail' });
  await refused('hasty', 'stall.parquet', 504, 'upstream_timeout');

  const address = `${stage.custom.origin}/a.parquet`;
  const drip = (response) => {
    const timer = setInterval(() => response.write('P'), 50);
    response.on('close', () => clearInterval(timer));
  };
  stage.answer = (_, response) => drip(response.writeHead(206, { 'content-range': 'bytes 0-131071/131072' }));
  await refused('hasty', address, 504, 'upstream_timeout');

  let sent = 0;
  const piece = Buffer.alloc(65_536);
  const pour = (response) => {
    const more = () => {
      while (!response.destroyed && response.write(piece)) sent += piece.length;
    };
    response.on('drain', more);
    more();
  };
  // The range that was asked for, with a body that goes on; all of an object without a length; 1 TB.
  const endless = [
    [206, { 'content-range': 'bytes 868928-999999/1000000' }, 'upstream_bad_answer'],
    [200, {}, 'upstream_no_ranges'],
    [200, { 'content-length': 2 ** 40 }, 'upstream_no_ranges'],
  ];
  for (const [status, headers, code] of endless) {
    stage.answer = (request, response) => {
      response.writeHead(status, headers);
      if (request.method === 'HEAD') response.end();
      else pour(response);
    };
    sent = 0;
    const answer = await tried('plain', address);
    assert.deepEqual([answer.status, answer.code], [502, code], `${status} ${JSON.stringify(headers)}`);
    assert.ok(sent < 400e6, `${sent} bytes`);
  }
});

edgeTest('servers that refuse or fail are said so in our own words, without theirs', async () => {
  const cases = [
    [{ status: 403 }, 403, 'file_forbidden'],
    [{ status: 401 }, 403, 'file_forbidden'],
    [{ status: 404 }, 404, 'file_not_found'],
    [{ status: 410 }, 404, 'file_not_found'],
    [{ status: 500 }, 502, 'upstream_failed'],
    [{ retryAfter: [429, 3600] }, 503, 'upstream_busy'],
    [{ contentRange: 'shifted' }, 502, 'upstream_bad_answer'],
    ['gzip', 502, 'upstream_bad_answer'],
  ];
  for (const [at, [fault, status, code]] of cases.entries()) {
    const name = `fault-${at}.parquet`;
    await stage.data.put(name, stage.samples.large.path);
    await stage.data.rule(name, fault);
    await refused('plain', `${stage.data.url(name)}?X-Amz-Signature=${SECRET}`, status, code);
  }
  await stage.data.putText('page.html', '<h1>no file</h1>');
  await refused('plain', 'page.html', 422, 'not_parquet');
  await stage.data.putText('empty.parquet', '');
  await refused('plain', 'empty.parquet', 422, 'not_parquet');
});
