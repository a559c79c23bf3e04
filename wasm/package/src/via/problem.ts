/** What a service says is wrong (RFC 9457), as errors of the package. */

import type { ErrorCode } from '../error.js';
import { Failure } from '../source/index.js';

/** A refusal of the service. */
export class Refusal extends Failure {
  /** The service's own name of the problem, where it has said one. */
  readonly problem: string | undefined;
  readonly status: number;
  /** What a {@link problem} of `too_many_rows` names as the most. */
  readonly maxRows: number | undefined;
  /** Milliseconds that the service wants us to wait. */
  readonly retryAfter: number | undefined;

  constructor(status: number, said: Said, retryAfter: number | undefined) {
    const { code, retryable } = meaning(said.code, status);
    super(code, said.detail ?? unexplained(status), retryable);
    this.problem = said.code;
    this.status = status;
    this.maxRows = said.maxRows;
    this.retryAfter = retryAfter;
  }

  /** Whether fewer rows may be answered where these were not. */
  get isTooMuch(): boolean {
    return TOO_MUCH.includes(this.problem ?? '');
  }
}

/** What there is in the body of a refusal. */
export interface Said {
  code?: string | undefined;
  detail?: string | undefined;
  maxRows?: number | undefined;
}

const TOO_MUCH = ['too_many_rows', 'too_many_bytes', 'too_many_subrequests', 'too_much_memory'];

/** The codes of EDGE.md. */
const MEANINGS: Record<string, ErrorCode> = {
  bad_parameter: 'usage',
  bad_url: 'usage',
  bad_selection: 'usage',
  too_many_rows: 'usage',
  url_not_allowed: 'forbidden',
  private_address: 'forbidden',
  redirect_not_allowed: 'forbidden',
  file_forbidden: 'forbidden',
  no_such_path: 'bad_answer',
  file_not_found: 'not_found',
  method_not_allowed: 'bad_answer',
  query_too_long: 'usage',
  not_parquet: 'not_parquet',
  file_corrupt: 'corrupt',
  file_unsupported: 'unsupported',
  too_many_bytes: 'memory',
  too_many_subrequests: 'memory',
  too_much_memory: 'memory',
  internal: 'server',
  upstream_bad_answer: 'bad_answer',
  upstream_failed: 'server',
  upstream_no_ranges: 'no_ranges',
  upstream_unreachable: 'network',
  file_changed: 'changed',
  upstream_busy: 'throttled',
  upstream_timeout: 'network',
};

const RETRYABLE: readonly ErrorCode[] = ['network', 'throttled', 'changed', 'server'];

/** Reads the body of a refusal; what is no problem says nothing. */
export function saidIn(body: string): Said {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return {};
  }
  const { code, detail, maxRows } = (value ?? {}) as Record<string, unknown>;
  return {
    code: typeof code === 'string' ? code : undefined,
    detail: typeof detail === 'string' ? detail : undefined,
    maxRows: Number.isSafeInteger(maxRows) && Number(maxRows) > 0 ? Number(maxRows) : undefined,
  };
}

function meaning(problem: string | undefined, status: number): { code: ErrorCode; retryable: boolean } {
  const code = (problem !== undefined && Object.hasOwn(MEANINGS, problem) && MEANINGS[problem]) || byStatus(status);
  return { code, retryable: RETRYABLE.includes(code) && problem !== 'internal' };
}

/** Of something that stands before the service, or in its place. */
function byStatus(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'forbidden';
  if (status === 429 || status === 503) return 'throttled';
  return status >= 500 ? 'server' : 'bad_answer';
}

function unexplained(status: number): string {
  return `it answers with status ${status}, without a word that is understood: is this the address of such a service?`;
}
