/** Numbers of a series, and tables of them. */

import { cpus } from 'node:os';

/** The middle of some numbers. */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Milliseconds as `123` or `1.2`, with the range of all measured: the machine may be busy. */
export function milliseconds(numbers) {
  const text = (ms) => (ms < 10 ? ms.toFixed(1) : ms.toFixed(0));
  return `${text(median(numbers))} (${text(Math.min(...numbers))}–${text(Math.max(...numbers))})`;
}

/** Bytes in decimal units. */
export function decimalBytes(bytes) {
  if (bytes < 1e3) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Bytes in MiB. */
export function mebibytes(bytes) {
  return (bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0);
}

/** Prints a Markdown table. */
export function printTable(head, rows) {
  const line = (cells) => console.log(`| ${cells.join(' | ')} |`);
  line(head);
  line(head.map((_, column) => (column === 0 ? '---' : '---:')));
  for (const row of rows) line(row);
  console.log();
}

/** What the times depend on, as a sentence. */
export function machine() {
  const all = cpus();
  return `Node ${process.versions.node}, ${all.length} × ${all[0]?.model.trim() ?? 'unknown processor'}`;
}

/** The items in an order that changes from round to round, so that none always comes after the same other. */
export function rotated(items, round) {
  const by = round % items.length;
  return [...items.slice(by), ...items.slice(0, by)];
}
