/** One file being shown, from the moment it is asked for until another takes its place. */

import type { FileSource, OpenOptions } from '../api.js';
import type { FileStats } from '../log.js';
import { advice, type Scene } from './advice.js';
import { count, counted, size } from './amounts.js';
import type { Chooser } from './chooser.js';
import { button } from './dom.js';
import type { Frame } from './frame.js';
import { Grid, type Sight } from './grid.js';
import type { Place } from './keyboard.js';
import { openFile, type PreviewFile } from './opener.js';
import { Reads } from './reads.js';
import * as states from './states.js';
import { Table } from './table.js';
import type { Stretch } from './viewport.js';
import type { WholeValue } from './whole-value.js';

/** Milliseconds between two news of the transfer. */
const NEWS = 100;
/** Milliseconds of loading after which those who can't see it are told. */
const PATIENCE = 500;

/** What is shown, and how. */
export interface SessionRequest {
  source: FileSource;
  /** What people call it. */
  name: string;
  options: OpenOptions;
  /** The service that reads the file where this page can't. */
  fallback: string | undefined;
  /** Names of columns; `undefined`: all. */
  columns: readonly string[] | undefined;
  /** The row at the top. */
  row: number | undefined;
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
  #columns: readonly string[] | undefined;
  #file: PreviewFile | undefined;
  #table: Table | undefined;
  #reads: Reads | undefined;
  #grid: Grid | undefined;
  #row: number | undefined;
  #loaded = false;
  /** Those who can't see it were told that something is on its way. */
  #announced = false;
  #rows: Stretch = { start: 0, end: 0 };
  #newsTimer: ReturnType<typeof setTimeout> | undefined;
  #busyTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(request: SessionRequest, around: Surroundings, listener: SessionListener) {
    this.#request = request;
    this.#around = around;
    this.#listener = listener;
    this.#columns = request.columns;
    this.#row = request.row;
    void this.#begin();
  }

  get file(): PreviewFile | undefined {
    return this.#file;
  }

  /** Names of the columns that are shown, once they are known. */
  get columns(): string[] | undefined {
    return this.#table?.names;
  }

  /** Brings a row to the top, now or once the file is open. */
  goTo(row: number, focus: boolean): void {
    this.#row = row;
    this.#grid?.goTo(row);
    if (focus) this.#grid?.focus();
  }

  /** Shows these columns; `undefined`: all. */
  choose(names: readonly string[] | undefined): void {
    this.#columns = names;
    if (this.#table === undefined) return;
    this.#table.shown = this.#table.find(names);
    this.#around.chooser.offer(this.#table.fields, this.#table.shown);
    this.#show(this.#table);
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
    const { source, name, options, fallback } = this.#request;
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
      const file = await openFile(source, { ...options, fallback, signal: signals, onProgress });
      if (signal.aborted) file.close();
      else this.#opened(file, state.say);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  #opened(file: PreviewFile, say: (text: string) => void): void {
    const { frame, chooser } = this.#around;
    const table = new Table(file, this.#columns);
    this.#file = file;
    this.#table = table;
    this.#reads = new Reads(file, table.blocks, {
      arrived: () => this.#arrived(),
      failed: (error) => this.#readFailed(error),
      recovered: () => frame.putBanner(undefined),
      transferred: () => this.#news(),
    });
    frame.describe(file);
    say('Reading the first rows…');
    chooser.offer(table.fields, table.shown);
    this.#listener.opened(file);
    if (this.#controller.signal.aborted) return;
    this.#news();
    this.#grid = new Grid(table.model(this.#request.name), table, {
      seen: (sight) => this.#seen(sight, table),
      opened: (place) => this.#open(place, table),
      copied: (place) => table.copied(place),
    });
    frame.putGrid(this.#grid.element);
    this.#grid.start(this.#row ?? 0);
    this.#explainEmpty(table);
  }

  /** The columns that are shown have changed. */
  #show(table: Table): void {
    this.#around.frame.putBanner(undefined);
    this.#around.frame.reveal();
    this.#grid?.show(table.model(this.#request.name));
    this.#grid?.arrived();
    this.#explainEmpty(table);
  }

  /** Takes what somebody ticked. */
  ticked(columns: number[]): void {
    if (this.#table === undefined) return;
    this.#table.tick(columns);
    this.#show(this.#table);
    this.#listener.chosen(this.#table.names);
  }

  #explainEmpty(table: Table): void {
    const { frame, chooser } = this.#around;
    const { fields, all, shown, blocks } = table;
    if (fields.length === 0) {
      frame.putState(states.empty('This file has no columns', `It counts ${counted(blocks.rowCount, 'row')}.`));
    } else if (shown.length === 0) {
      const showAll = (): void => {
        this.ticked(all);
        chooser.offer(fields, all);
      };
      const action = button({ class: 'button' }, showAll, 'Show all columns');
      frame.putState(states.empty('No columns are shown', 'Choose some under Columns.', action));
    } else if (blocks.rowCount > 0) return;
    else frame.putState(states.empty('This file has no rows', 'Its columns are above.'), true);
    this.#done();
  }

  #seen({ rows, columns, nearRows, nearColumns, passing }: Sight, table: Table): void {
    const places = ({ start, end }: Stretch): number[] => table.shown.slice(start, end);
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
    this.#around.frame.say(`${this.#request.name}: ${counted(this.#file.rowCount, 'row')}`);
    this.#listener.loaded(this.#file);
  }

  #busy(): void {
    const pending = this.#reads?.pending ?? false;
    if (this.#grid !== undefined) this.#grid.busy = pending;
    clearTimeout(this.#busyTimer);
    if (!pending && this.#announced) this.#around.frame.say('Loaded');
    this.#announced &&= pending;
    if (!pending || !this.#loaded || this.#announced) return;
    const { start, end } = this.#rows;
    const text = `Loading rows ${count(start + 1)} to ${count(end)}`;
    this.#busyTimer = setTimeout(() => {
      this.#announced = true;
      this.#around.frame.say(text);
    }, PATIENCE);
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

  #open(place: Place, table: Table): void {
    const found = table.value(place);
    if (found !== undefined) this.#around.dialog.show(found.value, found.field, place.row);
  }
}
