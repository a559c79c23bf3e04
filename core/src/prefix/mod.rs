//! The first rows of pages, out of the first bytes of pages.
//!
//! A page is read from its front: levels, then values, both in row order. Whoever wants a hundred rows of a page of
//! twenty thousand takes the front of its bytes, decompresses what that gives, and hands the decoder a shorter page. The
//! same holds for a dictionary: writers number its values as they meet them, so the first rows need its first values.
//!
//! ```text
//!  metadata ─► guess ─► ranges ─► (fetched) ─► column: page by page ─► feed ─► decoder
//!                           ▲                    │
//!                           └──── needs more ◄───┘
//! ```
//!
//! How many bytes it takes is guessed from what the footer says about the whole column; a column whose guess was too
//! short asks for more. What can't be read like this, damaged pages among it, is read the ordinary way.
//!
//! Formats: Parquet's Encodings.md and parquet.thrift; RFC 1952 (gzip), RFC 7932 (Brotli), RFC 8878 (Zstandard), and the
//! descriptions of Snappy's format and of LZ4's blocks.

mod column;
mod feed;
mod guess;
mod inflate;
mod page;
mod values;

use crate::parts::KnownParts;
use crate::row_group::Columns;
use crate::select::RowGroupRows;
use crate::vet::pages::PageLimits;
use crate::vet::{page_index, row_group};
use column::{Chunk, Read};
use page::Column;
use parquet::basic::Compression;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use std::ops::Range;
use values::Physical;

/// Rows that take more than this, decompressed, are read page by page: all that is here at a time.
const MOST: u64 = 16 << 20;

/// The bytes to fetch first for these rows, where that is at most half of what whole pages take.
pub(crate) fn ranges(
    metadata: &ParquetMetaData,
    leaves: &[usize],
    rows: &RowGroupRows,
    length: u64,
) -> Option<Vec<Range<u64>>> {
    let group = metadata.row_group(rows.index);
    let (mut found, mut plain, mut bytes, mut pages) = (Vec::new(), 0_u64, 0_u64, 0_u64);
    for leaf in leaves {
        let column = group.column(*leaf);
        if !is_supported(column.compression()) {
            return None;
        }
        let chunk = chunk(metadata, rows.index, *leaf, rows.total, length)?;
        let front = guess::ranges(&chunk, column, &rows.rows, rows.total);
        bytes = front.iter().fold(bytes, |bytes, range| bytes.saturating_add(range.end - range.start));
        pages = pages.saturating_add(of_pages(&chunk, &rows.rows));
        plain = plain.saturating_add(decompressed(column, rows));
        found.extend(front);
    }
    (!found.is_empty() && plain <= MOST && bytes <= pages / 2).then_some(found)
}

/// What came of a row group.
#[derive(Debug)]
pub(crate) enum Opened {
    Done(Fronts),
    /// These bytes are needed besides those that are here.
    Needs(Vec<Range<u64>>),
    /// It has to be read the ordinary way.
    Unsuitable,
}

/// The fronts of the columns of a row group.
pub(crate) struct Fronts {
    pub(crate) columns: Columns,
    /// The longest values that pages let a batch repeat, in bytes, of all columns together.
    pub(crate) longest: u64,
    /// Bytes they take in memory.
    pub(crate) size: u64,
}

impl std::fmt::Debug for Fronts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fronts").field("longest", &self.longest).field("size", &self.size).finish_non_exhaustive()
    }
}

/// Reads the fronts of the columns of a row group up to the end of `rows`, in `budget` bytes at most.
pub(crate) fn open(
    metadata: &ParquetMetaData,
    leaves: &[usize],
    rows: &RowGroupRows,
    budget: u64,
    parts: &KnownParts,
) -> Opened {
    let mut fronts = Fronts { columns: Columns::new(), longest: 0, size: 0 };
    let mut needs = Vec::new();
    for leaf in leaves {
        let column = metadata.row_group(rows.index).column(*leaf);
        let Some(chunk) = chunk(metadata, rows.index, *leaf, rows.total, parts.length()) else {
            return Opened::Unsuitable;
        };
        let limits = PageLimits::new(column, budget).skipping(true);
        match column::read(chunk, &rows.rows, parts, pages(column, &limits), budget.saturating_sub(fronts.size)) {
            Read::Done(front) => {
                fronts.longest = fronts.longest.saturating_add(front.longest);
                fronts.size = fronts.size.saturating_add(front.size);
                fronts.columns.insert(*leaf, Box::new(front.feed));
            }
            Read::Needs(range) => needs.push(range),
            Read::Unsuitable => return Opened::Unsuitable,
        }
    }
    if needs.is_empty() { Opened::Done(fronts) } else { Opened::Needs(needs) }
}

