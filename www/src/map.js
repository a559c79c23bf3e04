/** The picture of the idea: the whole file to scale, and what was fetched of it. */

import { count, size } from './amounts.js';
import { element } from './dom.js';
import { FAMILIES, palette } from './families.js';
import { fetchedOf, linesOf, pieceAt, piecesWithin, stretches, tapeOf } from './tape.js';

/** Left of the bands, for their numbers. */
const GUTTER = 34;
/** Bands that can be told apart. */
const MOST_BANDS = 40;
/** Milliseconds that what has just come is marked. */
const FRESH = 900;
/** The least width of what was fetched: a page is a hair of a large file. */
const LEAST = 2;

/** Draws one file at a time into a canvas that fills `box`. */
export class FileMap {
  #box;
  #tip;
  #canvas = element('canvas', { role: 'img', tabindex: '0' });
  #context = this.#canvas.getContext('2d');
  /** The file without what was fetched, drawn once. */
  #paper = element('canvas', { width: '0' });
  #tape;
  /** The piece that is explained. */
  #told;
  #bands = [];
  #requests = [];
  #fetched = [];
  #fresh = [];
  #marked;
  #range;
  #frame = 0;
  #calm = matchMedia('(prefers-reduced-motion: reduce)');

  constructor(box, tip) {
    this.#box = box;
    this.#tip = tip;
    box.append(this.#canvas);
    new ResizeObserver(() => this.#layout()).observe(box);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#layout());
    this.#canvas.addEventListener('pointermove', (event) => this.#point(event));
    this.#canvas.addEventListener('pointerleave', () => this.#leave());
    this.#canvas.addEventListener('blur', () => this.#leave());
    this.#canvas.addEventListener('keydown', (event) => this.#step(event));
  }

  /** The families that the file has, for a legend. */
  get families() {
    const there = new Set(this.#tape?.pieces.map(({ family }) => family));
    return Object.keys(FAMILIES).filter((family) => there.has(family));
  }

  get pieces() {
    return this.#tape?.pieces ?? [];
  }

  /** Shows a file; `undefined`: none. */
  show(file) {
    this.#tape = file && tapeOf(file);
    this.#requests = [];
    this.#fetched = [];
    this.#fresh = [];
    this.#marked = undefined;
    this.#leave();
    this.#layout();
  }

  /** Takes the requests made so far. */
  update(requests) {
    const now = performance.now();
    for (const [index, { bytes, start, end }] of requests.entries()) {
      if (start === undefined || this.#requests[index]?.bytes === bytes) continue;
      this.#fresh.push({ start, end: Math.min(end, start + bytes), until: now + FRESH });
    }
    this.#requests = requests.map(({ bytes, start }) => ({ bytes, start }));
    this.#fetched = stretches(requests);
    this.#canvas.setAttribute('aria-label', this.#words());
    this.#draw();
  }

  /** Marks a column in every row group; `undefined`: none. */
  markColumn(name) {
    this.#marked = name;
    this.#draw();
  }

  /** Marks a range of bytes; `undefined`: none. */
  markRange(range) {
    this.#range = range;
    this.#draw();
  }

  #words() {
    if (this.#tape === undefined) return 'No file';
    const bytes = this.#fetched.reduce((sum, { start, end }) => sum + end - start, 0);
    const groups = this.#tape.bands.filter(({ label }) => label !== 'end').length;
    return `Map of the file: ${groups} row groups; ${size(bytes)} fetched. Arrow keys go from part to part.`;
  }

  #layout() {
    const { clientWidth: width, clientHeight: height } = this.#box;
    // Out of sight it has no size; it is told when it has one.
    if (width === 0 || height === 0) return;
    const ratio = devicePixelRatio || 1;
    for (const canvas of [this.#canvas, this.#paper]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    if (this.#tape !== undefined && width > GUTTER) {
      const bands = linesOf(this.#tape.bands, MOST_BANDS);
      const longest = Math.max(...bands.map(({ start, end }) => end - start));
      const scale = (width - GUTTER) / longest;
      const pitch = Math.min(46, height / bands.length);
      const gap = pitch > 8 ? 3 : 1;
      const top = Math.max(0, (height - pitch * bands.length) / 2);
      this.#bands = bands.map((band, line) => ({ ...band, y: top + line * pitch, height: pitch - gap, scale }));
    } else this.#bands = [];
    this.#drawPaper();
    this.#draw();
  }

  #drawPaper() {
    const context = this.#paper.getContext('2d');
    const { families, muted } = palette();
    this.#scaled(context);
    context.textBaseline = 'middle';
    context.textAlign = 'right';
    const font = getComputedStyle(this.#box).fontFamily;
    let free = -Infinity;
    for (const band of this.#bands) {
      const middle = band.y + band.height / 2;
      if (band.label !== '' && middle - free >= 13) {
        context.globalAlpha = 1;
        context.fillStyle = muted;
        context.font = `11px ${font}`;
        context.fillText(band.label, GUTTER - 10, Math.max(6, middle));
        free = middle;
      }
      piecesWithin(this.#tape.pieces, band.start, band.end).forEach((piece, index) => {
        const { x, width } = this.#span(band, overlap(piece, band), 1);
        // Neighbours differ a little where there is no room for a line between them.
        context.globalAlpha = index % 2 === 0 ? 0.2 : 0.14;
        context.fillStyle = families[piece.family];
        context.fillRect(x, band.y, width > 3 ? width - 1 : width, band.height);
      });
    }
    context.globalAlpha = 1;
  }

  #draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    if (this.#paper.width === 0 || this.#box.clientWidth === 0) return;
    const context = this.#context;
    const colours = palette();
    this.#scaled(context);
    context.drawImage(this.#paper, 0, 0, this.#box.clientWidth, this.#box.clientHeight);
    for (const band of this.#bands) {
      for (const part of this.#fetched) {
        if (part.end <= band.start || part.start >= band.end) continue;
        const here = overlap(part, band);
        for (const piece of piecesWithin(this.#tape.pieces, here.start, here.end)) {
          const { x, width } = this.#span(band, overlap(here, piece), LEAST);
          context.fillStyle = colours.families[piece.family];
          context.fillRect(x, band.y, width, band.height);
        }
      }
    }
    this.#paintMarks(context, colours);
  }

  #paintMarks(context, { text }) {
    const now = performance.now();
    this.#fresh = this.#fresh.filter(({ until }) => until > now);
    context.strokeStyle = text;
    if (!this.#calm.matches) {
      context.lineWidth = 1.5;
      for (const { start, end, until } of this.#fresh) {
        context.globalAlpha = (until - now) / FRESH;
        this.#outline(context, start, end, 2);
      }
    }
    context.globalAlpha = 1;
    context.lineWidth = 1.5;
    if (this.#marked !== undefined) {
      for (const { name, start, end } of this.#tape?.pieces ?? []) {
        if (name === this.#marked || name.startsWith(`${this.#marked}.`)) this.#outline(context, start, end, 0.5);
      }
    }
    if (this.#range !== undefined) this.#outline(context, this.#range.start, this.#range.end, 2);
    if (this.#fresh.length > 0 && !this.#calm.matches) this.#draw();
  }

  #outline(context, start, end, around) {
    for (const band of this.#bands) {
      if (end <= band.start || start >= band.end) continue;
      const { x, width } = this.#span(band, overlap({ start, end }, band), LEAST);
      context.strokeRect(x - around, band.y - around / 2, width + 2 * around, band.height + around);
    }
  }

  #scaled(context) {
    const ratio = devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.#box.clientWidth, this.#box.clientHeight);
  }

  #span(band, { start, end }, least) {
    const x = GUTTER + (start - band.start) * band.scale;
    return { x, width: Math.max(least, (end - start) * band.scale) };
  }

  #point({ offsetX, offsetY, clientX, clientY }) {
    const band = this.#bands.find(({ y, height }) => offsetY >= y - 2 && offsetY < y + height + 2);
    // A little beside it is meant, too: what is at the end may be a hair.
    const byte = band && Math.min(band.start + Math.max(0, (offsetX - GUTTER) / band.scale), band.end + 6 / band.scale);
    const piece = band && byte < band.end + 6 / band.scale && pieceAt(this.#tape.pieces, Math.min(byte, band.end - 1));
    if (piece) this.#tell(piece, clientX, clientY);
    else this.#leave();
  }

  #step(event) {
    const { pieces } = this.#tape ?? { pieces: [] };
    const at = this.#told === undefined ? -1 : pieces.indexOf(this.#told);
    const along = (by) => {
      const { name } = pieces[at] ?? {};
      let next = at + by;
      while (next >= 0 && next < pieces.length && pieces[next].name !== name) next += by;
      return next in pieces ? next : at;
    };
    const steps = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: along(1), ArrowUp: along(-1) };
    const next = steps[event.key];
    if (event.key === 'Escape') this.#leave();
    if (next === undefined || pieces.length === 0) return;
    event.preventDefault();
    const piece = pieces[Math.max(0, Math.min(next, pieces.length - 1))];
    const band = this.#bands.find(({ start, end }) => piece.start >= start && piece.start < end);
    const { left, top } = this.#canvas.getBoundingClientRect();
    this.#tell(piece, left + this.#span(band, piece, 1).x, top + band.y + band.height);
    this.#canvas.setAttribute('aria-label', this.#tip.innerText.replaceAll('\n', ', '));
  }

  #tell(piece, x, y) {
    if (this.#told !== piece) {
      this.#told = piece;
      const { start, end, chunk, group, name } = piece;
      const fetched = fetchedOf(piece, this.#fetched);
      const facts = [
        group === undefined ? undefined : ['Row group', count(group + 1)],
        ['Bytes', chunk ? `${size(end - start)} (${size(chunk.uncompressedBytes)} unpacked)` : size(end - start)],
        ['Fetched', fetched === 0 ? 'nothing' : `${size(fetched)} (${share(fetched, end - start)})`],
        chunk && ['Values', count(chunk.valueCount)],
        chunk && ['Codec', chunk.codec],
        chunk && ['Encodings', chunk.encodings.join(', ')],
      ];
      const list = facts.filter(Boolean).flatMap(([term, text]) => [element('dt', {}, term), element('dd', {}, text)]);
      this.#tip.replaceChildren(element('strong', {}, name), element('dl', {}, ...list));
      this.#tip.hidden = false;
      this.markColumn(chunk && name);
    }
    const { offsetWidth, offsetHeight } = this.#tip;
    const beside = x + 16 + offsetWidth > innerWidth ? x - 16 - offsetWidth : x + 16;
    this.#tip.style.left = `${Math.max(8, beside)}px`;
    this.#tip.style.top = `${Math.max(8, Math.min(y + 16, innerHeight - offsetHeight - 8))}px`;
  }

  #leave() {
    if (this.#told === undefined) return;
    this.#told = undefined;
    this.#tip.hidden = true;
    this.#canvas.setAttribute('aria-label', this.#words());
    this.markColumn(undefined);
  }
}

function overlap(one, other) {
  return { start: Math.max(one.start, other.start), end: Math.min(one.end, other.end) };
}

function share(part, whole) {
  const percent = (100 * part) / whole;
  return percent < 1 ? 'under 1%' : `${Math.round(percent)}%`;
}
