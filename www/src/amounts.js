/** Counts, sizes and times as people read them, spelled as the preview spells them. */

/** `1,500,000`. */
export function count(value) {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `1 row`, `2 rows`. */
export function counted(value, one) {
  return `${count(value)} ${one}${value === 1 ? '' : 's'}`;
}

/** `1.2 MB`, in powers of ten. */
export function size(bytes) {
  let [value, unit] = [bytes, 'B'];
  for (const next of ['kB', 'MB', 'GB', 'TB']) {
    if (value < 999.5) break;
    value /= 1000;
    unit = next;
  }
  return `${unit === 'B' || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${unit}`;
}

/** `212 ms`, `3.4 s`. */
export function duration(ms) {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
