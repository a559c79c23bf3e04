//! Sample files: seeded, streamed row group by row group, as large as wanted in little memory.
//!
//! [`rides`] looks like the log of a ride service; [`plain`] and [`wide`] are numbers only. A column's values depend on
//! the seed and the row alone, not on row groups, codec or the other options, so that the batches of [`ride_batches`]
//! tell a test what any reading of the file must give.

mod numbers;
mod rides;
mod words;

use std::io::Write;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, Schema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

/// What a sample file is to be like.
#[derive(Debug, Clone)]
pub struct SampleOptions {
    /// Rows in all; 600,000, some tens of megabytes of rides.
    pub rows: u64,
    /// Row groups, of even size; 10. With fewer rows than that, one row each.
    pub row_groups: u64,
    /// Top-level columns; 30. Rides have 30 of their own: fewer leave out the last ones, more add numbers.
    pub columns: usize,
    /// Codec of all pages; snappy.
    pub codec: Compression,
    /// Column and offset index; there by default.
    pub page_index: bool,
    /// Rows per data page, at most; 20,000, what the usual writers do.
    pub page_rows: usize,
    /// Same seed, same values.
    pub seed: u64,
}

impl Default for SampleOptions {
    fn default() -> Self {
        Self {
            rows: 600_000,
            row_groups: 10,
            columns: rides::COLUMNS,
            codec: Compression::SNAPPY,
            page_index: true,
            page_rows: 20_000,
            seed: 42,
        }
    }
}

/// Writes the log of a ride service: ids, times, a date, words of small and large vocabularies, free text, amounts, a
/// decimal, flags, nulls, two structs and a list; sorted by time.
///
/// # Errors
///
/// Those of the output.
pub fn rides(options: &SampleOptions, out: impl Write + Send) -> Result<(), ParquetError> {
    write(ride_batches(options), options, out)
}

/// Writes numbers only: `c0000` int64, `c0001` double, `c0002` int32 of few values, and so on in turn. Quick to make.
///
/// # Errors
///
/// Those of the output.
pub fn plain(options: &SampleOptions, out: impl Write + Send) -> Result<(), ParquetError> {
    write(plain_batches(options), options, out)
}

/// Writes [`plain`] numbers in 2,000 columns: 4,000 rows in 2 row groups, so that the footer is most of the file.
///
/// # Errors
///
/// Those of the output.
pub fn wide(out: impl Write + Send) -> Result<(), ParquetError> {
    plain(&wide_options(), out)
}

/// The options of [`wide`].
pub fn wide_options() -> SampleOptions {
    SampleOptions { rows: 4_000, row_groups: 2, columns: 2_000, ..SampleOptions::default() }
}

/// The file of [`rides`], in memory.
///
/// # Errors
///
/// Those of the writer.
pub fn rides_in_memory(options: &SampleOptions) -> Result<Bytes, ParquetError> {
    let mut file = Vec::new();
    rides(options, &mut file)?;
    Ok(file.into())
}

/// The file of [`plain`], in memory.
///
/// # Errors
///
/// Those of the writer.
pub fn plain_in_memory(options: &SampleOptions) -> Result<Bytes, ParquetError> {
    let mut file = Vec::new();
    plain(options, &mut file)?;
    Ok(file.into())
}

/// The rows of [`rides`] in order.
pub fn ride_batches(options: &SampleOptions) -> Batches {
    let rides = rides::Rides::new(options.seed, options.columns);
    Batches::new(options, rides.schema(), Box::new(rides))
}

/// The rows of [`plain`] in order.
pub fn plain_batches(options: &SampleOptions) -> Batches {
    let names = (0..options.columns).map(|column| format!("c{column:04}"));
    let numbers = numbers::Numbers::new(options.seed, names);
    let schema = Arc::new(Schema::new(numbers.fields()));
    Batches::new(options, schema, Box::new(numbers))
}

/// Makes columns for the next rows.
trait Rows: Send {
    fn next(&mut self, rows: usize) -> Result<Vec<ArrayRef>, ArrowError>;
}

/// Rows made at a time, at most: bounds the memory, whatever the file's size.
const BATCH: u64 = 16_384;

/// The rows of a sample, made as they are asked for. No batch crosses a row group's end.
pub struct Batches {
    schema: SchemaRef,
    source: Box<dyn Rows>,
    rows: u64,
    row_groups: u64,
    group: u64,
    done: u64,
}

impl Batches {
    fn new(options: &SampleOptions, schema: SchemaRef, source: Box<dyn Rows>) -> Self {
        let row_groups = options.row_groups.clamp(1, options.rows.max(1));
        Self { schema, source, rows: options.rows, row_groups, group: 0, done: 0 }
    }

    /// The schema of the batches and of the file.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// True if the row group of the last batch is complete.
    fn at_group_end(&self) -> bool {
        self.done == self.group_end()
    }

    fn group_end(&self) -> u64 {
        let end = u128::from(self.rows) * u128::from(self.group + 1) / u128::from(self.row_groups);
        u64::try_from(end).unwrap_or(self.rows)
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done == self.rows {
            return None;
        }
        if self.at_group_end() {
            self.group += 1;
        }
        let rows = (self.group_end() - self.done).min(BATCH);
        self.done += rows;
        let columns = self.source.next(usize::try_from(rows).unwrap_or(0));
        Some(columns.and_then(|columns| RecordBatch::try_new(Arc::clone(&self.schema), columns)))
    }
}

impl std::fmt::Debug for Batches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batches").field("rows", &self.rows).field("done", &self.done).finish_non_exhaustive()
    }
}

fn write(mut batches: Batches, options: &SampleOptions, out: impl Write + Send) -> Result<(), ParquetError> {
    let statistics = if options.page_index { EnabledStatistics::Page } else { EnabledStatistics::Chunk };
    let properties = WriterProperties::builder()
        .set_compression(options.codec)
        .set_statistics_enabled(statistics)
        .set_offset_index_disabled(!options.page_index)
        .set_data_page_row_count_limit(options.page_rows)
        .set_write_batch_size(options.page_rows.clamp(1, 1024))
        .set_max_row_group_row_count(None)
        .build();
    let mut writer = ArrowWriter::try_new(out, batches.schema(), Some(properties))?;
    while let Some(batch) = batches.next() {
        writer.write(&batch?)?;
        if batches.at_group_end() {
            writer.flush()?;
        }
    }
    writer.close()?;
    Ok(())
}

/// A source of chance for one column, that no other column disturbs.
fn dice(seed: u64, column: usize) -> fastrand::Rng {
    fastrand::Rng::with_seed(seed ^ (column as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}
