/** An open file as the user holds it. */

import { again } from './again.js';
import type { ParquetFile, ReadOptions, RowBatch, Selection, ValueReadOptions } from './api.js';
import { batchOf } from './batch.js';
import { closed } from './error.js';
import type { Batch, Plan, RowGroup, SelectionOptions } from './glue.js';
import { stream } from './ipc.js';
import type { FileStats } from './log.js';
import type { OpenObject } from './object.js';
import type { Run } from './run.js';
import type { Schema } from './schema.js';
import { checked } from './selection.js';
import { present, throwIfAborted } from './signals.js';
import { Turn } from './turn.js';
import { columnsInPieces, type Column, type Row } from './values/index.js';

/** One handle on an open object; the object lives until its last handle is closed. */
export class OpenedFile implements ParquetFile {
  readonly #object: OpenObject;
  /** Signals for as long as the file is open. */
  readonly #life: readonly AbortSignal[];
  readonly #runs = new Set<Run>();
  #closed = false;

  /** Takes over one hold on `object`. */
  constructor(object: OpenObject, life: readonly AbortSignal[]) {
    this.#object = object;
    this.#life = life;
  }

  get via(): undefined {
    return undefined;
  }

  get byteLength(): number {
    return this.#object.facts.byteLength;
  }

  get rowCount(): number {
    return this.#object.facts.rowCount;
  }

  get etag(): string | undefined {
    return this.#object.facts.etag;
  }

  get lastModified(): string | undefined {
    return this.#object.facts.lastModified;
  }

  get createdBy(): string | undefined {
    return this.#object.facts.createdBy;
  }

  get schema(): Schema {
    return this.#object.facts.schema;
  }

  get keyValueMetadata(): Readonly<Record<string, string | undefined>> {
    return this.#object.facts.keyValueMetadata;
  }

  get rowGroups(): readonly RowGroup[] {
    return this.#open().rowGroups;
  }

  get stats(): FileStats {
    return { ...this.#object.totals, requests: this.#object.log.entries.map((entry) => ({ ...entry })) };
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
    const messages = batches.map((batch) => batch.ipc);
    const pieces = columnsInPieces(schema, messages, options);
    const signals = [...this.#life, ...present(options.signal)];
    const turn = new Turn();
    for (;;) {
      const { done, value } = pieces.next();
      if (done) return value;
      await turn.pass();
      throwIfAborted(signals);
      this.#open();
    }
  }

  async ipc(options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const { schema, batches } = await again(() => this.#collect(options));
    return stream(
      schema,
      batches.map((batch) => batch.ipc),
    );
  }

  async *batches(options: ValueReadOptions = {}): AsyncGenerator<RowBatch, void, undefined> {
    const run = await this.#begin(options);
    try {
      for (let batch = await run.next(); batch !== undefined; batch = await run.next()) {
        yield batchOf(batch.rowCount, run.schema, batch.ipc, options);
      }
    } finally {
      this.#finish(run);
    }
  }

  plan(selection: Selection = {}): Plan {
    return this.#open().plan(checked(selection));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const run of this.#runs) run.fail(closed());
    this.#object.release();
  }

  async #collect(options: ReadOptions): Promise<{ schema: Uint8Array; batches: Batch[] }> {
    const run = await this.#begin(options);
    try {
      const batches: Batch[] = [];
      for (let batch = await run.next(); batch !== undefined; batch = await run.next()) batches.push(batch);
      return { schema: run.schema, batches };
    } finally {
      this.#finish(run);
    }
  }

  async #begin(options: ReadOptions): Promise<Run> {
    const selection: SelectionOptions = checked(options);
    const signals = [...this.#life, ...present(options.signal)];
    const run = await this.#open().read(selection, { signals, onProgress: options.onProgress });
    // Closed while a new instance was made.
    if (this.#closed) run.fail(closed());
    this.#runs.add(run);
    return run;
  }

  #finish(run: Run): void {
    this.#runs.delete(run);
    run.close();
  }

  #open(): OpenObject {
    if (this.#closed) throw closed();
    return this.#object;
  }
}
