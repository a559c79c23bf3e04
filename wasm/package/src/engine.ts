/** One WebAssembly instance, and the border to it: every call goes through here. */

import { coded, ParqletError } from './error.js';
import { instantiate, type LoadConstructor, type Owned } from './glue.js';
import { compiled } from './module/index.js';

/**
 * One instance: about 1.3 MB to begin with. Its memory never shrinks, so each open file has its own, which goes with
 * it.
 *
 * What the Rust half throws on purpose becomes a {@link ParqletError}. Anything else is a trap, after which nothing in
 * the instance can be trusted: the engine refuses every later call, and whoever holds it makes a new one.
 */
export class Engine {
  readonly #load: LoadConstructor;
  /** Objects in the instance that JavaScript holds. */
  readonly #owned = new Set<Owned>();
  #crash: ParqletError | undefined;

  private constructor(load: LoadConstructor) {
    this.#load = load;
  }

  /** A new instance of the module, which is compiled once. */
  static async start(): Promise<Engine> {
    const module = await compiled();
    const glue = instantiate();
    try {
      glue.initSync({ module });
    } catch (cause) {
      throw new ParqletError('memory', 'there is no memory for another WebAssembly instance: close files', { cause });
    }
    return new Engine(glue.Load);
  }

  /** Whether a trap ended it. */
  get crashed(): boolean {
    return this.#crash !== undefined;
  }

  /** Runs `work`, which calls into the instance. */
  call<T>(work: (load: LoadConstructor) => T): T {
    if (this.#crash !== undefined) throw this.#crash;
    try {
      return work(this.#load);
    } catch (error) {
      throw coded(error) ?? this.#crashed(error);
    }
  }

  /** The same for work that makes an object in the instance: to be given back with {@link free}. */
  make<T extends Owned | undefined>(work: (load: LoadConstructor) => T): T {
    const made = this.call(work);
    if (made !== undefined) this.#owned.add(made);
    return made;
  }

  /** Gives back what an object holds in the instance; after a trap there is nothing to give back. */
  free(owned: Owned): void {
    if (!this.#owned.delete(owned)) return;
    try {
      this.call(() => owned.free());
    } catch {
      // The engine remembers; whoever calls it next is told.
    }
  }

  #crashed(cause: unknown): ParqletError {
    this.#crash ??= new ParqletError(
      'crashed',
      'the WebAssembly code ended unexpectedly while it read this file: this is a defect of Parqlet; ' +
        'other open files are not affected, and the next call begins anew',
      { cause },
    );
    // Else the garbage collector would call into the instance to free them, and what that throws nobody could catch.
    for (const owned of this.#owned) owned.__destroy_into_raw();
    this.#owned.clear();
    return this.#crash;
  }
}
