/** Why no answer came, in sentences: what fetch throws says next to nothing. */

import { messageOf } from '../error.js';
import { Failure } from './index.js';
import type { Way } from './way.js';

/** What is known when a fetch fails. */
export interface Circumstances {
  way: Way;
  /** This server ever answered. */
  answered: boolean;
  /** This server ever answered a request of this kind (HEAD or GET). */
  answeredAlike: boolean;
  /** A request of this kind went unanswered before. */
  failedAlike: boolean;
  /** It was a suffix range, which needs a preflight wherever another origin comes in. */
  suffix: boolean;
  /** The fetch function is the user's. */
  custom: boolean;
}

/** Codes of a connection that was never made. */
const UNREACHED = [
  'ECONNREFUSED',
  'ConnectionRefused',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'FailedToOpenSocket',
];
/** What is in the code of a certificate that isn't trusted. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)_/;

/** Nothing came back from `fetch` but what it threw. */
export function unanswered(error: unknown, at: Circumstances): Failure {
  if (at.custom && !(error instanceof TypeError)) {
    return new Failure('network', `the fetch function that was given failed (${messageOf(error)})`, false, error);
  }
  if (at.way.realm === 'browser') return unansweredBrowser(error, at);
  const root = rootCause(error);
  const cause = causeText(root);
  const code = codeOf(root);
  if (CERTIFICATE.test(code)) {
    const advice = 'if its authority is your own, name it in NODE_EXTRA_CA_CERTS';
    return new Failure('network', `can't connect to the server (${cause}): ${advice}`, at.answered, error);
  }
  // A host that was never reached is more likely misspelt than restarting.
  if (UNREACHED.includes(code) || (code === '' && !at.answered)) {
    return new Failure('network', `can't connect to the server (${cause}): check the address`, at.answered, error);
  }
  if (code.startsWith('HPE_')) {
    const message = `what the server answers is no HTTP (${cause}): check the address and its port`;
    return new Failure('bad_answer', message, false, error);
  }
  return brokeOff(error);
}

/** The body ended before it was whole. */
export function brokeOff(error: unknown): Failure {
  const cause = causeText(rootCause(error));
  return new Failure(
    'network',
    `the connection broke before the answer was whole (${cause}): try again later`,
    true,
    error,
  );
}

/** No byte came for `patience` milliseconds. */
export function stalled(patience: number): Failure {
  return new Failure('network', `the server sent nothing for ${patience / 1000} s: try again later`, true);
}

/**
 * A browser says the same of a refused connection, a server that allows no other origin, one that compresses though
 * none was asked to, and a broken line: not a word of the answer's head, and nothing in its timings either.
 */
function unansweredBrowser(error: unknown, at: Circumstances): Failure {
  const cause = messageOf(error);
  // A HEAD came through and no GET ever did. A line that broke once is worth another try; twice it is no accident.
  const mayPass = at.answered && !at.failedAlike;
  if (at.way.crossOrigin && !at.answeredAlike) {
    const own = at.way.preflight ? ' and your own headers' : '';
    // After a HEAD that came through, the server is there. A compressed range is an error that browsers keep quiet about.
    const other = at.answered ? 'the server compresses ranges (Content-Encoding)' : "the server can't be reached";
    const message =
      `the browser let no answer through (${cause}): either ${other}, or it doesn't allow this ` +
      `page to read it; then it must send Access-Control-Allow-Origin with this page's origin, ` +
      `Access-Control-Allow-Headers: Range${own}, Access-Control-Allow-Methods: GET, HEAD, and ` +
      `Access-Control-Expose-Headers: Content-Range, ETag`;
    return new Failure('cors', message, mayPass, error);
  }
  // A redirect may lead to another origin, where a suffix range is refused and other questions are not.
  if (at.suffix && !at.answeredAlike) {
    const message =
      `the browser let no answer through (${cause}): either the server can't be reached, or it redirects to another ` +
      `one that doesn't allow this page to ask with Range`;
    return new Failure('cors', message, false, error);
  }
  if (at.answered && !at.answeredAlike && at.failedAlike) {
    const message =
      `the browser lets no range through (${cause}), but what the server says of the object: the server compresses ` +
      `ranges (Content-Encoding), or redirects to another one that doesn't allow this page to ask with Range`;
    return new Failure('bad_answer', message, false, error);
  }
  return new Failure('network', `no answer came (${cause}): check the address and the connection`, true, error);
}

/** The innermost cause: the outer ones say "fetch failed". */
function rootCause(error: unknown): unknown {
  let root = error;
  // Causes are of anybody's making: a circle among them must not hold us.
  for (let depth = 0; depth < 10; depth++) {
    const next: unknown = innerError(root);
    if (next === undefined) break;
    root = next;
  }
  return root;
}

function innerError(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors[0] as unknown;
  return error.cause ?? undefined;
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as Error & { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : '';
}

function causeText(error: unknown): string {
  return messageOf(error) || codeOf(error) || 'no reason given';
}
