/** In the worker: opens files and reads them for the page. Started by it as a module worker. */

import { closed } from '../error.js';
// By the same list as the entries: what only some of the outputs import becomes a file of its own, here an empty one.
import { init, open } from '../index.js';
import type { Column, FileSource, OpenOptions, ParquetFile, Progress, ReadOptions, Row, RowBatch } from '../index.js';
import { fromFile } from '../module/file.js';
import { setLoader } from '../module/index.js';
import { Channel, Transferred, type Handler, type Message, type Port } from './channel.js';
import type { BeginCall, OpenCall, Part, ReadCall, Reply, SentSource, SentStats, Told } from './protocol.js';
import { fetchIn, slicesIn } from './proxies.js';

/** Rows of one message: so many take the page some milliseconds to receive. */
const ROWS_OF_A_MESSAGE = 2000;
/** The same for values of one column. */
const VALUES_OF_A_MESSAGE = 5000;
/** Milliseconds between the statistics that go with the progress of a read: the whole log is looked through for them. */
const STATS_EVERY = 50;

interface OpenFile {
  file: ParquetFile;
  /** The first line of the log that the page has not seen to its end. */
  seen: number;
}

interface Reader {
  file: number;
  parts: AsyncGenerator<Transferred, void, undefined>;
  controller: AbortController;
}

const files = new Map<number, OpenFile>();
const readers = new Map<number, Reader>();

const handlers: Readonly<Record<string, Handler>> = {
  async module(module: WebAssembly.Module) {
    await init(module);
  },

  async open({ file: number, source, options, listener }: OpenCall, signal) {
    const { fetch, headers, ...others } = options;
    const all: OpenOptions = { ...others, headers, signal, onProgress: progressTo(listener) };
    if (fetch !== undefined) all.fetch = fetchIn(channel, fetch);
    const file = await open(sourceOf(source), all);
    if (signal.aborted) {
      file.close();
      return undefined;
    }
    files.set(number, { file, seen: 0 });
    return reply(number, undefined, factsOf(file));
  },

  async ipc({ file, options, listener }: ReadCall, signal) {
    const bytes = await fileOf(file).ipc({ ...options, signal, onProgress: progressTo(listener, file) });
    return new Transferred(reply(file, bytes), [bytes.buffer]);
  },

  plan({ file, options }: ReadCall) {
    return reply(file, fileOf(file).plan(options));
  },

  begin({ file, options, listener, reader, as }: BeginCall) {
    const controller = new AbortController();
    const all = { ...options, signal: controller.signal, onProgress: progressTo(listener, file) };
    const batches = (): AsyncGenerator<RowBatch, void, undefined> => fileOf(file).batches(all);
    const parts = {
      rows: () => rowParts(file, batches),
      batches: () => batchParts(file, batches),
      columns: () => columnParts(file, () => fileOf(file).columns(all)),
    };
    readers.set(reader, { file, parts: parts[as](), controller });
  },

  async next(reader: number) {
    const { done, value } = (await readers.get(reader)?.parts.next()) ?? { done: true };
    return done ? undefined : value;
  },

  end(number: number) {
    const reader = readers.get(number);
    readers.delete(number);
    reader?.controller.abort();
    void reader?.parts.return().catch(() => undefined);
  },

  close(number: number) {
    files.get(number)?.file.close();
    files.delete(number);
  },
};

const scope = globalThis as unknown as Port & { onmessage: (event: MessageEvent<Message>) => void };
const channel = new Channel(scope, handlers);

setLoader(() => fromFile().catch(moduleOfPage));
scope.onmessage = (event) => channel.receive(event.data);
channel.tell('ready', undefined);

async function* batchParts(
  file: number,
  batches: () => AsyncGenerator<RowBatch, void, undefined>,
): AsyncGenerator<Transferred, void, undefined> {
  for await (const batch of batches()) {
    const ipc = batch.ipc();
    const part: Part = { rowCount: batch.rowCount, ipc };
    yield new Transferred(reply(file, part), [ipc.buffer]);
  }
}

