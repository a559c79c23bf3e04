/** One remote file for one answer: opened, planned and read within the service's limits. */

import type { FileFacts } from '../api.js';
import type { Batch, Plan, SelectionOptions } from '../glue.js';
import { OpenObject } from '../object.js';
import { Origins } from '../origins.js';
import type { Run } from '../run.js';
import { HttpSource } from '../source/http.js';
import { Deadline } from './deadline.js';
import { MeteredSource, tooLarge } from './metered.js';
import type { Settings } from './options.js';
import type { RowQuestion } from './query.js';
import { tooMany, Upstream } from './upstream.js';

/** What opening cost. */
export interface Opening {
  requests: number;
  bytes: number;
}

/** Nothing of it is shared with other requests: promises must not be, on Workers. */
export class RemoteFile {
  /** What opening cost. */
  readonly opening: Opening;
  readonly #object: OpenObject;
  readonly #source: MeteredSource;
  readonly #settings: Settings;
  readonly #deadline: Deadline;
  readonly #signals: readonly AbortSignal[];
  #run: Run | undefined;
  #closed = false;

  private constructor(
    object: OpenObject,
    source: MeteredSource,
    upstream: Upstream,
    settings: Settings,
    deadline: Deadline,
    signals: readonly AbortSignal[],
  ) {
    this.opening = { requests: upstream.requests, bytes: object.totals.bytes };
    this.#object = object;
    this.#source = source;
    this.#settings = settings;
    this.#deadline = deadline;
    this.#signals = signals;
  }

  /** @throws Problem, ParqletError, or the reason of a signal. */
  static async open(url: URL, settings: Settings, life: readonly AbortSignal[]): Promise<RemoteFile> {
    const upstream = await Upstream.to(url, settings);
    // Always the same link, and nothing learned: the same question has the same plan wherever this runs.
    const http = new HttpSource({
      url,
      headers: new Headers(),
      fetch: upstream.fetch,
      realm: 'edge',
      ownOrigin: undefined,
      patience: settings.timeout,
      origins: new Origins(),
    });
    const source = new MeteredSource(http, upstream, settings.maxBytes);
    const deadline = new Deadline(settings.timeout);
    const signals = [deadline.signal, ...life];
    const budget = {
      memory: settings.memory,
      /** What is left for data: one request less for an index, and a tenth less for retries. */
      get maxRequests() {
        return Math.max(1, Math.floor((settings.maxRequests - upstream.requests - 1) * 0.9));
      },
    };
    const object = await deadline.wait(OpenObject.open(source, budget, { signals }));
    return new RemoteFile(object, source, upstream, settings, deadline, signals);
  }

  get facts(): Omit<FileFacts, 'rowGroups'> {
    return this.#object.facts;
  }

  /** Rows and bytes of each row group. */
  get rowGroups(): { rowCount: number; byteLength: number }[] {
    return this.#object.rowGroups.map(({ rowCount, byteLength }) => ({ rowCount, byteLength }));
  }

  /** What a read would fetch, whatever the limits. */
  plan(rows: RowQuestion): Plan {
    return this.#object.plan(selectionOf(rows));
  }

  /** @throws Problem if the read would take more than it may, as far as that is known without a request. */
  check(rows: RowQuestion): void {
    const { maxBytes, maxRequests } = this.#settings;
    const { requests, index } = this.plan(rows);
    const count = this.opening.requests + requests.length + (index === undefined ? 0 : 1);
    if (count > maxRequests) throw tooMany(maxRequests);
    // Before the page index is read, a plan is for whole columns: the read checks again when it has its own.
    if (index !== undefined) return;
    const bytes = requests.reduce((sum, { start, end }) => sum + end - start, this.opening.bytes);
    if (bytes > maxBytes) throw tooLarge(maxBytes);
  }

  /** Begins to read; {@link next} gives the batches. One read a file. */
  async read(rows: RowQuestion): Promise<void> {
    this.check(rows);
    const before = this.#object.totals.plannedBytes;
    this.#source.check = () => {
      const planned = this.#object.totals.plannedBytes - before;
      if (this.opening.bytes + planned > this.#settings.maxBytes) throw tooLarge(this.#settings.maxBytes);
    };
    this.#run = await this.#object.read(selectionOf(rows), { signals: this.#signals });
  }

  /** The next batch; `undefined` behind the last. */
  async next(): Promise<Batch | undefined> {
    return this.#run === undefined ? undefined : await this.#deadline.wait(this.#run.next());
  }

  /** Schema of the batches as an IPC message: once there was one, or the end. */
  get schema(): Uint8Array {
    return this.#run?.schema ?? new Uint8Array(0);
  }

  /** Ends transfers and gives the memory back. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#run?.close();
    this.#object.release();
  }
}

function selectionOf({ columns, offset, limit }: RowQuestion): SelectionOptions {
  return { columns, offset, limit };
}
