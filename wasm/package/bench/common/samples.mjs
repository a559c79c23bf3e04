/** The files that are read: made once, kept between runs in the system's folder for temporary files. */

import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSample } from '../../test/harness/fixture.mjs';

/** Columns of the ride samples that hold text. */
export const TEXT_COLUMNS = [
  'vendor',
  'city',
  'payment_type',
  'status',
  'promo_code',
  'device_id',
  'app_version',
  'note',
];

/**
 * A sample file; gives its path.
 *
 * @param {Record<string, string | number>} options Of `fixture sample`, without their dashes.
 */
export async function sample(options) {
  const folder = join(tmpdir(), 'parqlet-bench');
  mkdirSync(folder, { recursive: true });
  const name = Object.entries(options).map(([key, value]) => `${key}-${value}`).join('_');
  const path = join(folder, `${name}.parquet`);
  if (existsSync(path)) return path;
  const unfinished = `${path}.${process.pid}`;
  await writeSample(unfinished, ...Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)]));
  renameSync(unfinished, path);
  return path;
}
