/**
 * Parqlet, parquet-wasm and hyparquet in Node: whole files, already in memory, decoded.
 *
 *     node bench/node.mjs [--quick] [--rounds n]
 *
 * It needs the package as built, `npm ci` in this folder and the fixture binary (PARQLET_FIXTURE).
 */

import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { decimalBytes, machine, mebibytes, median, milliseconds, printTable, rotated } from './common/measure.mjs';
import { sample, TEXT_COLUMNS } from './common/samples.mjs';
import { checkValues } from './decode/check.mjs';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean' }, rounds: { type: 'string' } } });
const rounds = Number(options.rounds ?? (options.quick ? 5 : 11));
const coldRounds = options.quick ? 3 : 7;
const rows = options.quick ? 200_000 : 1_000_000;

const TO_IPC = ['parqlet ipc', 'parqlet batches', 'parquet-wasm', 'parquet-wasm 65536'];
const TO_VALUES = ['parqlet rows', 'hyparquet rows', 'parqlet columns', 'hyparquet columns'];

const files = [];
for (const codec of ['snappy', 'zstd']) {
  files.push({ title: `numbers, ${codec}`, path: await sample({ wide: 12, rows, 'row-groups': 5, codec }) });
  const rides = await sample({ rows, 'row-groups': 5, codec });
  files.push({ title: `strings, ${codec}`, path: rides, columns: TEXT_COLUMNS });
  if (codec === 'snappy') files.push({ title: `30 mixed columns, ${codec}`, path: rides });
}
/** Row objects of a whole file are many: fewer rows for the jobs that make them. */
const few = [
  { title: 'numbers, snappy', path: await sample({ wide: 12, rows: rows / 5, 'row-groups': 2, codec: 'snappy' }) },
  { title: '30 mixed columns, snappy', path: await sample({ rows: rows / 5, 'row-groups': 2, codec: 'snappy' }) },
  { title: '30 mixed columns, zstd', path: await sample({ rows: rows / 5, 'row-groups': 2, codec: 'zstd' }) },
];

console.log(`# Node, whole files in memory\n`);
console.log(
  `Files of ${rows.toLocaleString('en')} rows in 5 row groups: numbers is 12 columns of int64, double and int32 in turn, ` +
    `strings are ${TEXT_COLUMNS.length} text columns of a ride service's 30. Runs in one process, one reader after the ` +
    `other in changing order, garbage collected in between; medians (and range) of ${rounds} rounds after one that isn't ` +
    `counted. \`×\` is the ratio of medians to the peer (parquet-wasm with its default batches, hyparquet for the same kind of ` +
    `values); less is faster. CPU is that of all threads, for machines that do other things as well. Values were compared ` +
    `first. ${machine()}.\n`,
);
for (const { path, columns } of few) await checkValues(path, columns);
await warm('To Arrow IPC', files, TO_IPC, 'parquet-wasm');
await warm(`To values, ${(rows / 5).toLocaleString('en')} rows`, few, TO_VALUES, undefined);
await cold();
await memory();

async function warm(title, files, jobs, base) {
  console.log(`## ${title}\n`);
  const lines = [];
  for (const { title, path, columns } of files) {
    const { times, cpu } = await child({ path, columns, rounds: rounds + 1, jobs });
    const { size } = await stat(path);
    for (const job of jobs) {
      const peer = base ?? job.replace('parqlet', 'hyparquet');
      const cells = [times, cpu].flatMap((by) => compared(by[job].slice(1), by[peer].slice(1)));
      lines.push([`${title} (file ${decimalBytes(size)})`, job, ...cells]);
    }
  }
  printTable(['file', 'reader', 'wall, ms', '×', 'CPU, ms', '×'], lines);
}

function compared(ours, theirs) {
  return [milliseconds(ours), (median(ours) / median(theirs)).toFixed(2)];
}

async function cold() {
  console.log(`## The first run of a process\n`);
  console.log(`Import of the package and the first file, ${coldRounds} processes each in turn.\n`);
  const jobs = ['parqlet ipc', 'parquet-wasm', 'parquet-wasm 65536'];
  const lines = [];
  for (const file of files) {
    const found = Object.fromEntries(jobs.map((job) => [job, []]));
    for (let round = 0; round < coldRounds; round++) {
      for (const job of rotated(jobs, round)) {
        const { times, imports } = await child({ ...file, rounds: 1, jobs: [job] });
        found[job].push(imports[job] + times[job][0]);
      }
    }
    for (const job of jobs) lines.push([file.title, job, ...compared(found[job], found['parquet-wasm'])]);
  }
  printTable(['file', 'reader', 'import and first run, ms', '×'], lines);
}

async function memory() {
  console.log(`## Memory\n`);
  console.log(
    `One run in a process of its own. WebAssembly memory: \`byteLength\` of the largest \`WebAssembly.Memory\` that an ` +
      `instance exported, at the end; memories never shrink. Resident: the process's peak, with the file; \`nothing\` only ` +
      `reads the file.\n`,
  );
  const lines = [];
  const cases = [
    ...files.map((file) => ({ ...file, jobs: ['nothing', ...TO_IPC] })),
    ...few.map((file) => ({ ...file, jobs: ['nothing', ...TO_VALUES] })),
  ];
  for (const { title, path, columns, jobs } of cases) {
    for (const job of jobs) {
      const { peakMemory, peakResident } = await child({ path, columns, rounds: 1, jobs: [job] });
      lines.push([title, job, peakMemory === 0 ? '–' : mebibytes(peakMemory), mebibytes(peakResident)]);
    }
  }
  printTable(['file', 'reader', 'WebAssembly memory, MiB', 'resident, MiB'], lines);
}

async function child({ path, columns, rounds, jobs }) {
  const script = fileURLToPath(new URL('decode/child.mjs', import.meta.url));
  const args = ['--expose-gc', '--max-old-space-size=8192', script, path, columns?.join(',') ?? '-', String(rounds), ...jobs];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 600_000 });
  return JSON.parse(stdout);
}
