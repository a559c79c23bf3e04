/** One file being shown, from the moment it is asked for until another takes its place. */

import type { FileSource, OpenOptions } from '../api.js';
import type { FileStats } from '../log.js';
import type { Field } from '../schema.js';
import { advice, type Scene } from './advice.js';
import { count, counted, size } from './amounts.js';
import { Blocks, rowsOfBlock } from './blocks.js';
import type { Chooser } from './chooser.js';
import { button } from './dom.js';
import type { Frame } from './frame.js';
import { Grid, type GridModel, type Sight } from './grid.js';
import type { Place } from './keyboard.js';
import { kindOf } from './kinds.js';
import { openFile, type PreviewFile } from './opener.js';
import { Reads } from './reads.js';
import type { CellContent } from './rows.js';
import * as states from './states.js';
import { cellText, copiedText } from './text.js';
import type { Stretch } from './viewport.js';
import type { WholeValue } from './whole-value.js';

/** Milliseconds between two news of the transfer. */
const NEWS = 100;
/** Milliseconds of loading after which those who can't see it are told. */
const PATIENCE = 500;

/** Characters that fit in any column; a longer value has a sign by which it unfolds. */
const SHORT = 24;

/** What is shown, and how. */
export interface SessionRequest {
  source: FileSource;
  /** What people call it. */
  name: string;
  options: OpenOptions;
  /** Names of columns; `undefined`: all. */
  columns: readonly string[] | undefined;
}

/** Who is told. */
export interface SessionListener {
  opened(file: PreviewFile): void;
  loaded(file: PreviewFile): void;
  failed(error: unknown): void;
  transferred(stats: FileStats): void;
  seen(rows: Stretch): void;
  chosen(columns: string[]): void;
  /** The same from the beginning. */
  again(): void;
}

/** The parts of the element that outlive a file. */
export interface Surroundings {
  frame: Frame;
  chooser: Chooser;
  dialog: WholeValue;
}

