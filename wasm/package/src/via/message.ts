/** Heads of Arrow IPC messages: where a message ends, and what it is. The rest is for whoever decodes it. */

/** What the metadata of a message says. */
export type MessageHead =
  | { kind: 'schema'; bodyLength: number }
  | { kind: 'batch'; bodyLength: number; rowCount: number }
  | { kind: 'dictionary'; bodyLength: number; id: string; isDelta: boolean };

/** Numbers of the `MessageHeader` union. */
const SCHEMA = 1;
const DICTIONARY = 2;
const BATCH = 3;

/** Reads a message's metadata, the flatbuffer behind its length. Throws on bytes that are none. */
export function messageHead(metadata: Uint8Array): MessageHead {
  const view = new DataView(metadata.buffer, metadata.byteOffset, metadata.byteLength);
  // Table `Message`: version, header_type, header, bodyLength.
  const message = new Table(view, view.getUint32(0, true));
  const bodyLength = message.long(3);
  const header = message.table(2);
  switch (message.byte(1)) {
    case SCHEMA:
      return { kind: 'schema', bodyLength };
    case BATCH:
      return { kind: 'batch', bodyLength, rowCount: header.long(0) };
    case DICTIONARY:
      return { kind: 'dictionary', bodyLength, id: String(header.long(0)), isDelta: header.byte(2) !== 0 };
    default:
      throw new RangeError('a message of no known kind');
  }
}

/** A table of a flatbuffer. Fields that are left out are 0. */
class Table {
  readonly #view: DataView;
  readonly #at: number;

  constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
  }

  byte(field: number): number {
    const at = this.#field(field);
    return at === undefined ? 0 : this.#view.getUint8(at);
  }

  /** A count or an offset: never negative. */
  long(field: number): number {
    const at = this.#field(field);
    const value = at === undefined ? 0 : Number(this.#view.getBigInt64(at, true));
    if (Number.isSafeInteger(value) && value >= 0) return value;
    throw new RangeError('a count that is none');
  }

  table(field: number): Table {
    const at = this.#field(field);
    if (at === undefined) throw new RangeError('a message without a header');
    return new Table(this.#view, at + this.#view.getUint32(at, true));
  }

  #field(field: number): number | undefined {
    const slots = this.#at - this.#view.getInt32(this.#at, true);
    const slot = 4 + 2 * field;
    const offset = slot < this.#view.getUint16(slots, true) ? this.#view.getUint16(slots + slot, true) : 0;
    return offset === 0 ? undefined : this.#at + offset;
  }
}
