/** Floats as the shortest text that reads back as the same float, with an exponent where plain digits would be many. */

/** A 64-bit float: `1.0`, `0.1`, `1e300`, `NaN`, `inf`. */
export function float64Text(value: number): string {
  return special(value) ?? spelled(value, value.toExponential(), 1e16, 1e-4);
}

/** A 32-bit (or 16-bit) float, which takes fewer digits. */
export function float32Text(value: number): string {
  return special(value) ?? spelled(value, shortest32(value), Math.fround(1e16), Math.fround(1e-4));
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return 'inf';
  if (value === -Infinity) return '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  return undefined;
}

/** `exponential`: sign, digit, perhaps a point and more digits, `e` and the exponent. */
function spelled(value: number, exponential: string, large: number, small: number): string {
  const [mantissa = '', power = ''] = exponential.split('e');
  const exponent = Number(power);
  const size = Math.abs(value);
  if (size >= large || size < small) return `${mantissa}e${exponent}`;
  const sign = value < 0 ? '-' : '';
  const digits = mantissa.slice(sign.length).replace('.', '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  return `${sign}${digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')}.${digits.slice(exponent + 1) || '0'}`;
}

/** The shortest digits that round to this 32-bit float: nine always do. */
function shortest32(value: number): string {
  for (let places = 0; places < 8; places++) {
    const near = value.toExponential(places);
    if (Math.fround(Number(near)) === value) return trimmed(near);
    // At a power of two the floats above lie twice as far apart as those below, so that the next number of so many
    // digits away from zero can be one that rounds to this float where the nearest is not.
    const next = stepped(near, places);
    if (Math.fround(Number(next)) === value) return trimmed(next);
  }
  return trimmed(value.toExponential(8));
}

/** One more in the last digit. */
function stepped(exponential: string, places: number): string {
  const [mantissa = '', power = ''] = exponential.split('e');
  const digits = (BigInt(mantissa.replace(/[-.]/g, '')) + 1n).toString();
  const sign = mantissa.startsWith('-') ? '-' : '';
  const exponent = Number(power) + digits.length - places - 1;
  return `${sign}${digits[0] ?? ''}.${digits.slice(1)}e${exponent}`;
}

function trimmed(exponential: string): string {
  const [mantissa = '', power = ''] = exponential.split('e');
  return `${mantissa.includes('.') ? mantissa.replace(/\.?0*$/, '') : mantissa}e${power}`;
}
