//! The Arrow schema of a file and of a projection of it.

use crate::conform::{Conformed, Int96Units};
use crate::error::{Error, ErrorKind, Result};
use crate::footer::Footer;
use crate::job::caught;
use arrow_schema::{Fields, Schema, SchemaRef};
use std::sync::Arc;

/// The Arrow schema of all columns of a file.
///
/// INT96 timestamps are given in the unit that is tried first; a load may find that they need a coarser one.
///
/// # Errors
/// When the file has types without an Arrow equivalent.
pub fn of_file(footer: &Footer) -> Result<SchemaRef> {
    let units = Int96Units::new(&footer.metadata);
    Ok(conformed(footer, Arc::clone(&footer.metadata), &units)?.schema)
}

/// What to show the decoder: see [`Conformed::new`].
pub(crate) fn conformed(
    footer: &Footer,
    metadata: Arc<parquet::file::metadata::ParquetMetaData>,
    units: &Int96Units,
) -> Result<Conformed> {
    Ok(caught(|| Conformed::new(metadata, footer.range.start, units))??)
}

/// The schema of these leaves, with its top-level columns in this order.
pub(crate) fn projected(schema: &SchemaRef, leaves: &[usize]) -> SchemaRef {
    let fields = schema.fields().filter_leaves(|leaf, _| leaves.binary_search(&leaf).is_ok());
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

/// The same schema with its top-level columns in another order.
pub(crate) fn ordered(schema: &SchemaRef, order: &[usize]) -> Result<SchemaRef> {
    let fields: Option<Vec<_>> = order.iter().map(|at| schema.fields().get(*at).cloned()).collect();
    let fields: Fields = fields
        .ok_or_else(|| Error::new(ErrorKind::Corrupt, "the file's Arrow schema doesn't match its columns"))?
        .into();
    Ok(Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone())))
}