fn pages<'a>(column: &ColumnChunkMetaData, limits: &'a PageLimits) -> Column<'a> {
    let leaf = column.column_descr();
    let length = usize::try_from(leaf.type_length()).unwrap_or(0);
    Column {
        limits,
        codec: column.compression(),
        physical: Physical { of: leaf.physical_type(), length },
        repetition: leaf.max_rep_level(),
        definition: leaf.max_def_level(),
    }
}

/// A chunk, if what its metadata and its offset index say can be true.
fn chunk(metadata: &ParquetMetaData, row_group: usize, leaf: usize, rows: u64, length: u64) -> Option<Chunk<'_>> {
    let column = metadata.row_group(row_group).column(leaf);
    let range = row_group::range(column, length).ok()?;
    let index = metadata.page_index().and_then(|index| index.page_locations(row_group, leaf));
    let locations = index.filter(|pages| !pages.is_empty());
    if let Some(locations) = locations {
        page_index::check_locations(&range, rows, locations).ok()?;
    }
    let values = u64::try_from(column.num_values()).ok()?;
    Some(Chunk { start: range.start, end: range.end, values, locations: locations.map(Vec::as_slice) })
}

/// Bytes of the pages that hold these rows, with the dictionary; of the chunk, where no index names its pages.
fn of_pages(chunk: &Chunk<'_>, rows: &Range<u64>) -> u64 {
    let Some(locations) = chunk.locations else { return chunk.end - chunk.start };
    let starts = locations.iter().map(|page| (page.offset.unsigned_abs(), page.first_row_index.unsigned_abs()));
    let first = chunk.page_of(rows.start).map_or(chunk.start, |(at, _)| at);
    let end = starts.clone().find(|(_, row)| *row >= rows.end).map_or(chunk.end, |(at, _)| at);
    let dictionary = locations.first().map_or(0, |page| page.offset.unsigned_abs().saturating_sub(chunk.start));
    end.saturating_sub(first).saturating_add(dictionary)
}

/// A guess at the bytes that these rows take decompressed.
fn decompressed(column: &ColumnChunkMetaData, rows: &RowGroupRows) -> u64 {
    let all = u128::from(u64::try_from(column.uncompressed_size()).unwrap_or(u64::MAX));
    let share = all * u128::from(rows.rows.end - rows.rows.start) / u128::from(rows.total.max(1));
    u64::try_from(share).unwrap_or(u64::MAX)
}

fn is_supported(codec: Compression) -> bool {
    match codec {
        Compression::UNCOMPRESSED => true,
        Compression::SNAPPY => cfg!(feature = "snappy"),
        Compression::GZIP(_) => cfg!(feature = "gzip"),
        Compression::ZSTD(_) => cfg!(feature = "zstd"),
        Compression::LZ4 | Compression::LZ4_RAW => cfg!(feature = "lz4"),
        Compression::BROTLI(_) => cfg!(feature = "brotli"),
        Compression::LZO => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use arrow_array::{ArrayRef, Int64Array, RecordBatch};
    use bytes::Bytes;
    use parquet::arrow::ArrowWriter;
    use parquet::file::metadata::ParquetMetaDataReader;
    use parquet::file::properties::WriterProperties;
    use std::sync::Arc;

    /// Pages of 800 bytes.
    fn file() -> (Bytes, ParquetMetaData) {
        let numbers = Int64Array::from_iter_values(0..10_000);
        let batch = RecordBatch::try_from_iter([("number", Arc::new(numbers) as ArrayRef)]).unwrap();
        let properties = WriterProperties::builder()
            .set_dictionary_enabled(false)
            .set_data_page_row_count_limit(100)
            .set_write_batch_size(100)
            .build();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        let file = Bytes::from(writer.into_inner().unwrap());
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&file).unwrap();
        (file, metadata)
    }

    #[test]
    fn pages_that_take_more_than_the_budget_together_are_left_to_the_ordinary_way() {
        let (file, metadata) = file();
        let mut parts = KnownParts::new(file.len() as u64);
        parts.insert(0, file).unwrap();
        let rows = RowGroupRows { index: 0, rows: 0..450, total: 10_000 };
        let opened = |budget| open(&metadata, &[0], &rows, budget, &parts);
        assert!(matches!(opened(3600), Opened::Done(Fronts { size: 3600, .. })));
        assert!(matches!(opened(3599), Opened::Unsuitable));
    }

    #[test]
    fn what_is_asked_for_grows_with_what_was_read() {
        let (file, metadata) = file();
        let length = file.len() as u64;
        let rows = RowGroupRows { index: 0, rows: 0..9_000, total: 10_000 };
        let mut parts = KnownParts::new(length);
        let mut turns = 0;
        while let Opened::Needs(ranges) = open(&metadata, &[0], &rows, 1 << 20, &parts) {
            turns += 1;
            for range in ranges {
                let span = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
                parts.insert(range.start, file.slice(span)).unwrap();
            }
        }
        assert!((2..=6).contains(&turns), "{turns}");
    }
}
