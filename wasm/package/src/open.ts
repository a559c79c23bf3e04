/** From a source to an open file; what is opened twice at the same time is opened once. */

import type { FallbackOptions, FileSource, OpenOptions, ParquetFile } from './api.js';
import { ParqletError } from './error.js';
import { fallBack, type Via } from './fallback.js';
import { OpenedFile } from './file.js';
import { OpenObject } from './object.js';
import { realm } from './realm.js';
import type { Progress } from './run.js';
import { present, race, throwIfAborted } from './signals.js';
import { find, type Found } from './source/sources.js';
import type { HttpTarget } from './source/http.js';
import type { ViaFile } from './via/api.js';

/**
 * Opens a Parquet file: asks for its end, and reads the footer. Rows are read by the file's methods.
 *
 * @param input Where the file is.
 * @throws ParqletError, or the reason of the signal that aborted it.
 */
export async function open(input: FileSource, options: FallbackOptions): Promise<ParquetFile | ViaFile>;
export async function open(input: FileSource, options?: OpenOptions): Promise<ParquetFile>;
export async function open(
  input: FileSource,
  options: OpenOptions & Partial<FallbackOptions> = {},
): Promise<ParquetFile | ViaFile> {
  check(options);
  const found = find(input, options);
  try {
    return await openDirectly(input, found, options);
  } catch (error) {
    const { fallback } = options;
    if (fallback === undefined || found.target === undefined || loadVia === undefined) throw error;
    const { href } = found.target.url;
    return await fallBack(error, loadVia, fallback, href, options, signalsOf(input, options)[0]);
  }
}

let loadVia: (() => Promise<Via>) | undefined;

/** Says how the other way is loaded, where there is one. */
export function setVia(load: () => Promise<Via>): void {
  loadVia = load;
}

async function openDirectly(input: FileSource, found: Found, options: OpenOptions): Promise<ParquetFile> {
  const life = lifeOf(input);
  const signals = signalsOf(input, options);
  throwIfAborted(signals);
  const key = found.target && shareable(found.target, options);
  const begin = async (opening: Opening): Promise<OpenObject> => {
    const watch = { signals: [opening.signal], onProgress: (progress: Progress) => opening.progress(progress) };
    return await OpenObject.open(await found.source(watch.signals), options, watch);
  };
  const known = key === undefined ? undefined : openings.get(key);
  const opening = known ?? new Opening(begin, key);
  return new OpenedFile(await opening.join(signals, options.onProgress), life);
}

/** Signals for as long as a file is open. */
function lifeOf(input: FileSource): AbortSignal[] {
  return typeof Request !== 'undefined' && input instanceof Request ? present(input.signal) : [];
}

function signalsOf(input: FileSource, { signal }: OpenOptions): AbortSignal[] {
  return [...lifeOf(input), ...present(signal)];
}

/** Openings under way, by what makes them the same. Only those: a failure is never kept, nor is a file. */
const openings = new Map<string, Opening>();

/** An opening under way, for one or more. One that goes away doesn't stop it for the others. */
class Opening {
  readonly #controller = new AbortController();
  readonly #listeners = new Set<(progress: Progress) => void>();
  readonly #object: Promise<OpenObject>;
  readonly #key: string | undefined;
  #waiting = 0;

  constructor(begin: (opening: Opening) => Promise<OpenObject>, key: string | undefined) {
    this.#key = key;
    if (key !== undefined) openings.set(key, this);
    this.#object = this.#run(begin);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  progress(progress: Progress): void {
    for (const listener of this.#listeners) listener(progress);
  }

  /** Waits for it; whoever gets the object holds it. */
  async join(signals: readonly AbortSignal[], onProgress: OpenOptions['onProgress']): Promise<OpenObject> {
    this.#waiting += 1;
    if (onProgress !== undefined) this.#listeners.add(onProgress);
    try {
      const object = await race(this.#object, signals);
      object.hold();
      return object;
    } finally {
      if (onProgress !== undefined) this.#listeners.delete(onProgress);
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#leave();
    }
  }

  async #run(begin: (opening: Opening) => Promise<OpenObject>): Promise<OpenObject> {
    try {
      return await begin(this);
    } finally {
      this.#forget();
    }
  }

  /** Nobody waits any more: it ends, or the object loses its first holder. */
  #leave(): void {
    this.#forget();
    this.#controller.abort();
    this.#object.then(
      (object) => object.release(),
      () => undefined,
    );
  }

  #forget(): void {
    if (this.#key !== undefined && openings.get(this.#key) === this) openings.delete(this.#key);
  }
}

const fetches = new WeakMap<typeof fetch, number>();
let fetchCount = 0;

/** What makes two openings the same; `undefined` on the edge, where promises must not be shared between requests. */
function shareable(target: HttpTarget, options: OpenOptions): string | undefined {
  if (realm === 'edge') return undefined;
  const { url, headers, credentials, mode, length, fetch } = target;
  let custom = 0;
  if (fetch !== undefined) {
    custom = fetches.get(fetch) ?? ++fetchCount;
    fetches.set(fetch, custom);
  }
  return JSON.stringify([
    url.href,
    [...headers],
    credentials,
    mode,
    length,
    custom,
    options.memory,
    options.maxRequests,
  ]);
}

function check(options: OpenOptions): void {
  for (const name of ['length', 'memory', 'maxRequests'] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0)) {
      throw new ParqletError('usage', `${name} must be a whole number, not ${String(value)}`);
    }
  }
}
