// Finds values that came before, so that equal short texts are one string: columns with few different values are
// common, Parquet's own dictionaries are gone by now, and every string less is one less to make, keep and collect.

/** Longer values are seldom repeated, and comparing them costs more. */
const LONGEST = 24;
const SLOTS = 2048;
/** After so many values it is decided whether looking is worth it. */
const TRIAL = 1024;

/** The values of one vector seen so far, one a slot: a newer value takes the place of an older one. */
export class Repeats {
  readonly #bytes: Uint8Array;
  readonly #offsets: ArrayLike<number>;
  /** The number of a value, plus one. */
  readonly #slots = new Int32Array(SLOTS);
  #looks = 0;
  #hits = 0;

  /** Value `i` is `bytes[offsets[i]..offsets[i + 1]]`. */
  constructor(bytes: Uint8Array, offsets: ArrayLike<number>) {
    this.#bytes = bytes;
    this.#offsets = offsets;
  }

  /** The number of an earlier value with the same bytes as value `i`; -1 if there is none that is remembered. */
  earlier(i: number): number {
    const start = this.#offsets[i] as number;
    const length = (this.#offsets[i + 1] as number) - start;
    if (length > LONGEST || (this.#looks >= TRIAL && this.#hits * 4 < this.#looks)) return -1;
    this.#looks++;
    const bytes = this.#bytes;
    let hash = length;
    for (let k = start; k < start + length; k++) hash = (Math.imul(hash, 31) + (bytes[k] as number)) | 0;
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const found = (this.#slots[slot] as number) - 1;
    if (found >= 0 && this.#equal(found, start, length)) {
      this.#hits++;
      return found;
    }
    this.#slots[slot] = i + 1;
    return -1;
  }

  #equal(earlier: number, start: number, length: number): boolean {
    const other = this.#offsets[earlier] as number;
    if ((this.#offsets[earlier + 1] as number) - other !== length) return false;
    for (let k = 0; k < length; k++) if (this.#bytes[other + k] !== this.#bytes[start + k]) return false;
    return true;
  }
}
