/** The worker, as the page sees it: started when needed, ended when nothing is open, replaced when it crashed. */

import { ParqletError } from '../error.js';
import { ready } from '../module/index.js';
import { fromText } from '../module/text.js';
import type { Progress } from '../run.js';
import { Channel, type Message } from './channel.js';
import type { SentStats, Told } from './protocol.js';
import { Services } from './services.js';

/** Milliseconds that a worker with nothing to do is kept: whoever closes one file often opens the next. */
const LINGER = 2000;

/** One worker. */
export class Link {
  readonly channel: Channel;
  readonly services = new Services();
  readonly #worker: Worker;
  readonly #listeners = new Map<number, (told: Omit<Told, 'listener'>) => void>();
  #users = 0;
  #numbers = 0;
  #started = false;
  #begun: ((started: boolean) => void) | undefined;
  #gone = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Whether it started: settled once it said so, or ended before it could. */
  readonly begun = new Promise<boolean>((resolve) => (this.#begun = resolve));

  constructor() {
    // Written so that Vite and webpack see it, and bundle the worker.
    this.#worker = new Worker(new URL('./worker-host.js', import.meta.url), { type: 'module', name: 'parqlet' });
    this.channel = new Channel(this.#worker, {
      ...this.services.handlers,
      module: fromText,
      ready: () => this.#begin(),
      progress: ({ listener, ...progress }: Told) => this.#listeners.get(listener)?.(progress),
    });
    this.#worker.onmessage = (event: MessageEvent<Message>) => this.channel.receive(event.data);
    this.#worker.onmessageerror = () => this.#crash('what came from it could not be read');
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#crash(event.message);
    };
    const module = ready();
    if (module !== undefined) void this.channel.call('module', module).catch(() => undefined);
  }

  /** Whether it crashed or was ended: a new one is needed. */
  get gone(): boolean {
    return this.#gone;
  }

  /** A number that no file, reader or listener of this worker has. */
  number(): number {
    return ++this.#numbers;
  }

  /** Whoever needs the worker; each calls {@link leave} once. */
  enter(): void {
    this.#users += 1;
    clearTimeout(this.#timer);
  }

  leave(): void {
    this.#users -= 1;
    if (this.#users > 0 || this.#gone) return;
    this.#timer = setTimeout(() => this.#end(), LINGER);
    // Where timers keep a process alive, this one must not.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  /** The number under which progress is told to a listener, if there is one. What it throws ends `work`. */
  listen(
    onProgress: ((progress: Progress) => void) | undefined,
    work: AbortController,
    onStats?: (stats: SentStats) => void,
  ): number | undefined {
    if (onProgress === undefined) return undefined;
    const listener = this.number();
    this.#listeners.set(listener, ({ stats, ...progress }) => {
      if (stats !== undefined) onStats?.(stats);
      try {
        onProgress(progress);
      } catch (error) {
        work.abort(error);
      }
    });
    return listener;
  }

  /** Nothing more is told to it. */
  unlisten(listener: number | undefined): void {
    if (listener !== undefined) this.#listeners.delete(listener);
  }

  #begin(): void {
    this.#started = true;
    this.#begun?.(true);
  }

  #crash(message: string | undefined): void {
    const because = message ? ` (${message})` : '';
    const error = this.#started
      ? new ParqletError('crashed', `the worker ended unexpectedly${because}: the next call begins with a new one`)
      : new ParqletError(
          'unsupported',
          `the worker can't be started${because}: the page must serve worker-host.js from its own origin as a ` +
            'script; with Vite, name parqlet in optimizeDeps.exclude',
        );
    this.#lose(error);
  }

  #end(): void {
    this.#lose(new ParqletError('closed', 'the worker was ended'));
  }

  #lose(error: ParqletError): void {
    this.#gone = true;
    this.#begun?.(false);
    clearTimeout(this.#timer);
    this.#worker.terminate();
    this.channel.lose(error);
  }
}

let current: Link | undefined;

/** The worker that serves this page. */
export function link(): Link {
  if (current === undefined || current.gone) current = new Link();
  return current;
}

/** Whether workers can be started here. They can't where the script is of another origin, or isn't served at all. */
export async function workersStart(): Promise<boolean> {
  try {
    const to = link();
    to.enter();
    try {
      return await to.begun;
    } finally {
      to.leave();
    }
  } catch {
    return false;
  }
}
