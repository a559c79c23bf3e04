/** The open file as the grid sees it: the columns that are shown, and what of their values is there. */

import type { Field } from '../schema.js';
import { Blocks, cellsKept, rowsOfBlock } from './blocks.js';
import type { GridModel } from './grid.js';
import type { Place } from './keyboard.js';
import { kindOf } from './kinds.js';
import type { PreviewFile } from './opener.js';
import type { CellContent, Contents } from './rows.js';
import { cellText, copiedText } from './text.js';

/** Characters that fit in any column; a longer value has a sign by which it unfolds. */
const SHORT = 24;
/** Columns that are in sight at once, or so. */
const IN_SIGHT = 12;

/** The table. Cells are named by row and by the place of their column among those that are shown. */
export class Table implements Contents {
  readonly fields: readonly Field[];
  readonly blocks: Blocks;
  /** The columns that are shown, by their place in the file. */
  shown: number[];
  readonly #nulls: readonly (number | undefined)[];

  /** `names`: the columns that are shown at first; `undefined`: all. */
  constructor(file: PreviewFile, names: readonly string[] | undefined) {
    this.fields = file.schema.fields;
    const bytes = bytesOfValues(file);
    const row = bytes.slice(0, IN_SIGHT).reduce((sum, size) => sum + size, 0);
    this.blocks = new Blocks(file.rowCount, rowsOfBlock(row), cellsKept(bytes[0] ?? 0));
    this.shown = this.find(names);
    this.#nulls = nullsOf(file);
  }

  /** Names of the columns that are shown. */
  get names(): string[] {
    return this.shown.map((column) => this.fields[column]?.name ?? '');
  }

  /** All columns, by their place in the file. */
  get all(): number[] {
    return this.fields.map((_, column) => column);
  }

  /** Places of columns by name; names that the file doesn't have are left out. */
  find(names: readonly string[] | undefined): number[] {
    if (names === undefined) return this.all;
    const places = names.map((name) => this.fields.findIndex((field) => field.name === name));
    return [...new Set(places.filter((place) => place >= 0))];
  }

  /** Shows what was ticked: columns that were there stay in their order, if it isn't that of the file anyway. */
  tick(columns: number[]): void {
    const inFileOrder = this.shown.every((column, at) => at === 0 || column > (this.shown[at - 1] as number));
    const kept = this.shown.filter((column) => columns.includes(column));
    this.shown = inFileOrder ? columns : [...kept, ...columns.filter((column) => !kept.includes(column))];
  }

  /** What the grid has to know. */
  model(label: string): GridModel {
    return {
      label,
      rowCount: this.blocks.rowCount,
      fields: this.shown.map((column) => this.fields[column] as Field),
      nulls: this.shown.map((column) => this.#nulls[column]),
      isThere: (place) => this.blocks.columnValues(this.shown[place] as number).next().done === false,
      texts: (place) => this.#texts(this.shown[place] as number),
    };
  }

  cell(row: number, place: number): CellContent | undefined {
    const found = this.value({ row, column: place });
    if (found === undefined) return undefined;
    const { value, field } = found;
    if (value === null) return { text: 'null', look: `${kindOf(field)} null` };
    const text = cellText(value, field);
    return { text, look: `${kindOf(field)}${text.length > SHORT ? ' folded' : ''}` };
  }

  /** A value and its column, if it is there. */
  value({ row, column: place }: Place): { value: unknown; field: Field } | undefined {
    const column = this.shown[place] as number;
    const value = this.blocks.value(row, column);
    const field = this.fields[column];
    return field === undefined || value === undefined ? undefined : { value, field };
  }

  /** A value for the clipboard, if it is there. */
  copied(place: Place): string | undefined {
    const found = this.value(place);
    return found && copiedText(found.value, found.field);
  }

  *#texts(column: number): Generator<string> {
    const field = this.fields[column] as Field;
    for (const values of this.blocks.columnValues(column)) {
      for (let row = 0; row < values.length; row++) yield cellText(values[row], field);
    }
  }
}

/** Bytes of a value before compression, by column, on average over the first row group; the largest first. */
function bytesOfValues(file: PreviewFile): number[] {
  const [first] = file.rowGroups;
  if (first === undefined || first.rowCount === 0) return [];
  return first.columns.map(({ uncompressedBytes }) => uncompressedBytes / first.rowCount).sort((a, b) => b - a);
}

/** Nulls of each column as the statistics of its chunks count them; `undefined` where one doesn't, and of nested ones. */
function nullsOf({ schema, rowGroups }: PreviewFile): (number | undefined)[] {
  let leaf = 0;
  return schema.fields.map((field) => {
    const place = leaf;
    leaf += leavesOf(field);
    if (field.children !== undefined || rowGroups.length === 0) return undefined;
    let sum = 0;
    for (const { columns } of rowGroups) {
      const { path, nullCount } = columns[place] ?? {};
      if (path !== field.name || nullCount === undefined) return undefined;
      sum += nullCount;
    }
    return sum;
  });
}

function leavesOf({ children = [] }: Field): number {
  return children.length === 0 ? 1 : children.reduce((sum, child) => sum + leavesOf(child), 0);
}
