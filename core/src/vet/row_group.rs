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
