// Columns -> objects, for rows and for structs.

import { isNull } from './numbers.js';

/** The members of the objects to be made, prepared once for many batches. */
export interface Shape {
  /** Has every member, in order, each null. */
  template: Record<string, unknown>;
  names: string[];
  clone: Clone;
}

type Clone = (template: Record<string, unknown>) => Record<string, unknown>;

/** How many members are filled before the next objects are made: few enough to stay in the processor's cache. */
const BLOCK = 4096;

/** Engines no longer clone objects of more members fast: those grow member by member, four times as fast. */
const WIDEST_CLONE = 64;

/** A shape with these members, in this order but for names that are array indices. Of equal names the last counts. */
export function shapeOf(names: string[]): Shape {
  // JSON.parse makes `__proto__` a member like any other and the object no bigger than it must be.
  const members = names.map((name) => `${JSON.stringify(name)}:null`).join();
  const template = JSON.parse(`{${members}}`) as Record<string, unknown>;
  const grows = names.length > WIDEST_CLONE && !names.includes('__proto__');
  const clone = grows ? () => ({}) : (clones[hash(names) % clones.length] as Clone);
  return { template, names: names.map(propertyKey), clone };
}

/** Appends `count` objects with the values of the columns; null instead of an object where `validity` says so. */
export function appendObjects(
  out: unknown[],
  shape: Shape,
  columns: ArrayLike<unknown>[],
  count: number,
  validity?: Uint8Array,
): void {
  const { template, names, clone } = shape;
  const block: Record<string, unknown>[] = [];
  const step = Math.max(1, Math.floor(BLOCK / Math.max(1, names.length)));
  for (let start = 0; start < count; start += step) {
    const size = Math.min(step, count - start);
    for (let i = 0; i < size; i++) block[i] = clone(template);
    for (let c = 0; c < names.length; c++) {
      // `__proto__` is there already, so this never reaches the setter of that name.
      fill(block, size, names[c] as string, columns[c] as ArrayLike<unknown>, start);
    }
    for (let i = 0; i < size; i++) out.push(isNull(validity, start + i) ? null : block[i]);
  }
}

function fill(
  block: Record<string, unknown>[],
  size: number,
  name: string,
  column: ArrayLike<unknown>,
  start: number,
): void {
  for (let i = 0; i < size; i++) (block[i] as Record<string, unknown>)[name] = column[start + i];
}

/** The same text as the engine holds it for property names: other strings are looked up anew by every access. */
function propertyKey(name: string): string {
  return Object.keys({ [name]: null })[0] ?? name;
}

/**
 * One and the same function, eight times: an engine's inline cache belongs to a place in the source and knows up to
 * four shapes. Past those a clone takes four times as long, and a page may well read more than four selections.
 */
const clones: Clone[] = [
  (template) => ({ ...template }),
  (template) => ({ ...template }),
  (template) => ({ ...template }),
  (template) => ({ ...template }),
  (template) => ({ ...template }),
  (template) => ({ ...template }),
  (template) => ({ ...template }),
  (template) => ({ ...template }),
];

function hash(names: string[]): number {
  let value = names.length;
  for (const name of names) for (let i = 0; i < name.length; i++) value = (value * 31 + name.charCodeAt(i)) >>> 0;
  return value;
}
