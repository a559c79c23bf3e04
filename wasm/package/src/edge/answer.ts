/** Rows on their way to the caller: read as fast as they are taken, and cut off where they can't be whole. */

import { writerOf } from './format/index.js';
import { problemOf } from './problem.js';
import type { Format } from './query.js';
import type { RemoteFile } from './remote.js';

/** Characters of text that are sent at once. */
const PIECE = 64 * 1024;

/**
 * The body of an answer. Its first piece is made before this resolves, so that what fails until then has a status of
 * its own; what fails later breaks the body off. Closes the file.
 */
export async function bodyOf(file: RemoteFile, format: Format): Promise<ReadableStream<Uint8Array>> {
  const pieces = gathered(written(file, format));
  let next: IteratorResult<Uint8Array> | undefined = await pieces.next();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value, done } = next ?? (await pieces.next());
          next = undefined;
          if (done !== true) {
            controller.enqueue(value);
            return;
          }
          controller.close();
        } catch (error) {
          file.close();
          // Runtimes log it: what the file's server said is not for their logs.
          throw problemOf(error);
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
  let begun = false;
  try {
    for (; batch !== undefined; batch = await file.next()) {
      for (const part of writer.batch(batch)) {
        yield part;
        begun = true;
      }
    }
  } catch (error) {
    if (begun) yield writer.cut();
    throw error;
  }
  yield writer.end();
}

/** Text as bytes, in pieces of a size worth sending. */
async function* gathered(parts: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  let text = '';
  let sent = false;
  try {
    for await (const part of parts) {
      if (typeof part === 'string' && (text += part).length < PIECE) continue;
      yield typeof part === 'string' ? encoder.encode(text) : part;
      text = '';
      sent = true;
    }
  } catch (error) {
    // As long as nothing was sent the answer can say what is wrong.
    if (sent && text !== '') yield encoder.encode(text);
    throw error;
  }
  if (text !== '') yield encoder.encode(text);
}
