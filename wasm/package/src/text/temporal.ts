/**
 * Dates, times, durations and intervals as ISO 8601 text, for every value a file can hold: a `date32` reaches the year
 * 5,881,580 and a timestamp in seconds the year 292 billion, far beyond Date. Years outside 0 to 9999 carry a sign.
 * Instants are written in UTC whatever their zone.
 */

import { DateUnit, IntervalUnit, TimeUnit, Type } from '@uwdata/flechette/src/constants.js';

import { unitNanoseconds } from '../values/temporal.js';
import { type Vector, words } from '../values/vector.js';

type Write = (row: number) => string;

const DAY_SECONDS = 86_400;
const DAY_MILLISECONDS = 86_400_000n;
const NANOS = 1_000_000_000n;

/** Writes the values of a temporal type; `undefined` for any other. */
export function temporal(vector: Vector): Write | undefined {
  const { type, values } = vector;
  switch (type.typeId) {
    case Type.Date: {
      if (type.unit === DateUnit.DAY) {
        const days = words(values, Int32Array);
        return (row) => dateText(days[row] as number);
      }
      return of64(values, (value) => {
        const whole = value % DAY_MILLISECONDS === 0n;
        return whole ? dateText(Number(value / DAY_MILLISECONDS)) : timestampText(value, 1000n, false);
      });
    }
    case Type.Time: {
      const per = NANOS / unitNanoseconds(type.unit);
      if (type.unit >= TimeUnit.MICROSECOND) return of64(values, (value) => timeText(value, per));
      const parts = words(values, Int32Array);
      return (row) => timeText(BigInt(parts[row] as number), per);
    }
    case Type.Timestamp: {
      const per = NANOS / unitNanoseconds(type.unit);
      const zoned = Boolean(type.timezone);
      return of64(values, (value) => timestampText(value, per, zoned));
    }
    case Type.Duration: {
      const per = NANOS / unitNanoseconds(type.unit);
      return of64(values, (value) => `${value < 0n ? '-' : ''}${secondsText('PT', value, per)}`);
    }
    case Type.Interval:
      return intervals(values, type.unit);
    default:
      return undefined;
  }
}

function of64(values: Uint8Array, text: (value: bigint) => string): Write {
  const wide = words(values, BigInt64Array);
  return (row) => text(wide[row] as bigint);
}

function intervals(values: Uint8Array, unit: number): Write {
  const parts = words(values, Int32Array);
  const part = (at: number): number => parts[at] as number;
  switch (unit) {
    case IntervalUnit.YEAR_MONTH:
      return (row) => intervalText(part(row), 0, 0n);
    case IntervalUnit.DAY_TIME:
      return (row) => intervalText(0, part(2 * row), BigInt(part(2 * row + 1)) * 1_000_000n);
    default:
      return (row) => {
        const nanos = (BigInt(part(4 * row + 3)) << 32n) + BigInt(part(4 * row + 2) >>> 0);
        return intervalText(part(4 * row), part(4 * row + 1), nanos);
      };
  }
}

/** A day counted from 1970-01-01. */
function dateText(days: number): string {
  const [year, month, day] = civil(days);
  const size = String(Math.abs(year)).padStart(4, '0');
  const sign = year < 0 ? '-' : year > 9999 ? '+' : '';
  return `${sign}${size}-${two(month)}-${two(day)}`;
}

/** An instant counted in `1 / per` seconds from 1970. */
function timestampText(value: bigint, per: bigint, utc: boolean): string {
  const day = BigInt(DAY_SECONDS) * per;
  const rest = ((value % day) + day) % day;
  const date = dateText(Number((value - rest) / day));
  return `${date}T${clock(Number(rest / per))}${fraction(rest % per, per)}${utc ? 'Z' : ''}`;
}

/** A time of day counted in `1 / per` seconds; a value that is none as the number it is. */
function timeText(value: bigint, per: bigint): string {
  if (value < 0n || value >= BigInt(DAY_SECONDS) * per) return String(value);
  return clock(Number(value / per)) + fraction(value % per, per);
}

/** Months, days and nanoseconds, each with its own sign: `P1M-2DT0.5S`. */
function intervalText(months: number, days: number, nanos: bigint): string {
  if (months === 0 && days === 0 && nanos === 0n) return 'PT0S';
  let text = 'P';
  if (months !== 0) text += `${months}M`;
  if (days !== 0) text += `${days}D`;
  if (nanos !== 0n) text += secondsText(nanos < 0n ? 'T-' : 'T', nanos, NANOS);
  return text;
}

function secondsText(prefix: string, value: bigint, per: bigint): string {
  const size = value < 0n ? -value : value;
  return `${prefix}${size / per}${fraction(size % per, per)}S`;
}

function clock(second: number): string {
  return `${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`;
}

/** Three, six or nine digits, as few as are exact; none for a whole second. */
function fraction(part: bigint, per: bigint): string {
  if (part === 0n) return '';
  const nanos = Number(part * (NANOS / per));
  const digits = String(nanos).padStart(9, '0');
  return `.${digits.slice(0, nanos % 1_000_000 === 0 ? 3 : nanos % 1000 === 0 ? 6 : 9)}`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/**
 * Year, month and day of the proleptic Gregorian calendar. Counts in eras of 400 years that begin on 1 March, so that
 * the leap day is the last of its year.
 */
function civil(days: number): [number, number, number] {
  const ERA_DAYS = 146_097;
  // So many days lie between 0000-03-01 and 1970-01-01.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / ERA_DAYS);
  const ofEra = shifted - era * ERA_DAYS;
  const leaps = Math.floor(ofEra / 1460) - Math.floor(ofEra / 36_524) + Math.floor(ofEra / 146_096);
  const yearOfEra = Math.floor((ofEra - leaps) / 365);
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day];
}
