/** The remote file that every consumer reads, and what it must find there. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { Fixture, writeSample } from '../harness/fixture.mjs';

/** Small enough to be quick, large enough that the first request doesn't bring all of it. */
const SAMPLE = ['--rows', '1000', '--row-groups', '2'];

/** What {@link READ} answers. */
export const FOUND = {
  rowCount: 1000,
  ids: ['1000500', '1000501', '1000502'],
  ipc: true,
};

/** An expression in JavaScript over `parqlet` and `address`: rows of the second row group, and Arrow. */
export const READ = `(async () => {
  const file = await parqlet.open(address);
  const rows = await file.rows({ columns: ['ride_id'], offset: 500, limit: 3 });
  const bytes = await file.ipc({ columns: ['fare'] });
  const { rowCount } = file;
  file.close();
  return { rowCount, ids: rows.map((row) => String(row.ride_id)), ipc: bytes[0] === 255 && bytes.length > 8000 };
})()`;

/** The server that has the file, for pages of any origin, up while the tests of a file run. */
export function useRides() {
  const rides = new Rides();
  before(() => rides.start(), { timeout: 60_000 });
  after(() => rides.stop(), { timeout: 30_000 });
  return rides;
}

class Rides {
  server;
  #folder;

  /** The address of the file. */
  get address() {
    return this.server.url('rides.parquet');
  }

  async start() {
    this.#folder = await mkdtemp(join(tmpdir(), 'parqlet-rides-'));
    const path = join(this.#folder, 'rides.parquet');
    await writeSample(path, ...SAMPLE);
    this.server = await Fixture.start();
    await this.server.put('rides.parquet', path);
    await this.server.cors('rides.parquet', {});
  }

  async stop() {
    await this.server?.stop();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }
}
