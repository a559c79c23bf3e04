/** Rows of one file through a service: in as few answers as it allows, of one version. */

import { Failure } from '../source/index.js';
import { race } from '../signals.js';
import { Refusal } from './problem.js';
import type { Service } from './service.js';
import { streamedBatches, type StreamedBatch } from './stream.js';
import type { Stretch } from './stretches.js';

/** What a service answers where its options leave it at that. */
const USUAL_ROWS = 10_000;
/**
 * So often in a read a quarter of the rows is asked for where they cost too much. Not more: of large pages a few rows cost
 * as much as many, and thousands of requests would do the same work over and over.
 */
const FEWER = 3;
/** Requests in a row that brought nothing. */
const TRIES = 3;
/** Milliseconds before the second request; twice as many before the third. */
const PAUSE = 300;
/** The longest that a service may have us wait. */
const LONGEST_PAUSE = 10_000;

/** What is read. */
export interface PagesRequest {
  service: Service;
  stretches: readonly Stretch[];
  /** Parameters of each request. */
  parameters: Record<string, string>;
  /** The version that the file has, where it is known. */
  version: string | undefined;
  /** The most rows of a request: what the service allows, as far as known, and what was asked for. */
  page: Page;
  /** Bytes held of a batch. */
  memory: number;
  signal: AbortSignal;
}

/** How much is asked for at once; what a read learns holds for the next. */
export interface Page {
  /** The most rows of a batch, if that was said. */
  batchRows: number;
  /** What the service allows. */
  limits: { rows: number };
}

/** Another version of the file has answered. */
export class OtherVersion extends Error {}

/** Batches in order. Gives back the schema message. Throws a {@link Failure} or {@link OtherVersion}. */
export async function* pages(request: PagesRequest): AsyncGenerator<StreamedBatch, Uint8Array, undefined> {
  const { stretches, page, signal } = request;
  let schema: Uint8Array | undefined;
  const pace = new Pace(page);
  for (const { start, end } of stretches) {
    for (let at = start, whole = false; !whole; ) {
      const limit = Math.min(end - at, pace.rows);
      const before = at;
      try {
        for await (const batch of answer(request, at, limit, pace.tries > 0, (message) => (schema = same(schema, message)))) {
          at += batch.rowCount;
          if (at > before + limit) throw rowsAmiss(at - before, limit);
          yield batch;
        }
        if (at < before + limit) throw rowsAmiss(at - before, limit);
        pace.done();
        whole = at === end;
      } catch (error) {
        signal.throwIfAborted();
        // What came is whole batches, so the next request goes on behind them.
        if (at > before) pace.done();
        const pause = pace.after(error, limit);
        whole = at > before && at === end;
        if (pause > 0 && !whole) await race(sleep(pause), [signal]);
      }
    }
  }
  if (schema === undefined) throw new Failure('bad_answer', 'its answer has no schema', false);
  return schema;
}

/** One answer. */
async function* answer(
  { service, parameters, version, memory, signal }: PagesRequest,
  offset: number,
  limit: number,
  retry: boolean,
  onSchema: (message: Uint8Array) => void,
): AsyncGenerator<StreamedBatch, void, undefined> {
  const question = { ...parameters, format: 'arrow', offset: String(offset), limit: String(limit) };
  const said = await service.ask('', question, signal, retry);
  try {
    if (version !== undefined && said.version !== undefined && said.version !== version) throw new OtherVersion();
    const batches = streamedBatches(said.chunks, memory);
    for (;;) {
      const { done, value } = await batches.next();
      onSchema(done === true ? value : value.schema);
      if (done === true) return;
      yield value;
    }
  } finally {
    await said.chunks.return();
  }
}

/** How many rows are asked for, and what follows when that fails. */
class Pace {
  /** Requests in a row that brought nothing and were no question of size. */
  tries = 0;
  readonly #page: Page;
  #fewer = 0;
  #rows = Infinity;

  constructor(page: Page) {
    this.#page = page;
  }

  get rows(): number {
    return Math.max(1, Math.min(this.#rows, this.#page.batchRows, this.#page.limits.rows));
  }

  /** Some rows came. */
  done(): void {
    this.tries = 0;
  }

  /** Milliseconds until the next request; throws where none has a chance. */
  after(error: unknown, limit: number): number {
    if (error instanceof Refusal && error.isTooMuch && limit > 1 && this.#lessThan(limit, error)) return 0;
    this.tries += 1;
    if (!(error instanceof Failure) || !error.retryable || this.tries >= TRIES) throw error;
    const asked = error instanceof Refusal ? error.retryAfter : undefined;
    if (asked !== undefined && asked > LONGEST_PAUSE) throw error;
    return asked ?? PAUSE * 2 ** (this.tries - 1);
  }

  #lessThan(limit: number, { problem, maxRows }: Refusal): boolean {
    if (problem === 'too_many_rows') {
      const usual = limit > USUAL_ROWS ? USUAL_ROWS : Math.floor(limit / 2);
      this.#page.limits.rows = maxRows !== undefined && maxRows < limit ? maxRows : usual;
      return true;
    }
    this.#fewer += 1;
    this.#rows = Math.ceil(limit / 4);
    return this.#fewer <= FEWER;
  }
}

/** All answers of a read have the same columns. */
function same(known: Uint8Array | undefined, message: Uint8Array): Uint8Array {
  if (known === undefined) return message;
  const equal = known.length === message.length && known.every((byte, at) => byte === message[at]);
  if (!equal) throw new OtherVersion();
  return known;
}

function rowsAmiss(got: number, wanted: number): Failure {
  return new Failure('bad_answer', `it gave ${got} rows where ${wanted} were asked for`, false);
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
