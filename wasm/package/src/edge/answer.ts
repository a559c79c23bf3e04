/** Rows on their way to the caller: read as fast as they are taken, and cut off where they can't be whole. */

import { writerOf } from './format/index.js';
import type { Format } from './query.js';
import type { RemoteFile } from './remote.js';

/** Characters of text that are sent at once. */
const PIECE = 64 * 1024;

/**
 * The body of an answer. Its first piece is made before this resolves, so that what fails until then has a status of its
 * own; what fails later ends the body with an error, never as if it were whole. Closes the file.
 */
export async function bodyOf(file: RemoteFile, format: Format): Promise<ReadableStream<Uint8Array>> {
  const pieces = gathered(written(file, format));
  let first: IteratorResult<Uint8Array> | undefined = await pieces.next();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value, done } = first ?? (await pieces.next());
          first = undefined;
          if (done !== true) {
            controller.enqueue(value);
            return;
          }
          controller.close();
        } catch (error) {
          file.close();
          throw error;
        }
        file.close();
      },
      cancel: () => file.close(),
    },
    // Nothing is made before it is asked for.
    { highWaterMark: 0 },
  );
}

async function* written(file: RemoteFile, format: Format): AsyncGenerator<string | Uint8Array, void, undefined> {
  let batch = await file.next();
  const writer = writerOf(format, file.schema);
  yield writer.begin();
  for (; batch !== undefined; batch = await file.next()) yield* writer.batch(batch);
  yield writer.end();
}

/** Text as bytes, in pieces of a size worth sending. */
async function* gathered(
  parts: AsyncIterable<string | Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  let text = '';
  for await (const part of parts) {
    if (typeof part !== 'string') yield part;
    else if ((text += part).length >= PIECE) {
      yield encoder.encode(text);
      text = '';
    }
  }
  if (text !== '') yield encoder.encode(text);
}
