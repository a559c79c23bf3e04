/** Arrow IPC streams: a schema message, messages of batches, an end marker. */

/** What ends a stream. */
export const END = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

/** The stream, in one allocation. */
export function stream(schema: Uint8Array, batches: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const parts = [schema, ...batches, END];
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A stream's schema message, and the messages of its batches. A message begins with FF FF FF FF and its length. */
export function split(stream: Uint8Array): { schema: Uint8Array; messages: Uint8Array } {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  const end = 8 + view.getInt32(4, true);
  return { schema: stream.subarray(0, end), messages: stream.subarray(end, stream.length - END.length) };
}
