/** A file that is open in the worker. */

import type { FileFacts, OpenOptions, ReadOptions, RowBatch, Selection, ValueReadOptions } from '../api.js';
import { batchOf } from '../batch.js';
import { ParqletError, closed } from '../error.js';
import type { Plan, RowGroup } from '../glue.js';
import { split } from '../ipc.js';
import type { FileStats, RequestEntry } from '../log.js';
import type { Schema } from '../schema.js';
import { checked } from '../selection.js';
import { present } from '../signals.js';
import type { Column, Row } from '../values/index.js';
import type { WorkerFile } from './api.js';
import { link, type Link } from './link.js';
import type { BeginCall, OpenCall, Part, ReadCall, Reply, SentReadOptions, SentStats } from './protocol.js';

/** How to open the file in a worker: its source and options as they can be sent there. */
export type Sender = (link: Link) => Pick<OpenCall, 'source' | 'options'>;

/** A file in one worker: what is left to clean up when the page forgets it. */
interface Place {
  link: Link;
  file: number;
  services: number[];
}

/** Files that were forgotten without being closed. */
const forgotten = new FinalizationRegistry<{ place: Place }>(({ place }) => leave(place));

/** A file in the worker; in a new one, if that crashed. */
export class RemoteFile implements WorkerFile {
  readonly #sender: Sender;
  /** Signals for as long as the file is open. */
  readonly #life: readonly AbortSignal[];
  /** Held by the registry too, so it must not lead back to this file. */
  readonly #home: { place: Place };
  #facts: FileFacts;
  #stats: FileStats;
  #closed = false;
  #moving: Promise<Place> | undefined;

  private constructor(sender: Sender, life: readonly AbortSignal[], place: Place, opened: Reply<unknown>) {
    this.#sender = sender;
    this.#life = life;
    this.#home = { place };
    this.#facts = factsIn(opened);
    this.#stats = { ...opened.stats.totals, requests: opened.stats.entries };
    forgotten.register(this, this.#home, this);
  }

  /** Opens it in the worker. */
  static async open(sender: Sender, life: readonly AbortSignal[], options: OpenOptions): Promise<RemoteFile> {
    const signals = [...life, ...present(options.signal)];
    const { place, opened } = await openIn(sender, signals, options.onProgress);
    return new RemoteFile(sender, life, place, opened);
  }

  get via(): undefined {
    return undefined;
  }

  get byteLength(): number {
    return this.#facts.byteLength;
  }

  get rowCount(): number {
    return this.#facts.rowCount;
  }

  get etag(): string | undefined {
    return this.#facts.etag;
  }

  get lastModified(): string | undefined {
    return this.#facts.lastModified;
  }

  get createdBy(): string | undefined {
    return this.#facts.createdBy;
  }

  get schema(): Schema {
    return this.#facts.schema;
  }

  get rowGroups(): readonly RowGroup[] {
    return this.#facts.rowGroups;
  }

  get keyValueMetadata(): Readonly<Record<string, string | undefined>> {
    return this.#facts.keyValueMetadata;
  }

  /** As of the last answer from the worker; while a read with `onProgress` is under way, as of its last progress. */
  get stats(): FileStats {
    return { ...this.#stats, requests: this.#stats.requests.map((entry) => ({ ...entry })) };
  }

  async rows(options: ValueReadOptions = {}): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const part of this.#parts('rows', options)) {
      if ('rows' in part) for (const row of part.rows) rows.push(row);
    }
    return rows;
  }

  async columns(options: ValueReadOptions = {}): Promise<Record<string, Column>> {
    let columns: Record<string, Column> = {};
    for await (const part of this.#parts('columns', options)) {
      if ('columns' in part) columns = part.columns;
      if (!('values' in part)) continue;
      const column = columns[part.name] as unknown[];
      for (const value of part.values) column.push(value);
    }
    return columns;
  }

  async ipc(options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#read<Uint8Array<ArrayBuffer>>('ipc', options);
  }

  async *batches(options: ValueReadOptions = {}): AsyncGenerator<RowBatch, void, undefined> {
    for await (const part of this.#parts('batches', options)) {
      if (!('ipc' in part)) continue;
      const { schema, messages } = split(part.ipc);
      yield batchOf(part.rowCount, schema, messages, options);
    }
  }

