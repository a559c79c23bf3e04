//! Scan: how the tasks of one read are decoded.

use crate::arrow_schema;
use crate::conform::Conformed;
use crate::error::Result;
use crate::job;
use crate::select::Resolved;
use ::arrow_schema::{DataType, FieldRef, SchemaRef, TimeUnit};
use parquet::arrow::{FieldLevels, parquet_to_arrow_field_levels};
use parquet::basic::Type;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use std::sync::Arc;

/// What all jobs of a load share.
#[derive(Debug, Clone)]
pub struct Scan {
    /// What the decoder is shown, with the offset index where pages are to be read.
    pub(crate) conformed: Conformed,
    /// The leaf columns to decode, ascending.
    pub(crate) leaves: Vec<usize>,
    /// See [`Resolved::order`].
    pub(crate) order: Option<Vec<usize>>,
    /// What a decoded batch means: its columns in file order.
    pub(crate) meant: SchemaRef,
    /// The same as the decoder has it.
    pub(crate) levels: FieldLevels,
    /// The schema of the batches, in the order that was asked for.
    pub(crate) schema: SchemaRef,
    /// Rows a batch at most.
    pub(crate) batch_rows: usize,
    /// The object's length in bytes: nothing may be asked past it.
    pub(crate) length: u64,
    /// Bytes that a page, or a batch of values that a page lets repeat, may take: half the load's memory.
    pub(crate) page_budget: u64,
}

impl Scan {
    /// The scan of a selection. `memory` is the load's budget in bytes.
    ///
    /// # Errors
    /// When the Arrow schema doesn't match the file's columns.
    pub(crate) fn new(conformed: Conformed, selection: &Resolved, length: u64, memory: u64) -> Result<Self> {
        let meant = arrow_schema::projected(&conformed.schema, &selection.leaves);
        let columns = conformed.metadata.metadata().file_metadata().schema_descr();
        // What the decoder is shown of all columns: the types it has taken from the writer's hint stay.
        let shown = conformed.metadata.schema().fields();
        let projection = selection.projection.clone();
        let levels = job::caught(|| parquet_to_arrow_field_levels(columns, projection, Some(shown)))??;
        let schema = match &selection.order {
            Some(order) => arrow_schema::ordered(&meant, order)?,
            None => Arc::clone(&meant),
        };
        Ok(Self {
            batch_rows: batch_rows(conformed.metadata.metadata(), selection),
            conformed,
            leaves: selection.leaves.clone(),
            order: selection.order.clone(),
            meant,
            levels,
            schema,
            length,
            page_budget: (memory / 2).max(LEAST_PAGE_BUDGET),
        })
    }

    /// Whether values may show that an INT96 column needs a coarser unit than it is read in.
    pub(crate) fn may_change_units(&self) -> bool {
        let fine = |field: &FieldRef| holds(field.data_type(), TimeUnit::Nanosecond);
        let columns = self.metadata().file_metadata().schema_descr();
        // Shown as 12 bytes: INT96, or an INTERVAL, which makes no harm here.
        self.leaves.iter().any(|leaf| columns.column(*leaf).type_length() == 12) && self.meant.fields().iter().any(fine)
    }

    /// The metadata the decoder is shown.
    pub(crate) fn metadata(&self) -> &Arc<ParquetMetaData> {
        self.conformed.metadata.metadata()
    }
}

/// Whether a type holds timestamps of this unit, at any depth.
fn holds(data_type: &DataType, unit: TimeUnit) -> bool {
    match data_type {
        DataType::Timestamp(of, _) => *of == unit,
        DataType::Struct(fields) => fields.iter().any(|field| holds(field.data_type(), unit)),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => holds(item.data_type(), unit),
        _ => false,
    }
}

/// Pages of this size are ordinary, whatever the budget.
const LEAST_PAGE_BUDGET: u64 = 64 << 20;

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
            let bytes = selection.leaves.iter().map(|leaf| leaf_bytes(group.column(*leaf)));
            bytes.fold(0, u64::saturating_add) / rows.total.max(1)
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
