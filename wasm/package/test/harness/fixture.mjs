/** The loopback server of `tests/`, steered over its standard input; `tests/src/control` says what it can be told. */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** The fixture binary; the tests of this folder have no use without it. */
export function fixtureBinary() {
  const path = process.env.PARQLET_FIXTURE;
  if (path) return path;
  throw new Error(
    'PARQLET_FIXTURE is not set: run `cargo build -p parqlet-tests --bin fixture` at the root of the repository ' +
      'and set it to the path of target/debug/fixture',
  );
}

/** Writes a sample Parquet file; `options` as `fixture sample` has them. */
export async function writeSample(path, ...options) {
  await promisify(execFile)(fixtureBinary(), ['sample', ...options, '--out', path], { timeout: 60_000 });
}

/** One server: one origin. */
export class Fixture {
  #process;
  #lines;
  #turn = Promise.resolve();

  /** Starts a server; `options` as `fixture control` has them, such as `--first-byte`, `30ms`. */
  static async start(...options) {
    const child = spawn(fixtureBinary(), ['control', ...options], { stdio: ['pipe', 'pipe', 'inherit'] });
    const failed = once(child, 'error').then(([error]) => Promise.reject(error));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await Promise.race([lines.next(), failed]);
    failed.catch(() => undefined);
    return new Fixture(child, lines, JSON.parse(first.value ?? '{}').url);
  }

  constructor(child, lines, url) {
    this.#process = child;
    this.#lines = lines;
    this.origin = new URL(url).origin;
  }

  url(name) {
    return `${this.origin}/${name}`;
  }

  /** Serves a file under a name, or a new version of it. */
  put(name, path) {
    return this.#tell({ do: 'put', name, path });
  }

  putText(name, text) {
    return this.#tell({ do: 'putText', name, text });
  }

  /** Serves what is in a folder. */
  putFolder(under, path) {
    return this.#tell({ do: 'putFolder', under, path });
  }

  /** Lets something go wrong: `when` is any, tail, range, head or get; from the `nth` on, `times` times. */
  rule(name, fault, { nth, when, times } = {}) {
    return this.#tell({ do: 'rule', name, fault, nth, when, times });
  }

  /** What pages of other origins may do with a name; nothing without `cors`. */
  cors(name, cors) {
    return this.#tell({ do: 'cors', name, cors });
  }

  /** What the server was asked since the last reset: `requests`, `roundTrips`, `peakConcurrent`. */
  log() {
    return this.#tell({ do: 'log' });
  }

  resetLog() {
    return this.#tell({ do: 'resetLog' });
  }

  /** Ends the server. */
  async stop() {
    if (this.#process.exitCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.#process.stdin.end();
    await exit;
  }

  /** One command at a time: the answers have no other sign of whose they are. */
  #tell(command) {
    const answer = this.#turn.then(async () => {
      this.#process.stdin.write(`${JSON.stringify(command)}\n`);
      const { value, done } = await this.#lines.next();
      if (done) throw new Error('the fixture has ended');
      const said = JSON.parse(value);
      if (said.error !== undefined) throw new Error(`fixture: ${said.error} (${JSON.stringify(command)})`);
      return said;
    });
    this.#turn = answer.catch(() => undefined);
    return answer;
  }
}
