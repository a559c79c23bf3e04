/** Requests under way for one load. */

import { gate } from './gate.js';
import type { RequestEntry, RequestLog } from './log.js';
import type { Answer, Ask, Source } from './source/index.js';

/** One request under way. */
export class Flight {
  readonly id: number;
  readonly ask: Ask;
  readonly entry: RequestEntry;
  /** Milliseconds from sending to the head. */
  firstByte = 0;
  /** Bytes of the body so far. */
  received = 0;
  readonly #source: Source;
  readonly #log: RequestLog;
  readonly #onProgress: (bytes: number) => void;
  readonly #controller = new AbortController();
  #leave: (() => void) | undefined;

  constructor(
    id: number,
    ask: Ask,
    entry: RequestEntry,
    source: Source,
    log: RequestLog,
    onProgress: (bytes: number) => void,
  ) {
    this.id = id;
    this.ask = ask;
    this.entry = entry;
    this.#source = source;
    this.#log = log;
    this.#onProgress = onProgress;
  }

  /** Sends the request, once the realm has room for it; resolves with the head. */
  async answer(): Promise<Answer> {
    const { signal } = this.#controller;
    this.#leave = await gate.enter(signal);
    const sent = this.#log.now();
    this.entry.startedAt = sent;
    const answer = await this.#source.ask(this.ask, signal);
    const now = this.#log.now();
    this.firstByte = now - sent;
    this.entry.firstByteAt = now;
    this.entry.status = answer.head.status;
    const [, start, end] = /(\d+)-(\d+)\//.exec(answer.head.contentRange ?? '') ?? [];
    if (this.ask.kind === 'tail' && start !== undefined && end !== undefined) {
      this.entry.start = Number(start);
      this.entry.end = Number(end) + 1;
    }
    return answer;
  }

  /** The body; `undefined` if it is too long. */
  body(answer: Answer, limit: number): Promise<Uint8Array | undefined> {
    return answer.body(limit, (bytes) => {
      this.received += bytes;
      this.entry.bytes += bytes;
      this.#onProgress(bytes);
    });
  }

  /** Drops it, wherever it is. */
  abort(): void {
    this.#controller.abort();
    this.over();
  }

  /** Nothing more is awaited. */
  over(): void {
    this.entry.endedAt ??= this.#log.now();
    this.#leave?.();
  }
}

/** All requests of a load. */
export class Flights {
  /** Bytes of bodies received; those of a request that failed don't count, it will be made again. */
  received = 0;
  readonly #source: Source;
  readonly #log: RequestLog;
  readonly #onProgress: () => void;
  readonly #flights = new Map<number, Flight>();
  readonly #failed = new Set<string>();

  constructor(source: Source, log: RequestLog, onProgress: () => void) {
    this.#source = source;
    this.#log = log;
    this.#onProgress = onProgress;
  }

  begin(id: number, ask: Ask): Flight {
    const [start, end] = ask.kind === 'range' ? [ask.start, ask.end] : [undefined, undefined];
    const entry = this.#log.begin(ask.kind, start, end, this.#failed.has(key(ask)));
    const flight = new Flight(id, ask, entry, this.#source, this.#log, (bytes) => {
      if (!this.has(flight)) return;
      this.received += bytes;
      this.#onProgress();
    });
    this.#flights.set(id, flight);
    return flight;
  }

  /** Whether the machine still waits for it. */
  has(flight: Flight): boolean {
    return this.#flights.get(flight.id) === flight;
  }

  /** It brought nothing of use. */
  failed(flight: Flight): void {
    this.received -= flight.received;
    this.#failed.add(key(flight.ask));
  }

  remove(flight: Flight): void {
    if (this.has(flight)) this.#flights.delete(flight.id);
  }

  /** Drops all. */
  abandon(): void {
    const flights = [...this.#flights.values()];
    this.#flights.clear();
    flights.forEach((flight) => flight.abort());
  }
}

function key(ask: Ask): string {
  return ask.kind === 'range' ? `${ask.start}-${ask.end}` : ask.kind;
}
