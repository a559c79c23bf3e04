/** Which columns are shown: a list to tick, in a panel under its button. */

import type { Field } from '../schema.js';
import { button, element, icon } from './dom.js';
import { shortType } from './kinds.js';

/** Columns from which on there is a box to search them. */
const MANY = 10;

/** The button and its panel. */
export class Chooser {
  readonly element: HTMLElement;
  readonly #button: HTMLButtonElement;
  readonly #panel: HTMLElement;
  readonly #changed: (chosen: number[]) => void;
  #fields: readonly Field[] = [];
  #chosen = new Set<number>();
  #boxes: HTMLInputElement[] = [];

  /** `changed` is told which columns shall be shown, in the order of the file. */
  constructor(changed: (chosen: number[]) => void) {
    this.#changed = changed;
    this.#button = button(
      { class: 'button', 'aria-haspopup': 'dialog', 'aria-expanded': 'false' },
      () => this.#toggle(this.#panel.hidden === true),
      icon('M2.5 3.5h11v9h-11z', 'M6.2 3.5v9M9.8 3.5v9'),
      'Columns',
    );
    this.#panel = element('div', { class: 'panel', part: 'chooser', role: 'dialog', 'aria-label': 'Columns' });
    this.#panel.hidden = true;
    this.element = element('div', { class: 'chooser' }, this.#button, this.#panel);
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.element.addEventListener('focusout', (event) => this.#left(event));
  }

  /** Offers these columns, some of them ticked; `undefined`: there is nothing to choose from. */
  offer(fields: readonly Field[] | undefined, chosen: readonly number[]): void {
    this.#fields = fields ?? [];
    this.#chosen = new Set(chosen);
    this.#button.disabled = fields === undefined || fields.length === 0;
    this.#toggle(false);
    this.#panel.replaceChildren();
    this.#boxes = [];
  }

  #toggle(open: boolean): void {
    if (open && this.#boxes.length === 0) this.#fill();
    this.#panel.hidden = !open;
    // A press on what takes no focus is told to nobody here.
    if (open) document.addEventListener('pointerdown', this.#pressed);
    else document.removeEventListener('pointerdown', this.#pressed);
    this.#button.setAttribute('aria-expanded', String(open));
    if (open) this.#panel.querySelector<HTMLElement>('input')?.focus();
  }

  readonly #pressed = (event: Event): void => {
    if (!event.composedPath().includes(this.element)) this.#toggle(false);
  };

  #fill(): void {
    const list = element('ul', { class: 'list' });
    this.#boxes = this.#fields.map((field, column) => {
      const box = element('input', { type: 'checkbox' });
      box.checked = this.#chosen.has(column);
      box.addEventListener('change', () => this.#tick(column, box.checked));
      const type = element('span', { class: 'type', title: field.type }, shortType(field));
      list.append(element('li', {}, element('label', {}, box, element('span', { class: 'name' }, field.name), type)));
      return box;
    });
    const all = button({ class: 'link' }, () => this.#tickAll(true), 'All');
    const none = button({ class: 'link' }, () => this.#tickAll(false), 'None');
    const head = element('div', { class: 'panel-head' }, element('span', {}, 'Show columns'), all, none);
    this.#panel.append(head);
    if (this.#fields.length >= MANY) this.#panel.append(this.#search(list));
    this.#panel.append(list);
  }

  #search(list: HTMLElement): HTMLElement {
    const attributes = { type: 'search', class: 'input', placeholder: 'Find', 'aria-label': 'Find a column' };
    const box = element('input', attributes);
    box.addEventListener('input', () => {
      const wanted = box.value.trim().toLowerCase();
      [...list.children].forEach((item, column) => {
        (item as HTMLElement).hidden = !this.#fields[column]?.name.toLowerCase().includes(wanted);
      });
    });
    return box;
  }

  #tick(column: number, on: boolean): void {
    if (on) this.#chosen.add(column);
    else this.#chosen.delete(column);
    this.#tell();
  }

  /** Those that the search shows. */
  #tickAll(on: boolean): void {
    this.#boxes.forEach((box, column) => {
      if (box.closest('li')?.hidden) return;
      box.checked = on;
      if (on) this.#chosen.add(column);
      else this.#chosen.delete(column);
    });
    this.#tell();
  }

  #tell(): void {
    this.#changed([...this.#chosen].sort((a, b) => a - b));
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || this.#panel.hidden) return;
    event.stopPropagation();
    this.#toggle(false);
    this.#button.focus();
  }

  #left(event: FocusEvent): void {
    const to = event.relatedTarget;
    // Nothing gets the focus where a label or the panel itself is pressed.
    if (to instanceof Node && !this.element.contains(to)) this.#toggle(false);
  }
}
