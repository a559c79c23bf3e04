/** Reads the blocks that are wanted, one read after the other, and drops those that no longer are. */

import { ParqletError } from '../error.js';
import type { Column } from '../values/index.js';
import type { BlockRead, Blocks } from './blocks.js';
import type { PreviewFile } from './opener.js';
import { meet, type Stretch } from './viewport.js';

/** Milliseconds of rest before rows are read that were jumped to: a thumb being dragged passes many places. */
const REST = 100;

/** A part of the table. */
export interface Area {
  rows: Stretch;
  columns: readonly number[];
}

/** What somebody looks at, and what they will look at next. */
export interface Wanted {
  seen: Area;
  near: Area;
}

/** Who is told. */
export interface ReadsListener {
  /** Some more is there. */
  arrived(): void;
  /** What is wanted can't be read; it is tried again on {@link Reads.retry}, and elsewhere. */
  failed(error: unknown): void;
  /** What failed is no longer looked at. */
  recovered(): void;
  /** More was transferred. */
  transferred(): void;
}

interface Running {
  read: BlockRead;
  controller: AbortController;
}

/**
 * One read at a time: two side by side would fetch the same pages twice, as each plans with the parts that are there
 * when it begins.
 */
export class Reads {
  readonly #file: PreviewFile;
  readonly #blocks: Blocks;
  readonly #listener: ReadsListener;
  readonly #restarts: number;
  #wanted: Wanted | undefined;
  #running: Running | undefined;
  #failed: BlockRead | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(file: PreviewFile, blocks: Blocks, listener: ReadsListener) {
    this.#file = file;
    this.#blocks = blocks;
    this.#listener = listener;
    this.#restarts = file.stats.restarts;
  }

  /** Whether something that is looked at is on its way. */
  get pending(): boolean {
    const seen = this.#wanted?.seen;
    return this.#failed === undefined && seen !== undefined && this.#blocks.missing(seen.rows, seen.columns) !== undefined;
  }

  /** Says what is looked at now. `rest`: it may be gone in a moment. */
  want(wanted: Wanted, rest = false): void {
    this.#wanted = wanted;
    if (this.#running !== undefined && !this.#isWanted(this.#running.read)) this.#drop();
    if (this.#failed !== undefined && !this.#isWanted(this.#failed)) {
      this.#failed = undefined;
      this.#listener.recovered();
    }
    clearTimeout(this.#timer);
    if (rest) this.#timer = setTimeout(() => this.#next(), REST);
    else this.#next();
  }

  /** Tries again what failed. */
  retry(): void {
    this.#failed = undefined;
    this.#next();
  }

  /** Ends what is under way; nobody is told anything any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#drop();
  }

  #next(): void {
    if (this.#closed || this.#wanted === undefined) return;
    if (this.#running !== undefined || this.#failed !== undefined) return;
    const { seen, near } = this.#wanted;
    const read = this.#blocks.missing(seen.rows, seen.columns) ?? this.#blocks.missing(near.rows, near.columns);
    if (read !== undefined) void this.#run(read);
  }

  async #run(read: BlockRead): Promise<void> {
    const running: Running = { read, controller: new AbortController() };
    const { signal } = running.controller;
    this.#running = running;
    let failure: { error: unknown } | undefined;
    try {
      const values = await this.#columns(read, signal);
      if (signal.aborted) return;
      this.#blocks.put(read, (column) => values[this.#name(column)]);
    } catch (error) {
      if (signal.aborted) return;
      failure = { error };
    }
    this.#running = undefined;
    this.#listener.transferred();
    if (failure === undefined) {
      if (this.#wanted !== undefined) this.#blocks.trim(this.#blocks.blocksOf(this.#wanted.near.rows));
      this.#listener.arrived();
      this.#next();
    } else {
      this.#failed = read;
      this.#listener.failed(failure.error);
    }
  }

  async #columns(read: BlockRead, signal: AbortSignal): Promise<Record<string, Column>> {
    const { start, end } = this.#blocks.rowsOf(read.blocks);
    const columns = [...new Set(read.columns.map((column) => this.#name(column)))];
    const values = await this.#file.columns({
      columns,
      offset: start,
      limit: end - start,
      timestamps: 'nanoseconds',
      signal,
      onProgress: () => !signal.aborted && this.#listener.transferred(),
    });
    // What is there already is of the version before.
    if (this.#file.stats.restarts > this.#restarts) throw new ParqletError('changed', 'the object was replaced');
    return values;
  }

  #name(column: number): string {
    return this.#file.schema.fields[column]?.name ?? '';
  }

  #isWanted({ blocks, columns }: BlockRead): boolean {
    if (this.#wanted === undefined) return false;
    const { rows, columns: wanted } = this.#wanted.near;
    return meet(blocks, this.#blocks.blocksOf(rows)) && columns.some((column) => wanted.includes(column));
  }

  #drop(): void {
    this.#running?.controller.abort();
    this.#running = undefined;
  }
}
