/** A value in full, in a window of its own. */

import type { Field } from '../schema.js';
import { count, size } from './amounts.js';
import { button, copy, element, icon } from './dom.js';
import { copiedText, wholeText } from './text.js';

/** Characters that the window shows: more takes the browser long to lay out, and nobody reads it here. */
const MOST = 200_000;

/** The window. */
export class WholeValue {
  readonly element: HTMLDialogElement;
  readonly #name = element('span', { class: 'name', id: 'value-name' });
  readonly #facts = element('span', { class: 'type' });
  readonly #text = element('pre', { class: 'value', part: 'value', tabindex: '0', 'aria-label': 'Value' });
  readonly #cut = element('p', { class: 'cut', hidden: '' });
  readonly #copy: HTMLButtonElement;
  #whole: () => string = () => '';

  constructor() {
    this.#copy = button({ class: 'button' }, () => void this.#copied(), 'Copy');
    const close = button(
      { class: 'button quiet', 'aria-label': 'Close' },
      () => this.element.close(),
      icon('M4 4l8 8M12 4l-8 8'),
    );
    const head = element('header', {}, element('div', { class: 'what' }, this.#name, this.#facts), this.#copy, close);
    this.element = element('dialog', { class: 'dialog', part: 'dialog', 'aria-labelledby': 'value-name' });
    this.element.append(head, this.#text, this.#cut);
    // A press outside closes it.
    this.element.addEventListener('click', (event) => event.target === this.element && this.element.close());
  }

  /** Opens it. */
  show(value: unknown, field: Field, row: number): void {
    const text = wholeText(value, field, MOST);
    const isNull = value === null || value === undefined;
    this.#whole = () => copiedText(value, field);
    this.#name.textContent = field.name;
    this.#facts.textContent = `row ${count(row + 1)} · ${field.type}${extent(value)}`;
    this.#text.textContent = text === '' ? 'empty text' : text;
    this.#text.classList.toggle('null', isNull || text === '');
    this.#cut.hidden = text.length < MOST;
    this.#cut.textContent = `Cut after ${count(MOST)} characters. Copy takes all of it.`;
    this.#copy.textContent = 'Copy';
    this.element.showModal();
    this.#text.scrollTop = 0;
    this.#text.focus();
  }

  /** Closes it. */
  close(): void {
    this.element.close();
  }

  async #copied(): Promise<void> {
    this.#copy.textContent = (await copy(this.#whole())) ? 'Copied' : 'Not allowed';
  }
}

function extent(value: unknown): string {
  if (typeof value === 'string') return ` · ${count(value.length)} characters`;
  if (value instanceof Uint8Array) return ` · ${size(value.length)}`;
  return Array.isArray(value) ? ` · ${count(value.length)} entries` : '';
}