  async plan(selection: Selection = {}): Promise<Plan> {
    return await this.#read<Plan>('plan', selection);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    forgotten.unregister(this);
    leave(this.#home.place);
  }

  async #read<T>(name: string, options: ReadOptions): Promise<T> {
    const sent = sentOptions(options);
    const work = new AbortController();
    const signals = this.#signals(options, work);
    const { link, file } = await this.#place();
    const listener = link.listen(options.onProgress, work, (stats) => this.#learn(stats));
    try {
      const call: ReadCall = { file, options: sent, listener };
      return this.#take((await link.channel.call(name, call, signals)) as Reply<T>);
    } finally {
      link.unlisten(listener);
    }
  }

  async *#parts(as: BeginCall['as'], options: ValueReadOptions): AsyncGenerator<Part, void, undefined> {
    const sent = sentOptions(options);
    const work = new AbortController();
    const signals = this.#signals(options, work);
    const { link, file } = await this.#place();
    const reader = link.number();
    const listener = link.listen(options.onProgress, work, (stats) => this.#learn(stats));
    link.channel.tell('begin', { file, options: sent, listener, reader, as } satisfies BeginCall);
    try {
      for (;;) {
        const reply = (await link.channel.call('next', reader, signals)) as Reply<Part> | undefined;
        if (reply === undefined) return;
        yield this.#take(reply);
      }
    } finally {
      link.channel.tell('end', reader);
      link.unlisten(listener);
    }
  }

  #signals(options: ReadOptions, work: AbortController): AbortSignal[] {
    if (this.#closed) throw closed();
    return [...this.#life, ...present(options.signal), work.signal];
  }

  #take<T>(reply: Reply<T>): T {
    this.#learn(reply.stats);
    if (reply.facts !== undefined) this.#facts = reply.facts;
    return reply.value;
  }

  #learn({ totals, from, entries }: SentStats): void {
    const requests: RequestEntry[] = [...this.#stats.requests.slice(0, from), ...entries];
    this.#stats = { ...totals, requests };
  }

  /** Where the file is open: in a new worker, if the one that had it crashed. */
  async #place(): Promise<Place> {
    if (!this.#home.place.link.gone) return this.#home.place;
    this.#moving ??= this.#move().finally(() => (this.#moving = undefined));
    return await this.#moving;
  }

  async #move(): Promise<Place> {
    const { place, opened } = await openIn(this.#sender, this.#life, undefined);
    const { byteLength, etag, lastModified } = factsIn(opened);
    const before = this.#facts;
    const same = byteLength === before.byteLength && etag === before.etag && lastModified === before.lastModified;
    if (!same || this.#closed) {
      leave(place);
      throw same ? closed() : new ParqletError('changed', 'the object changed since it was opened: open it again');
    }
    this.#home.place = place;
    this.#take(opened);
    return place;
  }
}

async function openIn(
  sender: Sender,
  signals: readonly AbortSignal[],
  onProgress: OpenOptions['onProgress'],
): Promise<{ place: Place; opened: Reply<unknown> }> {
  const to = link();
  to.enter();
  const place: Place = { link: to, file: to.number(), services: [] };
  const work = new AbortController();
  const listener = to.listen(onProgress, work);
  try {
    const sent = sender(to);
    const services = [sent.options.fetch, sent.source.kind === 'slices' ? sent.source.service : undefined];
    place.services.push(...services.filter((service) => service !== undefined));
    const call: OpenCall = { file: place.file, listener, ...sent };
    return { place, opened: (await to.channel.call('open', call, [...signals, work.signal])) as Reply<unknown> };
  } catch (error) {
    leave(place);
    throw error;
  } finally {
    to.unlisten(listener);
  }
}

function leave({ link, file, services }: Place): void {
  link.channel.tell('close', file);
  services.forEach((service) => link.services.remove(service));
  link.leave();
}

function factsIn({ facts }: Reply<unknown>): FileFacts {
  if (facts === undefined) throw new ParqletError('crashed', 'the worker opened the file without a word about it');
  return facts;
}

function sentOptions(options: ReadOptions): SentReadOptions {
  const { signal: _signal, onProgress: _onProgress, columns, rowGroups, offset, limit, batchRows, ...values } = options;
  return { ...values, ...checked({ columns, rowGroups, offset, limit, batchRows }) };
}
