/** Rows that were read, in blocks, and which to read next. Pure. */

import type { Stretch } from './viewport.js';

/** Rows of a block where rows are of usual size. */
export const MOST_ROWS = 100;
/** Bytes that a block may be expected to take: as much as is cloned from the worker without a pause to be felt. */
const BLOCK_BYTES = 4 * 1024 * 1024;
/** Cells that are kept of small values. */
const MOST_CELLS = 200_000;
/** Bytes that are kept, or so, where values are large. */
const CACHE_BYTES = 64 * 1024 * 1024;
/** Blocks that one read takes at most: then there is something to see in between. */
const BLOCKS_OF_A_READ = 4;

/** The values of one column in one block. */
export type Values = ArrayLike<unknown>;

/** One read: columns by their place in the file's schema, blocks by number. */
export interface BlockRead {
  blocks: Stretch;
  columns: number[];
}

/** A bounded cache of decoded blocks; each may have some columns and lack others. */
export class Blocks {
  readonly rowCount: number;
  /** Rows of one block. */
  readonly size: number;
  readonly #cells: number;
  readonly #blocks = new Map<number, Map<number, Values>>();

  /** `cells`: how many are kept. */
  constructor(rowCount: number, size: number, cells = MOST_CELLS) {
    this.rowCount = rowCount;
    this.size = size;
    this.#cells = cells;
  }

  /** The value at a place, if it was read; `undefined` is no value of any type. */
  value(row: number, column: number): unknown {
    const block = Math.floor(row / this.size);
    return this.#blocks.get(block)?.get(column)?.[row - block * this.size];
  }

  /** The values of a column that are there, block by block. */
  *columnValues(column: number): Generator<Values> {
    for (const block of this.#blocks.values()) {
      const values = block.get(column);
      if (values !== undefined) yield values;
    }
  }

  /** Whether a block has a column. */
  has(block: number, column: number): boolean {
    return this.#blocks.get(block)?.has(column) ?? false;
  }

  /** The blocks in which rows lie. */
  blocksOf(rows: Stretch): Stretch {
    if (rows.end <= rows.start) return { start: 0, end: 0 };
    return { start: Math.floor(rows.start / this.size), end: Math.floor((rows.end - 1) / this.size) + 1 };
  }

  /** The rows of blocks. */
  rowsOf(blocks: Stretch): Stretch {
    return { start: blocks.start * this.size, end: Math.min(this.rowCount, blocks.end * this.size) };
  }

  /**
   * What to read so that these rows and columns are there; `undefined` if they are. The first block that lacks
   * something decides which columns are read, and those after it that lack as much come along.
   */
  missing(rows: Stretch, columns: readonly number[]): BlockRead | undefined {
    const blocks = this.blocksOf(rows);
    for (let start = blocks.start; start < blocks.end; start++) {
      const lacking = columns.filter((column) => !this.has(start, column));
      if (lacking.length === 0) continue;
      let end = start + 1;
      const last = Math.min(blocks.end, start + BLOCKS_OF_A_READ);
      while (end < last && lacking.every((column) => !this.has(end, column))) end += 1;
      return { blocks: { start, end }, columns: lacking };
    }
    return undefined;
  }

  /** Puts what was read where it belongs. A column that didn't come reads as nulls. */
  put(read: BlockRead, columnOf: (column: number) => Values | undefined): void {
    const { start, end } = this.rowsOf(read.blocks);
    for (const column of read.columns) {
      const values = columnOf(column) ?? new Array<null>(end - start).fill(null);
      for (let block = read.blocks.start; block < read.blocks.end; block++) {
        const from = block * this.size - start;
        const slice = Array.prototype.slice.call(values, from, from + this.size) as unknown[];
        this.#at(block).set(column, slice);
      }
    }
  }

  /** Lets go of what is furthest from these blocks while there is too much. */
  trim(near: Stretch): void {
    let cells = 0;
    for (const block of this.#blocks.values()) cells += block.size * this.size;
    const far = [...this.#blocks.keys()].sort((a, b) => distance(b, near) - distance(a, near));
    for (const block of far) {
      if (cells <= this.#cells || distance(block, near) === 0) return;
      cells -= (this.#blocks.get(block)?.size ?? 0) * this.size;
      this.#blocks.delete(block);
    }
  }

  #at(block: number): Map<number, Values> {
    let columns = this.#blocks.get(block);
    if (columns === undefined) this.#blocks.set(block, (columns = new Map()));
    return columns;
  }
}

/** How many rows a block should have, from the bytes that a row is expected to take. */
export function rowsOfBlock(bytesPerRow: number): number {
  return Math.min(MOST_ROWS, Math.max(10, Math.floor(BLOCK_BYTES / Math.max(1, bytesPerRow) / 10) * 10));
}

/** How many cells may be kept, from the bytes of the largest values. */
export function cellsKept(bytesPerValue: number): number {
  return Math.min(MOST_CELLS, Math.floor(CACHE_BYTES / Math.max(1, bytesPerValue)));
}

function distance(block: number, near: Stretch): number {
  if (block < near.start) return near.start - block;
  return block >= near.end ? block - near.end + 1 : 0;
}
