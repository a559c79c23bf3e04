/** What the machine is told to read: only what it can't misunderstand. */

import type { Selection } from './api.js';
import { ParqletError } from './error.js';
import type { SelectionOptions } from './glue.js';

/**
 * The selection as the machine takes it. Whether the file has those columns and row groups the machine knows.
 *
 * @throws ParqletError `usage` for numbers that are none, and lists that are none.
 */
export function checked(selection: Selection): SelectionOptions {
  const { columns, rowGroups, offset, limit, batchRows } = selection;
  return {
    columns: columns === undefined ? undefined : list('columns', columns, name),
    rowGroups: rowGroups === undefined ? undefined : list('rowGroups', rowGroups, whole),
    offset: offset === undefined ? undefined : whole('offset', offset),
    limit: limit === undefined || limit === Infinity ? undefined : whole('limit', limit),
    batchRows: batchRows === undefined ? undefined : whole('batchRows', batchRows),
  };
}

function list<T>(what: string, items: readonly T[], check: (what: string, item: T) => T): T[] {
  if (!Array.isArray(items)) throw new ParqletError('usage', `${what} must be an array`);
  return items.map((item) => check(`each of ${what}`, item));
}

function name(what: string, value: string): string {
  if (typeof value !== 'string') throw new ParqletError('usage', `${what} must be a name, not ${String(value)}`);
  return value;
}

function whole(what: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new ParqletError('usage', `${what} must be a whole number from 0, not ${String(value)}`);
}
