/** Single values as text: exact, the same everywhere, times in UTC. */

import type { Interval } from '../values/index.js';

/** A value that has no parts, by its type. */
export function scalarText(value: unknown, type: string): string {
  if (typeof value === 'bigint') {
    if (type.startsWith('timestamp[')) return timestampText(value, type.includes(','));
    if (type.startsWith('duration[')) return durationText(value);
    return String(value);
  }
  if (value instanceof Date) return dateText(value);
  if (value instanceof Uint8Array) return `0x${hex(value)}`;
  if (typeof value === 'number') return type === 'float32' ? float32Text(value) : numberText(value);
  if (type.startsWith('interval[') && isInterval(value)) return intervalText(value);
  return String(value);
}

/** Bytes as hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** `2024-01-31 13:45:30.123456Z` from nanoseconds since 1970; `Z` where the type says that it is an instant. */
function timestampText(nanoseconds: bigint, zoned: boolean): string {
  const second = floorDiv(nanoseconds, 1_000_000_000n);
  const rest = nanoseconds - second * 1_000_000_000n;
  const date = new Date(Number(second) * 1000);
  if (Number.isNaN(date.getTime())) return `${nanoseconds} ns since 1970`;
  const text = date.toISOString().replace('T', ' ').replace('.000Z', '');
  return `${text}${fraction(rest)}${zoned ? 'Z' : ''}`;
}

/** `2024-01-31`; with the time if the value has one. */
function dateText(date: Date): string {
  if (Number.isNaN(date.getTime())) return 'a date beyond the calendar';
  const text = date.toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, -14) : text.replace('T', ' ').replace('.000Z', 'Z');
}

/** ISO 8601, in hours at most: days of a length of time are not always 24 hours. */
function durationText(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? '-' : '';
  const length = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const seconds = length / 1_000_000_000n;
  const [hours, minutes] = [seconds / 3600n, (seconds / 60n) % 60n];
  const second = `${seconds % 60n}${fraction(length % 1_000_000_000n)}`;
  const parts = [hours > 0n && `${hours}H`, minutes > 0n && `${minutes}M`, second !== '0' && `${second}S`];
  return `${sign}PT${parts.filter(Boolean).join('') || '0S'}`;
}

function intervalText({ months, days, nanoseconds }: Interval): string {
  const calendar = [months !== 0 && `${months}M`, days !== 0 && `${days}D`].filter(Boolean).join('');
  if (nanoseconds === 0n) return `P${calendar || '0D'}`;
  const time = durationText(nanoseconds);
  return time.startsWith('-') ? `P${calendar}T-${time.slice(3)}` : `P${calendar}${time.slice(1)}`;
}

/** `.123`, `.123456` or `.123456789`; nothing for a whole second. */
function fraction(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '';
  const digits = String(nanoseconds).padStart(9, '0');
  return `.${digits.replace(/(000){1,2}$/, '')}`;
}

/** The shortest that is this number and no other of 32 bits. */
function float32Text(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const near = Number(value.toPrecision(digits));
    if (Math.fround(near) === value) return numberText(near);
  }
  return numberText(value);
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function floorDiv(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient;
}

function isInterval(value: unknown): value is Interval {
  return typeof value === 'object' && value !== null && 'months' in value && 'nanoseconds' in value;
}
