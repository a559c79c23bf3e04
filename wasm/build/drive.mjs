/** Drives the bindings over bytes in memory: the shortest way from a module to batches. */

/** Memory as a way to an object. */
const LINK = { latency: 0.01, bandwidth: 2e9, slots: 4, tail: 65_536 };

/** Opens and reads all of `bytes`; answers the schema and the batches as IPC messages. */
export function readAll(glue, module, bytes) {
  glue.initSync({ module });
  const file = drive(glue.Load.open('bytes', LINK), bytes).load.opened();
  const { load, batches } = drive(glue.Load.read(file, {}, LINK), bytes);
  return { schema: load.schema(), batches };
}

function drive(load, bytes) {
  const asked = [];
  const batches = [];
  const shell = {
    exact: (id, start, end) => asked.push({ id, start, end }),
    tail: (id, length) => asked.push({ id, start: Math.max(bytes.length - length, 0), end: bytes.length }),
    length: () => undefined,
    abandon: () => asked.splice(0),
  };
  for (;;) {
    const state = load.poll(performance.now(), shell);
    if (state === 1) load.decode();
    let idle = state === 0;
    for (let batch = load.batch(); batch !== undefined; batch = load.batch()) {
      batches.push(batch);
      idle = false;
    }
    for (const { id, start, end } of asked.splice(0)) {
      const head = { status: 206, contentRange: `bytes ${start}-${end - 1}/${bytes.length}`, contentLength: end - start };
      const limit = load.head(id, performance.now(), head);
      if (limit === undefined || limit < end - start) throw new Error(`bytes ${start} to ${end} are refused`);
      load.body(id, performance.now(), 0, bytes.subarray(start, end));
      idle = false;
    }
    if (state === 2) return { load, batches };
    if (idle) throw new Error('the load waits for nothing');
  }
}
