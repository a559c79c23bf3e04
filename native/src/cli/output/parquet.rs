//! Parquet, compressed with zstd.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::destination::Pipe;
use super::{OutputError, Sink};

/// Bytes, encoded, after which a row group ends: what the writer holds in memory. Smaller than writers commonly choose,
/// so that it stays small beside the default memory budget.
const ROW_GROUP_BYTES: usize = 64 << 20;

/// Rows after which a row group ends.
const ROW_GROUP_ROWS: usize = 1 << 20;

/// Writes a Parquet file.
pub(super) struct ParquetSink {
    writer: ArrowWriter<Pipe>,
}

impl ParquetSink {
    /// Begins the file.
    pub(super) fn new(schema: &SchemaRef, pipe: Pipe) -> Result<Self, OutputError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_created_by(concat!("parqlet ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        Ok(Self { writer: ArrowWriter::try_new(pipe, schema.clone(), Some(properties))? })
    }
}

impl Sink for ParquetSink {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        Ok(self.writer.write(batch)?)
    }

    fn finish(&mut self) -> Result<(), OutputError> {
        self.writer.finish()?;
        // `finish` ends the format but leaves the last bytes in the pipe's own buffer.
        Ok(std::io::Write::flush(self.writer.inner_mut()).map_err(arrow_schema::ArrowError::from)?)
    }
}
