//! Checks on decoded metadata: where column chunks lie, how many rows they may claim, what a row costs.

use std::ops::Range;

use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};

use super::{Damage, damaged};

/// The fewest bytes a data page takes: its header's required fields, the count of values at its widest.
const MIN_PAGE_BYTES: u64 = 16;

/// The most values one page can claim: the count is an `i32`.
const MAX_PAGE_VALUES: u64 = i32::MAX as u64;

/// Checks a row group before any range of it is asked for: rows and values plausible, every chunk of `leaves`
/// inside a file of `file_len` bytes.
///
/// Few bytes can honestly hold many rows (a run of 2^31 nulls takes some 30), so a row count is refused only where
/// no encoding could reach it. Returns the compressed bytes of the chunks together.
///
/// # Errors
///
/// Negative counts, a leaf that does not exist, a chunk outside the file, counts that no page headers could carry.
pub fn check(
    row_group: &RowGroupMetaData,
    leaves: impl IntoIterator<Item = usize>,
    file_len: u64,
) -> Result<u64, Damage> {
    let rows = counted("rows", row_group.num_rows())?;
    // All columns bound the rows, also where none is read: rows without columns are still counted out in batches.
    for chunk in row_group.columns() {
        let within = |damage: Damage| damage.within(chunk.column_path().string());
        plausible(chunk, rows).map_err(within)?;
    }
    if row_group.columns().is_empty() && rows > file_len {
        return damaged!("{rows} rows without columns");
    }
    let mut bytes = 0_u64;
    for leaf in leaves {
        let Some(chunk) = row_group.columns().get(leaf) else {
            return damaged!("no column {leaf}");
        };
        let range = range(chunk, file_len).map_err(|damage| damage.within(chunk.column_path().string()))?;
        bytes = bytes.saturating_add(range.end - range.start);
    }
    Ok(bytes)
}

/// The bytes of a column chunk, as the crate will ask for them; panics of its own `byte_range` cannot happen after
/// this.
///
/// # Errors
///
/// A negative offset or size, or an end past `file_len`.
pub fn range(chunk: &ColumnChunkMetaData, file_len: u64) -> Result<Range<u64>, Damage> {
    let start = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
    let start = counted("offset", start)?;
    let len = counted("compressed size", chunk.compressed_size())?;
    counted("uncompressed size", chunk.uncompressed_size())?;
    match start.checked_add(len) {
        Some(end) if end <= file_len => Ok(start..end),
        _ => damaged!("the chunk at {start} of {len} bytes lies outside the file of {file_len}"),
    }
}

fn plausible(chunk: &ColumnChunkMetaData, rows: u64) -> Result<(), Damage> {
    let values = counted("values", chunk.num_values())?;
    let bytes = counted("compressed size", chunk.compressed_size())?;
    if chunk.column_descr().max_rep_level() == 0 && values < rows {
        return damaged!("{values} values for {rows} rows");
    }
    if values > (bytes / MIN_PAGE_BYTES).saturating_mul(MAX_PAGE_VALUES) {
        return damaged!("{values} values in {bytes} bytes");
    }
    Ok(())
}

pub(super) fn counted(what: &str, value: i64) -> Result<u64, Damage> {
    u64::try_from(value).map_err(|_| Damage::new(format!("{what} is {value}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::Arc;

    use parquet::schema::parser::parse_message_type;
    use parquet::schema::types::SchemaDescriptor;

    use super::*;

    fn group(rows: i64, start: i64, bytes: i64, values: i64) -> RowGroupMetaData {
        let schema = parse_message_type("message m { optional int64 n; }").unwrap();
        let schema = Arc::new(SchemaDescriptor::new(Arc::new(schema)));
        let chunk = ColumnChunkMetaData::builder(schema.column(0))
            .set_data_page_offset(start)
            .set_total_compressed_size(bytes)
            .set_num_values(values)
            .build()
            .unwrap();
        RowGroupMetaData::builder(schema).set_num_rows(rows).set_column_metadata(vec![chunk]).build().unwrap()
    }

    fn sentence(group: &RowGroupMetaData) -> String {
        check(group, [0], 1000).unwrap_err().to_string()
    }

    #[test]
    fn two_billion_nulls_in_thirty_bytes_are_honest() {
        let rows = i64::from(i32::MAX);
        assert_eq!(check(&group(rows, 4, 30, rows), [0], 1000), Ok(30));
    }

    #[test]
    fn a_small_file_of_a_trillion_rows_is_refused() {
        assert!(sentence(&group(1 << 40, 4, 900, 1 << 40)).contains("1099511627776 values in 900 bytes"));
        assert!(sentence(&group(1 << 40, 4, 900, 10)).contains("10 values for 1099511627776 rows"));
    }

    #[test]
    fn chunks_outside_the_file_are_refused() {
        for (start, bytes) in [(4, 997), (-1, 10), (4, -1), (i64::MAX, 10), (10, i64::MAX)] {
            assert!(check(&group(1, start, bytes, 1), [0], 1000).is_err(), "{start} {bytes}");
        }
        assert!(check(&group(-1, 4, 10, 1), [0], 1000).is_err());
        assert!(check(&group(1, 4, 100, 1), [1], 1000).is_err());
    }
}
