/** The list of columns in a query, in the grammar of the native program. */

import { Problem } from './problem.js';

/**
 * Reads `a,b.c,"d,e"`: names apart by commas, parts of a path by dots. A part in double quotes or backticks may hold
 * either, and the quote itself when doubled. Spaces around an unquoted part don't belong to it. Gives each name with
 * its parts joined by dots.
 */
export function columnList(text: string): string[] {
  const names: string[] = [];
  let parts: string[] = [];
  let at = 0;
  const spaces = (): void => {
    while (text[at] === ' ') at++;
  };
  for (;;) {
    spaces();
    const quote = text[at];
    if (quote === '"' || quote === '`') {
      const [part, next] = quoted(text, at + 1, quote);
      at = next;
      spaces();
      parts.push(part);
    } else {
      const start = at;
      while (at < text.length && text[at] !== ',' && text[at] !== '.') at++;
      const part = text.slice(start, at).trimEnd();
      if (part === '') throw wrong('a column name is empty (write "" for a column without a name)');
      parts.push(part);
    }
    const end = text[at++];
    if (end === '.') continue;
    if (end !== ',' && end !== undefined) throw wrong('expected , or . after a quoted name');
    names.push(parts.join('.'));
    parts = [];
    if (end === undefined) return names;
  }
}

function quoted(text: string, from: number, quote: string): [part: string, next: number] {
  let part = '';
  for (let at = from; at < text.length; at++) {
    if (text[at] !== quote) part += text[at];
    else if (text[at + 1] === quote) part += text[at++];
    else return [part, at + 1];
  }
  throw wrong(`the quote ${quote} is not closed`);
}

function wrong(detail: string): Problem {
  return new Problem('bad_parameter', `\`columns\`: ${detail}`, 'columns');
}
