// What we use of flechette, by file: its index would bring builders, encoders and tables along.
declare module '@uwdata/flechette/src/constants.js' {
  export {
    DateUnit,
    IntervalUnit,
    MessageHeader,
    Precision,
    TimeUnit,
    Type,
  } from '@uwdata/flechette/dist/types/constants.js';
}

declare module '@uwdata/flechette/src/decode/message.js' {
  import type { DictionaryBatch, RecordBatch, Schema, Version_ } from '@uwdata/flechette';

  /** One message of an Arrow IPC stream; `index` is where the next one begins. */
  export type Message = { version: Version_; index: number } & (
    | { type: 1; content?: Schema }
    | { type: 2; content?: DictionaryBatch & { body: Uint8Array } }
    | { type: 3; content?: RecordBatch & { body: Uint8Array } }
  );
  /** Null at the end of the bytes or at the end marker. Throws on a message that is cut off. */
  export function decodeMessage(bytes: Uint8Array, index: number): Message | null;
}
