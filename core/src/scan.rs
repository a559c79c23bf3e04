//! Scan: how the tasks of one read are decoded.

use crate::arrow_schema;
use crate::error::Result;
use crate::select::Resolved;
use ::arrow_schema::SchemaRef;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::basic::Type;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use std::sync::Arc;

/// What all jobs of a load share.
#[derive(Debug, Clone)]
pub struct Scan {
    /// Metadata with the Arrow schema, and the offset index where pages are to be read.
    pub metadata: ArrowReaderMetadata,
    /// The leaf columns to decode.
    pub projection: ProjectionMask,
    /// See [`Resolved::order`].
    pub order: Option<Vec<usize>>,
    /// The schema of the batches.
    pub schema: SchemaRef,
    /// Rows a batch.
    pub batch_rows: usize,
    /// The object's length in bytes: nothing may be asked past it.
    pub length: u64,
}

impl Scan {
    /// The scan of a selection.
    ///
    /// # Errors
    /// When the file's types have no Arrow equivalent.
    pub fn new(metadata: Arc<ParquetMetaData>, selection: &Resolved, length: u64) -> Result<Self> {
        let batch_rows = batch_rows(&metadata, selection);
        let metadata = arrow_schema::reader_metadata(metadata)?;
        let schema = arrow_schema::projected(metadata.schema(), &selection.leaves, selection.order.as_deref())?;
        Ok(Self {
            metadata,
            projection: selection.projection.clone(),
            order: selection.order.clone(),
            schema,
            batch_rows,
            length,
        })
    }
}

/// Rows a batch, so that a batch takes about `BATCH_BYTES`.
fn batch_rows(metadata: &ParquetMetaData, selection: &Resolved) -> usize {
    /// About what a core's second-level cache and a message to another thread like.
    const BATCH_BYTES: u64 = 8 << 20;
    if let Some(rows) = selection.batch_rows {
        return rows;
    }
    let bytes_per_row = selection
        .rows
        .iter()
        .map(|rows| {
            let group = metadata.row_group(rows.index);
            let bytes: u64 = selection.leaves.iter().map(|leaf| leaf_bytes(group.column(*leaf))).sum();
            bytes / rows.total.max(1)
        })
        .max()
        .unwrap_or(1)
        .max(1);
    usize::try_from((BATCH_BYTES / bytes_per_row).clamp(1024, 65_536)).unwrap_or(1024)
}

/// A guess at the decoded bytes of a column chunk. Encoded text may be far smaller than its values (a dictionary), so
/// it counts with at least 16 bytes a value.
fn leaf_bytes(column: &ColumnChunkMetaData) -> u64 {
    let values = u64::try_from(column.num_values()).unwrap_or(0);
    let width = match column.column_type() {
        Type::BOOLEAN => 1,
        Type::INT32 | Type::FLOAT => 4,
        Type::INT64 | Type::DOUBLE | Type::INT96 => 8,
        Type::BYTE_ARRAY => 16,
        Type::FIXED_LEN_BYTE_ARRAY => u64::try_from(column.column_descr().type_length()).unwrap_or(16),
    };
    let encoded = u64::try_from(column.uncompressed_size()).unwrap_or(0);
    values.saturating_mul(width).max(encoded)
}
