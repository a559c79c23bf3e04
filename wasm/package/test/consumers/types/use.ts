// Never run, only compiled: what a program may and may not do with the package. Each expected error must be one.

import { init, open, ParqletError } from 'parqlet';
import type { ErrorCode, Field, FileStats, ParquetFile, Plan, Row, RowBatch, Schema, Selection } from 'parqlet';
import { createHandler, type EdgeHandler, type EdgeOptions, type ProblemCode } from 'parqlet/edge';
import { openVia, type ViaFile } from 'parqlet/via';
import * as worker from 'parqlet/worker';

/** What can't be read directly is read by a service: a program that takes both has to look which it is. */
export async function otherwise(): Promise<Plan[]> {
  const service = 'https://service.example.com/';
  const via: ViaFile = await openVia(service, new URL('https://example.com/a.parquet'), { headers: { 'x-key': 'x' } });
  const fallback: string | undefined = Math.random() > 2 ? service : undefined;
  const file: ParquetFile | ViaFile = await open('https://example.com/a.parquet', { fallback });
  const far = await worker.open('https://example.com/a.parquet', { fallback: new URL(service) });
  // @ts-expect-error it may be that of a service
  const direct: ParquetFile = file;
  // @ts-expect-error the server of the file is never asked
  await openVia(service, 'https://example.com/a.parquet', { length: 10 });
  const rows: Row[] = await (file.via === undefined ? direct : via).rows({ limit: file.rowCount });
  const plans = [file.via === undefined ? file.plan() : await file.plan(), await far.plan(), await via.plan()];
  return rows.length > 0 ? plans : [];
}

export async function right(): Promise<void> {
  await init();
  await init(new Uint8Array(8));
  await init(fetch('https://example.com/parqlet.wasm'));
  const controller = new AbortController();
  const selection: Selection = { columns: ['a', 'b.c'], rowGroups: [0], offset: 1, limit: 2 };
  const file: ParquetFile = await open('https://example.com/a.parquet', {
    signal: controller.signal,
    headers: { authorization: 'Bearer x' },
    credentials: 'include',
    length: 10,
    memory: 1e6,
    onProgress: ({ bytes }) => bytes.toFixed(),
  });
  const sources = [new URL('https://example.com'), new Blob([]), new ArrayBuffer(0), new Uint8Array(0)] as const;
  for (const source of sources) await open(source);
  await open('a.parquet', { headers: new Headers(), fetch: async (input, init) => await fetch(input, init) });
  await open({ byteLength: 4, slice: async (start: number, end: number) => new ArrayBuffer(end - start) });

  const schema: Schema = file.schema;
  const field: Field | undefined = schema.fields[0];
  const rows: Row[] = await file.rows({ ...selection, int64: 'number', timestamps: 'nanoseconds', maps: 'map' });
  const columns = await file.columns(selection);
  const ipc: Uint8Array<ArrayBuffer> = await file.ipc(selection);
  const plan: Plan = file.plan(selection);
  const stats: FileStats = file.stats;
  for await (const batch of file.batches(selection)) use(batch);
  file.close();
  const values: unknown[] = [
    field,
    rows[0]?.['a'],
    columns['a']?.length,
    ipc.buffer,
    plan.requests.length,
    stats.bytes,
  ];
  void values;

  const remote = await worker.open('https://example.com/a.parquet');
  const later: Promise<Plan> = remote.plan(selection);
  void later;
}

function use(batch: RowBatch): [number, Uint8Array, Row[]] {
  return [batch.rowCount, batch.ipc(), batch.rows()];
}

export function told(error: unknown): ErrorCode | undefined {
  if (!(error instanceof ParqletError)) return undefined;
  const retryable: boolean = error.retryable;
  const status: number | undefined = error.status;
  return retryable || status === 404 ? error.code : 'corrupt';
}

export async function wrong(file: ParquetFile): Promise<void> {
  // @ts-expect-error A number is no source.
  await open(1);
  // @ts-expect-error Nor a module.
  await init(1);
  // @ts-expect-error There is no such option.
  await open('a.parquet', { retries: 3 });
  // @ts-expect-error Columns are given by name, not by number.
  await file.rows({ columns: [1] });
  // @ts-expect-error There is no such choice.
  await file.rows({ int64: 'string' });
  // @ts-expect-error Arrow has no choice of values.
  await file.ipc({ int64: 'number' });
  // @ts-expect-error Nothing can be set.
  file.rowCount = 3;
  // @ts-expect-error A plan is made without a signal.
  file.plan({ signal: AbortSignal.abort() });
  // @ts-expect-error The rows come by a promise.
  (await file.batches()).map(() => undefined);
  // @ts-expect-error There is no such code.
  const code: ErrorCode = 'timeout';
  void code;
}

export async function edge(): Promise<Response> {
  const options: EdgeOptions = {
    allow: ['https://example.com/'],
    maxRows: 10,
    headers: (url) => ({ authorization: url.host }),
    cors: '*',
    cache: false,
  };
  const handler: EdgeHandler = createHandler(options);
  const code: ProblemCode = 'not_parquet';
  // @ts-expect-error: without a list nothing could be read.
  createHandler({});
  // @ts-expect-error: a misspelt option.
  createHandler({ allow: [], maxRow: 1 });
  void code;
  return await handler(new Request('https://example.com/'), {}, { waitUntil: (work) => void work });
}
