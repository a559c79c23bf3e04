/** Drives one load: polls the machine, does the fetches it asks for, reports back. */

import type { Engine } from './engine.js';
import { ParqletError } from './error.js';
import { Flight, Flights } from './flight.js';
import type { Batch, Load, Poll, Shell } from './glue.js';
import type { RequestLog } from './log.js';
import { onAbort } from './signals.js';
import { Failure, type Ask, type Source } from './source/index.js';
import { Turn } from './turn.js';

const DECODE: Poll = 1;
const DONE: Poll = 2;
/** The longest a timer can be set for. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** How far a load is. */
export interface Progress {
  /** Bytes received. */
  bytes: number;
  /** Bytes it will receive, as far as planned by now. */
  totalBytes: number | undefined;
  /** Rows given out. */
  rows: number;
}

/** What is around a run. */
export interface Surroundings {
  engine: Engine;
  source: Source;
  log: RequestLog;
  signals: readonly AbortSignal[];
  onProgress?: ((progress: Progress) => void) | undefined;
  /** The load is over, and about to be freed. `complete`: it did what it was made for. */
  onEnd(load: Load, complete: boolean): void;
}

interface Taker {
  resolve(batch: Batch | undefined): void;
  reject(reason: unknown): void;
}

/** One load under way. It fetches and decodes ahead within its memory budget, and waits for its batches to be taken. */
export class Run {
  readonly #load: Load;
  readonly #around: Surroundings;
  readonly #flights: Flights;
  readonly #turn = new Turn();
  /** Not yet there while the constructor runs, when a signal may have aborted already. */
  readonly #stopListening: (() => void) | undefined;
  #taker: Taker | undefined;
  #waker: (() => void) | undefined;
  #woken = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What the machine asked for during a poll: done after it, for it must not be called back. */
  #asked: (() => void)[] = [];
  #failure: Failure | undefined;
  #end: { reason: unknown } | 'complete' | 'closed' | undefined;
  #schema: Uint8Array | undefined;

  constructor(load: Load, around: Surroundings) {
    this.#load = load;
    this.#around = around;
    this.#flights = new Flights(around.source, around.log, () => this.#progress());
    this.#stopListening = onAbort(around.signals, (reason) => this.#finish({ reason }));
    if (this.#end === undefined) void this.#drive();
  }

  /** Schema of the batches as an IPC message: to be had with the first batch, and at the end if there was none. */
  get schema(): Uint8Array {
    if (this.#schema === undefined) throw new ParqletError('crashed', 'the read ended without a schema');
    return this.#schema;
  }

  /** The machine's counts, while it runs. */
  get load(): Load | undefined {
    return this.#end === undefined ? this.#load : undefined;
  }

  /** The next batch in file order; `undefined` behind the last. One call at a time. */
  next(): Promise<Batch | undefined> {
    return new Promise((resolve, reject) => {
      this.#taker = { resolve, reject };
      if (this.#end === undefined) this.#wake();
      else this.#settle(this.#end);
    });
  }

  /** Ends it: nothing more is transferred. */
  close(): void {
    this.#finish('closed');
  }

  /** Ends it with a reason, which the next batch rejects with. */
  fail(reason: unknown): void {
    this.#finish({ reason });
  }

  async #drive(): Promise<void> {
    try {
      while (this.#end === undefined) {
        this.#woken = false;
        const state = this.#poll();
        const gave = this.#give();
        if (state === DECODE) {
          this.#call(() => this.#load.decode());
          await this.#turn.pass();
        } else if (gave) {
          // What was taken makes room: there may be more to do at once.
          await this.#turn.pass();
        } else if (state === DONE && this.#taker !== undefined) {
          this.#finish('complete');
        } else {
          await this.#event(this.#call(() => this.#load.until()));
          this.#turn.begin();
        }
      }
    } catch (error) {
      this.#finish({ reason: error });
    }
  }

  #poll(): Poll {
    const state = this.#call(() => this.#load.poll(performance.now(), this.#shell));
    const asked = this.#asked;
    this.#asked = [];
    asked.forEach((act) => act());
    return state;
  }

  readonly #shell: Shell = {
    exact: (id, start, end, etag) => this.#ask(id, { kind: 'range', start, end, etag }),
    tail: (id, bytes) => this.#ask(id, { kind: 'tail', bytes }),
    length: (id) => this.#ask(id, { kind: 'length' }),
    abandon: () => this.#asked.push(() => this.#flights.abandon()),
  };

