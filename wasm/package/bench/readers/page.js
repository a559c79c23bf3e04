/** What a page does for the bench: jobs with a clock around them; afterwards, out of the clock, the values. */

/** Runs a job of a reader that has been prepared: a file of its own each time, unless `again`. */
export async function run(reader, way, job, url) {
  const { connect, names, rows, column } = reader.ways[way];
  const source = job.again ? await connect(url) : undefined;
  if (source !== undefined) await rows(source, job.rows);
  await globalThis.beforeJob?.();

  const began = performance.now();
  const from = source ?? (await connect(url));
  let found;
  if (job.names) found = await names(from);
  else if (job.column !== undefined) found = await column(from, job.column);
  else found = await rows(from, job.rows);
  const ms = performance.now() - began;

  const values = job.names ? found : job.column === undefined ? reader.plainRows(found) : await digest(found);
  return { ms, values };
}

/** From nothing to rows: the reader's own code and module included. */
export async function cold(script, way, job, url) {
  const began = performance.now();
  const reader = await import(script);
  const imported = performance.now();
  if (!reader.preparesItself) await reader.prepare();
  const prepared = performance.now();
  const { connect, rows } = reader.ways[way];
  const found = await rows(await connect(url), job.rows);
  const ended = performance.now();
  return {
    ms: ended - began,
    importMs: imported - began,
    prepareMs: prepared - imported,
    values: reader.plainRows(found),
  };
}

/** Doubles in pieces: how many, and a hash of their bytes. */
async function digest(chunks) {
  const all = Float64Array.from(chunks.flatMap((chunk) => Array.from(chunk)));
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
  return { length: all.length, hash: Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('') };
}
