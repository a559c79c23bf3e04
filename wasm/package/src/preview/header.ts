/** The head of the grid: a name and a type for each column, and edges that can be dragged. */

import type { Field } from '../schema.js';
import { counted } from './amounts.js';
import { element } from './dom.js';
import { kindOf, typeLine } from './kinds.js';
import type { Layout } from './layout.js';

/** Pixels that a key press moves an edge by. */
const KEY_STEP = 16;

/** Who does what the head is asked for. */
export interface HeaderListener {
  /** An edge is moved to make a column this wide. */
  resized(column: number, width: number): void;
  /** A column shall be as wide as its content. */
  fitted(column: number): void;
}

/** What the heads say. */
export interface Heads {
  fields: readonly Field[];
  /** Nulls of each column, where the file says. */
  nulls: readonly (number | undefined)[];
}

/** The head. Columns are numbered by their place among those that are shown. */
export class Header {
  readonly element: HTMLElement;
  readonly #strip = element('div', { class: 'strip', role: 'presentation' });
  readonly #corner: HTMLElement;
  readonly #listener: HeaderListener;
  readonly #cells = new Map<number, HTMLElement>();

  constructor(listener: HeaderListener) {
    this.#listener = listener;
    const hidden = element('span', { class: 'hidden' }, 'Row');
    this.#corner = element('div', { class: 'corner', role: 'columnheader', 'aria-colindex': '1' }, hidden);
    const row = element('div', { class: 'head-row', part: 'header', role: 'row', 'aria-rowindex': '1' });
    row.append(this.#corner, this.#strip);
    this.element = element('div', { class: 'head', role: 'rowgroup' }, row);
  }

  /** Shows the heads of these columns, scrolled by so many pixels. */
  show(columns: readonly number[], { fields, nulls }: Heads, layout: Layout, left: number): void {
    this.#strip.style.transform = `translateX(${-left}px)`;
    for (const [column, cell] of this.#cells) {
      if (columns.includes(column)) continue;
      cell.remove();
      this.#cells.delete(column);
    }
    let before: Element | undefined;
    for (const column of columns) {
      const field = fields[column];
      if (field === undefined) continue;
      let cell = this.#cells.get(column);
      if (cell === undefined) {
        cell = this.#newCell(column, field, nulls[column], layout);
        this.#cells.set(column, cell);
        if (before === undefined) this.#strip.prepend(cell);
        else before.after(cell);
      }
      before = cell;
      cell.style.left = `${layout.left(column)}px`;
      cell.style.width = `${layout.widthOf(column)}px`;
    }
  }

  /** Makes all heads anew at the next {@link show}. */
  forget(): void {
    for (const cell of this.#cells.values()) cell.remove();
    this.#cells.clear();
  }

  cell(column: number): HTMLElement | undefined {
    return this.#cells.get(column);
  }

  /** The column whose head an element belongs to. */
  columnOf(target: EventTarget | null): number | undefined {
    const cell = target instanceof Element ? target.closest<HTMLElement>('.column') : null;
    for (const [column, element] of this.#cells) if (element === cell) return column;
    return undefined;
  }

  /** Does what a key pressed on a head asks for; whether it did. */
  key(event: KeyboardEvent, column: number, layout: Layout): boolean {
    if (event.altKey && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) {
      const step = event.key === 'ArrowLeft' ? -KEY_STEP : KEY_STEP;
      this.#listener.resized(column, layout.widthOf(column) + step);
      return true;
    }
    if (event.key !== 'Enter') return false;
    this.#listener.fitted(column);
    return true;
  }

  #newCell(column: number, field: Field, nulls: number | undefined, layout: Layout): HTMLElement {
    const type = element('span', { class: 'type', part: 'type' }, typeLine(field, nulls));
    const edge = element('div', { class: 'edge', 'aria-hidden': 'true' });
    const cell = element(
      'div',
      {
        class: `column ${kindOf(field)}`,
        part: 'column-header',
        role: 'columnheader',
        'aria-colindex': String(column + 2),
        tabindex: '-1',
        title: [field.name, field.type, ...nullsOf(field, nulls)].join('\n'),
      },
      element('span', { class: 'name', part: 'name' }, field.name),
      type,
      edge,
    );
    edge.addEventListener('pointerdown', (event) => this.#drag(event, edge, column, layout));
    edge.addEventListener('dblclick', (event) => {
      event.stopPropagation();
      this.#listener.fitted(column);
    });
    return cell;
  }

  #drag(start: PointerEvent, edge: HTMLElement, column: number, layout: Layout): void {
    if (start.button !== 0) return;
    start.preventDefault();
    edge.setPointerCapture(start.pointerId);
    edge.classList.add('dragged');
    const width = layout.widthOf(column);
    const move = (event: PointerEvent): void => this.#listener.resized(column, width + event.clientX - start.clientX);
    const end = (): void => {
      edge.classList.remove('dragged');
      edge.removeEventListener('pointermove', move);
      edge.removeEventListener('lostpointercapture', end);
    };
    edge.addEventListener('pointermove', move);
    edge.addEventListener('lostpointercapture', end);
  }
}

function nullsOf(field: Field, nulls: number | undefined): string[] {
  if (!field.nullable) return ['never null'];
  if (nulls === undefined) return [];
  return [nulls === 0 ? 'no nulls' : counted(nulls, 'null')];
}
