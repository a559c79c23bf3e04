/** Previews of remote Parquet files as a service: a handler for whatever takes `(request) => Response`. */

import { throwIfAborted } from '../signals.js';
import { bodyOf } from './answer.js';
import { allowOrigin, allowRequest } from './cors.js';
import { entityTag, isKnown } from './etag.js';
import { CONTENT_TYPES } from './format/index.js';
import { settingsOf, type EdgeOptions, type Settings } from './options.js';
import { Problem, problemOf } from './problem.js';
import { isPath, questionOf, type Question } from './query.js';
import { RemoteFile } from './remote.js';
import { planReport, schemaReport } from './reports.js';

export { init, type ModuleSource } from '../module/index.js';
export { ParqletError, type ErrorCode, type ErrorFacts } from '../error.js';
export type { EdgeOptions } from './options.js';
export type { ProblemCode } from './problem.js';

/** What there is of a Worker's execution context. */
export interface EdgeContext {
  waitUntil?(work: Promise<unknown>): void;
}

/** What runtimes call. Never rejects. A Worker's `env` is not looked at. */
export type EdgeHandler = (request: Request, env?: unknown, context?: EdgeContext) => Promise<Response>;

const METHODS = 'GET, HEAD, OPTIONS';
/** Rows that become text at once: as JavaScript's strings they take many times the memory of Arrow. */
const TEXT_ROWS = 4096;
/** The caller has gone; nobody reads this. */
const GONE = 499;

/**
 * Makes a handler that answers what is asked of Parquet files elsewhere:
 *
 * - `GET /?url=…&columns=a,b&offset=0&limit=100&format=json|jsonl|csv|arrow`: rows
 * - `GET /schema?url=…`: columns, rows and row groups
 * - `GET /plan?url=…&columns=…&offset=…&limit=…`: what the rows would cost
 *
 * Problems are `application/problem+json` with a stable `code`.
 *
 * @throws ParqletError `usage` for options that make no sense.
 */
export function createHandler(options: EdgeOptions): EdgeHandler {
  const settings = settingsOf(options);
  return async (request, _, context) => {
    const headers = new Headers({ 'x-content-type-options': 'nosniff' });
    allowOrigin(headers, request, settings.cors);
    try {
      return await respond(request, settings, headers, context);
    } catch (error) {
      if (request.signal?.aborted === true) return new Response(null, { status: GONE });
      return refusal(request, problemOf(error), headers);
    }
  };
}

async function respond(
  request: Request,
  settings: Settings,
  headers: Headers,
  context: EdgeContext | undefined,
): Promise<Response> {
  const address = new URL(request.url);
  const path = address.pathname;
  if (!isPath(path)) throw new Problem('no_such_path', 'there are /, /schema and /plan');
  if (request.method === 'OPTIONS') {
    headers.set('allow', METHODS);
    allowRequest(headers);
    return new Response(null, { status: 204, headers });
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    headers.set('allow', METHODS);
    throw new Problem('method_not_allowed', `a file is read with GET, not ${request.method}`);
  }
  const question = questionOf(address, path, settings.maxRows);
  // Some runtimes have none.
  const life = request.signal instanceof AbortSignal ? [request.signal] : [];
  const keep = (work: Promise<unknown>): void => context?.waitUntil?.(work);
  const file = await RemoteFile.open(question.url, settings, { life, keep });
  try {
    throwIfAborted(life);
    return await answer(request, question, file, settings, headers);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Answers from an open file, and sees to it that it is closed unless it throws. */
async function answer(
  request: Request,
  question: Question,
  file: RemoteFile,
  settings: Settings,
  headers: Headers,
): Promise<Response> {
  const tag = await entityTag(file.facts, question, settings);
  const kept = new Headers(headers);
  kept.set('cache-control', settings.cacheControl);
  if (tag !== undefined) kept.set('etag', tag);
  if (tag !== undefined && isKnown(tag, request.headers.get('if-none-match'))) {
    file.close();
    return new Response(null, { status: 304, headers: kept });
  }
  if (question.kind === 'rows') {
    kept.set('content-type', CONTENT_TYPES[question.format]);
    if (request.method === 'GET') {
      await file.read(question, question.format === 'arrow' ? undefined : TEXT_ROWS);
      return new Response(await bodyOf(file, question.format), { headers: kept });
    }
    file.check(question);
    file.close();
    return new Response(null, { headers: kept });
  }
  kept.set('content-type', 'application/json');
  const report = question.kind === 'schema' ? schemaReport(file) : planReport(file, question);
  file.close();
  return new Response(request.method === 'HEAD' ? null : report, { headers: kept });
}

function refusal(request: Request, problem: Problem, headers: Headers): Response {
  headers.set('content-type', 'application/problem+json');
  headers.set('cache-control', 'no-store');
  const body = request.method === 'HEAD' ? null : problem.json();
  return new Response(body, { status: problem.status, headers });
}
