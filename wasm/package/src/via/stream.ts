/** An Arrow IPC stream while it comes: batch by batch, and an error wherever it ends before its end. */

import { Failure } from '../source/index.js';
import { messageHead, type MessageHead } from './message.js';

/** A batch with the dictionaries that it needs, as messages. */
export interface StreamedBatch {
  rowCount: number;
  schema: Uint8Array;
  messages: Uint8Array;
}

/** Bytes of a message before its metadata: FF FF FF FF and a length. */
const PREFIX = 8;
/** The length by which a service says that the rest can't be had. */
const CUT = 0x7fffffff;

/**
 * The batches of a stream; gives back its schema message. `most` bytes are held of a batch.
 *
 * @throws Failure for a stream that is none, ends too early, or holds more than may be held.
 */
export async function* streamedBatches(
  chunks: AsyncIterator<Uint8Array>,
  most: number,
): AsyncGenerator<StreamedBatch, Uint8Array, undefined> {
  const incoming = new Incoming(chunks, most);
  const dictionaries = new Dictionaries();
  let schema: Uint8Array | undefined;
  for (;;) {
    const message = await nextMessage(incoming);
    if (message === undefined) break;
    const { head, bytes } = message;
    if (schema === undefined) {
      if (head.kind !== 'schema') throw noArrow();
      schema = bytes;
    } else if (head.kind === 'batch') {
      yield { rowCount: head.rowCount, schema, messages: joined([...dictionaries.messages(), bytes]) };
    } else if (head.kind === 'dictionary') {
      dictionaries.add(head.id, head.isDelta, bytes);
      if (dictionaries.byteLength > most) throw tooLarge();
    } else throw noArrow();
  }
  if (schema === undefined || !(await incoming.atEnd())) throw noArrow();
  return schema;
}

/** The next message with its prefix; `undefined` at the end marker. */
async function nextMessage(incoming: Incoming): Promise<{ head: MessageHead; bytes: Uint8Array } | undefined> {
  const prefix = await incoming.take(PREFIX);
  const view = new DataView(prefix.buffer);
  const length = view.getInt32(4, true);
  if (view.getInt32(0, true) !== -1 || length < 0) throw noArrow();
  if (length === 0) return undefined;
  if (length === CUT) throw brokeOff();
  const metadata = await incoming.take(length);
  let head: MessageHead;
  try {
    head = messageHead(metadata);
  } catch (cause) {
    throw noArrow(cause);
  }
  const body = await incoming.take(head.bodyLength);
  return { head, bytes: joined([prefix, metadata, body]) };
}

/** Dictionaries as they were last said: a batch may use what an earlier one brought. */
class Dictionaries {
  readonly #known = new Map<string, Uint8Array[]>();
  byteLength = 0;

  add(id: string, isDelta: boolean, bytes: Uint8Array): void {
    const before = this.#known.get(id) ?? [];
    const now = isDelta ? [...before, bytes] : [bytes];
    this.#known.set(id, now);
    this.byteLength += lengthOf(now) - lengthOf(before);
  }

  messages(): Uint8Array[] {
    return [...this.#known.values()].flat();
  }
}

/** Bytes that came and were not taken. */
class Incoming {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #most: number;
  #there: Uint8Array[] = [];
  #length = 0;

  constructor(chunks: AsyncIterator<Uint8Array>, most: number) {
    this.#chunks = chunks;
    this.#most = most;
  }

  /** So many bytes, in a buffer of their own. */
  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (length > this.#most) throw tooLarge();
    while (this.#length < length) if (!(await this.#pull())) throw brokeOff();
    const [first] = this.#there;
    const all = this.#there.length === 1 && first !== undefined ? first : joined(this.#there);
    // No more than a chunk is ever left over.
    const rest = all.subarray(length);
    this.#there = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
    return new Uint8Array(all.subarray(0, length));
  }

  /** Whether nothing more comes. */
  async atEnd(): Promise<boolean> {
    return this.#length === 0 && !(await this.#pull());
  }

  async #pull(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done === true) return false;
    this.#there.push(value);
    this.#length += value.length;
    return true;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((length, part) => length + part.length, 0);
}

function brokeOff(): Failure {
  return new Failure('network', 'its answer broke off before it was whole: try again later', true);
}

function noArrow(cause?: unknown): Failure {
  return new Failure('bad_answer', 'its answer is no Arrow stream: is this the address of such a service?', false, cause);
}

function tooLarge(): Failure {
  return new Failure('memory', 'a part of its answer is larger than `memory`: ask for fewer columns or rows', false);
}
