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

/** Below, floats have fewer digits than others. */
const SMALLEST_NORMAL = 2 ** -126;
/** So many digits of any number survive a float: a number of no more is found by rounding to so many. */
const SURE_DIGITS = 6;
/** So many digits tell any float from any other. */
const MOST_DIGITS = 9;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The shortest digits that round to this 32-bit float. */
function shortest32(value: number): string {
  float[0] = value;
  const powerOfTwo = ((bits[0] as number) & 0x7fffff) === 0;
  const odd = powerOfTwo || Math.abs(value) < SMALLEST_NORMAL;
  for (let digits = odd ? 1 : SURE_DIGITS; digits < MOST_DIGITS; digits++) {
    const near = value.toExponential(digits - 1);
    if (Math.fround(Number(near)) === value) return trimmed(near);
    if (!powerOfTwo) continue;
    // The floats above lie twice as far apart as those below, so that the next number of so many digits away from zero
    // can be one that rounds to this float where the nearest is not.
    const next = stepped(near, digits - 1);
    if (Math.fround(Number(next)) === value) return trimmed(next);
  }
  return trimmed(value.toExponential(MOST_DIGITS - 1));
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
