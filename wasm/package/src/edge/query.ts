/** Requests as questions. Whatever is unclear is refused: a misspelt parameter must not change what is asked. */

import { columnList } from './columns.js';
import { Problem } from './problem.js';

/** The formats of rows. */
export const FORMATS = ['json', 'jsonl', 'csv', 'arrow'] as const;

/** How rows are written. */
export type Format = (typeof FORMATS)[number];

/** Rows of a file. */
export interface RowQuestion {
  columns: string[] | undefined;
  offset: number;
  limit: number;
}

/** What is asked. */
export type Question =
  | ({ kind: 'rows'; url: URL; format: Format } & RowQuestion)
  | ({ kind: 'plan'; url: URL } & RowQuestion)
  | { kind: 'schema'; url: URL };

/** What each path is asked with. */
const PATHS = {
  '/': { kind: 'rows', names: ['url', 'columns', 'offset', 'limit', 'format'] },
  '/schema': { kind: 'schema', names: ['url'] },
  '/plan': { kind: 'plan', names: ['url', 'columns', 'offset', 'limit'] },
} as const;

/** Characters of a query. Longer ones are refused before they are looked at. */
const LONGEST_QUERY = 8192;
/** The rows of an answer where nothing is said. */
const LIMIT = 100;

/** Whether the service has this path. */
export function isPath(path: string): path is keyof typeof PATHS {
  return Object.hasOwn(PATHS, path);
}

/** @throws Problem for a question that can't be asked. */
export function questionOf(address: URL, path: keyof typeof PATHS, maxRows: number): Question {
  if (address.search.length > LONGEST_QUERY) {
    throw new Problem('query_too_long', `the query has more than ${LONGEST_QUERY} characters`);
  }
  const { kind, names } = PATHS[path];
  const values = parameters(address.searchParams, names);
  const url = fileUrl(values.get('url'));
  if (kind === 'schema') return { kind, url };
  const list = values.get('columns');
  if (list?.trim() === '') throw bad('columns', 'it is empty: leave it out for all columns');
  const rows: RowQuestion = {
    columns: list === undefined ? undefined : columnList(list),
    offset: whole('offset', values.get('offset')) ?? 0,
    limit: whole('limit', values.get('limit')) ?? Math.min(LIMIT, maxRows),
  };
  if (rows.limit > maxRows) {
    throw new Problem('too_many_rows', `\`limit\`: an answer has ${maxRows} rows at most`, 'limit', maxRows);
  }
  if (kind === 'plan') return { kind, url, ...rows };
  const format = values.get('format') ?? 'json';
  if (!isFormat(format)) throw bad('format', `it must be one of ${FORMATS.join(', ')}`);
  return { kind, url, format, ...rows };
}

function parameters(query: URLSearchParams, names: readonly string[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of query) {
    if (!names.includes(name)) throw new Problem('bad_parameter', unknown(name, names), shown(name));
    if (values.has(name)) throw bad(name, 'it is given more than once');
    values.set(name, value);
  }
  return values;
}

function fileUrl(text: string | undefined): URL {
  if (text === undefined || text === '') throw bad('url', 'it is missing: the address of a Parquet file');
  if (!URL.canParse(text)) throw badUrl('it is no address: it must begin with https:// or http://');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw badUrl('it must begin with https:// or http://');
  }
  if (url.username !== '' || url.password !== '') throw badUrl('it must not hold a user or a password');
  url.hash = '';
  return url;
}

/** A row number, as far as numbers are exact. */
function whole(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw bad(name, 'it must be a whole number from 0, of 15 digits at most');
  return Number(text);
}

function isFormat(text: string): text is Format {
  return (FORMATS as readonly string[]).includes(text);
}

function unknown(name: string, names: readonly string[]): string {
  const near = names.find((known) => isNear(name.toLowerCase(), known));
  const advice = near === undefined ? `there are ${names.join(', ')}` : `did you mean \`${near}\`?`;
  const encode = '; if it belongs to the address of the file, percent-encode that';
  return `there is no parameter \`${shown(name)}\`: ${advice}${near === undefined ? encode : ''}`;
}

/** The same but for case, one letter, or two letters that changed places. */
function isNear(name: string, known: string): boolean {
  if (Math.abs(name.length - known.length) > 1) return false;
  let start = 0;
  while (start < name.length && name[start] === known[start]) start++;
  const [rest, other] = [name.slice(start), known.slice(start)];
  const swapped = rest[1] === other[0] && rest[0] === other[1] && rest.slice(2) === other.slice(2);
  return swapped || rest.slice(1) === other.slice(1) || rest.slice(1) === other || rest === other.slice(1);
}

/** As much of a name as fits into a sentence; secrets may be in the rest of an address that was not encoded. */
function shown(name: string): string {
  return name.length > 30 ? `${name.slice(0, 30)}...` : name;
}

function bad(name: string, why: string): Problem {
  return new Problem('bad_parameter', `\`${name}\`: ${why}`, name);
}

function badUrl(why: string): Problem {
  return new Problem('bad_url', `\`url\`: ${why}`, 'url');
}
