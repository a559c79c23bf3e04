//! Files that other readers take and the `parquet` crate does not, or not whole.
//!
//! ```text
//! footer bytes ─► footer::repaired (only if they don't decode) ─► the crate's metadata
//! metadata ─────► Conformed::new: what the decoder is shown + the schema that the file means
//! batches ──────► restored: from the one to the other
//! column chunks ► pages::used, Conformed::shortened (only if they don't decode)
//! ```
//!
//! The decoder is shown plain bytes where it would lose something: INT96 (wraps outside 1677 to 2262), INTERVAL (drops
//! the months), decimals in byte arrays (panics over 16 bytes). What it is shown has the same leaves and levels, so
//! ranges, projections and row counts are those of the file's own metadata.

mod arrays;
mod chunks;
pub mod footer;
mod int96;
pub mod pages;
mod schema;
mod thrift;

use std::fmt;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, FieldRef, Fields, IntervalUnit, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ARROW_SCHEMA_META_KEY;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::errors::ParquetError;
use parquet::file::metadata::{FileMetaData, ParquetMetaData, ParquetMetaDataBuilder};
use parquet::schema::types::{SchemaDescriptor, TypePtr};

use crate::vet;
use arrays::Problem;
pub use int96::Int96Units;
use schema::Rewrite;

/// What the decoder is shown of a file, and what the file means.
#[derive(Debug, Clone)]
pub struct Conformed {
    /// The metadata for the decoder, with the schema of the batches it makes.
    pub metadata: ArrowReaderMetadata,
    /// The schema of the same columns once [`restored`] has been over them.
    pub schema: SchemaRef,
}

/// Why batches can't be what the file means.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// A top-level column holds an INT96 timestamp that its unit can't; start again with `unit`
    /// ([`Int96Units::with`]), or fail if batches were given out already.
    Int96 {
        /// The top-level column.
        column: String,
        /// The finest unit that holds the timestamp.
        unit: TimeUnit,
    },
    /// The column's values are not what the footer says they are.
    Column {
        /// The top-level column.
        column: String,
        /// What is wrong, as a clause.
        reason: String,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int96 { column, unit } => {
                write!(f, "column {column} holds a timestamp that only fits the unit {unit:?} or a coarser one")
            }
            Self::Column { column, reason } => write!(f, "column {column}: {reason}"),
        }
    }
}

impl std::error::Error for Mismatch {}

impl Conformed {
    /// What to show the decoder of a file.
    ///
    /// `data_end` is where the footer begins, in bytes: the end of what can be a page. The offset index of `metadata`, if any, is kept. Metadata that needs nothing is shared,
    /// not copied.
    ///
    /// The Arrow schema that some writers store is a hint. One that can't be decoded or contradicts the Parquet schema
    /// is left aside, as the format has it.
    ///
    /// # Errors
    /// When the schema has no Arrow equivalent.
    pub fn new(metadata: Arc<ParquetMetaData>, data_end: u64, units: &Int96Units) -> Result<Self, ParquetError> {
        let mut metadata = chunks::whole(metadata, data_end)?;
        // The decoder makes no batch longer than the footer's own sum, and files exist where that says 0.
        if metadata.file_metadata().num_rows() != rows(&metadata) {
            metadata = with_schema(&metadata, root(&metadata), true);
        }
        if let Some(root) = schema::rewritten(&root(&metadata), Rewrite::Nesting)? {
            metadata = with_schema(&metadata, root, true);
        }
        let natural = |metadata: &Arc<_>| ArrowReaderMetadata::try_new(Arc::clone(metadata), ArrowReaderOptions::new());
        let mut hinted = has_hint(&metadata);
        if hinted && vet::arrow_hint::check(metadata.file_metadata()).is_err() {
            hinted = false;
            metadata = with_schema(&metadata, root(&metadata), false);
        }
        let mut reader = natural(&metadata);
        if reader.is_err() && hinted {
            // If that fails too, it is the schema's own error that is told, not that of the hint.
            hinted = false;
            metadata = with_schema(&metadata, root(&metadata), false);
            reader = natural(&metadata);
        }
        let mut reader = reader?;
        let meant = Arc::clone(reader.schema());
        if let Some(root) = schema::rewritten(&root(&metadata), Rewrite::Bytes { intervals: !hinted })? {
            reader = natural(&with_schema(&metadata, root, true))?;
        }
        let fields = meant.fields().iter().zip(reader.schema().fields());
        let fields: Fields = fields.map(|(meant, shown)| field(meant, shown, units.unit(meant.name()))).collect();
        let schema = Arc::new(Schema::new_with_metadata(fields, meant.metadata().clone()));
        Ok(Self { metadata: reader, schema })
    }

