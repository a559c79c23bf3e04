/** The table: scrolls over any number of rows, has in the document what is in sight, and moves the focus. */

import type { Field } from '../schema.js';
import { element } from './dom.js';
import { Header } from './header.js';
import { moved, type Place } from './keyboard.js';
import { kindOf } from './kinds.js';
import { Layout } from './layout.js';
import { Measure } from './measure.js';
import { Rows, type Contents } from './rows.js';
import { rowsIn, Track, type Stretch } from './viewport.js';

/** Rows in the document above and below those in sight. */
const MORE_ROWS = 4;
/** Columns that are looked at next. */
const NEXT_COLUMNS = 2;
/** Milliseconds without a scroll event after which scrolling is over, where the browser doesn't say. */
const SCROLL_END = 150;

const DESCRIPTION = 'Enter opens a whole value. On a head Alt with an arrow changes its width.';

/** What the grid shows. */
export interface GridModel {
  /** The name of what is shown. */
  label: string;
  rowCount: number;
  /** The columns that are shown, in order. */
  fields: readonly Field[];
  /** Nulls of each column, where the file says. */
  nulls: readonly (number | undefined)[];
  /** Whether any of a column is there. */
  isThere(column: number): boolean;
  /** Texts that are there, to fit a column to. */
  texts(column: number): Iterable<string>;
}

/** What is in sight, and around it. */
export interface Sight {
  rows: Stretch;
  columns: Stretch;
  nearRows: Stretch;
  nearColumns: Stretch;
  /** It was jumped to by a thumb that may be dragged on. */
  passing: boolean;
}

/** Who is told. */
export interface GridListener {
  /** Something else is in sight. */
  seen(sight: Sight): void;
  /** The whole of a value is asked for. */
  opened(place: Place): void;
  /** A value for the clipboard, if it is there. */
  copied(place: Place): string | undefined;
}

/** The grid. Columns are numbered by their place among those that are shown. */
export class Grid {
  /** The part that scrolls. */
  readonly element: HTMLElement;
  readonly #grid: HTMLElement;
  readonly #sizer = element('div', { class: 'sizer' });
  readonly #listener: GridListener;
  readonly #track = new Track();
  readonly #header: Header;
  readonly #rows: Rows;
  readonly #observer: ResizeObserver;
  #model: GridModel;
  #layout = new Layout([]);
  /** Columns that have their width from content. */
  readonly #fitted = new Set<number>();
  #measure: Measure | undefined;
  #left = 0;
  #width = 0;
  #rowHeight = 30;
  #headHeight = 46;
  #gutter = 56;
  #active: Place = { row: 0, column: 0 };
  #marked: HTMLElement | undefined;
  #passing = false;
  /** The active cell has the focus, or is about to get it: it stays in the document. */
  #focused = false;
  #rendering = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The first rows are there: from then on nothing in sight moves by itself. */
  #shown = false;

