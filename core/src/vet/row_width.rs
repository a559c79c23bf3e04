//! What a row costs by its types alone, whatever the data holds.

use arrow_schema::{DataType, Schema};
use parquet::schema::types::ColumnDescPtr;

/// The least memory, in bytes, that a reader takes for one row of `schema`, read from `leaves`: it makes room for
/// fixed-size values and fixed-size lists null or not, and both sizes come from the file. Lists of varying length count
/// as one item.
///
/// A caller divides its budget by this to get the rows of a batch, and refuses what does not fit even one row.
pub fn bytes<'a>(schema: &Schema, leaves: impl IntoIterator<Item = &'a ColumnDescPtr>) -> u64 {
    // Decimals and the like are read in their stored width before they are converted.
    let stored =
        leaves.into_iter().fold(0_u64, |sum, leaf| sum.saturating_add(leaf.type_length().max(0).unsigned_abs().into()));
    schema.fields().iter().fold(stored, |sum, field| sum.saturating_add(of(field.data_type())))
}

fn of(data_type: &DataType) -> u64 {
    match data_type {
        DataType::FixedSizeBinary(width) => u64::from(width.unsigned_abs()),
        DataType::FixedSizeList(item, len) => of(item.data_type()).max(1).saturating_mul(u64::from(len.unsigned_abs())),
        DataType::Struct(fields) => fields.iter().fold(1, |sum, field| sum.saturating_add(of(field.data_type()))),
        // The items of one row are not known, but room is made for at least one.
        DataType::List(item) | DataType::LargeList(item) | DataType::Map(item, _) => {
            of(item.data_type()).saturating_add(4)
        }
        other => other.primitive_width().map_or(16, |width| width as u64),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_schema::Field;

    use super::*;

    #[test]
    fn sizes_that_a_file_claims_multiply() {
        let item = Arc::new(Field::new("item", DataType::Int64, true));
        let vast = DataType::FixedSizeList(item, i32::MAX);
        let schema = Schema::new(vec![Field::new("v", vast, true), Field::new("n", DataType::Int32, true)]);
        assert_eq!(bytes(&schema, []), 8 * 0x7fff_ffff + 4);
    }
}