    /// The same file with other lengths, in bytes, for column chunks of a row group: for chunks that have something
    /// behind their last page ([`pages::used`]).
    ///
    /// # Errors
    /// When a column chunk is not there.
    pub fn shortened(&self, row_group: usize, lengths: &[(usize, u64)]) -> Result<Self, ParquetError> {
        let mut builder = ParquetMetaData::clone(self.metadata.metadata()).into_builder();
        let mut groups = builder.take_row_groups();
        for (leaf, length) in lengths {
            let group = groups.get_mut(row_group);
            let Some(column) = group.and_then(|group| group.columns_mut().get_mut(*leaf)) else {
                return Err(ParquetError::General(format!("no column {leaf} in row group {row_group}")));
            };
            let length = i64::try_from(*length).map_err(|error| ParquetError::External(Box::new(error)))?;
            *column = column.clone().into_builder().set_total_compressed_size(length).build()?;
        }
        let metadata = Arc::new(builder.set_row_groups(groups).build());
        let metadata = ArrowReaderMetadata::try_new(metadata, ArrowReaderOptions::new())?;
        Ok(Self { metadata, schema: Arc::clone(&self.schema) })
    }
}

/// A batch as the decoder made it, with the columns of `schema`: [`Conformed::schema`] or a projection of it.
///
/// Columns that need nothing are shared, not copied.
///
/// # Errors
/// See [`Mismatch`].
pub fn restored(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, Mismatch> {
    let columns = batch.columns().iter().zip(schema.fields()).map(|(array, field)| {
        arrays::restored(array, field.data_type()).map_err(|problem| {
            let column = field.name().clone();
            match problem {
                Problem::Unit(unit) => Mismatch::Int96 { column, unit },
                Problem::Decimal => {
                    Mismatch::Column { column, reason: format!("a decimal doesn't fit {}", field.data_type()) }
                }
                Problem::Shape(error) => Mismatch::Column { column, reason: error.to_string() },
            }
        })
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
        .map_err(|error| Mismatch::Column { column: String::new(), reason: error.to_string() })
}

fn root(metadata: &ParquetMetaData) -> TypePtr {
    metadata.file_metadata().schema_descr().root_schema_ptr()
}

/// The rows of all row groups.
fn rows(metadata: &ParquetMetaData) -> i64 {
    metadata.row_groups().iter().fold(0, |sum: i64, group| sum.saturating_add(group.num_rows().max(0)))
}

fn has_hint(metadata: &ParquetMetaData) -> bool {
    let pairs = metadata.file_metadata().key_value_metadata();
    pairs.is_some_and(|pairs| pairs.iter().any(|pair| pair.key == ARROW_SCHEMA_META_KEY))
}

/// The metadata with another schema, the true number of rows, and without the stored Arrow schema unless it is kept.
fn with_schema(metadata: &ParquetMetaData, root: TypePtr, hint: bool) -> Arc<ParquetMetaData> {
    let file = metadata.file_metadata();
    let mut pairs = file.key_value_metadata().cloned();
    if let (Some(pairs), false) = (&mut pairs, hint) {
        pairs.retain(|pair| pair.key != ARROW_SCHEMA_META_KEY);
    }
    let file = FileMetaData::new(
        file.version(),
        rows(metadata),
        file.created_by().map(str::to_owned),
        pairs,
        Arc::new(SchemaDescriptor::new(root)),
        file.column_orders().cloned(),
    );
    let builder = ParquetMetaDataBuilder::new(file)
        .set_row_groups(metadata.row_groups().to_vec())
        .set_page_index(metadata.page_index().cloned());
    Arc::new(builder.build())
}

/// The field that comes of `shown` when it means `meant`.
fn field(meant: &FieldRef, shown: &FieldRef, unit: TimeUnit) -> FieldRef {
    let data_type = data_type(meant.data_type(), shown.data_type(), unit);
    if data_type == *meant.data_type() {
        return Arc::clone(meant);
    }
    Arc::new(Field::clone(meant).with_data_type(data_type))
}

fn data_type(meant: &DataType, shown: &DataType, unit: TimeUnit) -> DataType {
    use DataType as T;
    match (meant, shown) {
        // The coarser one: the writer's own Arrow schema may know better than nanoseconds.
        (T::Timestamp(hint, zone), T::FixedSizeBinary(12)) => T::Timestamp(unit.min(*hint), zone.clone()),
        (T::Interval(_), T::FixedSizeBinary(12)) => T::Interval(IntervalUnit::MonthDayNano),
        // Dictionaries are a hint that plain bytes don't follow.
        (T::Dictionary(_, values), T::FixedSizeBinary(12) | T::Binary) => data_type(values, shown, unit),
        (T::Decimal32(precision, scale) | T::Decimal64(precision, scale), T::Binary) => {
            T::Decimal128(*precision, *scale)
        }
        (T::Struct(meant), T::Struct(shown)) => {
            T::Struct(meant.iter().zip(shown).map(|(meant, shown)| field(meant, shown, unit)).collect())
        }
        (T::List(meant), T::List(shown)) => T::List(field(meant, shown, unit)),
        (T::LargeList(meant), T::LargeList(shown)) => T::LargeList(field(meant, shown, unit)),
        (T::ListView(meant), T::ListView(shown)) => T::ListView(field(meant, shown, unit)),
        (T::LargeListView(meant), T::LargeListView(shown)) => T::LargeListView(field(meant, shown, unit)),
        (T::FixedSizeList(meant, length), T::FixedSizeList(shown, _)) => {
            T::FixedSizeList(field(meant, shown, unit), *length)
        }
        (T::Map(meant, sorted), T::Map(shown, _)) => T::Map(field(meant, shown, unit), *sorted),
        _ => meant.clone(),
    }
}
