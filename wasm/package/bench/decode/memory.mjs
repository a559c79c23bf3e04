/** Every WebAssembly memory of this process: import it before what makes them. */

const memories = new Set();

class WatchedInstance extends WebAssembly.Instance {
  constructor(module, imports) {
    super(module, imports);
    for (const exported of Object.values(this.exports)) {
      if (exported instanceof WebAssembly.Memory) memories.add(exported);
    }
  }
}
WebAssembly.Instance = WatchedInstance;

/** Bytes of the largest memory. As memories never shrink, that is its peak. */
export function peakMemory() {
  return Math.max(0, ...Array.from(memories, ({ buffer }) => buffer.byteLength));
}
