//! A batch of one file as one of the result.

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, FixedSizeListArray, GenericListArray, MapArray, OffsetSizeTrait, RecordBatch, RecordBatchOptions,
    StructArray, new_null_array,
};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{ArrowError, DataType, FieldRef, Fields, SchemaRef};
use parqlet_core::{Error, ErrorKind, Result};
use std::sync::Arc;

/// The same rows with the columns of the result. `known` gives columns that are not the file's own, for so many rows.
///
/// # Errors
/// When a value doesn't go into the finer unit of its column.
pub(super) fn adapted(
    batch: RecordBatch,
    schema: &SchemaRef,
    known: impl Fn(&str, usize) -> Option<ArrayRef>,
) -> Result<RecordBatch> {
    if batch.schema_ref().fields() == schema.fields() {
        return batch.with_schema(Arc::clone(schema)).map_err(|error| unfit(&error));
    }
    let rows = batch.num_rows();
    let of_field = |field: &FieldRef| match known(field.name(), rows) {
        Some(column) => Ok(column),
        None => column(batch.column_by_name(field.name()), field, rows),
    };
    let columns: Result<Vec<ArrayRef>, ArrowError> = schema.fields().iter().map(of_field).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    columns
        .and_then(|columns| RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options))
        .map_err(|error| unfit(&error))
}

fn unfit(error: &ArrowError) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("a value doesn't fit the type that its column has in all files together ({error}): load them apart"),
    )
}

fn column(array: Option<&ArrayRef>, field: &FieldRef, rows: usize) -> Result<ArrayRef, ArrowError> {
    match array {
        Some(array) => values(array, field.data_type()),
        None => Ok(new_null_array(field.data_type(), rows)),
    }
}

fn values(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    if array.data_type() == to {
        return Ok(Arc::clone(array));
    }
    Ok(match (array.data_type(), to) {
        (DataType::Struct(_), DataType::Struct(fields)) => Arc::new(by_name(array.as_struct(), fields)?),
        (DataType::List(_), DataType::List(item)) => list::<i32>(array, item)?,
        (DataType::LargeList(_), DataType::LargeList(item)) => list::<i64>(array, item)?,
        (DataType::FixedSizeList(..), DataType::FixedSizeList(item, length)) => {
            let lists = array.as_fixed_size_list();
            let items = values(lists.values(), item.data_type())?;
            Arc::new(FixedSizeListArray::try_new(Arc::clone(item), *length, items, lists.nulls().cloned())?)
        }
        (DataType::Map(..), DataType::Map(entries, sorted)) => {
            let maps = array.as_map();
            let DataType::Struct(fields) = entries.data_type() else {
                return Err(ArrowError::SchemaError("a map without keys and values".to_owned()));
            };
            let columns: Result<Vec<ArrayRef>, ArrowError> = maps
                .entries()
                .columns()
                .iter()
                .zip(fields)
                .map(|(column, field)| values(column, field.data_type()))
                .collect();
            let entries_of = StructArray::try_new(fields.clone(), columns?, maps.entries().nulls().cloned())?;
            let (offsets, nulls) = (maps.offsets().clone(), maps.nulls().cloned());
            Arc::new(MapArray::try_new(Arc::clone(entries), offsets, entries_of, nulls, *sorted)?)
        }
        _ => cast_with_options(array, to, &CastOptions { safe: false, ..CastOptions::default() })?,
    })
}

fn by_name(array: &StructArray, fields: &Fields) -> Result<StructArray, ArrowError> {
    let columns: Result<Vec<ArrayRef>, ArrowError> =
        fields.iter().map(|field| column(array.column_by_name(field.name()), field, array.len())).collect();
    StructArray::try_new_with_length(fields.clone(), columns?, array.nulls().cloned(), array.len())
}

fn list<O: OffsetSizeTrait>(array: &ArrayRef, item: &FieldRef) -> Result<ArrayRef, ArrowError> {
    let lists = array.as_list::<O>();
    let items = values(lists.values(), item.data_type())?;
    let (offsets, nulls) = (lists.offsets().clone(), lists.nulls().cloned());
    Ok(Arc::new(GenericListArray::<O>::try_new(Arc::clone(item), offsets, items, nulls)?))
}
