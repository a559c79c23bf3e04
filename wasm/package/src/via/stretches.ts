/** Which rows of a file a selection means, as a service can be asked for them. */

import { ParqletError } from '../error.js';
import type { RowGroup, SelectionOptions } from '../glue.js';

/** Rows from `start` to before `end`. */
export interface Stretch {
  start: number;
  end: number;
}

/** Rows of a selection, in file order. At least one stretch, if only an empty one: its answer has the columns. */
export function stretchesOf(
  { rowGroups, offset = 0, limit = Infinity }: SelectionOptions,
  groups: readonly RowGroup[],
  rowCount: number,
): Stretch[] {
  const all = rowGroups === undefined ? [{ start: 0, end: rowCount }] : placesOf(rowGroups, groups);
  const stretches: Stretch[] = [];
  let skip = offset;
  let left = limit;
  for (const { start, end } of all) {
    const first = Math.min(end, start + skip);
    skip -= first - start;
    const last = Math.min(end, first + left);
    left -= last - first;
    const before = stretches.at(-1);
    if (last === first) continue;
    if (before !== undefined && before.end === first) before.end = last;
    else stretches.push({ start: first, end: last });
  }
  return stretches.length > 0 ? stretches : [{ start: 0, end: 0 }];
}

/** The query's list of columns: each name in quotes, so that commas are part of it, and dots lead where they always do. */
export function columnsParameter(columns: readonly string[] | undefined): Record<string, string> {
  if (columns === undefined) return {};
  if (columns.length === 0) throw new ParqletError('usage', 'a service reads one column at least');
  return { columns: columns.map((name) => (/^\w[\w.]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`)).join() };
}

function placesOf(numbers: readonly number[], groups: readonly RowGroup[]): Stretch[] {
  const starts: number[] = [];
  let start = 0;
  for (const { rowCount } of groups) {
    starts.push(start);
    start += rowCount;
  }
  return [...new Set(numbers)]
    .sort((a, b) => a - b)
    .map((number) => {
      const [start, group] = [starts[number], groups[number]];
      if (start !== undefined && group !== undefined) return { start, end: start + group.rowCount };
      throw new ParqletError('usage', `there is no row group ${number}: the file has ${groups.length}`);
    });
}
