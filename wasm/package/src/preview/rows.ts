/** The rows of the grid that are in the document: those in sight, and the one that has the focus. */

import { count } from './amounts.js';
import { element } from './dom.js';
import type { Layout } from './layout.js';
import type { Stretch } from './viewport.js';

/** What a cell shows. */
export interface CellContent {
  text: string;
  /** Classes for its looks. */
  look: string;
}

/** What the rows show; columns by their place among those that are shown. */
export interface Contents {
  /** `undefined` while it isn't there. */
  cell(row: number, column: number): CellContent | undefined;
}

/** What of the table is in the document, and where. */
export interface Window {
  rows: Stretch;
  columns: readonly number[];
  /** A row that stays, in sight or not. */
  kept: number;
  /** How far down a row is, in pixels. */
  top(row: number): number;
  /** How far the columns are scrolled, in pixels. */
  left: number;
  layout: Layout;
}

interface Cell {
  readonly element: HTMLElement;
  readonly text: Text;
  filled: boolean;
}

interface Row {
  readonly element: HTMLElement;
  readonly head: HTMLElement;
  /** Its cells side by side: moved as one, not each by itself. */
  readonly strip: HTMLElement;
  readonly cells: Map<number, Cell>;
}

/** Rows by number. Those that leave are taken for those that come; one that stays isn't moved, so it keeps the focus. */
export class Rows {
  readonly element = element('div', { class: 'body', part: 'body', role: 'rowgroup' });
  readonly #contents: Contents;
  readonly #rows = new Map<number, Row>();

  constructor(contents: Contents) {
    this.#contents = contents;
  }

  /** Shows these rows and columns. */
  show({ rows, columns, kept, top, left, layout }: Window): void {
    const wanted = (row: number): boolean => (row >= rows.start && row < rows.end) || row === kept;
    const leaving = [...this.#rows.keys()].filter((number) => !wanted(number)).sort((a, b) => a - b);
    const free = leaving.map((number) => this.#rows.get(number) as Row);
    for (const number of leaving) this.#rows.delete(number);
    // After a jump all rows are taken as they lie, in their order.
    const ordered = this.#rows.size === 0 && kept < 0;
    for (let number = rows.start; number < rows.end; number++) this.#rowAt(number, free, ordered);
    if (kept >= 0) this.#rowAt(kept, free, false);
    for (const row of free) row.element.remove();
    for (const [number, row] of this.#rows) {
      row.element.style.transform = `translateY(${top(number)}px)`;
      row.strip.style.transform = `translateX(${-left}px)`;
      this.#fill(number, row, columns, layout);
    }
  }

  /** Places the cells anew: widths have changed. */
  place(layout: Layout): void {
    for (const { cells } of this.#rows.values()) {
      for (const [column, { element }] of cells) place(element, column, layout);
    }
  }

  /** Makes all cells anew at the next {@link show}: columns have changed. */
  forget(): void {
    for (const { strip, cells } of this.#rows.values()) {
      strip.replaceChildren();
      cells.clear();
    }
  }

  /** A cell's element, if it is in the document. */
  cell(row: number, column: number): HTMLElement | undefined {
    return this.#rows.get(row)?.cells.get(column)?.element;
  }

  /** The cell that an element belongs to. */
  placeOf(target: EventTarget | null): { row: number; column: number } | undefined {
    const cell = target instanceof Element ? target.closest<HTMLElement>('.cell') : null;
    if (cell === null) return undefined;
    for (const [row, { cells }] of this.#rows) {
      for (const [column, { element }] of cells) if (element === cell) return { row, column };
    }
    return undefined;
  }

  #rowAt(number: number, free: Row[], ordered: boolean): void {
    if (this.#rows.has(number)) return;
    const row = free.shift() ?? newRow();
    row.head.textContent = count(number + 1);
    row.element.setAttribute('aria-rowindex', String(number + 2));
    row.element.classList.toggle('odd', number % 2 === 1);
    for (const cell of row.cells.values()) cell.filled = false;
    this.#rows.set(number, row);
    if (ordered && row.element.isConnected) return;
    // In the order of rows, as screen readers go through them.
    const next = this.#after(number);
    if (next === undefined) this.element.append(row.element);
    else if (next.element.previousSibling !== row.element) this.element.insertBefore(row.element, next.element);
  }

  #after(number: number): Row | undefined {
    let found: number | undefined;
    for (const other of this.#rows.keys()) {
      if (other > number && (found === undefined || other < found)) found = other;
    }
    return found === undefined ? undefined : this.#rows.get(found);
  }

  #fill(number: number, row: Row, columns: readonly number[], layout: Layout): void {
    for (const [column, cell] of row.cells) {
      if (columns.includes(column)) continue;
      cell.element.remove();
      row.cells.delete(column);
    }
    let before: Element | undefined;
    for (const column of columns) {
      let cell = row.cells.get(column);
      if (cell === undefined) {
        cell = newCell(column, layout);
        row.cells.set(column, cell);
        if (before === undefined) row.strip.prepend(cell.element);
        else before.after(cell.element);
      }
      before = cell.element;
      if (!cell.filled) cell.filled = this.#write(cell, number, column);
    }
  }

  #write({ element, text }: Cell, row: number, column: number): boolean {
    const content = this.#contents.cell(row, column);
    const look = `cell ${content?.look ?? 'pending'}`;
    text.data = content?.text ?? '';
    if (element.className !== look) element.className = look;
    return content !== undefined;
  }
}

function newRow(): Row {
  const head = element('div', { class: 'number', part: 'row-number', role: 'rowheader', 'aria-colindex': '1' });
  const strip = element('div', { class: 'strip', role: 'presentation' });
  const row = element('div', { class: 'row', part: 'row', role: 'row' }, head, strip);
  return { element: row, head, strip, cells: new Map() };
}

function newCell(column: number, layout: Layout): Cell {
  const text = document.createTextNode('');
  const attributes = { part: 'cell', role: 'gridcell', 'aria-colindex': String(column + 2), tabindex: '-1' };
  const made = element('div', attributes, text);
  place(made, column, layout);
  return { element: made, text, filled: false };
}

function place({ style }: HTMLElement, column: number, layout: Layout): void {
  style.left = `${layout.left(column)}px`;
  style.width = `${layout.widthOf(column)}px`;
}
