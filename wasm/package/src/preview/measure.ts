/** How wide columns want to be. */

import type { Field } from '../schema.js';
import { kindOf, typeLine, valueType } from './kinds.js';

/** Space on both sides of a cell's text, and its line. */
const PADDING = 26;
/** Cells of a column that are measured. */
const SAMPLE = 200;

/** Measures text in the grid's own fonts. */
export class Measure {
  readonly #context = document.createElement('canvas').getContext('2d');
  readonly #cellFont: string;
  readonly #nameFont: string;
  readonly #typeFont: string;
  readonly #spacing: number;

  /** `host` has the grid's style. */
  constructor(host: Element) {
    const { fontFamily, fontSize } = getComputedStyle(host);
    const size = Number.parseFloat(fontSize) || 13;
    this.#cellFont = `${size}px ${fontFamily}`;
    this.#nameFont = `600 ${size}px ${fontFamily}`;
    // Small capitals, as the style sheet has them: capitals in four fifths of the size, with some space between.
    this.#typeFont = `${size * 0.82}px ${fontFamily}`;
    this.#spacing = size * 0.05;
  }

  /** For what is not there yet: from name and type. */
  guess(field: Field, nulls: number | undefined): number {
    return Math.max(this.header(field, nulls), typicalWidth(field));
  }

  /** For the head alone. */
  header(field: Field, nulls: number | undefined): number {
    const type = typeLine(field, nulls).toUpperCase();
    const typeWidth = this.#width(type, this.#typeFont) + type.length * this.#spacing;
    return Math.max(this.#width(field.name, this.#nameFont), typeWidth) + PADDING;
  }

  /** For the head and these cells. */
  content(field: Field, nulls: number | undefined, texts: Iterable<string>): number {
    let width = this.header(field, nulls);
    let left = SAMPLE;
    for (const text of texts) {
      width = Math.max(width, this.#width(text, this.#cellFont) + PADDING);
      if (--left === 0) break;
    }
    return width;
  }

  #width(text: string, font: string): number {
    if (this.#context === null) return text.length * 8;
    this.#context.font = font;
    return this.#context.measureText(text).width;
  }
}

function typicalWidth(field: Field): number {
  const type = valueType(field.type);
  switch (kindOf(field)) {
    case 'number':
      return /int(8|16)$/.test(type) ? 72 : 104;
    case 'bool':
      return 72;
    case 'time':
      return type.startsWith('timestamp') ? 190 : 112;
    case 'text':
      return 170;
    case 'nested':
      return 240;
    default:
      return 160;
  }
}
