/**
 * Parqlet, hyparquet and parquet-wasm in Chromium: what the same questions to the same remote file cost.
 *
 *     node bench/chromium.mjs [--quick] [--rounds n] [--only text] [--log]
 *
 * It needs the package as built, Chromium on PATH, `npm ci` in this folder and the fixture binary (PARQLET_FIXTURE).
 * `--only` takes the jobs with a text in their title; `--log` prints the requests of the first round.
 */

import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { readerSizes } from './common/bundles.mjs';
import { decimalBytes, machine, median, milliseconds, printTable, rotated } from './common/measure.mjs';
import { sample } from './common/samples.mjs';
import { Site } from './common/site.mjs';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    log: { type: 'boolean' },
    rounds: { type: 'string' },
    only: { type: 'string', default: '' },
  },
});
const rounds = Number(options.rounds ?? (options.quick ? 3 : 7));
const rows = options.quick ? 400_000 : 3_850_000;
const deep = options.quick ? 300_000 : 1_500_000;

const THREE = ['pickup_at', 'city', 'fare'];
const JOBS = [
  { title: 'open and schema', names: true },
  { title: 'first 100 rows, 30 columns', rows: { offset: 0, limit: 100 } },
  { title: 'first 100 rows, 3 columns', rows: { columns: THREE, offset: 0, limit: 100 } },
  { title: 'one whole column', column: 'fare' },
  { title: `100 rows from ${deep.toLocaleString('en')} on, 3 columns`, rows: { columns: THREE, offset: deep, limit: 100 } },
  { title: 'the same preview again, 30 columns', rows: { offset: 0, limit: 100 }, again: true },
];
const OURS = { title: 'parqlet', script: 'parqlet', way: 'parqlet' };
const READERS = [
  OURS,
  { title: 'parqlet, nothing exposed', script: 'parqlet', way: 'parqlet', bare: true },
  { title: 'hyparquet', script: 'hyparquet', way: 'hyparquet' },
  { title: 'hyparquet, tuned', script: 'hyparquet', way: 'hyparquet, tuned' },
  { title: 'parquet-wasm', script: 'parquet-wasm', way: 'parquet-wasm' },
  { title: 'parquet-wasm, tuned', script: 'parquet-wasm', way: 'parquet-wasm, tuned' },
];
/** More cannot be explained to a user who waits. */
const MOST_ROUND_TRIPS = 3;

const path = await sample({ rows, 'row-groups': 10, codec: 'snappy' });
const { size } = await stat(path);
const site = await Site.start(path);
try {
  console.log(`# Chromium, another origin\n`);
  console.log(
    `A file of ${decimalBytes(size)}: ${rows.toLocaleString('en')} rows, 30 columns, 10 row groups, snappy, page index. ` +
      `The server waits 30 ms before each first byte and sends 50 MB/s a connection over HTTP/1.1. Peers get preflights ` +
      `answered and kept, and Content-Range and ETag exposed. Each job runs in a new page with an empty cache, with the ` +
      `reader's code compiled beforehand, and includes opening the file; medians (and range) of ${rounds} rounds in turn. ` +
      `Round trips: the longest chain in the server's log. A preview again without a request comes from what the reader or its caller keeps, or for parquet-wasm from Chromium's own cache. ${machine()}.\n`,
  );
  const flagged = await network();
  await coldStart();
  await sizes();
  console.log(flagged.length === 0 ? 'No row flagged.' : `Flagged:\n\n${flagged.map((line) => `- ${line}`).join('\n')}`);
} finally {
  await site.stop();
}

async function network() {
  const jobs = JOBS.filter(({ title }) => title.includes(options.only));
  const found = new Map(jobs.map((job) => [job, new Map(READERS.map((reader) => [reader, []]))]));
  for (let round = 0; round < rounds; round++) {
    for (const job of jobs) {
      let expected;
      for (const reader of rotated(READERS, round)) {
        const result = await attempt(reader, job);
        found.get(job).get(reader).push(result);
        if (result.error !== undefined) continue;
        expected ??= result.values;
        assert.deepEqual(result.values, expected, `${reader.title} has other values: ${job.title}`);
        if (options.log && round === 0) console.log(`${reader.title}: ${job.title}\n  ${result.log.join('\n  ')}`);
      }
    }
  }
  const flagged = [];
  for (const [job, byReader] of found) {
    console.log(`## ${job.title[0].toUpperCase()}${job.title.slice(1)}\n`);
    printTable(
      ['reader', 'requests (+ preflights)', 'round trips', 'bytes', 'wall, ms'],
      READERS.map((reader) => line(reader, byReader.get(reader))),
    );
    flagged.push(...flags(job, byReader));
  }
  return flagged;
}

