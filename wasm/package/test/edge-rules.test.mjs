// The edge function's rules, as functions: which addresses are allowed, and how columns are named.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sources } from './sources.mjs';

const { AllowList, columnList, entityTag, globMatches, isKnown, isPublicHost, settingsOf } = await sources(
  'edge/allow.ts',
  'edge/columns.ts',
  'edge/etag.ts',
  'edge/glob.ts',
  'edge/address.ts',
  'edge/options.ts',
);

const judge = (pattern, url) => new AllowList([pattern]).judge(new URL(url));

test('a pattern allows what it says and nothing beside it', () => {
  const cases = [
    [
      'https://a.example',
      ['https://a.example/', 'https://a.example/x/y?z', 'https://A.EXAMPLE:443/', 'https://a.example./x'],
    ],
    ['https://a.example:8443/', ['https://a.example:8443/x']],
    [
      'https://a.example/p/',
      ['https://a.example/p/', 'https://a.example/p/x', 'https://a.example/p/x/y', 'https://a.example/q/../p/x'],
    ],
    [
      'https://a.example/p/*.parquet',
      ['https://a.example/p/x.parquet', 'https://a.example/p/.parquet', 'https://a.example/p/x.parquet?y=/'],
    ],
    [
      'https://a.example/**/x',
      ['https://a.example/b/x', 'https://a.example/b/c/x', 'https://a.example/refs%2Fconvert/x'],
    ],
    ['https://*.example/', ['https://a.example/', 'https://a.b.example/']],
    ['https://*/', ['https://a.example/', 'https://8.8.8.8/', 'https://[2606:4700::1111]/']],
    ['http://127.0.0.1:9000/', ['http://2130706433:9000/x', 'http://127.1:9000/x']],
    ['http://[::1]/', ['http://[0:0:0:0:0:0:0:1]/x']],
    ['http://localhost/', ['http://LOCALHOST./x']],
  ];
  for (const [pattern, urls] of cases)
    for (const url of urls) assert.equal(judge(pattern, url), 'allowed', `${pattern} ${url}`);
  const others = [
    [
      'https://a.example',
      [
        'http://a.example/',
        'https://a.example:8443/',
        'https://b.a.example/',
        'https://a.example.evil/',
        'https://xa.example/',
      ],
    ],
    [
      'https://a.example/p/',
      [
        'https://a.example/p',
        'https://a.example/px',
        'https://a.example/P/x',
        'https://a.example/p/../x',
        'https://a.example/%70/x',
      ],
    ],
    [
      'https://a.example/p/*.parquet',
      ['https://a.example/p/x/y.parquet', 'https://a.example/p/x%2Fy.parquet', 'https://a.example/p/x.parquet/'],
    ],
    [
      'https://a.example/p/',
      [
        'https://a.example/p/..%2fx',
        'https://a.example/p/%252e%252e/x',
        'https://a.example/p/..%5Cx',
        'https://a.example/p/x%2f..%2f..',
      ],
    ],
    ['https://*.example/', ['https://example/', 'https://xexample/', 'https://a.example.evil/']],
    ['https://*/', ['http://a.example/', 'https://a.example:1/']],
  ];
  for (const [pattern, urls] of others)
    for (const url of urls) assert.notEqual(judge(pattern, url), 'allowed', `${pattern} ${url}`);
  // A star never stands for what is not public.
  for (const host of ['127.0.0.1', 'localhost', '[::1]', 'intranet', 'db.internal']) {
    assert.equal(judge('https://*/', `https://${host}/`), 'private', host);
  }
  assert.equal(judge('https://*.localhost/', 'https://a.localhost/'), 'private');
});

