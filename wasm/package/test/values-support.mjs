// What the tests of values share: the code under test, bundled from the sources, and Arrow IPC taken apart as the wasm
// half hands it over.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

import { decodeMessage } from '@uwdata/flechette/src/decode/message.js';
import { buildSync } from 'esbuild';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

const { outputFiles } = buildSync({
  stdin: {
    contents: `export * from './schema.ts'; export * from './values/index.ts';`,
    resolveDir: path('../src'),
    loader: 'ts',
  },
  bundle: true,
  format: 'esm',
  write: false,
  target: 'es2022',
});

export const { schemaOf, rowsOf, columnsOf } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
);

/** A gzipped file of test/data. */
export function data(name) {
  return new Uint8Array(gunzipSync(readFileSync(path(`data/${name}`))));
}

/** An IPC stream as its schema message and, for each record batch, the message with its dictionaries before it. */
export function messages(stream) {
  let schema;
  const batches = [];
  let start = 0;
  for (let message = decodeMessage(stream, 0); message; message = decodeMessage(stream, message.index)) {
    if (message.type === 1) schema = stream.slice(start, (start = message.index));
    if (message.type === 3) batches.push(stream.slice(start, (start = message.index)));
  }
  return { schema, batches };
}

/** A value in the form of values.json: JSON, with what JSON lacks as `{ kind: text }`. */
export function canonical(value) {
  if (typeof value === 'bigint') return { bigint: String(value) };
  if (typeof value === 'number') {
    if (Number.isFinite(value) && !Object.is(value, -0)) return value;
    return { number: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (value instanceof Date) return { date: Number.isNaN(value.getTime()) ? 'invalid' : value.getTime() };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') };
  if (Array.isArray(value)) return value.map(canonical);
  if (value instanceof Map) return { map: [...value].map(canonical) };
  if (typeof value === 'object' && value !== null) {
    // As JSON.parse does it: `__proto__` is a member.
    const out = JSON.parse(`{${Object.keys(value).map((name) => `${JSON.stringify(name)}:0`)}}`);
    for (const name of Object.keys(value)) out[name] = canonical(value[name]);
    return out;
  }
  return value;
}
