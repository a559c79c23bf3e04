/** Waiting with signals. */

/** Calls `abort` once, with the reason of the first signal that aborts, now or later. Gives back how to stop. */
export function onAbort(signals: readonly AbortSignal[], abort: (reason: unknown) => void): () => void {
  const stop = (): void => signals.forEach((signal) => signal.removeEventListener('abort', listener));
  const listener = (event: Event): void => {
    stop();
    abort((event.target as AbortSignal).reason);
  };
  const aborted = signals.find((signal) => signal.aborted);
  if (aborted === undefined) signals.forEach((signal) => signal.addEventListener('abort', listener));
  else abort(aborted.reason);
  return stop;
}

/** Throws the reason of a signal that has aborted. */
export function throwIfAborted(signals: readonly AbortSignal[]): void {
  for (const signal of signals) signal.throwIfAborted();
}

/** The promise, unless a signal aborts first. The promise goes on by itself. */
export function race<T>(promise: Promise<T>, signals: readonly AbortSignal[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = onAbort(signals, reject);
    promise.then(resolve, reject).finally(stop);
  });
}

/** The signals that there are. */
export function present(...signals: (AbortSignal | null | undefined)[]): AbortSignal[] {
  return signals.filter((signal) => signal !== undefined && signal !== null);
}
