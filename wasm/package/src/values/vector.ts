// Arrow IPC messages -> vectors: for each field the slices of the message body that hold its values. No value is made.

import type { DataType, Field, RecordBatch } from '@uwdata/flechette';
import { MessageHeader, Type } from '@uwdata/flechette/src/constants.js';
import { decodeMessage } from '@uwdata/flechette/src/decode/message.js';

/** One field of one batch: as many values as `length`, in the buffers that Arrow's layout of the type asks for. */
export interface Vector<T extends DataType = DataType> {
  field: Field;
  type: T;
  length: number;
  nullCount: number;
  /** One bit a value, least significant first; unset: null. Only there when a value is null. */
  validity: Uint8Array | undefined;
  /** Values, text or bytes, views, dictionary indices: whatever the last fixed buffer of the type is. */
  values: Uint8Array;
  offsets: Uint8Array;
  sizes: Uint8Array;
  /** The data buffers of a view type. */
  data: Uint8Array[];
  children: Vector[];
  /** The values that a dictionary's indices stand for. */
  dictionary: readonly unknown[];
}

/** A record batch, column by column. */
export interface VectorBatch {
  rowCount: number;
  vectors: Vector[];
}

/** Makes the values of a dictionary, once, when its message comes. */
export type DictionaryReader = (vector: Vector) => readonly unknown[];

/**
 * Reads the record batches in `messages`: each item has any number of whole dictionary and record batch messages. A
 * dictionary holds until another of its id comes.
 */
export function* vectorBatches(
  fields: Field[],
  messages: Iterable<Uint8Array>,
  readDictionary: DictionaryReader,
): Generator<VectorBatch> {
  const dictionaryFields = new Map<number, Field>();
  fields.forEach((field) => findDictionaries(field, dictionaryFields));
  const dictionaries: Dictionaries = new Map();
  for (const bytes of messages) {
    for (let message = decodeMessage(bytes, 0); message; message = decodeMessage(bytes, message.index)) {
      if (!message.content) continue;
      if (message.type === MessageHeader.DictionaryBatch) {
        const { id, data, isDelta, body } = message.content;
        const field = dictionaryFields.get(id);
        if (!field) continue;
        const values = readDictionary(vectorOf(field, cursor({ ...data, body }, dictionaries)));
        dictionaries.set(id, isDelta ? [...(dictionaries.get(id) ?? []), ...values] : values);
      } else if (message.type === MessageHeader.RecordBatch) {
        const at = cursor(message.content, dictionaries);
        yield { rowCount: message.content.length ?? 0, vectors: fields.map((field) => vectorOf(field, at)) };
      }
    }
  }
}

/** A view of `bytes` as another kind of number. Copies only bytes that don't lie as the machine needs them. */
export function words<T>(bytes: Uint8Array, kind: WordArray<T>): T {
  const length = Math.floor(bytes.byteLength / kind.BYTES_PER_ELEMENT);
  const aligned = bytes.byteOffset % kind.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new kind(aligned.buffer, aligned.byteOffset, length);
}

/** A typed array's constructor, as far as a view needs it. */
export interface WordArray<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
}

type Dictionaries = Map<number, readonly unknown[]>;

/** Goes through the nodes and buffers of a record batch, which lie in the order of the fields, parents first. */
interface Cursor {
  node(): { length: number; nullCount: number };
  buffer(): Uint8Array;
  viewBuffers(): number;
  dictionaries: Dictionaries;
}

const NOTHING = new Uint8Array(0);

function cursor(batch: RecordBatch & { body: Uint8Array }, dictionaries: Dictionaries): Cursor {
  if (batch.compression) throw new TypeError('Compressed Arrow buffers are not read');
  const { nodes, regions, variadic, body } = batch;
  let node = 0;
  let region = 0;
  let view = 0;
  return {
    node: () => nodes[node++] ?? { length: 0, nullCount: 0 },
    buffer: () => {
      const { offset, length } = regions[region++] ?? { offset: 0, length: 0 };
      return body.subarray(offset, offset + length);
    },
    viewBuffers: () => variadic[view++] ?? 0,
    dictionaries,
  };
}

function vectorOf(field: Field, at: Cursor): Vector {
  const { type } = field;
  const { length, nullCount } = at.node();
  const vector: Vector = {
    field,
    type,
    length,
    nullCount,
    validity: undefined,
    values: NOTHING,
    offsets: NOTHING,
    sizes: NOTHING,
    data: [],
    children: [],
    dictionary: [],
  };
  if (type.typeId === Type.Null) return { ...vector, nullCount: length };
  if (type.typeId === Type.RunEndEncoded) {
    vector.children = type.children.map((child) => vectorOf(child, at));
    return vector;
  }
  if (type.typeId === Type.Union || type.typeId === Type.NONE) {
    throw new TypeError(`Column ${JSON.stringify(field.name)} is an Arrow union, which has no JavaScript values here`);
  }
  const validity = at.buffer();
  if (nullCount > 0 && validity.length > 0) vector.validity = validity;
  else vector.nullCount = 0;
  switch (type.typeId) {
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Binary:
    case Type.LargeBinary:
      vector.offsets = at.buffer();
      vector.values = at.buffer();
      break;
    case Type.BinaryView:
    case Type.Utf8View:
      vector.values = at.buffer();
      vector.data = Array.from({ length: at.viewBuffers() }, () => at.buffer());
      break;
    case Type.List:
    case Type.LargeList:
    case Type.Map:
      vector.offsets = at.buffer();
      vector.children = type.children.map((child) => vectorOf(child, at));
      break;
    case Type.ListView:
    case Type.LargeListView:
      vector.offsets = at.buffer();
      vector.sizes = at.buffer();
      vector.children = type.children.map((child) => vectorOf(child, at));
      break;
    case Type.FixedSizeList:
    case Type.Struct:
      vector.children = type.children.map((child) => vectorOf(child, at));
      break;
    case Type.Dictionary: {
      vector.values = at.buffer();
      const dictionary = at.dictionaries.get(type.id);
      if (!dictionary && length > nullCount) throw new TypeError(`Dictionary ${type.id} is missing`);
      vector.dictionary = dictionary ?? [];
      break;
    }
    default:
      vector.values = at.buffer();
  }
  return vector;
}

/** Under each dictionary's id a field of its values' type, with the metadata of the field that uses it. */
function findDictionaries(field: Field, found: Map<number, Field>): void {
  let { type } = field;
  if (type.typeId === Type.Dictionary) {
    found.set(type.id, { ...field, type: type.dictionary });
    type = type.dictionary;
  }
  if ('children' in type) type.children.forEach((child) => findDictionaries(child, found));
}
