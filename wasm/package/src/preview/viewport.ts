/** Scrolling through more rows than an element can be high. Pure: pixels in, pixels out. */

/**
 * The tallest that the scrolled element gets. Browsers cap heights at 17 to 33 million pixels, and above some 8 million
 * positions are no longer exact to a pixel.
 */
export const TALLEST = 6_000_000;
/** So many pixels at either end are scrolled as they are, so that the ends are reached step by step. */
const END = 100_000;

/**
 * Maps the scroll position of an element of bounded height to a position in content of any height.
 *
 * Up to {@link TALLEST} the two are the same. Beyond it a small step (a wheel, a finger, a page) moves the content by as
 * many pixels, and a large one (the thumb dragged) moves it in proportion. After small steps the thumb is no longer
 * where it belongs: {@link settle} says where that is.
 */
export class Track {
  /** The content's height. */
  #content = 0;
  /** The height of the window onto it. */
  #view = 0;
  /** Where the content is: its pixel at the window's top. */
  #top = 0;
  /** The scroll position that was seen last. */
  #position = 0;

  /** What the scrolled element has to be high. */
  get height(): number {
    return Math.min(this.#content, TALLEST);
  }

  /** The content's pixel at the window's top: a whole number. */
  get top(): number {
    return this.#top;
  }

  /** The window's height. */
  get view(): number {
    return this.#view;
  }

  /** Sets the heights; the content stays where it is as far as it can. */
  resize(content: number, view: number): void {
    this.#content = content;
    this.#view = view;
    this.moveTo(this.#top);
  }

  /** Moves the content; gives back the scroll position that belongs to it. */
  moveTo(top: number): number {
    this.#top = Math.round(Math.min(Math.max(0, top), this.#furthest));
    return this.settle();
  }

  /** Takes a scroll position that the browser reports, and moves the content accordingly. */
  scrolled(position: number): void {
    const step = position - this.#position;
    this.#position = position;
    const small = this.#isTall && Math.abs(step) <= 2 * this.#view;
    const top = small ? this.#top + step : this.#contentAt(position);
    this.#top = Math.round(Math.min(Math.max(0, top), this.#furthest));
  }

  /** Whether the thumb is at an end where the content is not: it must be settled for scrolling to go on. */
  get stuck(): boolean {
    const atStart = this.#position <= 0 && this.#top > 0;
    const atEnd = this.#position >= this.#range && this.#top < this.#furthest;
    return this.#isTall && (atStart || atEnd);
  }

  /** The scroll position that the content's place has. Whoever asks sets it. */
  settle(): number {
    this.#position = Math.round(this.#positionOf(this.#top));
    return this.#position;
  }

  #positionOf(top: number): number {
    const [furthest, range] = [this.#furthest, this.#range];
    if (!this.#isTall || top <= END) return top;
    if (top >= furthest - END) return range - (furthest - top);
    return END + ((top - END) * (range - 2 * END)) / (furthest - 2 * END);
  }

  #contentAt(position: number): number {
    const [furthest, range] = [this.#furthest, this.#range];
    if (!this.#isTall || position <= END) return position;
    if (position >= range - END) return furthest - (range - position);
    return END + ((position - END) * (furthest - 2 * END)) / (range - 2 * END);
  }

  get #furthest(): number {
    return Math.max(0, this.#content - this.#view);
  }

  get #range(): number {
    return Math.max(0, this.height - this.#view);
  }

  get #isTall(): boolean {
    return this.#content > TALLEST;
  }
}

/** Some neighbours, the end excluded. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Whether two stretches share anything. */
export function meet(a: Stretch, b: Stretch): boolean {
  return a.start < b.end && b.start < a.end;
}

/** The rows of one height that lie in a window, with `more` rows before and after. */
export function rowsIn(top: number, view: number, rowHeight: number, rowCount: number, more = 0): Stretch {
  const start = Math.max(0, Math.floor(top / rowHeight) - more);
  const end = Math.min(rowCount, Math.ceil((top + view) / rowHeight) + more);
  return { start: Math.min(start, end), end };
}