  constructor(model: GridModel, contents: Contents, listener: GridListener) {
    this.#model = model;
    this.#listener = listener;
    this.#header = new Header({
      resized: (column, width) => this.#resize(() => this.#layout.choose(column, width)),
      fitted: (column) => this.#resize(() => this.#layout.choose(column, this.#contentWidth(column))),
    });
    this.#rows = new Rows(contents);
    this.#grid = element('div', { class: 'grid', part: 'grid', role: 'grid', 'aria-readonly': 'true' });
    this.#grid.setAttribute('aria-description', DESCRIPTION);
    this.#grid.append(this.#header.element, this.#rows.element);
    this.#sizer.append(this.#grid);
    this.element = element('div', { class: 'scroller', part: 'scroller' }, this.#sizer);
    this.element.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.element.addEventListener('scrollend', () => this.#settle());
    this.#grid.addEventListener('keydown', (event) => this.#key(event));
    this.#grid.addEventListener('mousedown', (event) => this.#pressed(event));
    this.#grid.addEventListener('dblclick', (event) => this.#openAt(event.target));
    this.#grid.addEventListener('click', (event) => this.#clicked(event));
    this.#grid.addEventListener('copy', (event) => this.#copy(event));
    this.#grid.addEventListener('focusin', () => this.#focusMoved(true));
    this.#grid.addEventListener('focusout', () => this.#focusMoved(false));
    this.#observer = new ResizeObserver(() => this.#resized());
  }

  /** Begins, once it is in the document, with a row at the top. */
  start(row: number): void {
    this.#observer.observe(this.element);
    this.#restyle();
    this.#prepare(this.#model);
    this.#sized();
    this.goTo(row);
  }

  /** Ends. */
  stop(): void {
    this.#observer.disconnect();
    clearTimeout(this.#timer);
    this.element.remove();
  }

  /** Shows other columns. */
  show(model: GridModel): void {
    this.#prepare(model);
    this.#resized();
  }

  #prepare(model: GridModel): void {
    this.#model = model;
    this.#fitted.clear();
    this.#layout = new Layout(
      model.fields.map((field, column) => this.#measure?.guess(field, model.nulls[column]) ?? 120),
    );
    this.#shown = false;
    const last = Math.max(0, model.fields.length - 1);
    this.#active = { row: this.#active.row, column: Math.min(this.#active.column, last) };
    this.#grid.setAttribute('aria-label', model.label);
    this.#grid.setAttribute('aria-rowcount', String(model.rowCount + 1));
    this.#grid.setAttribute('aria-colcount', String(model.fields.length + 1));
    this.#rendering = true;
    this.#header.forget();
    this.#rows.forget();
    this.#rendering = false;
  }

  /** Values have arrived. */
  arrived(): void {
    this.#fit();
    this.render();
    this.#shown = true;
  }

  /** Whether what is in sight is still on its way. */
  set busy(busy: boolean) {
    this.#grid.setAttribute('aria-busy', String(busy));
  }

  /** The rows in sight. */
  get rows(): Stretch {
    return rowsIn(this.#track.top, this.#track.view, this.#rowHeight, this.#model.rowCount);
  }

  /** Brings a row to the top and makes it the one that has the focus when the grid gets it. */
  goTo(row: number): void {
    const to = Math.min(Math.max(0, row), this.#model.rowCount - 1);
    this.#active = { row: to, column: this.#active.column };
    this.#scrollTop(this.#track.moveTo(to * this.#rowHeight));
    this.#passing = false;
    if (this.#focused) this.focus();
    else this.render();
  }

  /** Gives the focus to the active cell. */
  focus(): void {
    this.#focused = true;
    this.render();
  }

  /** Puts the scroll position back, which is lost when an element is moved in the document. */
  restore(): void {
    this.#scrollTop(this.#track.settle());
    this.element.scrollLeft = this.#left;
  }

  /** Draws what is in sight. */
  render(): void {
    this.#rendering = true;
    const { rowCount, fields, nulls } = this.#model;
    const [top, view] = [this.#track.top, this.#track.view];
    const rows = rowsIn(top, view, this.#rowHeight, rowCount, MORE_ROWS);
    const inner = Math.max(0, this.#width - this.#gutter);
    const inSight = this.#layout.columnsIn(this.#left, inner);
    const columns = numbers({ start: inSight.start, end: Math.min(fields.length, inSight.end + 1) });
    if (this.#focused && !columns.includes(this.#active.column)) columns.push(this.#active.column);
    columns.sort((a, b) => a - b);
    const [left, layout, kept] = [this.#left, this.#layout, this.#focused ? this.#active.row : -1];
    this.#rows.show({ rows, columns, kept, top: (row) => row * this.#rowHeight - top, left, layout });
    this.#header.show(columns, { fields, nulls }, layout, left);
    this.#mark(rows, columns);
    const active = this.#cellAt(this.#active);
    const root = this.#grid.getRootNode() as ShadowRoot;
    if (this.#focused && root.activeElement !== active) active?.focus({ preventScroll: true });
    this.#rendering = false;
    this.#listener.seen({
      rows: this.rows,
      columns: inSight,
      nearRows: rowsIn(top, view, this.#rowHeight, rowCount, Math.ceil(view / this.#rowHeight)),
      nearColumns: {
        start: Math.max(0, inSight.start - NEXT_COLUMNS),
        end: Math.min(fields.length, inSight.end + NEXT_COLUMNS),
      },
      passing: this.#passing,
    });
  }

  /** One element of the grid can be reached with Tab: the active cell, or if it is out of sight the first one. */
  #mark(rows: Stretch, columns: readonly number[]): void {
    const visible = this.rows;
    const first = { row: Math.min(Math.max(visible.start, rows.start), rows.end - 1), column: columns[0] ?? 0 };
    const cell = this.#cellAt(this.#active) ?? this.#cellAt(first) ?? this.#header.cell(columns[0] ?? 0);
    if (cell === this.#marked) return;
    this.#marked?.setAttribute('tabindex', '-1');
    cell?.setAttribute('tabindex', '0');
    this.#marked = cell;
  }

  #cellAt({ row, column }: Place): HTMLElement | undefined {
    return row < 0 ? this.#header.cell(column) : this.#rows.cell(row, column);
  }

  /** Where the cell that had it was taken away, the active one gets it at once. */
  #focusMoved(inside: boolean): void {
    if (this.#rendering || this.#focused === inside) return;
    this.#focused = inside;
    this.render();
  }

  #scrolled(): void {
    const { scrollTop, scrollLeft } = this.element;
    const before = this.#track.top;
    this.#track.scrolled(scrollTop);
    this.#left = Math.max(0, Math.round(scrollLeft));
    this.#passing = Math.abs(this.#track.top - before) > this.#track.view;
    if (this.#track.stuck) this.#scrollTop(this.#track.settle());
    this.render();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#settle(), SCROLL_END);
  }

  /** Scrolling is over: the thumb goes where it belongs. */
  #settle(): void {
    clearTimeout(this.#timer);
    const position = this.#track.settle();
    if (Math.abs(position - this.element.scrollTop) > 1) this.#scrollTop(position);
  }

  #scrollTop(position: number): void {
    this.element.scrollTop = position;
  }

  #resized(): void {
    this.#restyle();
    this.#sized();
    this.render();
  }

  #sized(): void {
    const { clientWidth, clientHeight } = this.element;
    this.#width = clientWidth;
    const view = Math.max(0, clientHeight - this.#headHeight);
    this.#track.resize(this.#model.rowCount * this.#rowHeight, view);
    this.#sizer.style.height = `${this.#track.height + this.#headHeight}px`;
    this.#sizer.style.width = `${this.#gutter + this.#layout.width}px`;
    this.#grid.style.width = `${clientWidth}px`;
    this.#grid.style.height = `${clientHeight}px`;
    const position = this.#track.settle();
    if (Math.abs(position - this.element.scrollTop) > 1) this.#scrollTop(position);
  }

  /** Sizes that the style sheet sets, or whoever overrides it. */
  #restyle(): void {
    const style = getComputedStyle(this.element);
    this.#rowHeight = pixels(style.getPropertyValue('--_row'), 30);
    this.#headHeight = pixels(style.getPropertyValue('--_head'), 46);
    this.#measure ??= new Measure(this.element);
    const digits = String(this.#model.rowCount).length * 1.35;
    this.#gutter = Math.max(44, Math.ceil(digits * 7) + 22);
    this.#grid.style.setProperty('--_gutter', `${this.#gutter}px`);
  }

  #resize(change: () => void): void {
    change();
    this.#rows.place(this.#layout);
    this.#resized();
  }

  /**
   * Widths from content: of columns that nobody has seen yet, so that nothing moves before anybody's eyes. One in sight
   * is widened where its numbers or times would be cut, for they mislead.
   */
  #fit(): void {
    const { fields } = this.#model;
    const seen = this.#layout.columnsIn(this.#left, this.#width - this.#gutter);
    let changed = false;
    fields.forEach((field, column) => {
      if (this.#fitted.has(column) || this.#layout.isChosen(column)) return;
      if (!this.#model.isThere(column)) return;
      this.#fitted.add(column);
      const [before, wanted] = [this.#layout.widthOf(column), this.#contentWidth(column)];
      const isSeen = this.#shown && column >= seen.start && column < seen.end;
      if (isSeen && (wanted <= before || !['number', 'time'].includes(kindOf(field)))) return;
      this.#layout.fit(column, wanted);
      if (this.#shown && column < seen.start) this.#left += this.#layout.widthOf(column) - before;
      changed ||= this.#layout.widthOf(column) !== before;
    });
    if (!changed) return;
    this.#rows.place(this.#layout);
    this.#resized();
    this.element.scrollLeft = this.#left;
  }

  #contentWidth(column: number): number {
    const field = this.#model.fields[column];
    if (field === undefined) return 0;
    return this.#measure?.content(field, this.#model.nulls[column], this.#model.texts(column)) ?? 0;
  }

  #key(event: KeyboardEvent): void {
    const { row, column } = this.#active;
    if (row < 0 && this.#header.key(event, column, this.#layout)) {
      event.preventDefault();
      this.focus();
      return;
    }
    if (event.key === 'Enter' && row >= 0) {
      event.preventDefault();
      this.#listener.opened(this.#active);
      return;
    }
    const page = Math.max(1, Math.floor(this.#track.view / this.#rowHeight) - 1);
    const to = moved(event, this.#active, { rows: this.#model.rowCount, columns: this.#model.fields.length, page });
    if (to === undefined) return;
    event.preventDefault();
    this.#activate(to);
  }

  /** Makes a cell the active one, brings it into sight and gives it the focus. */
  #activate(to: Place): void {
    this.#active = to;
    const top = to.row * this.#rowHeight;
    const { top: from, view } = this.#track;
    if (to.row >= 0 && top < from) this.#scrollTop(this.#track.moveTo(top));
    else if (top + this.#rowHeight > from + view) this.#scrollTop(this.#track.moveTo(top + this.#rowHeight - view));
    const left = this.#layout.reveal(to.column, this.#left, this.#width - this.#gutter);
    if (left !== this.#left) {
      this.element.scrollLeft = left;
      this.#left = Math.round(this.element.scrollLeft);
    }
    this.#passing = false;
    this.focus();
  }

  #pressed(event: MouseEvent): void {
    if (event.button !== 0) return;
    const column = this.#header.columnOf(event.target);
    const place = column === undefined ? this.#rows.placeOf(event.target) : { row: -1, column };
    if (place === undefined || (event.target as Element).closest('.edge') !== null) return;
    this.#active = place;
    this.focus();
  }

  #clicked(event: MouseEvent): void {
    const cell = event.target instanceof Element ? event.target.closest('.folded') : null;
    // The sign at the end of a folded value opens it.
    if (cell !== null && event.clientX > cell.getBoundingClientRect().right - 28) this.#openAt(cell);
  }

  #openAt(target: EventTarget | null): void {
    const place = this.#rows.placeOf(target);
    if (place !== undefined) this.#listener.opened(place);
  }

  #copy(event: ClipboardEvent): void {
    const selected = document.getSelection();
    if ((selected !== null && !selected.isCollapsed) || this.#active.row < 0) return;
    const text = this.#listener.copied(this.#active);
    if (text === undefined) return;
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
  }
}

function numbers({ start, end }: Stretch): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index);
}

function pixels(text: string, fallback: number): number {
  const value = Number.parseFloat(text);
  return value > 0 ? value : fallback;
}