async function* rowParts(
  file: number,
  batches: () => AsyncGenerator<RowBatch, void, undefined>,
): AsyncGenerator<Transferred, void, undefined> {
  for await (const batch of batches()) {
    const all: Row[] = batch.rows();
    for (let at = 0; at < all.length; at += ROWS_OF_A_MESSAGE) {
      const part: Part = { rows: all.slice(at, at + ROWS_OF_A_MESSAGE) };
      yield new Transferred(reply(file, part), []);
    }
  }
}

/** Arrays are cloned, which takes longer than making them: not all at once, or neither side could do anything else. */
async function* columnParts(
  file: number,
  read: () => Promise<Record<string, Column>>,
): AsyncGenerator<Transferred, void, undefined> {
  const all = await read();
  const columns = { ...all };
  for (const [name, column] of Object.entries(all)) if (Array.isArray(column)) columns[name] = [];
  yield new Transferred(reply(file, { columns } satisfies Part), buffersOf(columns));
  for (const [name, column] of Object.entries(all)) {
    if (!Array.isArray(column)) continue;
    for (let at = 0; at < column.length; at += VALUES_OF_A_MESSAGE) {
      const part: Part = { name, values: column.slice(at, at + VALUES_OF_A_MESSAGE) };
      yield new Transferred(reply(file, part), []);
    }
  }
}

function fileOf(number: number): ParquetFile {
  const open = files.get(number);
  if (open === undefined) throw closed();
  return open.file;
}

function sourceOf(source: SentSource): FileSource {
  switch (source.kind) {
    case 'address': {
      const { url, headers, credentials, mode } = source;
      const init: RequestInit = { headers };
      if (credentials !== undefined) init.credentials = credentials;
      if (mode !== undefined) init.mode = mode;
      return headers.length > 0 || credentials !== undefined || mode !== undefined ? new Request(url, init) : url;
    }
    case 'blob':
      return source.blob;
    case 'slices':
      return slicesIn(channel, source.service, source.byteLength);
  }
}

function factsOf(file: ParquetFile): Reply<unknown>['facts'] {
  const { byteLength, rowCount, etag, lastModified, createdBy, schema, rowGroups, keyValueMetadata } = file;
  return { byteLength, rowCount, etag, lastModified, createdBy, schema, rowGroups, keyValueMetadata };
}

function reply<T>(file: number, value: T, facts?: Reply<T>['facts']): Reply<T> {
  return { value, facts, stats: statsOf(file) };
}

function statsOf(number: number): SentStats {
  const open = files.get(number);
  if (open === undefined) throw closed();
  const { requests, ...totals } = open.file.stats;
  const from = open.seen;
  const unfinished = requests.findIndex((entry, index) => index >= from && entry.endedAt === undefined);
  open.seen = unfinished === -1 ? requests.length : unfinished;
  return { totals, from, entries: requests.slice(from) };
}

/** The page loads it where the worker has no file: some bundlers refuse workers of more than one script. */
async function moduleOfPage(): Promise<WebAssembly.Module> {
  return (await channel.call('module', undefined)) as WebAssembly.Module;
}

function progressTo(listener: number | undefined, file?: number): ReadOptions['onProgress'] {
  if (listener === undefined) return undefined;
  let told = -Infinity;
  return (progress: Progress) => {
    const now = performance.now();
    const due = file !== undefined && files.has(file) && now - told >= STATS_EVERY;
    if (due) told = now;
    const stats = due ? statsOf(file) : undefined;
    channel.tell('progress', { listener, ...progress, stats } satisfies Told);
  };
}

/** The buffers of typed columns; two may be views of one. */
function buffersOf(columns: Record<string, Column>): Transferable[] {
  const buffers = new Set<ArrayBuffer>();
  for (const column of Object.values(columns)) {
    if (ArrayBuffer.isView(column) && column.buffer instanceof ArrayBuffer) buffers.add(column.buffer);
  }
  return [...buffers];
}