test('what is no pattern is refused when the handler is made', () => {
  const wrong = [
    '',
    '*',
    'example.org',
    '//example.org',
    'ftp://example.org/',
    'file:///',
    'https://',
    'https:///x',
    'https://user@example.org/',
    'https://example.org/?x',
    'https://example.org/#x',
    'https://a.*.example/',
    'https://exa*mple.org/',
    'https://example.org/..%2f',
    'https://[::1/',
  ];
  for (const pattern of wrong)
    assert.throws(() => new AllowList([pattern]), { name: 'ParqletError', code: 'usage' }, pattern);
  for (const allow of [undefined, 'https://example.org/', null])
    assert.throws(() => new AllowList(allow), { code: 'usage' });
});

test('paths are matched in time, whatever the pattern', () => {
  const path = `/${'a'.repeat(8000)}b`;
  const began = performance.now();
  assert.equal(globMatches(`/${'**a'.repeat(200)}`, path), false);
  assert.equal(globMatches(`/${'*a'.repeat(200)}**`, path), true);
  assert.ok(performance.now() - began < 5000);
});

test('public hosts', () => {
  for (const host of [
    'example.org',
    'a.b.example.org',
    '8.8.8.8',
    '172.15.0.1',
    '172.32.0.1',
    '100.128.0.1',
    '[2606:4700:4700::1111]',
    'localhost.example.org',
  ]) {
    assert.equal(isPublicHost(host), true, host);
  }
});

test('columns as the native program takes them', () => {
  const cases = [
    ['a, b.c', ['a', 'b.c']],
    ['"a,b".c,`x.y`', ['a,b.c', 'x.y']],
    ['"say ""hi""",  two words ', ['say "hi"', 'two words']],
    ['""', ['']],
  ];
  for (const [text, names] of cases) assert.deepEqual(columnList(text), names);
  for (const text of ['', 'a,', ',a', 'a..b', '"a', '"a"b'])
    assert.throws(() => columnList(text), { code: 'bad_parameter' }, text);
});

test('options that make no sense are refused when the handler is made', () => {
  const allow = [];
  const wrong = [
    { maxRows: 0 },
    { maxRows: 1.5 },
    { maxBytes: -1 },
    { maxRequests: '50' },
    { memory: NaN },
    { timeout: Infinity },
    { cors: 'https://example.org' },
    { cors: ['https://example.org/'] },
    { cors: ['example.org'] },
  ];
  for (const options of wrong)
    assert.throws(() => settingsOf({ allow, ...options }), { code: 'usage' }, JSON.stringify(options));
  assert.equal(settingsOf({ allow }).cacheControl, 'no-cache');
  assert.equal(settingsOf({ allow, headers: () => undefined }).cacheControl, 'private, no-cache');
});

test('the tag of an answer is of the version and the question', async () => {
  const facts = { byteLength: 10, etag: '"a"', lastModified: undefined };
  const question = {
    kind: 'rows',
    url: new URL('https://example.org/a'),
    columns: ['a'],
    offset: 0,
    limit: 1,
    format: 'csv',
  };
  const settings = settingsOf({ allow: [] });
  const tag = await entityTag(facts, question, settings);
  assert.equal(
    await entityTag({ ...facts }, { ...question, url: new URL('https://EXAMPLE.org:443/a') }, settings),
    tag,
  );
  const others = [
    [{ ...facts, etag: '"b"' }, question],
    [{ ...facts, byteLength: 11 }, question],
    [facts, { ...question, url: new URL('https://example.org/a?b') }],
    [facts, { ...question, columns: ['a', 'b'] }],
    [facts, { ...question, columns: undefined }],
    [facts, { ...question, format: 'json' }],
    [facts, { ...question, limit: 2 }],
  ];
  for (const [facts, question] of others) assert.notEqual(await entityTag(facts, question, settings), tag);
  assert.equal(await entityTag({ byteLength: 10 }, question, settings), undefined);
  for (const [header, known] of [
    [tag, true],
    [`W/${tag}`, true],
    [`"x", ${tag}`, true],
    ['*', true],
    ['"x"', false],
    [null, false],
    ['', false],
  ]) {
    assert.equal(isKnown(tag, header), known, String(header));
  }
});
