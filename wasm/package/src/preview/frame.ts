/** What is around the grid: a bar above, a line below, and the place in between. */

import { count, counted, size } from './amounts.js';
import type { Chooser } from './chooser.js';
import { element } from './dom.js';
import type { PreviewFile } from './opener.js';
import type { Stretch } from './viewport.js';

/** The frame. */
export class Frame {
  readonly element: HTMLElement;
  readonly #title = element('span', { class: 'file-name', part: 'title' });
  readonly #facts = element('span', { class: 'facts' });
  readonly #stage = element('div', { class: 'stage' });
  readonly #range = element('span', { class: 'range' });
  readonly #transfer = element('span', { class: 'transfer', part: 'transfer' });
  readonly #live = element('div', { class: 'hidden', role: 'status' });
  readonly #form: HTMLFormElement;
  readonly #input: HTMLInputElement;
  #grid: HTMLElement | undefined;
  #state: HTMLElement | undefined;
  #banner: HTMLElement | undefined;
  #rowCount = 0;

  /** `goTo` is told which row, counted from 0, somebody asks for. */
  constructor(chooser: Chooser, dialog: HTMLDialogElement, goTo: (row: number) => void) {
    this.#input = element('input', {
      class: 'input',
      part: 'row-input',
      inputmode: 'numeric',
      autocomplete: 'off',
      placeholder: 'Row',
      'aria-label': 'Go to row',
    });
    this.#form = element('form', { class: 'go' }, element('span', { 'aria-hidden': 'true' }, 'Go to'), this.#input);
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      const row = this.#asked();
      if (row !== undefined) goTo(row);
    });
    this.#input.addEventListener('input', () => this.#input.removeAttribute('aria-invalid'));
    const names = element('div', { class: 'names' }, this.#title, this.#facts);
    const bar = element('div', { class: 'toolbar', part: 'toolbar' }, names, this.#form, chooser.element);
    const line = element('div', { class: 'footer', part: 'footer' }, this.#range, this.#transfer);
    this.element = element('div', { class: 'frame', part: 'frame' }, bar, this.#stage, line, this.#live, dialog);
    this.clear('');
  }

  /** Takes everything of a file away. */
  clear(title: string): void {
    this.#title.textContent = title;
    this.#title.title = title;
    this.#facts.textContent = '';
    this.#range.textContent = '';
    this.#transfer.textContent = '';
    this.#transfer.title = '';
    this.#input.value = '';
    this.#input.disabled = true;
    this.#input.removeAttribute('aria-invalid');
    this.#stage.replaceChildren();
    this.#grid = this.#state = this.#banner = undefined;
  }

  /** Says what the file is. */
  describe(file: PreviewFile): void {
    this.#rowCount = file.rowCount;
    const columns = counted(file.schema.fields.length, 'column');
    this.#facts.textContent = `${counted(file.rowCount, 'row')} · ${columns} · ${size(file.byteLength)}`;
    this.#input.disabled = file.rowCount === 0;
  }

  /** Says which rows are in sight. */
  showRange({ start, end }: Stretch): void {
    this.#range.textContent = end > start ? `Rows ${count(start + 1)}–${count(end)}` : '';
  }

  /** Says what was transferred. */
  showTransfer(file: PreviewFile, { bytes, requestCount }: { bytes: number; requestCount: number }): void {
    const requests = counted(requestCount, 'request');
    const [what, how] =
      file.via === undefined
        ? [`${size(bytes)} of ${size(file.byteLength)}`, `in ${requests}`]
        : [`${size(bytes)} in ${requests}`, `through ${new URL(file.via).host}`];
    this.#transfer.replaceChildren(element('span', {}, what), ' ', element('span', {}, how));
    this.#transfer.title = `${what} ${how}`;
  }

  /** Puts the grid in place; until {@link reveal} it stays out of sight. */
  putGrid(grid: HTMLElement): void {
    grid.classList.add('unseen');
    this.#grid = grid;
    this.#stage.prepend(grid);
  }

  /** Shows the grid, in place of any state. */
  reveal(): void {
    this.#grid?.classList.remove('unseen');
    this.#state?.remove();
    this.#state = undefined;
  }

  /** Shows a state over everything, or below the heads of the columns. */
  putState(state: HTMLElement, belowHeads = false): void {
    this.#grid?.classList.toggle('unseen', !belowHeads);
    state.classList.toggle('below', belowHeads);
    this.#state?.remove();
    this.#state = state;
    this.#stage.append(state);
  }

  /** Shows a note at the foot of the grid; `undefined` takes it away. */
  putBanner(banner: HTMLElement | undefined): void {
    this.#banner?.remove();
    this.#banner = banner;
    if (banner !== undefined) this.#stage.append(banner);
  }

  /** Tells those who can't see it. */
  say(text: string): void {
    this.#live.textContent = text;
  }

  /** The row in the box, counted from 0; people count from 1. */
  #asked(): number | undefined {
    const text = this.#input.value.replace(/[\s,._’']/g, '');
    if (/^\d+$/.test(text)) return Math.min(Math.max(1, Number(text)), this.#rowCount) - 1;
    this.#input.setAttribute('aria-invalid', 'true');
    return undefined;
  }
}
