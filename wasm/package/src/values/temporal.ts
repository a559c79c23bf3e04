// Dates, timestamps, times of day, durations and intervals.

import type { DateType, IntervalType, TimeType } from '@uwdata/flechette';
import { DateUnit, IntervalUnit, TimeUnit } from '@uwdata/flechette/src/constants.js';

import { isNull, safeInteger } from './numbers.js';
import type { Interval } from './types.js';
import { type Vector, words } from './vector.js';

const DAY_MILLISECONDS = 86_400_000;

/** Dates as Date, at midnight UTC. */
export function dates(vector: Vector, type: DateType): unknown[] {
  if (type.unit !== DateUnit.DAY) return timestamps(vector, TimeUnit.MILLISECOND);
  const { length, validity } = vector;
  const days = words(vector.values, Int32Array);
  const out = new Array<Date | null>(length);
  for (let i = 0; i < length; i++) {
    out[i] = isNull(validity, i) ? null : new Date((days[i] as number) * DAY_MILLISECONDS);
  }
  return out;
}

/** Timestamps as Date: the millisecond that the instant lies in. */
export function timestamps(vector: Vector, unit: number): unknown[] {
  const { length, validity } = vector;
  const halves = words(vector.values, Int32Array);
  const out = new Array<Date | null>(length);
  for (let i = 0; i < length; i++) {
    const low = (halves[2 * i] as number) >>> 0;
    out[i] = isNull(validity, i) ? null : new Date(milliseconds(low, halves[2 * i + 1] as number, unit));
  }
  return out;
}

/** Timestamps or durations as bigints of nanoseconds. */
export function nanoseconds(vector: Vector, unit: number): unknown[] {
  const { length, validity } = vector;
  const stored = words(vector.values, BigInt64Array);
  const factor = unitNanoseconds(unit);
  const out = new Array<bigint | null>(length);
  for (let i = 0; i < length; i++) out[i] = isNull(validity, i) ? null : (stored[i] as bigint) * factor;
  return out;
}

/** How many nanoseconds a unit has. */
export function unitNanoseconds(unit: number): bigint {
  return [1_000_000_000n, 1_000_000n, 1000n][unit] ?? 1n;
}

/** Times of day as text: `HH:MM:SS`, with 3, 6 or 9 digits after the second where there are any. */
export function times(vector: Vector, type: TimeType): unknown[] {
  const { length, validity } = vector;
  const wide = type.unit >= TimeUnit.MICROSECOND;
  const parts = words(vector.values, Int32Array);
  const perSecond = 1000 ** type.unit;
  const out = new Array<string | null>(length);
  for (let i = 0; i < length; i++) {
    if (isNull(validity, i)) out[i] = null;
    else {
      const value = wide ? safeInteger(parts[2 * i] as number, parts[2 * i + 1] as number, true) : (parts[i] as number);
      out[i] = timeText(value, perSecond);
    }
  }
  return out;
}

/** Intervals as objects of months, days and nanoseconds. */
export function intervals(vector: Vector, type: IntervalType): unknown[] {
  const { length, validity } = vector;
  const parts = words(vector.values, Int32Array);
  const out = new Array<Interval | null>(length);
  for (let i = 0; i < length; i++) out[i] = isNull(validity, i) ? null : interval(parts, i, type.unit);
  return out;
}

function interval(parts: Int32Array, i: number, unit: number): Interval {
  const part = (at: number): number => parts[at] as number;
  switch (unit) {
    case IntervalUnit.YEAR_MONTH:
      return { months: part(i), days: 0, nanoseconds: 0n };
    case IntervalUnit.DAY_TIME:
      return { months: 0, days: part(2 * i), nanoseconds: BigInt(part(2 * i + 1)) * 1_000_000n };
    default: {
      const nanos = (BigInt(part(4 * i + 3)) << 32n) + BigInt(part(4 * i + 2) >>> 0);
      return { months: part(4 * i), days: part(4 * i + 1), nanoseconds: nanos };
    }
  }
}

/**
 * The millisecond, counted from 1970, that a 64-bit instant lies in. In halves because a number can't hold the
 * nanoseconds of today exactly and bigints take five times as long: 2^32 us are 4,294,967 ms and 296 us, and 2^32 ns
 * are 4,294 ms and 967,296 ns, and what is left of any instant stays below 2^53.
 */
function milliseconds(low: number, high: number, unit: number): number {
  switch (unit) {
    case TimeUnit.SECOND:
      return (high * 0x100000000 + low) * 1000;
    case TimeUnit.MILLISECOND:
      return high * 0x100000000 + low;
    case TimeUnit.MICROSECOND:
      return high * 4_294_967 + Math.floor((high * 296 + low) / 1000);
    default:
      return high * 4294 + Math.floor((high * 967_296 + low) / 1_000_000);
  }
}

/** A value that is no time of day is written as the plain number it is. */
function timeText(value: number | bigint, perSecond: number): string {
  if (typeof value === 'bigint' || value < 0 || value >= 86_400 * perSecond) return String(value);
  const second = Math.floor(value / perSecond);
  const clock = `${two(second / 3600)}:${two((second / 60) % 60)}:${two(second % 60)}`;
  const nanos = (value % perSecond) * (1_000_000_000 / perSecond);
  if (nanos === 0) return clock;
  const fraction = String(nanos).padStart(9, '0');
  const shown = nanos % 1_000_000 === 0 ? 3 : nanos % 1000 === 0 ? 6 : 9;
  return `${clock}.${fraction.slice(0, shown)}`;
}

function two(value: number): string {
  const whole = Math.floor(value);
  return whole < 10 ? `0${whole}` : String(whole);
}