async function attempt(reader, job) {
  try {
    return await site.measure(reader, job);
  } catch (error) {
    return { error: String(error.message).split('\n')[0] };
  }
}

function line(reader, results) {
  const failed = results.find(({ error }) => error !== undefined);
  if (failed !== undefined) return [reader.title, '–', '–', '–', `fails: ${failed.error}`];
  const { requests, preflights, roundTrips, bytes } = middles(results);
  const sent = preflights === 0 ? `${requests}` : `${requests} (+${preflights})`;
  return [reader.title, sent, roundTrips, decimalBytes(bytes), milliseconds(results.map(({ ms }) => ms))];
}

function middles(results) {
  const middle = (name) => median(results.map((result) => result[name]));
  return Object.fromEntries(['requests', 'preflights', 'roundTrips', 'bytes', 'ms'].map((name) => [name, middle(name)]));
}

/** Where we aren't the best in bytes, or need too many round trips, or any request for what is known. */
function flags(job, byReader) {
  const flagged = [];
  const peers = READERS.filter(({ script }) => script !== OURS.script);
  for (const reader of READERS.filter(({ script }) => script === OURS.script)) {
    const results = byReader.get(reader);
    if (results.some(({ error }) => error !== undefined)) {
      flagged.push(`${job.title}, ${reader.title}: fails`);
      continue;
    }
    const ours = middles(results);
    if (ours.roundTrips > MOST_ROUND_TRIPS) flagged.push(`${job.title}, ${reader.title}: ${ours.roundTrips} round trips`);
    if (job.again && ours.requests > 0) flagged.push(`${job.title}, ${reader.title}: ${ours.requests} requests`);
    for (const peer of peers.filter((peer) => byReader.get(peer).every(({ error }) => error === undefined))) {
      const theirs = middles(byReader.get(peer));
      for (const [name, unit] of [['bytes', decimalBytes], ['roundTrips', (trips) => `${trips} round trips`], ['ms', (ms) => `${ms.toFixed(0)} ms`]]) {
        if (theirs[name] >= ours[name]) continue;
        flagged.push(`${job.title}, ${reader.title}: ${unit(ours[name])}, but ${peer.title} ${unit(theirs[name])}`);
      }
    }
  }
  return flagged;
}

async function coldStart() {
  const job = JOBS.find(({ title }) => title === 'first 100 rows, 3 columns');
  const readers = READERS.filter(({ title }) => ['parqlet', 'hyparquet', 'parquet-wasm'].includes(title));
  const found = new Map(readers.map((reader) => [reader, []]));
  for (let round = 0; round < rounds; round++) {
    for (const reader of rotated(readers, round)) found.get(reader).push(await site.cold(reader, job));
  }
  console.log(`## From import to the first 100 rows of 3 columns\n`);
  console.log(
    `A new browser with a new profile each time; each reader bundled and minified, served as it is (not compressed) from ` +
      `the page's origin, which is as far away as the file's. parquet-wasm has to be initialised first; Parqlet ` +
      `loads its module while it opens the file.\n`,
  );
  printTable(
    ['reader', 'import, ms', 'initialise, ms', 'in all, ms'],
    readers.map((reader) => {
      const results = found.get(reader);
      const prepare = reader.script === 'parquet-wasm' ? milliseconds(results.map((result) => result.prepareMs)) : '–';
      return [
        reader.title,
        milliseconds(results.map((result) => result.importMs)),
        prepare,
        milliseconds(results.map((result) => result.ms)),
      ];
    }),
  );
}

async function sizes() {
  console.log(`## Sizes in bytes\n`);
  console.log('What a page loads, minified by the same bundler: what the jobs above use of each package.\n');
  printTable(
    ['package', 'raw', 'gzip -9', 'Brotli 11'],
    (await readerSizes()).map(({ name, part, raw, gzip, brotli }) => [
      `${name}, ${part}`,
      ...[raw, gzip, brotli].map((bytes) => bytes.toLocaleString('en')),
    ]),
  );
}
