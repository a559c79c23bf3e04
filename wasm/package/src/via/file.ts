/** A file that a service reads for us. */

import { again } from '../again.js';
import type { FileFacts, ReadOptions, RowBatch, Selection, ValueReadOptions } from '../api.js';
import { batchOf } from '../batch.js';
import { closed, ParqletError } from '../error.js';
import type { Plan, RowGroup, SelectionOptions } from '../glue.js';
import { stream } from '../ipc.js';
import type { FileStats } from '../log.js';
import type { Progress } from '../run.js';
import type { Schema } from '../schema.js';
import { checked } from '../selection.js';
import { onAbort, present, race } from '../signals.js';
import { Failure } from '../source/index.js';
import { Turn } from '../turn.js';
import { columnsInPieces, type Column, type Row } from '../values/index.js';
import type { ViaFile } from './api.js';
import { factsOf, planOf } from './facts.js';
import { OtherVersion, pages, type Page } from './pages.js';
import { Refusal } from './problem.js';
import type { Service } from './service.js';
import type { StreamedBatch } from './stream.js';
import { columnsParameter, stretchesOf } from './stretches.js';

/** What a service tells and gives of one file. */
export class OpenedViaFile implements ViaFile {
  readonly #service: Service;
  /** The file, as errors name it. */
  readonly #name: string;
  readonly #memory: number;
  readonly #limits: Page['limits'] = { rows: Infinity };
  readonly #life = new AbortController();
  #facts: FileFacts;

  private constructor(service: Service, name: string, memory: number, facts: FileFacts) {
    this.#service = service;
    this.#name = name;
    this.#memory = memory;
    this.#facts = facts;
  }

  /** Asks the service what the file is. */
  static async open(
    service: Service,
    name: string,
    memory: number,
    signals: readonly AbortSignal[],
    onProgress: ((progress: Progress) => void) | undefined,
  ): Promise<OpenedViaFile> {
    const facts = await guarded(service, name, signals, (signal) => factsFrom(service, signal));
    onProgress?.({ bytes: service.stats.bytes, totalBytes: undefined, rows: 0 });
    return new OpenedViaFile(service, name, memory, facts);
  }

