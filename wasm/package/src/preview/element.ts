/** `<parqlet-preview>`. */

import type { FileSource, OpenOptions } from '../api.js';
import type { FileStats } from '../log.js';
import { Chooser } from './chooser.js';
import { empty } from './states.js';
import { Frame } from './frame.js';
import type { PreviewFile } from './opener.js';
import { Session } from './session.js';
import { styleSheet } from './styles.js';
import { WholeValue } from './whole-value.js';

/** What the events of `<parqlet-preview>` carry in `detail`. None bubbles. */
export interface PreviewEvents {
  /** The footer was read: `file` is there, rows are not yet. */
  open: CustomEvent<{ file: PreviewFile }>;
  /** The first rows are shown. */
  load: CustomEvent<{ file: PreviewFile }>;
  /** The file can't be shown, or some of its rows can't. */
  error: CustomEvent<{ error: unknown }>;
  /** More was transferred; at most ten times a second. */
  stats: CustomEvent<{ stats: FileStats }>;
  /** Other rows are in sight: from `start` to before `end`, counted from 0 as `offset` is. */
  view: CustomEvent<{ start: number; end: number }>;
  /** Somebody chose other columns. */
  columns: CustomEvent<{ columns: string[] }>;
}

/** Events by name, for `addEventListener`. */
type Events = Omit<HTMLElementEventMap, keyof PreviewEvents> & PreviewEvents;

export interface ParqletPreview {
  addEventListener<K extends keyof Events>(
    type: K,
    listener: (this: ParqletPreview, event: Events[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

/** For where there is no document, as when a page is made on a server: importing must do no harm. */
const Base = (globalThis as { HTMLElement?: typeof HTMLElement }).HTMLElement ?? (class {} as typeof HTMLElement);

/**
 * A table of a Parquet file that fetches what is looked at.
 *
 * Attributes: `src`, `columns` (names, with commas between), `rows` (how many are in sight, where no height is set by
 * CSS; 16), `theme` (`light` or `dark`; else as the system has it), `fallback` (a service that reads what this page can't).
 */
export class ParqletPreview extends Base {
  static readonly observedAttributes = ['src', 'columns', 'rows'];

  /** For opening: headers, credentials, memory and so on. Counts from the next `src`, `source` or {@link reload} on. */
  options: OpenOptions = {};

  readonly #frame: Frame;
  readonly #chooser: Chooser;
  readonly #dialog: WholeValue;
  #source: FileSource | undefined;
  #columns: readonly string[] | undefined;
  /** Where to begin. */
  #row: number | undefined;
  #session: Session | undefined;
  #due = false;

  constructor() {
    super();
    this.#chooser = new Chooser((columns) => this.#session?.ticked(columns));
    this.#dialog = new WholeValue();
    this.#frame = new Frame(this.#chooser, this.#dialog.element, (row) => this.#session?.goTo(row, true));
    this.#chooser.offer(undefined, []);
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [styleSheet()];
    root.append(this.#frame.element);
  }

  /** The address of the file. */
  get src(): string {
    return this.getAttribute('src') ?? '';
  }

  set src(src: string) {
    this.setAttribute('src', src);
  }

  /** A file in place of `src`: whatever `open` takes, such as a dropped File. Setting `src` takes its place again. */
  get source(): FileSource | undefined {
    return this.#source;
  }

  set source(source: FileSource | null | undefined) {
    this.#source = source ?? undefined;
    this.#load();
  }

  /**
   * Names of the columns that are shown, in order; `undefined`: all. Names that the file doesn't have are left out. The
   * property takes names with commas in them, too.
   */
  get columns(): readonly string[] | undefined {
    return this.#session?.columns ?? this.#columns;
  }

  set columns(columns: readonly string[] | null | undefined) {
    this.#columns = columns ?? undefined;
    this.#session?.choose(this.#columns);
  }

  /** The address of a service that reads the file where this page can't; see `fallback` of `open`. Counts from then on. */
  get fallback(): string {
    return this.getAttribute('fallback') ?? '';
  }

  set fallback(fallback: string) {
    this.setAttribute('fallback', fallback);
  }

  /** Rows in sight where no height is set by CSS. */
  get rows(): number {
    const rows = Number(this.getAttribute('rows'));
    return Number.isInteger(rows) && rows > 0 ? rows : 16;
  }

  set rows(rows: number) {
    this.setAttribute('rows', String(rows));
  }

  /** The open file: its facts and `stats`, and more rows of it if wanted. It belongs to the element, which closes it. */
  get file(): PreviewFile | undefined {
    return this.#session?.file;
  }

  /** Brings a row to the top; counted from 0, as `offset` is. Before the file is open it is kept until then. */
  scrollToRow(row: number): void {
    if (this.#session === undefined) this.#row = row;
    else this.#session.goTo(row, false);
  }

  /** Opens the file anew. */
  reload(): void {
    this.#load();
  }

  connectedCallback(): void {
    if (this.#session === undefined) this.#load();
    else this.#session.restore();
  }

  disconnectedCallback(): void {
    // Whoever only moves it in the document keeps what is loaded.
    queueMicrotask(() => {
      if (!this.isConnected) this.#end();
    });
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (name === 'rows') this.#frame.element.style.setProperty('--_rows', String(this.rows));
    if (before === now) return;
    if (name === 'src') {
      this.#source = undefined;
      this.#load();
    } else if (name === 'columns') {
      const names = now?.split(',').map((name) => name.trim());
      this.columns = names?.filter((name) => name !== '');
    }
  }

  /** Ends what is shown at once, and begins anew when all that is set together is set. */
  #load(): void {
    this.#end();
    if (this.#due || !this.isConnected) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      this.#end();
      if (this.isConnected) this.#begin();
    });
  }

  #end(): void {
    this.#session?.close();
    this.#session = undefined;
    this.#frame.clear('');
  }

  #begin(): void {
    const source = this.#source ?? this.getAttribute('src') ?? undefined;
    if (source === undefined || source === '') {
      this.#frame.putState(empty('No file', ''));
      return;
    }
    const fallback = this.fallback === '' ? undefined : this.fallback;
    const { options } = this;
    const request = { source, name: nameOf(source), options, fallback, columns: this.#columns, row: this.#row };
    this.#row = undefined;
    const around = { frame: this.#frame, chooser: this.#chooser, dialog: this.#dialog };
    this.#session = new Session(request, around, {
      opened: (file) => this.#tell('open', { file }),
      loaded: (file) => this.#tell('load', { file }),
      failed: (error) => this.#tell('error', { error }),
      transferred: (stats) => this.#tell('stats', { stats }),
      seen: ({ start, end }) => this.#tell('view', { start, end }),
      chosen: (columns) => this.#tell('columns', { columns }),
      again: () => this.#load(),
    });
  }

  #tell<K extends keyof PreviewEvents>(type: K, detail: PreviewEvents[K]['detail']): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** What people call a source: the last part of its path, without what may be secret behind it. */
function nameOf(source: FileSource): string {
  if (source instanceof File) return source.name;
  const address = source instanceof Request ? source.url : source;
  if (typeof address !== 'string' && !(address instanceof URL)) return 'file';
  const path = URL.canParse(address, document.baseURI) ? new URL(address, document.baseURI).pathname : '';
  const last = path.split('/').filter(Boolean).at(-1) ?? 'file';
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
