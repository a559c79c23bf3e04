//! The Arrow schema of a file and of a projection of it.

use crate::conform::{Conformed, Int96Units};
use crate::error::{Error, ErrorKind, Result};
use crate::footer::Footer;
use crate::job::caught;
use crate::vet::arrow_hint;
use arrow_ipc::convert::try_schema_from_ipc_buffer;
use arrow_schema::{Fields, Schema, SchemaRef};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
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

/// A schema as text: an Arrow IPC message in base64, as writers of Parquet leave it in footers.
pub fn to_text(schema: &Schema) -> String {
    parquet::arrow::encode_arrow_schema(schema)
}

/// The schema that such a text stands for.
///
/// # Errors
/// Of kind [`ErrorKind::Usage`] when it is none.
pub fn from_text(text: &str) -> Result<SchemaRef> {
    let none = |reason: String| Error::new(ErrorKind::Usage, format!("this is no Arrow schema: {reason}"));
    arrow_hint::message(text).map_err(|damage| none(damage.to_string()))?;
    let bytes = BASE64_STANDARD.decode(text).map_err(|error| none(error.to_string()))?;
    let schema = caught(|| try_schema_from_ipc_buffer(&bytes)).map_err(|error| none(error.message().to_owned()))?;
    Ok(Arc::new(schema.map_err(|error| none(error.to_string()))?))
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
