/** What the corpus expects of each file, and whether that came. */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const BESIDE = fileURLToPath(new URL('../../../../../shared/corpus', import.meta.url));

/** Where the corpus is, or what to say where it isn't. */
export function locateCorpus() {
  const root = process.env.PARQLET_CORPUS ?? BESIDE;
  if (existsSync(join(root, 'goldens.jsonl'))) return { root };
  return { skip: `SKIPPED: no corpus at ${root}; set PARQLET_CORPUS to its folder` };
}

/** The goldens, in order. */
export function goldensOf(root) {
  const lines = readFileSync(join(root, 'goldens.jsonl'), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

/** What is wrong with an outcome, or nothing. */
export function judge(golden, outcome) {
  const { expect, group } = golden;
  if (outcome.error !== undefined) {
    const { code, message } = outcome.error;
    // Whatever the bytes: only refusals are right.
    if (code === undefined || code === 'crashed') return `CRASHED: ${message}`;
    return expect === 'ok' ? `error: ${code}: ${message}` : undefined;
  }
  if (expect === 'error') return `read ${outcome.rows} rows, expected an error`;
  const reason = difference(golden, outcome);
  // Whatever rows come out of a corrupt file is no failure.
  return group === 'bad' ? undefined : reason;
}

function difference({ rows, other_rows, columns = [] }, outcome) {
  if (outcome.rows === other_rows) return undefined;
  if (typeof rows === 'number' && rows !== outcome.rows) return `${outcome.rows} rows, expected ${rows}`;
  if (columns.length === 0 && rows !== 0) return undefined;
  if (columns.length !== outcome.columns.length) return `${outcome.columns.length} columns, expected ${columns.length}`;
  const wrong = columns.map((column, i) => wrongColumn(column, outcome.columns[i])).filter((reason) => reason !== undefined);
  return wrong.length > 0 ? wrong.join('; ') : undefined;
}

function wrongColumn(expected, got) {
  if (expected.sha256 === undefined || got === undefined) return undefined;
  if (got.sha256 === expected.sha256 || (got.loose !== undefined && got.loose === expected.loose)) return undefined;
  const other = expected.others?.find(({ sha256 }) => sha256 === got.sha256);
  if (other !== undefined && !other.wrong) return undefined;
  const why = other === undefined ? '' : ` (${other.why})`;
  return `column "${expected.name}" ${got.type}: first ${got.first.join(' ')}, expected ${expected.first?.join(' ')}${why}`;
}
