/** Requests to a service that speaks the protocol of EDGE.md. */

import { messageOf } from '../error.js';
import { noTotals, type FileStats, type RequestEntry } from '../log.js';
import { Failure } from '../source/index.js';
import { retryAfter } from '../source/headers.js';
import { Transfer } from '../source/transfer.js';
import { Refusal, saidIn } from './problem.js';

/** Longer than a service waits for the server of a file, so that it can say so itself. */
const PATIENCE = 60_000;
/** Bytes of a refusal that are read. */
const LONGEST_PROBLEM = 64 * 1024;
/** Bytes of an answer in JSON: a schema of a hundred thousand columns. */
const LONGEST_REPORT = 32 * 2 ** 20;
/** Requests that are kept in the log; the totals count on. */
const MOST = 10_000;

/** How a service is asked. */
export interface ServiceOptions {
  headers: Headers;
  credentials: RequestCredentials | undefined;
  fetch: typeof globalThis.fetch | undefined;
}

/** An answer on its way. */
export interface ServiceAnswer {
  /** The version of the file it is of, where the service tells. */
  version: string | undefined;
  /** The body as it comes. Leaving it ends the transfer. */
  chunks: AsyncGenerator<Uint8Array, void, undefined>;
}

/** The way to one file through one service, and what it cost. */
export class Service {
  readonly #root: URL;
  readonly #file: string;
  readonly #options: ServiceOptions;
  readonly #began = performance.now();
  readonly #stats: FileStats = { requests: [], ...noTotals() };

  /** `root`: its address, of `/`; `file`: that of the file. */
  constructor(root: URL, file: URL, options: ServiceOptions) {
    this.#root = root;
    this.#file = file.href;
    this.#options = options;
  }

  /** What people call it: its address, without what may be secret in it. */
  get name(): string {
    return this.#root.origin + this.#root.pathname;
  }

  /** What it cost since the file began to be opened; counted on by whoever reads. */
  get stats(): FileStats {
    return this.#stats;
  }

  /** Asks for a report in JSON. */
  async report(
    path: 'schema' | 'plan',
    parameters: Record<string, string>,
    signal: AbortSignal,
  ): Promise<{ value: unknown; version: string | undefined }> {
    const { version, chunks } = await this.ask(path, parameters, signal);
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of chunks) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > LONGEST_REPORT) throw new Failure('memory', 'its answer is larger than any schema', false);
    }
    try {
      return { value: JSON.parse(text + decoder.decode()) as unknown, version };
    } catch (cause) {
      throw new Failure('bad_answer', 'its answer is no JSON: is this the address of such a service?', false, cause);
    }
  }

  /** Asks, and gives the answer when its head is there. Throws a {@link Failure}, or anything once `signal` aborted. */
  async ask(path: string, parameters: Record<string, string>, signal: AbortSignal, retry = false): Promise<ServiceAnswer> {
    const transfer = new Transfer(signal, PATIENCE);
    const entry = this.#begin(retry);
    const over = (): void => {
      entry.endedAt ??= performance.now() - this.#began;
      transfer.over();
    };
    try {
      const response = await this.#fetch(path, parameters, transfer);
      transfer.progress();
      entry.status = response.status;
      entry.firstByteAt = performance.now() - this.#began;
      const chunks = this.#counted(transfer, response, entry, over);
      if (response.status === 200) return { version: versionOf(response), chunks };
      throw await refusalOf(response, chunks);
    } catch (error) {
      over();
      throw error;
    }
  }

  async #fetch(path: string, parameters: Record<string, string>, transfer: Transfer): Promise<Response> {
    const { headers, credentials, fetch } = this.#options;
    const url = new URL(this.#root);
    url.pathname += path;
    for (const [name, value] of Object.entries({ url: this.#file, ...parameters })) url.searchParams.set(name, value);
    const init: RequestInit = { headers, signal: transfer.signal };
    if (credentials !== undefined) init.credentials = credentials;
    try {
      return await (fetch ?? globalThis.fetch)(url.href, init);
    } catch (error) {
      throw transfer.failure(error, () => {
        const cause = messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
        const why = `no answer came (${cause}): it can't be reached, or, on a page, doesn't allow this one (its \`cors\`)`;
        return new Failure('network', why, true, error);
      });
    }
  }

  async *#counted(
    transfer: Transfer,
    response: Response,
    entry: RequestEntry,
    over: () => void,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let whole = false;
    try {
      for await (const chunk of transfer.chunks(response)) {
        entry.bytes += chunk.length;
        this.#stats.bytes += chunk.length;
        yield chunk;
      }
      whole = true;
      entry.ok = response.status === 200;
    } finally {
      over();
      if (!whole) transfer.cancel();
    }
  }

  #begin(retry: boolean): RequestEntry {
    const entry: RequestEntry = {
      kind: 'service',
      start: undefined,
      end: undefined,
      status: undefined,
      bytes: 0,
      startedAt: performance.now() - this.#began,
      firstByteAt: undefined,
      endedAt: undefined,
      retry,
      ok: false,
    };
    const stats = this.#stats;
    stats.requestCount += 1;
    // One is asked after the other.
    stats.roundTrips += 1;
    if (retry) stats.retries += 1;
    if (stats.requests.length < MOST) stats.requests.push(entry);
    return entry;
  }
}

/** The version in an answer's entity tag: its first 16 digits (EDGE.md). Whatever compresses on the way may weaken it. */
function versionOf(response: Response): string | undefined {
  return /^(?:W\/)?"([0-9a-f]{16})[0-9a-f]{16}\b/.exec(response.headers.get('etag') ?? '')?.[1];
}

async function refusalOf(response: Response, chunks: AsyncIterable<Uint8Array>): Promise<Refusal> {
  const decoder = new TextDecoder();
  let body = '';
  for await (const chunk of chunks) {
    body += decoder.decode(chunk, { stream: true });
    if (body.length > LONGEST_PROBLEM) break;
  }
  return new Refusal(
    response.status,
    saidIn(body),
    retryAfter(response.headers.get('retry-after') ?? undefined, Date.now()),
  );
}
