/** One object that is open: what all files opened on it share. */

import type { FileFacts } from './api.js';
import { Engine } from './engine.js';
import { ParqletError, closed } from './error.js';
import type { Load, LoadOptions, OpenFile, Plan, RowGroup, SelectionOptions, Start } from './glue.js';
import { RequestLog, type Totals } from './log.js';
import { Run, type Progress } from './run.js';
import { schemaOf } from './schema.js';
import { race, throwIfAborted } from './signals.js';
import type { Source } from './source/index.js';

/** What every load of one object is given. */
export interface Budget {
  memory?: number | undefined;
  maxRequests?: number | undefined;
}

/** Facts that were copied out of the instance: they outlive it. */
type Facts = Omit<FileFacts, 'rowGroups'>;

/** An instance with the file open in it. */
interface Opened {
  engine: Engine;
  file: OpenFile;
}

/** Who watches a read. */
export interface Watch {
  signals: readonly AbortSignal[];
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** An open object with its instance, which is replaced after a trap. Lives until its last holder releases it. */
export class OpenObject {
  readonly log: RequestLog;
  readonly #source: Source;
  readonly #budget: Budget;
  readonly #runs = new Set<Run>();
  #opened: Opened;
  #facts: Facts;
  #rowGroups: readonly RowGroup[] | undefined;
  #reviving: Promise<Opened> | undefined;
  #holders = 1;

  private constructor(source: Source, budget: Budget, log: RequestLog, opened: Opened) {
    this.#source = source;
    this.#budget = budget;
    this.log = log;
    this.#opened = opened;
    this.#facts = factsOf(opened);
  }

  /** Opens it, in an instance of its own. Whoever calls holds it. */
  static async open(source: Source, budget: Budget, watch: Watch): Promise<OpenObject> {
    const log = new RequestLog();
    const opened = await openIn(source, budget, log, watch);
    return new OpenObject(source, budget, log, opened);
  }

  /** One holder more. */
  hold(): void {
    this.#holders += 1;
  }

  /** One holder less; with the last the instance goes. */
  release(): void {
    this.#holders -= 1;
    if (this.#holders > 0) return;
    for (const run of this.#runs) run.fail(closed());
    this.#opened.engine.free(this.#opened.file);
  }

  get facts(): Facts {
    return this.#facts;
  }

  get rowGroups(): readonly RowGroup[] {
    const { engine, file } = this.#opened;
    this.#rowGroups ??= engine.call(() =>
      Array.from({ length: file.rowGroupCount }, (_, index) => file.rowGroup(index)),
    );
    return this.#rowGroups;
  }

  /** Begins a read. */
  async read(selection: SelectionOptions, watch: Watch): Promise<Run> {
    const { engine, file } = this.#opened.engine.crashed ? await race(this.#revived(), watch.signals) : this.#opened;
    if (this.#holders === 0) throw closed();
    throwIfAborted(watch.signals);
    const load = engine.make((loads) => loads.read(file, selection, loadOptions(this.#source, this.#budget)));
    const run = new Run(load, {
      ...watch,
      engine,
      source: this.#source,
      log: this.log,
      onEnd: (load, complete) => {
        this.#runs.delete(run);
        account(engine, load, complete, this.#source, this.log);
        const renewed = engine.make(() => load.opened());
        if (renewed !== undefined) this.#renew({ engine, file: renewed });
      },
    });
    if (run.load !== undefined) this.#runs.add(run);
    return run;
  }

  /** What a read would fetch. */
  plan(selection: SelectionOptions): Plan {
    const { engine, file } = this.#opened;
    const load = engine.make((loads) => loads.plan(file, selection, loadOptions(this.#source, this.#budget)));
    try {
      const asked = (): void => undefined;
      const shell = { exact: asked, tail: asked, length: asked, abandon: asked };
      engine.call(() => load.poll(performance.now(), shell));
      const plan = engine.call(() => load.planned());
      if (plan === undefined) throw new ParqletError('unsupported', 'this read can not be planned without reading');
      return plan;
    } finally {
      engine.free(load);
    }
  }

  /** What it cost so far, reads under way included. */
  get totals(): Totals {
    const { engine } = this.#opened;
    const running = engine.crashed ? [] : [...this.#runs].flatMap((run) => run.load ?? []);
    return this.log.totals(running.map((load) => engine.call(() => load.stats())));
  }

  /** A new instance after a trap, with the same version of the object open in it. */
  #revived(): Promise<Opened> {
    this.#reviving ??= this.#revive().finally(() => (this.#reviving = undefined));
    return this.#reviving;
  }

  async #revive(): Promise<Opened> {
    const opened = await openIn(this.#source, this.#budget, this.log, { signals: [] });
    const { byteLength, etag, lastModified } = factsOf(opened);
    const before = this.#facts;
    if (byteLength !== before.byteLength || etag !== before.etag || lastModified !== before.lastModified) {
      throw new ParqletError('changed', 'the object changed since it was opened: open it again', {
        object: this.#source.name,
      });
    }
    this.#opened = opened;
    return opened;
  }

  /** A read found a new version of the object, and began again with it. */
  #renew(opened: Opened): void {
    const before = this.#opened;
    this.#opened = opened;
    this.#facts = factsOf(opened);
    this.#rowGroups = undefined;
    before.engine.free(before.file);
  }
}

async function openIn(source: Source, budget: Budget, log: RequestLog, watch: Watch): Promise<Opened> {
  const engine = await race(Engine.start(), watch.signals);
  const load = engine.make((loads) => loads.open(source.name, loadOptions(source, budget)));
  let file: OpenFile | undefined;
  const run = new Run(load, {
    ...watch,
    engine,
    source,
    log,
    onEnd: (load, complete) => {
      account(engine, load, complete, source, log);
      file = complete ? engine.make(() => load.opened()) : undefined;
    },
  });
  await run.next();
  if (file === undefined) throw new ParqletError('crashed', 'the file was not opened, without an error that says why');
  return { engine, file };
}

function loadOptions(source: Source, budget: Budget): LoadOptions {
  return {
    ...source.link(),
    start: source.start(),
    length: source.length,
    memory: budget.memory,
    maxRequests: budget.maxRequests,
    seed: Math.floor(Math.random() * 2 ** 32),
  };
}

/** Keeps what a load cost, and what it learned. */
function account(engine: Engine, load: Load, complete: boolean, source: Source, log: RequestLog): void {
  log.add(engine.call(() => load.stats()));
  if (!complete) return;
  const [start, link] = engine.call(() => [startOf(load.startedWith()), load.link()] as const);
  source.learn({ start, link });
}

function startOf(text: string | undefined): Start | undefined {
  return text === 'suffix' || text === 'length' || text === 'probe' ? text : undefined;
}

function factsOf({ engine, file }: Opened): Facts {
  const [facts, entries, schema] = engine.call(() => {
    const { byteLength, rowCount, etag, lastModified, createdBy } = file;
    return [{ byteLength, rowCount, etag, lastModified, createdBy }, file.keyValueMetadata(), file.schema()] as const;
  });
  // A null prototype: a key may be `__proto__`.
  const keyValueMetadata: Record<string, string | undefined> = Object.create(null) as Record<string, never>;
  for (const [key, value] of entries) keyValueMetadata[key] = value;
  return { ...facts, keyValueMetadata, schema: schemaOf(schema) };
}
