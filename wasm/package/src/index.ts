/** Parqlet: remote Parquet files, read in as few round trips as the link allows. */

export { open } from './open.js';
export { init, type ModuleSource } from './module/index.js';
export { ParqletError, type ErrorCode, type ErrorFacts } from './error.js';
export type {
  FallbackOptions,
  FileFacts,
  FileSource,
  OpenOptions,
  ParquetFile,
  ReadOptions,
  RowBatch,
  Selection,
  ValueReadOptions,
} from './api.js';
export type { ColumnChunk, Plan, RowGroup, Span } from './glue.js';
export type { FileStats, RequestEntry } from './log.js';
export type { Progress } from './run.js';
export type { Slices } from './source/slices.js';
export type { Field, Schema } from './schema.js';
export type { ViaFile, ViaOptions } from './via/api.js';
export type { Column, Interval, Row, ValueOptions } from './values/index.js';
