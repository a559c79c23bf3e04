/** Where columns are: widths, in pixels, and what of them is in sight. Pure. */

import type { Stretch } from './viewport.js';

/** A column is at least so wide that its edge can be taken hold of. */
export const NARROWEST = 48;
/** A column fitted to its content gets no wider, so that one long text doesn't push the others away. */
export const WIDEST = 320;
/** A column widened by hand. */
const WIDEST_BY_HAND = 2000;

/** The columns that are shown, side by side. */
export class Layout {
  #widths: number[];
  #edges: number[] = [];
  /** Columns whose width somebody chose. */
  readonly #chosen = new Set<number>();

  constructor(widths: readonly number[]) {
    this.#widths = [...widths];
    this.#place();
  }

  get count(): number {
    return this.#widths.length;
  }

  /** All of them together. */
  get width(): number {
    return this.#edges.at(-1) ?? 0;
  }

  /** Where a column begins. */
  left(column: number): number {
    return this.#edges[column] ?? 0;
  }

  widthOf(column: number): number {
    return this.#widths[column] ?? 0;
  }

  /** Whether somebody chose its width. */
  isChosen(column: number): boolean {
    return this.#chosen.has(column);
  }

  /** Sets the width that content asks for; not of a column whose width somebody chose. */
  fit(column: number, width: number): void {
    if (this.#chosen.has(column)) return;
    this.#widths[column] = Math.min(Math.max(NARROWEST, Math.ceil(width)), WIDEST);
    this.#place();
  }

  /** Sets the width that somebody chose. */
  choose(column: number, width: number): void {
    this.#chosen.add(column);
    this.#widths[column] = Math.min(Math.max(NARROWEST, Math.round(width)), WIDEST_BY_HAND);
    this.#place();
  }

  /** The columns in a window, with `more` after them. */
  columnsIn(left: number, view: number, more = 0): Stretch {
    let start = 0;
    while (start < this.count && (this.#edges[start + 1] as number) <= left) start += 1;
    let end = start;
    while (end < this.count && (this.#edges[end] as number) < left + view) end += 1;
    return { start, end: Math.min(this.count, end + more) };
  }

  /** How far a window has to be scrolled so that a column is in it whole, or else from its start. */
  reveal(column: number, left: number, view: number): number {
    const [start, end] = [this.left(column), this.left(column) + this.widthOf(column)];
    if (start < left || end - start >= view) return start;
    return end > left + view ? end - view : left;
  }

  #place(): void {
    let at = 0;
    this.#edges = [0, ...this.#widths.map((width) => (at += width))];
  }
}
