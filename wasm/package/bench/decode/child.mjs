/**
 * Runs jobs on a file in turn and prints what they took as JSON. A process of its own for each question: caches and memory
 * are then those of the jobs named.
 *
 *     node child.mjs <file> <columns or -> <rounds> <job>...
 */

import { peakMemory } from './memory.mjs';
import { readFileSync } from 'node:fs';
import { JOBS } from './jobs.mjs';
import { rotated } from '../common/measure.mjs';

const [path, columnList, rounds, ...names] = process.argv.slice(2);
const columns = columnList === '-' ? undefined : columnList.split(',');
const file = readFileSync(path);
// An ArrayBuffer of its own, as hyparquet wants it.
const bytes = new Uint8Array(file.byteLength);
bytes.set(file);

const empty = () => Object.fromEntries(names.map((name) => [name, []]));
const times = empty();
const cpu = empty();
const imports = {};
const jobs = {};
for (const name of names) {
  const began = performance.now();
  jobs[name] = await JOBS[name]();
  imports[name] = performance.now() - began;
}
for (let round = 0; round < Number(rounds); round++) {
  for (const name of rotated(names, round)) {
    globalThis.gc?.();
    const used = process.cpuUsage();
    const began = performance.now();
    const result = await jobs[name](bytes, columns);
    times[name].push(performance.now() - began);
    const { user, system } = process.cpuUsage(used);
    cpu[name].push((user + system) / 1e3);
    if (result === null) throw new Error(`${name} gave nothing`);
  }
}
const peakResident = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ times, cpu, imports, peakMemory: peakMemory(), peakResident }));
