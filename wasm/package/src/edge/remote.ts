/** One remote file for one answer: opened, planned and read within the service's limits. */

import type { FileFacts } from '../api.js';
import type { Batch, Plan, SelectionOptions } from '../glue.js';
import { OpenObject } from '../object.js';
import { Origins } from '../origins.js';
import type { Run } from '../run.js';
import { HttpSource } from '../source/http.js';
import type { Source } from '../source/index.js';
import { PartCache } from './cache.js';
import { CachedSource } from './cached.js';
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

/** What is around an answer. */
export interface Around {
  /** Signals that end it. */
  life: readonly AbortSignal[];
  /** Told of work that may go on when the answer is out. */
  keep(work: Promise<unknown>): void;
}

/** Nothing of it is shared with other requests: promises must not be, on Workers. */
export class RemoteFile {
  /** What opening cost. */
  readonly opening: Opening;
  readonly #object: OpenObject;
  readonly #metered: MeteredSource;
  readonly #upstream: Upstream;
  readonly #settings: Settings;
  readonly #deadline: Deadline;
  readonly #signals: readonly AbortSignal[];
  #run: Run | undefined;
  #closed = false;

  private constructor(
    object: OpenObject,
    metered: MeteredSource,
    upstream: Upstream,
    settings: Settings,
    deadline: Deadline,
    signals: readonly AbortSignal[],
  ) {
    const { requestCount, bytes } = object.totals;
    this.opening = { requests: requestCount, bytes };
    this.#object = object;
    this.#metered = metered;
    this.#upstream = upstream;
    this.#settings = settings;
    this.#deadline = deadline;
    this.#signals = signals;
  }

  /** @throws Problem, ParqletError, or the reason of a signal. */
  static async open(url: URL, settings: Settings, around: Around): Promise<RemoteFile> {
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
    const metered = new MeteredSource(http, upstream, settings.maxBytes);
    const source = await withCache(metered, upstream, settings, around.keep);
    const deadline = new Deadline(settings.timeout);
    const signals = [deadline.signal, ...around.life];
    // With a cache, a question is a look into it, a request, and a part to keep.
    const each = settings.cache === undefined ? 1 : 3;
    const budget = {
      memory: settings.memory,
      /** What is left for data: one question less for an index, and a tenth less for retries. */
      get maxRequests() {
        const left = Math.floor((settings.maxRequests - upstream.requests) / each) - 1;
        return Math.max(1, Math.floor(left * 0.9));
      },
    };
    const object = await deadline.wait(OpenObject.open(source, budget, { signals }));
    return new RemoteFile(object, metered, upstream, settings, deadline, signals);
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
    const count = this.#upstream.requests + requests.length + (index === undefined ? 0 : 1);
    if (count > maxRequests) throw tooMany(maxRequests);
    // Before the page index is read, a plan is for whole columns: the read checks again when it has its own.
    if (index !== undefined) return;
    const bytes = requests.reduce((sum, { start, end }) => sum + end - start, this.opening.bytes);
    if (bytes > maxBytes) throw tooLarge(maxBytes);
  }

  /** Begins to read; {@link next} gives the batches, of `batchRows` at most where that is said. One read a file. */
  async read(rows: RowQuestion, batchRows?: number): Promise<void> {
    this.check(rows);
    const before = this.#object.totals.plannedBytes;
    this.#metered.check = () => {
      const planned = this.#object.totals.plannedBytes - before;
      if (this.opening.bytes + planned > this.#settings.maxBytes) throw tooLarge(this.#settings.maxBytes);
    };
    this.#run = await this.#object.read({ ...selectionOf(rows), batchRows }, { signals: this.#signals });
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

async function withCache(
  source: MeteredSource,
  upstream: Upstream,
  { cache, cacheControl }: Settings,
  keep: Around['keep'],
): Promise<Source> {
  if (cache === undefined) return source;
  const fresh = Number(/(?:^|[\s,])max-age=(\d+)/.exec(cacheControl)?.[1] ?? 0);
  return new CachedSource(source, await PartCache.of(cache, upstream, fresh, keep));
}

function selectionOf({ columns, offset, limit }: RowQuestion): SelectionOptions {
  return { columns, offset, limit };
}
