/** When each request began, was answered and ended. */

import { count, duration, size } from './amounts.js';
import { element } from './dom.js';
import { nameOfRange, piecesWithin } from './tape.js';

/** Rows that are drawn: the latest. */
const MOST = 200;
/** Milliseconds without a request that are left out of the scale. */
const IDLE = 60;
/** What is left of them. */
const GAP = 12;

/**
 * A scale without the times in which nothing was under way.
 *
 * @returns {{ at: (time: number) => number, length: number, busy: number }} Where a time is, from 0 to `length`; `busy`
 *   counts the milliseconds with a request under way.
 */
export function scaleOf(requests, now) {
  const spans = requests.map(({ startedAt, endedAt }) => [startedAt, Math.max(startedAt, endedAt ?? now)]);
  spans.sort(([one], [other]) => one - other);
  const parts = [];
  for (const [start, end] of spans) {
    const last = parts.at(-1);
    if (last !== undefined && start <= last.end + IDLE) last.end = Math.max(last.end, end);
    else parts.push({ start, end, offset: 0 });
  }
  let length = 0;
  for (const part of parts) {
    part.offset = length;
    length += part.end - part.start + GAP;
  }
  const at = (time) => {
    const part = parts.findLast(({ start }) => start <= time) ?? parts[0];
    return part === undefined ? 0 : part.offset + Math.min(time, part.end) - part.start;
  };
  return { at, length: Math.max(1, length - GAP), busy: length - GAP * parts.length };
}

/** A row for each request, the latest at the bottom. */
export class Waterfall {
  #box;
  #mark;
  #rows = [];

  /** `mark` is told the range of the request that is pointed at. */
  constructor(box, mark) {
    this.#box = box;
    this.#mark = mark;
  }

  clear() {
    this.#rows = [];
    this.#box.replaceChildren();
  }

  /** Shows the requests; `pieces` name what was asked for. */
  update(requests, pieces, now) {
    const latest = requests.slice(-MOST);
    const scale = scaleOf(latest, now);
    const atEnd = this.#box.scrollTop + this.#box.clientHeight >= this.#box.scrollHeight - 8;
    while (this.#rows.length < latest.length) this.#add();
    const before = requests.length - latest.length;
    latest.forEach((request, index) => this.#fill(this.#rows[index], request, before + index, scale, pieces, now));
    if (atEnd) this.#box.scrollTop = this.#box.scrollHeight;
  }

  #add() {
    const parts = {
      what: element('span', { class: 'what' }),
      bytes: element('span', { class: 'bytes' }),
      wait: element('i', { class: 'wait' }),
      flow: element('i', { class: 'flow' }),
    };
    const track = element('span', { class: 'track', 'aria-hidden': 'true' }, parts.wait, parts.flow);
    const row = element('div', { class: 'request' }, parts.what, parts.bytes, track);
    const made = { ...parts, row, range: undefined };
    row.addEventListener('pointerenter', () => this.#mark(made.range));
    row.addEventListener('pointerleave', () => this.#mark(undefined));
    this.#rows.push(made);
    this.#box.append(row);
  }

  #fill(parts, request, number, { at, length }, pieces, now) {
    const { start, end, startedAt, firstByteAt, endedAt, bytes, ok, kind, status } = request;
    const left = at(startedAt);
    const first = at(firstByteAt ?? endedAt ?? now);
    const last = at(endedAt ?? now);
    parts.range = start === undefined || end === undefined ? undefined : { start, end };
    parts.what.textContent = what(request, number, pieces);
    parts.bytes.textContent = bytes === 0 && endedAt === undefined ? '…' : size(bytes);
    const family = parts.range && piecesWithin(pieces, start, end).at(-1)?.family;
    parts.row.dataset.family = kind === 'service' ? kind : (family ?? 'meta');
    parts.row.classList.toggle('failed', endedAt !== undefined && !ok);
    const place = (bar, from, to) => {
      bar.style.left = `${(100 * from) / length}%`;
      bar.style.width = `${(100 * Math.max(0, to - from)) / length}%`;
    };
    place(parts.wait, left, first);
    place(parts.flow, first, last);
    const times = [
      `first byte after ${firstByteAt === undefined ? '…' : duration(firstByteAt - startedAt)}`,
      `end after ${endedAt === undefined ? '…' : duration(endedAt - startedAt)}`,
    ];
    const range = parts.range ? `bytes ${count(start)}–${count(end - 1)}` : kind;
    const answered = status === undefined ? '' : `, status ${status}`;
    parts.row.title = [`Request ${number + 1}: ${range}${answered}`, ...times].join('\n');
  }
}

function what({ kind, start, end }, number, pieces) {
  // A service is asked what the file is before it is asked for anything else.
  if (kind === 'service') return number === 0 ? 'Schema' : 'Rows';
  if (kind === 'length') return 'Length of the file';
  if (kind === 'tail' || (end !== undefined && end === pieces.at(-1)?.end)) return 'End of the file';
  return start === undefined || end === undefined ? 'Range' : nameOfRange(pieces, start, end);
}
