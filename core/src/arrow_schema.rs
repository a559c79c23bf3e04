//! The Arrow schema of a file and of a projection of it.

use crate::error::{Error, ErrorKind, Result};
use arrow_schema::{Fields, Schema, SchemaRef};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::file::metadata::ParquetMetaData;
use std::sync::Arc;

/// The metadata as the decoder takes it, with the Arrow schema of all columns.
pub fn reader_metadata(metadata: Arc<ParquetMetaData>) -> Result<ArrowReaderMetadata> {
    Ok(ArrowReaderMetadata::try_new(metadata, ArrowReaderOptions::new())?)
}

/// The schema of these leaves, with its top-level columns in this order.
pub fn projected(schema: &SchemaRef, leaves: &[usize], order: Option<&[usize]>) -> Result<SchemaRef> {
    let fields = schema.fields().filter_leaves(|leaf, _| leaves.binary_search(&leaf).is_ok());
    let fields: Fields = match order {
        None => fields,
        Some(order) => order
            .iter()
            .map(|at| fields.get(*at).cloned())
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| Error::new(ErrorKind::Corrupt, "the file's Arrow schema doesn't match its columns"))?
            .into(),
    };
    Ok(Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone())))
}