/** One file being shown. After {@link close} it touches nothing any more. */
export class Session {
  readonly #around: Surroundings;
  readonly #request: SessionRequest;
  readonly #listener: SessionListener;
  readonly #controller = new AbortController();
  #file: PreviewFile | undefined;
  #fields: readonly Field[] = [];
  /** The columns that are shown, by their place in the file. */
  #shown: number[] = [];
  #blocks = new Blocks(0, 1);
  #reads: Reads | undefined;
  #grid: Grid | undefined;
  #row: number | undefined;
  #loaded = false;
  #rows: Stretch = { start: 0, end: 0 };
  #newsTimer: ReturnType<typeof setTimeout> | undefined;
  #busyTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(request: SessionRequest, around: Surroundings, listener: SessionListener) {
    this.#request = request;
    this.#around = around;
    this.#listener = listener;
    void this.#begin();
  }

  get file(): PreviewFile | undefined {
    return this.#file;
  }

  /** Names of the columns that are shown, once they are known. */
  get columns(): string[] | undefined {
    return this.#file && this.#shown.map((column) => this.#fields[column]?.name ?? '');
  }

  /** Brings a row to the top, now or once the file is open. */
  goTo(row: number, focus: boolean): void {
    this.#row = row;
    this.#grid?.goTo(row);
    if (focus) this.#grid?.focus();
  }

  /** Shows these columns; `undefined`: all. */
  choose(names: readonly string[] | undefined): void {
    if (this.#file === undefined) return;
    this.#show(this.#found(names));
    this.#around.chooser.offer(this.#fields, this.#shown);
  }

  /** The element was moved in the document. */
  restore(): void {
    this.#grid?.restore();
  }

  /** Ends everything that is under way. */
  close(): void {
    this.#controller.abort(new DOMException('another file is shown', 'AbortError'));
    clearTimeout(this.#newsTimer);
    clearTimeout(this.#busyTimer);
    this.#reads?.close();
    this.#grid?.stop();
    this.#around.dialog.close();
    this.#around.chooser.offer(undefined, []);
    this.#file?.close();
    this.#file = undefined;
  }

  async #begin(): Promise<void> {
    const { source, name, options } = this.#request;
    const { frame } = this.#around;
    const { signal } = this.#controller;
    frame.clear(name);
    const state = states.loading(`Opening ${name}…`);
    frame.putState(state.element);
    frame.say(`Opening ${name}`);
    try {
      const onProgress: OpenOptions['onProgress'] = (progress) => {
        if (!signal.aborted) state.say(`Opening ${name}… ${size(progress.bytes)}`);
        options.onProgress?.(progress);
      };
      const signals = options.signal ? AbortSignal.any([signal, options.signal]) : signal;
      const file = await openFile(source, { ...options, signal: signals, onProgress });
      if (signal.aborted) file.close();
      else this.#opened(file, state.say);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  #opened(file: PreviewFile, say: (text: string) => void): void {
    this.#file = file;
    this.#fields = file.schema.fields;
    const { frame, chooser } = this.#around;
    this.#blocks = new Blocks(file.rowCount, rowsOfBlock(bytesOfRow(file)));
    this.#reads = new Reads(file, this.#blocks, {
      arrived: () => this.#arrived(),
      failed: (error) => this.#readFailed(error),
      recovered: () => frame.putBanner(undefined),
      transferred: () => this.#news(),
    });
    frame.describe(file);
    say('Reading the first rows…');
    this.#shown = this.#found(this.#request.columns);
    chooser.offer(this.#fields, this.#shown);
    this.#listener.opened(file);
    if (this.#controller.signal.aborted) return;
    this.#news();
    this.#grid = new Grid(this.#model(), { cell: (row, column) => this.#cell(row, column) }, {
      seen: (sight) => this.#seen(sight),
      opened: (place) => this.#open(place),
      copied: (place) => this.#copied(place),
    });
    frame.putGrid(this.#grid.element);
    this.#grid.start();
    if (this.#row !== undefined) this.#grid.goTo(this.#row);
    this.#explainEmpty();
  }

  /** Shows these columns, by their place in the file. */
  #show(columns: number[]): void {
    this.#shown = columns;
    this.#around.frame.putBanner(undefined);
    this.#around.frame.reveal();
    this.#grid?.show(this.#model());
    this.#grid?.arrived();
    this.#explainEmpty();
  }

  /** Takes what was ticked: columns that were there stay in their order. */
  ticked(columns: number[]): void {
    const inFileOrder = this.#shown.every((column, at) => at === 0 || column > (this.#shown[at - 1] as number));
    const kept = this.#shown.filter((column) => columns.includes(column));
    this.#show(inFileOrder ? columns : [...kept, ...columns.filter((column) => !kept.includes(column))]);
    this.#listener.chosen(this.columns ?? []);
  }

  #explainEmpty(): void {
    const { frame, chooser } = this.#around;
    const all = this.#fields.map((_, column) => column);
    if (all.length === 0) {
      frame.putState(states.empty('This file has no columns', `It counts ${counted(this.#file?.rowCount ?? 0, 'row')}.`));
    } else if (this.#shown.length === 0) {
      const showAll = (): void => {
        this.ticked(all);
        chooser.offer(this.#fields, all);
      };
      const action = button({ class: 'button' }, showAll, 'Show all columns');
      frame.putState(states.empty('No columns are shown', 'Choose some under Columns.', action));
    } else if (this.#blocks.rowCount > 0) return;
    else {
      frame.putState(states.empty('This file has no rows', 'Its columns are above.'), true);
    }
    this.#done();
  }

  #model(): GridModel {
    return {
      label: this.#request.name,
      rowCount: this.#blocks.rowCount,
      fields: this.#shown.map((column) => this.#fields[column] as Field),
      isThere: (column) => this.#blocks.columnValues(this.#shown[column] as number).next().done === false,
      texts: (column) => this.#texts(this.#shown[column] as number),
    };
  }

  *#texts(column: number): Generator<string> {
    const field = this.#fields[column] as Field;
    for (const values of this.#blocks.columnValues(column)) {
      for (let row = 0; row < values.length; row++) yield cellText(values[row], field);
    }
  }

  #cell(row: number, place: number): CellContent | undefined {
    const column = this.#shown[place] as number;
    const field = this.#fields[column];
    const value = this.#blocks.value(row, column);
    if (field === undefined || value === undefined) return undefined;
    if (value === null) return { text: 'null', look: `${kindOf(field)} null` };
    const text = cellText(value, field);
    const folded = text.length > SHORT;
    return { text, look: `${kindOf(field)}${folded ? ' folded' : ''}${text === '' ? ' blank' : ''}` };
  }

  #seen({ rows, columns, nearRows, nearColumns, passing }: Sight): void {
    const places = ({ start, end }: Stretch): number[] => this.#shown.slice(start, end);
    const seen = { rows, columns: places(columns) };
    this.#reads?.want({ seen, near: { rows: nearRows, columns: places(nearColumns) } }, passing);
    this.#busy();
    if (rows.start === this.#rows.start && rows.end === this.#rows.end) return;
    this.#rows = rows;
    this.#around.frame.showRange(rows);
    this.#listener.seen(rows);
  }

  #arrived(): void {
    this.#around.frame.putBanner(undefined);
    this.#grid?.arrived();
    this.#busy();
    if (!this.#loaded) this.#around.frame.reveal();
    this.#done();
  }

  /** The first that there is to see is shown. */
  #done(): void {
    if (this.#loaded || this.#file === undefined) return;
    this.#loaded = true;
    this.#around.frame.say(`${this.#request.name}: ${counted(this.#blocks.rowCount, 'row')}`);
    this.#listener.loaded(this.#file);
  }

  #busy(): void {
    const pending = this.#reads?.pending ?? false;
    if (this.#grid !== undefined) this.#grid.busy = pending;
    clearTimeout(this.#busyTimer);
    if (!pending || !this.#loaded) return;
    const { start, end } = this.#rows;
    const text = `Loading rows ${count(start + 1)} to ${count(end)}`;
    this.#busyTimer = setTimeout(() => this.#around.frame.say(text), PATIENCE);
  }

  /** Tells of the transfer, not more often than anybody can see. */
  #news(): void {
    this.#newsTimer ??= setTimeout(() => {
      this.#newsTimer = undefined;
      if (this.#file === undefined) return;
      const { stats } = this.#file;
      this.#around.frame.showTransfer(this.#file, stats);
      this.#listener.transferred(stats);
    }, NEWS);
  }

  #readFailed(error: unknown): void {
    const explained = advice(error, this.#scene());
    if (!this.#loaded || (error as { code?: unknown }).code === 'changed') {
      this.#fail(error);
      return;
    }
    const { start, end } = this.#rows;
    const what = `Rows ${count(start + 1)}–${count(end)}`;
    const retry = (): void => {
      this.#around.frame.putBanner(undefined);
      this.#reads?.retry();
    };
    this.#around.frame.putBanner(states.banner(explained, what, retry));
    this.#busy();
    this.#listener.failed(error);
  }

  #fail(error: unknown): void {
    this.#reads?.close();
    const state = states.failure(advice(error, this.#scene()), () => this.#listener.again());
    this.#around.frame.putState(state);
    this.#listener.failed(error);
  }

  #scene(): Scene {
    return { origin: location.origin, ownHeaders: [...new Headers(this.#request.options.headers).keys()] };
  }

  #open({ row, column: place }: Place): void {
    const column = this.#shown[place] as number;
    const value = this.#blocks.value(row, column);
    const field = this.#fields[column];
    if (field !== undefined && value !== undefined) this.#around.dialog.show(value, field, row);
  }

  #copied({ row, column: place }: Place): string | undefined {
    const column = this.#shown[place] as number;
    const value = this.#blocks.value(row, column);
    const field = this.#fields[column];
    return field === undefined || value === undefined ? undefined : copiedText(value, field);
  }

  /** Places of columns by name; names that the file doesn't have are left out. */
  #found(names: readonly string[] | undefined): number[] {
    if (names === undefined) return this.#fields.map((_, column) => column);
    const places = names.map((name) => this.#fields.findIndex((field) => field.name === name));
    return [...new Set(places.filter((place) => place >= 0))];
  }
}

/** Bytes that a row takes before compression, on average over the first row group. */
function bytesOfRow(file: PreviewFile): number {
  const [first] = file.rowGroups;
  if (first === undefined || first.rowCount === 0) return 0;
  return first.columns.reduce((sum, { uncompressedBytes }) => sum + uncompressedBytes, 0) / first.rowCount;
}
