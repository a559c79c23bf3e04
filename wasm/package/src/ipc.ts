/** Arrow IPC streams: a schema message, messages of batches, an end marker. */

const END = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

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
