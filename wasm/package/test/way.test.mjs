// What is decided about the way to a server before anything is sent, and what is remembered of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sources } from './sources.mjs';

const { wayTo, wayKey, firstRung, linkOf, requestHeaders, retryAfter, Origins, realmOf, unanswered } = await sources(
  'source/way.ts',
  'source/headers.ts',
  'source/failure.ts',
  'origins.ts',
  'realm.ts',
);

const page = 'https://page.example';
const here = new URL('https://page.example/a.parquet');
const there = new URL('https://store.example/a.parquet');
const way = (url, headers = {}, realm = 'browser') => wayTo(url, new Headers(headers), realm, page);
const key = { authorization: 'Bearer secret' };

test('from another origin the length is asked for first, unless a preflight is paid anyway', () => {
  assert.equal(firstRung(way(there), {}), 'length');
  assert.equal(firstRung(way(there, { accept: '*/*' }), {}), 'length');
  assert.equal(firstRung(way(there, key), {}), 'suffix');
  assert.equal(firstRung(way(here), {}), 'suffix');
  assert.equal(firstRung(way(here, key), {}), 'suffix');
  for (const realm of ['server', 'edge']) assert.equal(firstRung(way(there, {}, realm), {}), 'suffix');
});

test('what led to a footer is where the next opening begins, with and without preflights apart', () => {
  const origins = new Origins();
  const [plain, preflighted] = [way(there), way(there, key)];
  origins.learn(wayKey(there, plain), { start: 'probe' });
  assert.equal(firstRung(plain, origins.recall(wayKey(there, plain))), 'probe');
  assert.equal(firstRung(preflighted, origins.recall(wayKey(there, preflighted))), 'suffix');
});

test('a lesson without a rung keeps the one that was learned', () => {
  const origins = new Origins();
  const link = { latency: 5, bandwidth: 1e6, tail: 70_000 };
  origins.learn('a', { start: 'length' });
  origins.learn('a', { start: undefined, link });
  assert.deepEqual(origins.recall('a'), { start: 'length', link });
});

test('only so many origins are remembered, those used last', () => {
  const origins = new Origins();
  for (let index = 0; index < 256; index++) origins.learn(`o${index}`, { start: 'suffix' });
  origins.recall('o0');
  origins.learn('one more', { start: 'suffix' });
  assert.deepEqual(origins.recall('o0'), { start: 'suffix', link: undefined });
  assert.deepEqual(origins.recall('o1'), {});
});

test('a preflight doubles the latency that is planned with, until it was measured', () => {
  const plain = linkOf(way(there), {});
  assert.deepEqual(linkOf(way(there, key), {}), { ...plain, latency: plain.latency * 2 });
  assert.equal(plain.slots, 6);
  const link = { latency: 90, bandwidth: 5e6, tail: 1 << 20 };
  assert.deepEqual(linkOf(way(there, key), { link }), { ...link, slots: 6 });
});

test('If-Match is sent where it costs no preflight', () => {
  const ask = { kind: 'range', start: 0, end: 10, etag: '"v1"' };
  assert.deepEqual([...requestHeaders(ask, way(there), undefined)], [['range', 'bytes=0-9']]);
  assert.equal(requestHeaders(ask, way(here), undefined).get('if-match'), '"v1"');
  assert.equal(requestHeaders(ask, way(there, {}, 'edge'), undefined).get('if-match'), '"v1"');
});

test('Retry-After is seconds or a date', () => {
  assert.equal(retryAfter('3', 0), 3000);
  assert.equal(retryAfter('Thu, 01 Jan 1970 00:01:00 GMT', 15_000), 45_000);
  assert.equal(retryAfter('Thu, 01 Jan 1970 00:01:00 GMT', 90_000), 0);
  assert.equal(retryAfter('soon', 0), undefined);
});

test('a browser that lets no answer through says why that may be, and what the server must send', () => {
  const thrown = new TypeError('Failed to fetch');
  const at = { way: way(there), answered: false, answeredAlike: false, failedAlike: false, suffix: false, custom: false };
  const failure = unanswered(thrown, at);
  assert.equal(failure.code, 'cors');
  assert.equal(failure.retryable, false);
  assert.equal(failure.cause, thrown);
  assert.match(
    failure.message,
    /can't be reached.*Access-Control-Allow-Origin.*Allow-Headers: Range.*Content-Range, ETag$/,
  );
  assert.equal(unanswered(thrown, { ...at, way: way(here) }).code, 'network');
  const redirected = unanswered(thrown, { ...at, way: way(here), suffix: true });
  assert.deepEqual([redirected.code, redirected.retryable], ['cors', false]);
  const data = unanswered(thrown, { ...at, answered: true });
  assert.match(data.message, /Content-Encoding.*Access-Control-Allow-Origin/);
  assert.deepEqual([data.code, data.retryable], ['cors', true]);
  const again = unanswered(thrown, { ...at, answered: true, failedAlike: true });
  assert.deepEqual([again.code, again.retryable], ['cors', false]);
  const own = unanswered(thrown, { ...at, way: way(here), answered: true, failedAlike: true });
  assert.deepEqual([own.code, own.retryable], ['bad_answer', false]);
  const later = unanswered(thrown, { ...at, answered: true, answeredAlike: true });
  assert.deepEqual([later.code, later.retryable], ['network', true]);
});

test('realms are told by what there is', () => {
  const location = { href: 'https://page.example/' };
  const process = { versions: { node: '22.0.0' } };
  assert.equal(realmOf({ location }), 'browser');
  assert.equal(realmOf({ process, location }), 'server');
  assert.equal(realmOf({ process: { ...process, type: 'renderer' }, location }), 'browser');
  assert.equal(realmOf({ Deno: {}, location }), 'server');
  assert.equal(realmOf({ navigator: { userAgent: 'Cloudflare-Workers' }, process }), 'edge');
  assert.equal(realmOf({}), 'edge');
});
