// Work in pieces: between them whoever does it may do something else, or give up.

/** Each step is a piece; the last one gives the result. */
export type Pieces<T> = Generator<undefined, T, undefined>;

/** All of it at once. */
export function whole<T>(pieces: Pieces<T>): T {
  for (;;) {
    const { done, value } = pieces.next();
    if (done) return value;
  }
}
