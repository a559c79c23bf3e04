// The types of what is read, but for the options: see options.ts.

/** One row: a plain object with one member a column, under the column's name. */
export type Row = Record<string, unknown>;

/** A column: a typed array for numbers without nulls, else an array of values as rows have them. */
export type Column =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array
  | unknown[];

/** A length of time in the calendar's units, which no fixed number of seconds has. Each part has its own sign. */
export interface Interval {
  months: number;
  days: number;
  nanoseconds: bigint;
}
