/** What stands in the place of the grid, or over it: loading, errors, emptiness. */

import type { Advice } from './advice.js';
import { button, copy, element, icon } from './dom.js';

/** A file is being opened: bars where rows will be. */
export function loading(text: string): { element: HTMLElement; say(text: string): void } {
  const bars = element('div', { class: 'bars', 'aria-hidden': 'true' });
  for (let row = 0; row < 40; row++) bars.append(element('i', {}));
  const place = element('div', { class: 'loading-place' });
  // A new line each time: one that grows would move.
  const say = (text: string): void => place.replaceChildren(element('p', { class: 'loading-text' }, text));
  say(text);
  return { element: element('div', { class: 'state loading', part: 'message' }, bars, place), say };
}

/** Nothing to show, and that is no error. */
export function empty(title: string, text: string, ...actions: HTMLElement[]): HTMLElement {
  const inner = element('div', { class: 'card' }, element('h2', { class: 'title' }, title));
  if (text !== '') inner.append(element('p', {}, text));
  if (actions.length > 0) inner.append(element('div', { class: 'actions' }, ...actions));
  return element('div', { class: 'state', part: 'message' }, inner);
}

/** The file can't be shown. */
export function failure(advice: Advice, retry: () => void): HTMLElement {
  const sign = element('div', { class: 'sign' }, icon('M8 2.2l6.3 11.3H1.7z', 'M8 6.4v3.4M8 11.6v.2'));
  const card = element(
    'div',
    { class: 'card error', part: 'error', role: 'alert' },
    sign,
    element('h2', { class: 'title' }, advice.title),
    element('p', {}, advice.text),
  );
  if (advice.headers !== undefined) card.append(snippet(advice.headers));
  if (advice.other !== undefined) card.append(element('p', { class: 'other' }, advice.other));
  const detail = element('details', {}, element('summary', {}, 'Details'), element('p', {}, advice.detail));
  card.append(detail);
  if (advice.retry) card.append(element('div', { class: 'actions' }, button({ class: 'button' }, retry, 'Retry')));
  return element('div', { class: 'state', part: 'message' }, card);
}

/** Some rows can't be shown; the others can. */
export function banner(advice: Advice, what: string, retry: () => void): HTMLElement {
  return element(
    'div',
    { class: 'banner', part: 'error', role: 'alert' },
    element('span', { title: advice.detail }, `${what} can’t be shown: ${advice.title}.`),
    button({ class: 'button' }, retry, 'Retry'),
  );
}

/** Lines to be copied. */
function snippet(text: string): HTMLElement {
  const put = button({ class: 'button' }, () => void copied(), 'Copy');
  const copied = async (): Promise<void> => {
    put.textContent = (await copy(text)) ? 'Copied' : 'Not allowed';
  };
  const lines = element('pre', { tabindex: '0', 'aria-label': 'Response headers' }, text);
  return element('div', { class: 'snippet' }, lines, put);
}
