/** Calls between a page and its worker, in both directions. */

import { ParqletError, type ErrorCode, type ErrorFacts } from '../error.js';
import { onAbort } from '../signals.js';

/** What goes over the wire. */
export type Message =
  | { type: 'call'; id: number; name: string; value: unknown }
  | { type: 'tell'; name: string; value: unknown }
  | { type: 'abort'; id: number }
  | { type: 'result'; id: number; value: unknown }
  | { type: 'error'; id: number; error: SentError };

/** An error as it crosses the border: clones of errors lose what they carry. */
export interface SentError extends Omit<ErrorFacts, 'cause'> {
  name: string;
  message: string;
  code?: ErrorCode | undefined;
  cause?: { name: string; message: string } | undefined;
}

/** Either end: a Worker, or the global of one. */
export interface Port {
  postMessage(message: Message, transfer: Transferable[]): void;
}

/** Does what the other side asks; `signal` aborts when the other side gives up. */
export type Handler = (value: never, signal: AbortSignal) => unknown;

/** A result with what of it may change hands. */
export class Transferred {
  readonly value: unknown;
  readonly transfer: Transferable[];

  constructor(value: unknown, transfer: Transferable[]) {
    this.value = value;
    this.transfer = transfer;
  }
}

interface Pending {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

/** One end of the wire. */
export class Channel {
  readonly #port: Port;
  readonly #handlers: Readonly<Record<string, Handler>>;
  readonly #pending = new Map<number, Pending>();
  readonly #serving = new Map<number, AbortController>();
  #ids = 0;
  #lost: ParqletError | undefined;

  constructor(port: Port, handlers: Readonly<Record<string, Handler>>) {
    this.#port = port;
    this.#handlers = handlers;
  }

  /** Asks the other side. An abort rejects at once, and tells the other side. */
  call(name: string, value: unknown, signals: readonly AbortSignal[] = []): Promise<unknown> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    const id = ++this.#ids;
    return new Promise((resolve, reject) => {
      let stop: (() => void) | undefined = undefined;
      const settled = (): void => {
        stop?.();
        this.#pending.delete(id);
      };
      this.#pending.set(id, {
        resolve: (value) => (settled(), resolve(value)),
        reject: (reason) => (settled(), reject(reason as Error)),
      });
      try {
        this.#port.postMessage({ type: 'call', id, name, value }, []);
      } catch (error) {
        this.#pending.get(id)?.reject(error);
        return;
      }
      stop = onAbort(signals, (reason) => {
        this.#pending.get(id)?.reject(reason);
        this.#port.postMessage({ type: 'abort', id }, []);
      });
    });
  }

  /** Tells the other side, without an answer. */
  tell(name: string, value: unknown): void {
    if (this.#lost === undefined) this.#port.postMessage({ type: 'tell', name, value }, []);
  }

  /** Takes what came over the wire. */
  receive(message: Message): void {
    switch (message.type) {
      case 'call':
        void this.#serve(message.id, message.name, message.value);
        break;
      case 'tell':
        void this.#handlers[message.name]?.(message.value as never, new AbortController().signal);
        break;
      case 'abort':
        this.#serving.get(message.id)?.abort();
        break;
      case 'result':
        this.#pending.get(message.id)?.resolve(message.value);
        break;
      case 'error':
        this.#pending.get(message.id)?.reject(received(message.error));
        break;
    }
  }

  /** The other side is gone: whatever was asked of it fails, and whatever it asked for is dropped. */
  lose(error: ParqletError): void {
    this.#lost = error;
    for (const pending of [...this.#pending.values()]) pending.reject(error);
    for (const controller of this.#serving.values()) controller.abort();
  }

  async #serve(id: number, name: string, value: unknown): Promise<void> {
    const controller = new AbortController();
    this.#serving.set(id, controller);
    try {
      const handler = this.#handlers[name];
      if (handler === undefined) throw new Error(`nothing is known of ${name}`);
      const result = await handler(value as never, controller.signal);
      if (this.#lost !== undefined) return;
      if (result instanceof Transferred) {
        this.#port.postMessage({ type: 'result', id, value: result.value }, result.transfer);
      } else {
        this.#port.postMessage({ type: 'result', id, value: result }, []);
      }
    } catch (error) {
      if (this.#lost === undefined) this.#port.postMessage({ type: 'error', id, error: sent(error) }, []);
    } finally {
      this.#serving.delete(id);
    }
  }
}

function sent(error: unknown): SentError {
  const { name, message } = plain(error);
  const cause = error instanceof Error && error.cause !== undefined ? plain(error.cause) : undefined;
  if (!(error instanceof ParqletError)) return { name, message, cause };
  const { code, retryable, status, attempts, range, object } = error;
  return { name, message, code, retryable, status, attempts, range, object, cause };
}

function received({ code, name, message, ...facts }: SentError): Error {
  const cause = facts.cause === undefined ? undefined : named(facts.cause.name, facts.cause.message);
  return code === undefined ? named(name, message, cause) : new ParqletError(code, message, { ...facts, cause });
}

function plain(error: unknown): { name: string; message: string } {
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: 'Error', message: String(error) };
}

/** TypeErrors stay such: they are what fetch says of the network. */
function named(name: string, message: string, cause?: Error): Error {
  const error = name === 'TypeError' ? new TypeError(message, { cause }) : new Error(message, { cause });
  error.name = name;
  return error;
}