  get via(): string {
    return this.#service.name;
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

  get lastModified(): undefined {
    return undefined;
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

  get stats(): FileStats {
    const { stats } = this.#service;
    return { ...stats, requests: stats.requests.map((entry) => ({ ...entry })) };
  }

  async rows(options: ValueReadOptions = {}): Promise<Row[]> {
    return await again(async () => {
      const rows: Row[] = [];
      const turn = new Turn();
      for await (const batch of this.batches(options)) {
        for (const row of batch.rows()) rows.push(row);
        await turn.pass();
      }
      return rows;
    });
  }

  async columns(options: ValueReadOptions = {}): Promise<Record<string, Column>> {
    const { schema, batches } = await again(() => this.#collect(options));
    const pieces = columnsInPieces(schema, batches, options);
    const turn = new Turn();
    for (;;) {
      const { done, value } = pieces.next();
      if (done) return value;
      await turn.pass();
      options.signal?.throwIfAborted();
      this.#life.signal.throwIfAborted();
    }
  }

  async ipc(options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const { schema, batches } = await again(() => this.#collect(options));
    return stream(schema, batches);
  }

  async *batches(options: ValueReadOptions = {}): AsyncGenerator<RowBatch, void, undefined> {
    for await (const { rowCount, schema, messages } of this.#read(options)) {
      yield batchOf(rowCount, schema, messages, options);
    }
  }

  async plan(selection: Selection = {}): Promise<Plan> {
    const { columns, ...rows } = checked(selection);
    const parameters = columnsParameter(columns);
    const [stretch, ...others] = stretchesOf(rows, this.rowGroups, this.rowCount);
    if (stretch === undefined || others.length > 0) {
      throw new ParqletError('usage', 'a service plans row groups only where they lie side by side');
    }
    const { start, end } = stretch;
    const question = { ...parameters, offset: String(start), limit: String(end - start) };
    return await this.#guarded([], async (signal) => {
      const { value } = await this.#service.report('plan', question, signal);
      return planOf(value);
    });
  }

  close(): void {
    this.#life.abort(closed());
  }

  async #collect(options: ReadOptions): Promise<{ schema: Uint8Array; batches: Uint8Array[] }> {
    const batches: Uint8Array[] = [];
    const read = this.#read(options);
    for (;;) {
      const { done, value } = await read.next();
      if (done === true) return { schema: value, batches };
      batches.push(value.messages);
    }
  }

  /** Batches; gives back the schema message. A new version before the first row is the file from then on. */
  async *#read(options: ReadOptions): AsyncGenerator<StreamedBatch, Uint8Array, undefined> {
    const selection = checked(options);
    const { stats } = this.#service;
    const leave = new AbortController();
    const stop = onAbort([this.#life.signal, ...present(options.signal)], (reason) => leave.abort(reason));
    let rows = 0;
    try {
      for (let again = false; ; again = true) {
        leave.signal.throwIfAborted();
        const read = this.#pages(selection, leave.signal);
        try {
          for (;;) {
            const { done, value } = await race(read.next(), [leave.signal]);
            if (done === true) return value;
            rows += value.rowCount;
            stats.rows += value.rowCount;
            stats.batches += 1;
            options.onProgress?.({ bytes: stats.bytes, totalBytes: undefined, rows });
            yield value;
          }
        } catch (error) {
          leave.signal.throwIfAborted();
          if (!(error instanceof OtherVersion)) throw explained(error, this.#service, this.#name);
        } finally {
          void read.return(new Uint8Array(0)).catch(() => undefined);
        }
        stats.restarts += 1;
        this.#facts = await this.#guarded([leave.signal], (signal) => factsFrom(this.#service, signal));
        if (rows > 0 || again) {
          const message = `${this.#name} changed while it was read${again ? ', again and again' : ': try again'}`;
          throw new ParqletError('changed', message, { object: this.#name, retryable: !again });
        }
      }
    } finally {
      stop();
      leave.abort();
    }
  }

  #pages(
    { columns, batchRows = Infinity, ...rows }: SelectionOptions,
    signal: AbortSignal,
  ): AsyncGenerator<StreamedBatch, Uint8Array, undefined> {
    return pages({
      service: this.#service,
      stretches: stretchesOf(rows, this.rowGroups, this.rowCount),
      parameters: columnsParameter(columns),
      version: versionIn(this.#facts),
      page: { batchRows, limits: this.#limits },
      memory: this.#memory,
      signal,
    });
  }

  async #guarded<T>(signals: readonly AbortSignal[], work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return await guarded(this.#service, this.#name, [this.#life.signal, ...signals], work);
  }
}

async function factsFrom(service: Service, signal: AbortSignal): Promise<FileFacts> {
  const { value, version } = await service.report('schema', {}, signal);
  return factsOf(value, version);
}

/** The version out of the facts' entity tag. */
function versionIn({ etag }: FileFacts): string | undefined {
  return etag?.slice(1, -1);
}

/** Does it until a signal aborts; a failure becomes an error that names the file and the service. */
async function guarded<T>(
  service: Service,
  name: string,
  signals: readonly AbortSignal[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = onAbort(signals, (reason) => controller.abort(reason));
  try {
    controller.signal.throwIfAborted();
    return await work(controller.signal);
  } catch (error) {
    controller.signal.throwIfAborted();
    throw explained(error, service, name);
  } finally {
    stop();
  }
}

/** A failure as an error that names the file and the service. */
function explained(error: unknown, service: Service, name: string): unknown {
  if (!(error instanceof Failure)) return error;
  const { code, message, retryable, cause } = error;
  const status = error instanceof Refusal ? error.status : undefined;
  const facts = { retryable, status, object: name, cause };
  return new ParqletError(code, `${name}, through the service ${service.name}: ${message}`, facts);
}
