//! Checks of a chunk's offset index: its raw bytes before the crate decodes them, its locations before they are used.

use std::ops::Range;

use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::page_index::offset_index::PageLocation;

use super::row_group::counted;
use super::thrift::{Reader, Wire};
use super::{Damage, damaged};

/// Where a chunk's offset index lies; `None` if it has none.
///
/// # Errors
///
/// A negative place, or one outside a file of `file_len` bytes.
pub fn range(chunk: &ColumnChunkMetaData, file_len: u64) -> Result<Option<Range<u64>>, Damage> {
    let (Some(start), Some(len)) = (chunk.offset_index_offset(), chunk.offset_index_length()) else {
        return Ok(None);
    };
    let start = counted("offset of the offset index", start)?;
    let len = counted("size of the offset index", len.into())?;
    match start.checked_add(len) {
        Some(end) if end <= file_len => Ok(Some(start..end)),
        _ => damaged!("the offset index at {start} of {len} bytes lies outside the file of {file_len}"),
    }
}

/// Checks the raw Thrift of one offset index: the crate makes room for as many pages as the list claims.
/// Format: parquet.thrift, `OffsetIndex`.
///
/// # Errors
///
/// A list longer than its bytes, a field of another wire type than the format's.
pub fn check_bytes(bytes: &[u8]) -> Result<(), Damage> {
    let mut reader = Reader::new(bytes);
    let mut last = 0;
    while let Some(field) = reader.field(&mut last)? {
        if matches!(field.id, 1 | 2) {
            field.expect(Wire::List)?;
        }
        reader.skip(field.wire)?;
    }
    Ok(())
}

/// Checks the page locations that an offset index gives for a chunk: one behind the other up to the chunk's end, first
/// rows in order and below `rows`. Some writers give sizes without the pages' headers, which leaves gaps.
///
/// # Errors
///
/// The first location that breaks a rule.
pub fn check_locations(chunk: &Range<u64>, rows: u64, locations: &[PageLocation]) -> Result<(), Damage> {
    let mut free = chunk.start;
    let mut row = 0;
    for (index, location) in locations.iter().enumerate() {
        let within = |damage: Damage| damage.within(format_args!("page {index} of the offset index"));
        let start = counted("offset", location.offset).map_err(within)?;
        let len = counted("size", location.compressed_page_size.into()).map_err(within)?;
        let first = counted("first row", location.first_row_index).map_err(within)?;
        let end = start.saturating_add(len);
        let follows = if index == 0 { start >= free } else { start == free };
        if !follows || end > chunk.end || len == 0 {
            return damaged!("page {index} of the offset index: {start}..{end} is not its chunk's {chunk:?}");
        }
        let ordered = if index == 0 { first == 0 } else { first > row };
        if !ordered || first >= rows.max(1) {
            return damaged!("page {index} of the offset index: starts at row {first} after {row} of {rows}");
        }
        (free, row) = (end, first);
    }
    if free != chunk.end && !locations.is_empty() {
        return damaged!("the pages of the offset index end at {free}, not with their chunk {chunk:?}");
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn page(offset: i64, compressed_page_size: i32, first_row_index: i64) -> PageLocation {
        PageLocation { offset, compressed_page_size, first_row_index }
    }

    #[test]
    fn a_list_of_two_billion_pages_in_seven_bytes_is_refused() {
        let damage = check_bytes(&[0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0]).unwrap_err();
        assert!(damage.to_string().contains("claims 2147483647 elements"), "{damage}");
        check_bytes(&[0x19, 0x1c, 0x16, 8, 0x15, 20, 0x16, 0, 0, 0]).unwrap();
    }

    #[test]
    fn locations_must_lie_in_order_inside_the_chunk() {
        let chunk = 10..100;
        check_locations(&chunk, 9, &[page(10, 20, 0), page(30, 70, 5)]).unwrap();
        check_locations(&chunk, 0, &[]).unwrap();
        for bad in [
            [page(9, 20, 0), page(30, 70, 5)],
            [page(10, 20, 0), page(29, 70, 5)],
            [page(10, 20, 0), page(30, 71, 5)],
            [page(10, 20, 0), page(30, -1, 5)],
            [page(10, 20, 1), page(30, 70, 5)],
            [page(10, 20, 0), page(30, 70, 0)],
            [page(10, 20, 0), page(30, 70, 9)],
            // Sizes without headers.
            [page(10, 19, 0), page(30, 70, 5)],
            [page(10, 20, 0), page(30, 69, 5)],
            [page(-10, 20, 0), page(30, 70, 5)],
        ] {
            assert!(check_locations(&chunk, 9, &bad).is_err(), "{bad:?}");
        }
    }
}
