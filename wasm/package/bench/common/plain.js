/** Values of all readers in one form, so that they can be compared. Runs in browsers and in Node. */

/** Read as milliseconds since 1970, whole ones. */
const TIMES = new Set(['pickup_at', 'dropoff_at', 'day']);
/** Decimals, which some give as text and some as a number. */
const DECIMALS = new Set(['tax']);

/** One row of any reader. */
export function plainRow(row) {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plainField(name, value)]));
}

function plainField(name, value) {
  if (value === null || value === undefined) return null;
  if (TIMES.has(name)) return Math.floor(Number(value));
  // hyparquet multiplies by a power of ten, which leaves 0.35000000000000003 of 0.35.
  if (DECIMALS.has(name)) return Number(Number(value).toFixed(6));
  return plain(value);
}

function plain(value) {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object') return value;
  if (value instanceof Date) return value.getTime();
  if (typeof value[Symbol.iterator] === 'function' && !isRow(value)) return Array.from(value, plain);
  const entries = isRow(value) ? Object.entries(value.toJSON()) : Object.entries(value);
  return Object.fromEntries(entries.map(([name, inner]) => [name, plain(inner)]));
}

/** Apache Arrow's structs can be iterated, its vectors too, and both have toJSON; a vector has a length as well. */
function isRow(value) {
  return typeof value.toJSON === 'function' && typeof value.length !== 'number';
}

/**
 * Rows of an Apache Arrow table: all, or each `step`th.
 *
 * Its decimals come as words of 32 bits and have to be put together with the scale of the type.
 */
export function plainTable(table, step = 1) {
  const rows = [];
  const scales = new Map(table.schema.fields.map(({ name, type }) => [name, type.scale]));
  for (let at = 0; at < table.numRows; at += step) {
    const row = table.get(at).toJSON();
    for (const name of DECIMALS) {
      if (row[name] !== undefined) row[name] = decimal(row[name], scales.get(name));
    }
    rows.push(plainRow(row));
  }
  return rows;
}

function decimal(words, scale) {
  if (words === null) return null;
  let value = 0n;
  for (let at = words.length - 1; at >= 0; at--) value = (value << 32n) | BigInt(words[at]);
  return Number(BigInt.asIntN(32 * words.length, value)) / 10 ** scale;
}
