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

interface Cell {
  readonly element: HTMLElement;
  filled: boolean;
}

interface Row {
  readonly element: HTMLElement;
  readonly head: HTMLElement;
  readonly cells: Map<number, Cell>;
}

/** Rows by number. Those that leave are taken for those that come; one that stays is never moved, so it keeps the focus. */
export class Rows {
  readonly element = element('div', { class: 'body', part: 'body', role: 'rowgroup' });
  readonly #contents: Contents;
  readonly #rows = new Map<number, Row>();

  constructor(contents: Contents) {
    this.#contents = contents;
  }

  /** Shows these rows and columns; `kept` stays, in sight or not. Positions are pixels. */
  show(rows: Stretch, columns: readonly number[], kept: number, place: (row: number) => number, layout: Layout): void {
    const wanted = (row: number): boolean => (row >= rows.start && row < rows.end) || row === kept;
    const free: Row[] = [];
    for (const [number, row] of this.#rows) {
      if (wanted(number)) continue;
      this.#rows.delete(number);
      free.push(row);
    }
    for (let number = rows.start; number < rows.end; number++) this.#rowAt(number, free);
    if (kept >= 0) this.#rowAt(kept, free);
    for (const row of free) row.element.remove();
    for (const [number, row] of this.#rows) {
      row.element.style.transform = `translateY(${place(number)}px)`;
      this.#fill(number, row, columns, layout);
    }
  }

  /** Places all cells anew at the next {@link show}: widths or columns have changed. */
  forget(): void {
    for (const { element, cells } of this.#rows.values()) {
      for (const cell of cells.values()) cell.element.remove();
      cells.clear();
      element.classList.remove('active');
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

  #rowAt(number: number, free: Row[]): void {
    if (this.#rows.has(number)) return;
    const row = free.pop() ?? newRow();
    row.head.textContent = count(number + 1);
    row.element.setAttribute('aria-rowindex', String(number + 2));
    row.element.classList.toggle('odd', number % 2 === 1);
    for (const cell of row.cells.values()) cell.filled = false;
    this.#rows.set(number, row);
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
    let before: Element = row.head;
    for (const column of columns) {
      let cell = row.cells.get(column);
      if (cell === undefined) {
        cell = newCell(column, layout);
        row.cells.set(column, cell);
        before.after(cell.element);
      }
      before = cell.element;
      if (!cell.filled) cell.filled = this.#write(cell.element, number, column);
    }
  }

  #write(cell: HTMLElement, row: number, column: number): boolean {
    const content = this.#contents.cell(row, column);
    cell.textContent = content?.text ?? '';
    cell.className = `cell ${content?.look ?? 'pending'}`;
    return content !== undefined;
  }
}

function newRow(): Row {
  const head = element('div', { class: 'number', part: 'row-number', role: 'rowheader', 'aria-colindex': '1' });
  return { element: element('div', { class: 'row', part: 'row', role: 'row' }, head), head, cells: new Map() };
}

function newCell(column: number, layout: Layout): Cell {
  const made = element('div', { part: 'cell', role: 'gridcell', 'aria-colindex': String(column + 2), tabindex: '-1' });
  made.style.left = `${layout.left(column)}px`;
  made.style.width = `${layout.widthOf(column)}px`;
  return { element: made, filled: false };
}