  #ask(id: number, ask: Ask): void {
    this.#asked.push(() => void this.#fly(this.#flights.begin(id, ask)));
  }

  /** Gives a batch to whoever waits for one. */
  #give(): boolean {
    if (this.#taker === undefined) return false;
    const batch = this.#call(() => this.#load.batch());
    if (batch === undefined) return false;
    this.#schema ??= this.#call(() => this.#load.schema());
    const taker = this.#taker;
    this.#taker = undefined;
    taker.resolve(batch);
    this.#progress();
    return true;
  }

  async #fly(flight: Flight): Promise<void> {
    let report: () => void;
    try {
      report = await this.#transfer(flight);
    } catch (error) {
      report = () => this.#failed(flight, error);
    }
    flight.over();
    if (!this.#awaits(flight)) return;
    if (!flight.entry.ok) this.#flights.failed(flight);
    try {
      report();
    } catch (error) {
      this.#finish({ reason: error });
    }
    this.#flights.remove(flight);
    this.#wake();
  }

  /** Fetches; gives back what to tell the machine. */
  async #transfer(flight: Flight): Promise<() => void> {
    const { id } = flight;
    const answer = await flight.answer();
    const limit = this.#awaits(flight)
      ? this.#call(() => this.#load.head(id, performance.now(), answer.head))
      : undefined;
    if (limit === undefined) {
      answer.cancel();
      return () => undefined;
    }
    const body = await flight.body(answer, limit);
    if (body === undefined) return () => this.#call(() => this.#load.tooLong(id, performance.now()));
    // Of a range the limit is its length; a shorter body the machine will ask for again.
    flight.entry.ok = body.length === limit || answer.head.status !== 206;
    return () => this.#call(() => this.#load.body(id, performance.now(), flight.firstByte, body));
  }

  /** Whether the machine still waits for this request. */
  #awaits(flight: Flight): boolean {
    return this.#end === undefined && this.#flights.has(flight);
  }

  #failed(flight: Flight, error: unknown): void {
    if (!(error instanceof Failure)) throw error;
    this.#failure = error;
    const { code, message, retryable } = error;
    this.#call(() => this.#load.failed(flight.id, performance.now(), code, message, retryable));
  }

  #call<T>(work: () => T): T {
    return this.#around.engine.call(work);
  }

  /** Waits until something happens, or for a point in time. */
  #event(until: number | undefined): Promise<void> {
    if (this.#woken) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waker = resolve;
      if (until === undefined) return;
      const wait = Math.min(Math.max(0, until - performance.now()), LONGEST_TIMER);
      this.#timer = setTimeout(() => this.#wake(), wait);
    });
  }

  #wake(): void {
    this.#woken = true;
    clearTimeout(this.#timer);
    const waker = this.#waker;
    this.#waker = undefined;
    waker?.();
  }

  #progress(): void {
    const { onProgress } = this.#around;
    if (onProgress === undefined || this.#end !== undefined) return;
    const { plannedBytes, rows } = this.#call(() => this.#load.stats());
    const totalBytes = plannedBytes > 0 ? Math.max(plannedBytes, this.#flights.received) : undefined;
    onProgress({ bytes: this.#flights.received, totalBytes, rows });
  }

  #finish(end: { reason: unknown } | 'complete' | 'closed'): void {
    if (this.#end !== undefined) return;
    const { engine, onEnd } = this.#around;
    if (end === 'complete') this.#schema ??= tried(() => this.#call(() => this.#load.schema()));
    this.#end = end;
    this.#flights.abandon();
    this.#stopListening?.();
    tried(() => onEnd(this.#load, end === 'complete'));
    engine.free(this.#load);
    this.#wake();
    this.#settle(end);
  }

  #settle(end: { reason: unknown } | 'complete' | 'closed'): void {
    const taker = this.#taker;
    this.#taker = undefined;
    if (typeof end === 'string') taker?.resolve(undefined);
    else taker?.reject(this.#explained(end.reason));
  }

  /** The machine's error with the error that fetch threw. */
  #explained(reason: unknown): unknown {
    const failure = this.#failure;
    if (failure === undefined || !(reason instanceof ParqletError) || !reason.message.includes(failure.message)) {
      return reason;
    }
    const { code, message, retryable, status, attempts, range, object } = reason;
    return new ParqletError(code, message, { retryable, status, attempts, range, object, cause: failure.cause });
  }
}

/** The result, or nothing if the engine is lost: then there is nothing to be had from it. */
function tried<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
