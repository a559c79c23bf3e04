/** What goes wrong, as the caller is told: RFC 9457 problem details with a stable code. */

import { ParqletError, type ErrorCode } from '../error.js';

/**
 * The codes of problems, with their statuses.
 *
 * | code | status | meaning |
 * | --- | --- | --- |
 * | `bad_parameter` | 400 | a parameter is missing, unknown, repeated or malformed; `parameter` names it |
 * | `bad_url` | 400 | `url` is no address of a file: another scheme, a user in it, no address at all |
 * | `bad_selection` | 400 | the file has no such column |
 * | `too_many_rows` | 400 | `limit` is over `maxRows` |
 * | `url_not_allowed` | 403 | no pattern of `allow` matches |
 * | `private_address` | 403 | a loopback, link-local, private or metadata address that isn't allowed by name |
 * | `redirect_not_allowed` | 403 | the file's server redirects to a place that isn't allowed |
 * | `file_forbidden` | 403 | the file's server refuses to give it (401, 403) |
 * | `no_such_path` | 404 | the service has `/`, `/schema` and `/plan` |
 * | `file_not_found` | 404 | there is no such file (404, 410) |
 * | `method_not_allowed` | 405 | only GET, HEAD and OPTIONS |
 * | `query_too_long` | 414 | a query of more than 8 KiB |
 * | `not_parquet` | 422 | the file is no Parquet file |
 * | `file_corrupt` | 422 | the file is damaged |
 * | `file_unsupported` | 422 | the file uses what can't be read here |
 * | `too_many_bytes` | 422 | the answer would cost more than `maxBytes` |
 * | `too_many_subrequests` | 422 | the answer would cost more than `maxRequests` |
 * | `too_much_memory` | 422 | the answer would need more than `memory` |
 * | `internal` | 500 | a defect |
 * | `upstream_bad_answer` | 502 | the file's server answers what was not asked for |
 * | `upstream_failed` | 502 | the file's server fails |
 * | `upstream_no_ranges` | 502 | the file's server doesn't serve byte ranges |
 * | `upstream_unreachable` | 502 | no answer came from the file's server |
 * | `file_changed` | 503 | the file changes while it is read |
 * | `upstream_busy` | 503 | the file's server asks for fewer requests (429, 503) |
 * | `upstream_timeout` | 504 | the file's server is too slow |
 */
const STATUS = {
  bad_parameter: 400,
  bad_url: 400,
  bad_selection: 400,
  too_many_rows: 400,
  url_not_allowed: 403,
  private_address: 403,
  redirect_not_allowed: 403,
  file_forbidden: 403,
  no_such_path: 404,
  file_not_found: 404,
  method_not_allowed: 405,
  query_too_long: 414,
  not_parquet: 422,
  file_corrupt: 422,
  file_unsupported: 422,
  too_many_bytes: 422,
  too_many_subrequests: 422,
  too_much_memory: 422,
  internal: 500,
  upstream_bad_answer: 502,
  upstream_failed: 502,
  upstream_no_ranges: 502,
  upstream_unreachable: 502,
  file_changed: 503,
  upstream_busy: 503,
  upstream_timeout: 504,
} as const;

/** A stable name of what went wrong; the table is in the source and in EDGE.md. */
export type ProblemCode = keyof typeof STATUS;

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  414: 'URI Too Long',
  422: 'Unprocessable Content',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** Why a request gets no rows. Its message is for the caller: it holds no secret and nothing the file's server said. */
export class Problem extends Error {
  readonly code: ProblemCode;
  /** The parameter that is at fault. */
  readonly parameter: string | undefined;
  /** With `too_many_rows`: how many an answer may have. */
  readonly maxRows: number | undefined;

  constructor(code: ProblemCode, detail: string, parameter?: string, maxRows?: number) {
    super(detail);
    this.code = code;
    this.parameter = parameter;
    this.maxRows = maxRows;
  }

  /** The status it is answered with. */
  get status(): number {
    return STATUS[this.code];
  }

  /** The problem details (RFC 9457). */
  json(): string {
    const { status, code, parameter, maxRows } = this;
    return `${JSON.stringify({ title: TITLES[status], status, detail: this.message, code, parameter, maxRows })}\n`;
  }
}

/**
 * What the package's errors become. Sentences about the file's own content are passed on; what is about its server is
 * said in words of our own.
 */
const FROM_FILE: Record<ErrorCode, [ProblemCode, string?]> = {
  usage: ['bad_selection'],
  not_found: ['file_not_found', 'there is no such file: check the address'],
  forbidden: ['file_forbidden', 'the server of the file refuses to give it'],
  cors: ['upstream_unreachable', 'no answer came from the server of the file'],
  changed: ['file_changed', 'the file changes while it is read: try again'],
  no_ranges: [
    'upstream_no_ranges',
    'the server of the file does not serve byte ranges, and the file is too large to take whole',
  ],
  bad_answer: ['upstream_bad_answer', 'the server of the file gave an answer that is not what was asked for'],
  network: ['upstream_unreachable', 'no whole answer came from the server of the file'],
  throttled: ['upstream_busy', 'the server of the file asks for fewer requests: try again later'],
  server: ['upstream_failed', 'the server of the file failed'],
  not_parquet: ['not_parquet', 'the file is no Parquet file'],
  corrupt: ['file_corrupt'],
  unsupported: ['file_unsupported'],
  memory: ['too_much_memory', 'these rows need more memory than this service gives: ask for fewer columns or rows'],
  crashed: ['internal', 'the reader failed on this file, which is a defect of Parqlet'],
  closed: ['internal', 'the file was closed'],
};

/** The problem that an error amounts to. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof ParqletError) {
    const [code, detail] = FROM_FILE[error.code];
    return new Problem(code, detail ?? withoutObject(error));
  }
  return new Problem('internal', 'the service failed, which is a defect of Parqlet');
}

/** The sentence without the file's name, which the caller knows, and which may be a secret. */
function withoutObject({ message, object }: ParqletError): string {
  const prefix = `${object ?? ''}: `;
  return message.startsWith(prefix) ? message.slice(prefix.length) : message;
}
