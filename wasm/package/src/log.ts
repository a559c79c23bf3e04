/** What one open file cost: totals, and a line for each request. */

import type { Stats } from './glue.js';

/** Requests that are kept in the log; the totals count on. */
const MOST = 10_000;

/** One request. Times are milliseconds since the file began to be opened. */
export interface RequestEntry {
  /** `range`: these bytes; `tail`: the end of the object; `length`: how long it is; `service`: asked of a service. */
  kind: 'range' | 'tail' | 'length' | 'service';
  /** First byte; of a tail known once answered, of a service never. */
  start: number | undefined;
  /** Behind the last byte. */
  end: number | undefined;
  /** The answer's status, if there was one. */
  status: number | undefined;
  /** Bytes of the body that came. */
  bytes: number;
  startedAt: number;
  firstByteAt: number | undefined;
  /** When it was answered in full, refused, failed or dropped. */
  endedAt: number | undefined;
  /** The same was asked before and failed. */
  retry: boolean;
  /** The answer was of use. */
  ok: boolean;
}

/** What a file cost since it began to be opened. */
export interface FileStats {
  /** The requests, oldest first; at most 10,000. */
  requests: RequestEntry[];
  /** Requests made. */
  requestCount: number;
  /** Bytes of answers. */
  bytes: number;
  /** Bytes that plans wanted to fetch. */
  plannedBytes: number;
  /** Requests that had to wait for an earlier answer, and the first of each load. */
  roundTrips: number;
  /** Requests made again. */
  retries: number;
  /** Ranges that were already there. */
  knownPartHits: number;
  /** Loads that began again because the object had changed. */
  restarts: number;
  /** Rows given out. */
  rows: number;
  /** Batches given out. */
  batches: number;
  /** Milliseconds of decoding. */
  decodeMs: number;
  /** The most bytes a load held at once. */
  peakMemory: number;
}

/** Totals without the log. */
export type Totals = Omit<FileStats, 'requests'>;

/** The totals of what has not begun. */
export function noTotals(): Totals {
  return {
    requestCount: 0,
    bytes: 0,
    plannedBytes: 0,
    roundTrips: 0,
    retries: 0,
    knownPartHits: 0,
    restarts: 0,
    rows: 0,
    batches: 0,
    decodeMs: 0,
    peakMemory: 0,
  };
}

/** The book of one open file. */
export class RequestLog {
  readonly entries: RequestEntry[] = [];
  readonly #began = performance.now();
  #totals: Totals = noTotals();

  /** Now, in milliseconds since the file began to be opened. */
  now(): number {
    return performance.now() - this.#began;
  }

  /** A request goes out. */
  begin(kind: RequestEntry['kind'], start: number | undefined, end: number | undefined, retry: boolean): RequestEntry {
    const entry: RequestEntry = {
      kind,
      start,
      end,
      status: undefined,
      bytes: 0,
      startedAt: this.now(),
      firstByteAt: undefined,
      endedAt: undefined,
      retry,
      ok: false,
    };
    if (this.entries.length < MOST) this.entries.push(entry);
    return entry;
  }

  /** A load is over. */
  add(stats: Stats): void {
    this.#totals = sum(this.#totals, stats);
  }

  /** The totals with those of loads that are not over. */
  totals(running: Iterable<Stats>): Totals {
    let totals = { ...this.#totals };
    for (const stats of running) totals = sum(totals, stats);
    return totals;
  }
}

function sum(totals: Totals, stats: Stats): Totals {
  return {
    requestCount: totals.requestCount + stats.requests,
    bytes: totals.bytes + stats.bytes,
    plannedBytes: totals.plannedBytes + stats.plannedBytes,
    roundTrips: totals.roundTrips + stats.roundTrips,
    retries: totals.retries + stats.retries,
    knownPartHits: totals.knownPartHits + stats.knownPartHits,
    restarts: totals.restarts + stats.restarts,
    rows: totals.rows + stats.rows,
    batches: totals.batches + stats.batches,
    decodeMs: totals.decodeMs + stats.decodeMs,
    peakMemory: Math.max(totals.peakMemory, stats.peakMemory),
  };
}
