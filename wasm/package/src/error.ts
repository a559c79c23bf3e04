/** The one error type of the package. */

/**
 * What went wrong, in terms a program can act on.
 *
 * | code | meaning |
 * | --- | --- |
 * | `usage` | the question can't be asked of this file, or an option makes no sense |
 * | `not_found` | there is no such object (404, 410) |
 * | `forbidden` | the server refuses to give it to us (401, 403) |
 * | `cors` | the browser let no answer through: the server must allow this origin (or it can't be reached) |
 * | `changed` | the object changed while it was being read, and again after the one restart |
 * | `no_ranges` | the server doesn't serve byte ranges and the object is too large to take whole |
 * | `bad_answer` | an answer that is not what was asked for |
 * | `network` | the connection failed, broke or made no progress |
 * | `throttled` | the server asks for fewer requests (429, 503) |
 * | `server` | the server failed (5xx) or answered with a status that makes no sense |
 * | `not_parquet` | the bytes are not a Parquet file |
 * | `corrupt` | the file is damaged |
 * | `unsupported` | the file, or this environment, lacks something that this build needs |
 * | `memory` | what the file asks for can't be held in the memory it was given |
 * | `crashed` | the WebAssembly code or its worker ended; the next call begins with a new one |
 * | `closed` | the file was closed |
 *
 * An abort has no code: it rejects with the signal's own reason.
 */
export type ErrorCode =
  | 'usage'
  | 'not_found'
  | 'forbidden'
  | 'cors'
  | 'changed'
  | 'no_ranges'
  | 'bad_answer'
  | 'network'
  | 'throttled'
  | 'server'
  | 'not_parquet'
  | 'corrupt'
  | 'unsupported'
  | 'memory'
  | 'crashed'
  | 'closed';

/** The facts of an error beside its sentence. */
export interface ErrorFacts {
  /** Whether the same call may succeed later. Default: false. */
  retryable?: boolean | undefined;
  /** The HTTP status, where an answer was the reason. */
  status?: number | undefined;
  /** How often the request was made. */
  attempts?: number | undefined;
  /** The bytes that were asked for, end exclusive. */
  range?: [number, number] | undefined;
  /** The object, without what may be secret in its address. */
  object?: string | undefined;
  /** The error underneath. */
  cause?: unknown;
}

/** What says that an error is one of ours, whichever bundle made it. */
const OURS: unique symbol = Symbol.for('parqlet.error') as never;

/** Everything the package rejects with, but for aborts. Those of one entry are instances of the class of any other. */
export class ParqletError extends Error {
  override readonly name = 'ParqletError';
  /** What went wrong. */
  readonly code: ErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** The HTTP status, where an answer was the reason. */
  readonly status: number | undefined;
  /** How often the request was made, where there was one. */
  readonly attempts: number | undefined;
  /** The bytes that were asked for, end exclusive. */
  readonly range: [number, number] | undefined;
  /** The object, without what may be secret in its address. */
  readonly object: string | undefined;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.retryable = facts.retryable ?? false;
    this.status = facts.status;
    this.attempts = facts.attempts;
    this.range = facts.range;
    this.object = facts.object;
  }

  get [OURS](): true {
    return true;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && OURS in value;
  }
}

/** What the WebAssembly half throws on purpose carries a code; anything else it throws is a trap. */
interface CodedError extends Error, ErrorFacts {
  code: ErrorCode;
  retryable: boolean;
}

/** The error that a call into WebAssembly threw on purpose; `undefined` for a trap. */
export function coded(error: unknown): ParqletError | undefined {
  if (error instanceof ParqletError) return error;
  return isCoded(error) ? new ParqletError(error.code, error.message, error) : undefined;
}

function isCoded(error: unknown): error is CodedError {
  if (!(error instanceof Error) || error instanceof WebAssembly.RuntimeError) return false;
  const { code, retryable } = error as Partial<CodedError>;
  return typeof code === 'string' && typeof retryable === 'boolean';
}

/** The error for a call on a closed file. */
export function closed(): ParqletError {
  return new ParqletError('closed', 'the file is closed');
}

/** What an unknown thrown value says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
