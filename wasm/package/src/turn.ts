/** Lets the event loop have its turn between pieces of decoding. */

/** A page that draws 60 times a second has 16 ms for everything. */
const LONGEST = 12;

/** How long we have kept the event loop. */
export class Turn {
  #began = performance.now();

  /** A new turn has begun. */
  begin(): void {
    this.#began = performance.now();
  }

  /** Gives the event loop a turn if we have kept it for long. */
  async pass(): Promise<void> {
    if (performance.now() - this.#began < LONGEST) return;
    await nextTask();
    this.begin();
  }
}

interface Globals {
  setImmediate?: (callback: () => void) => unknown;
  MessageChannel?: typeof MessageChannel;
}

/**
 * The next task. Not `scheduler.yield()`: what it continues goes before other tasks, so answers would wait until all
 * is decoded. Not a timer in a browser: nested ones take 4 ms each.
 */
function nextTask(): Promise<void> {
  const { setImmediate, MessageChannel } = globalThis as Globals;
  return new Promise((resolve) => {
    if (setImmediate !== undefined) {
      setImmediate(resolve);
    } else if (MessageChannel !== undefined) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(undefined);
    } else {
      setTimeout(resolve, 0);
    }
  });
}
