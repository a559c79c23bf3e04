//! Which bytes the front of a column chunk takes, before one of them is here.
//!
//! A guess too long costs some bytes, one too short a round trip: it leans to the long side. Nothing depends on it but
//! that.

use super::column::Chunk;
use parquet::basic::{Compression, Encoding, Type};
use parquet::file::metadata::ColumnChunkMetaData;
use std::ops::Range;

/// A page header with its statistics.
const HEADER: u64 = 512;
/// Values of a page where nothing says how many: what most writers stop at.
const PAGE_VALUES: u64 = 20_000;
/// Bytes of a page, decompressed, where nothing says how many: what most writers stop at.
const PAGE_BYTES: u64 = 1 << 20;
/// Levels are mostly runs; where they are not, this is a page of them.
const MOST_LEVELS: u64 = 8 << 10;
/// A dictionary value of unknown length, with its length.
const TEXT: u64 = 32;
/// Zstandard gives nothing of a block before all of it is here.
const ZSTD_BLOCK: u64 = 128 << 10;

/// The bytes of the dictionary and of the pages that hold `rows`, as far as they are needed.
pub(super) fn ranges(
    chunk: &Chunk<'_>,
    column: &ColumnChunkMetaData,
    rows: &Range<u64>,
    total: u64,
) -> Vec<Range<u64>> {
    let sizes = Sizes::new(chunk, column, total);
    let dictionary = sizes.dictionary(chunk, column);
    let first_values = dictionary.as_ref().map_or(chunk.start, |dictionary| dictionary.end);
    let (mut start, first_row) = chunk.page_of(rows.start).unwrap_or((first_values, 0));
    let (mut last, mut last_row) = (start, first_row);
    let mut limit = chunk.end;
    if let Some((at, row)) = chunk.page_of(rows.end.saturating_sub(1)) {
        (last, last_row) = (at, row);
        let pages = chunk.locations.unwrap_or_default();
        let next = pages.iter().map(|page| page.offset.unsigned_abs()).find(|offset| *offset > at);
        limit = next.unwrap_or(chunk.end);
    }
    let per_page = match chunk.locations {
        Some(pages) => {
            let next = pages.iter().map(|page| page.first_row_index.unsigned_abs()).find(|row| *row > last_row);
            sizes.values_of(next.unwrap_or(total).saturating_sub(last_row))
        }
        None => PAGE_VALUES.min(chunk.values),
    };
    let wanted = sizes.values_of(rows.end.saturating_sub(last_row));
    let mut front = if sizes.whole_pages {
        if chunk.locations.is_some() {
            u64::MAX
        } else {
            sizes.compressed(PAGE_BYTES).max(sizes.data(wanted, per_page))
        }
    } else {
        sizes.data(wanted, per_page)
    };
    // Of a dictionary that is needed from its front to its end, nothing is left out.
    let entries = if first_row == 0 { sizes.values_of(rows.end) } else { u64::MAX };
    let mut found = Vec::new();
    if let Some(dictionary) = dictionary {
        found.push(within(dictionary.start, sizes.entries(entries), dictionary.end));
    } else if sizes.maybe_dictionary && chunk.locations.is_none() {
        // Somewhere before the values.
        front = front.saturating_add(sizes.entries(entries));
        start = chunk.start;
        last = chunk.start;
    }
    let end = within(last, front, limit).end;
    found.push(start..end.max(start));
    found
}

/// So many bytes from `start`; all up to `limit` where it is little more.
fn within(start: u64, bytes: u64, limit: u64) -> Range<u64> {
    let room = limit.saturating_sub(start);
    let bytes = if bytes.saturating_add(HEADER) >= room / 4 * 3 { room } else { bytes };
    start..start.saturating_add(bytes)
}

/// How large the values of a chunk are on the average.
struct Sizes {
    values: u64,
    rows: u64,
    compressed: u64,
    uncompressed: u64,
    /// Bits of the levels of one value.
    level_bits: u64,
    /// Bytes of a value in a dictionary, with its length.
    entry: u64,
    /// Only whole pages can be read.
    whole_pages: bool,
    maybe_dictionary: bool,
    blocks: bool,
}

impl Sizes {
    fn new(chunk: &Chunk<'_>, column: &ColumnChunkMetaData, rows: u64) -> Self {
        let leaf = column.column_descr();
        let bits = |max: i16| u64::from(i16::BITS - max.leading_zeros());
        let uncompressed = u64::try_from(column.uncompressed_size()).unwrap_or(0);
        let mean = uncompressed / chunk.values.max(1);
        let has = |wanted: &[Encoding]| column.encodings().any(|encoding| wanted.contains(&encoding));
        Self {
            values: chunk.values,
            rows,
            compressed: chunk.end - chunk.start,
            uncompressed,
            level_bits: bits(leaf.max_def_level()) + bits(leaf.max_rep_level()),
            entry: match leaf.physical_type() {
                Type::BOOLEAN => 1,
                Type::INT32 | Type::FLOAT => 4,
                Type::INT64 | Type::DOUBLE => 8,
                Type::INT96 => 12,
                Type::FIXED_LEN_BYTE_ARRAY => u64::try_from(leaf.type_length()).unwrap_or(16),
                Type::BYTE_ARRAY => TEXT.max(mean.saturating_mul(2)),
            },
            whole_pages: column.compression() == Compression::LZ4
                // Else they are in RLE, which begins with the length of all of it.
                || (leaf.physical_type() == Type::BOOLEAN && !has(&[Encoding::PLAIN]))
                || has(&[
                    Encoding::DELTA_BINARY_PACKED,
                    Encoding::DELTA_LENGTH_BYTE_ARRAY,
                    Encoding::DELTA_BYTE_ARRAY,
                    Encoding::BYTE_STREAM_SPLIT,
                ]),
            maybe_dictionary: has(&[Encoding::PLAIN_DICTIONARY, Encoding::RLE_DICTIONARY]),
            blocks: matches!(column.compression(), Compression::ZSTD(_)),
        }
    }

    /// Where the dictionary is, if the metadata say so.
    fn dictionary(&self, chunk: &Chunk<'_>, column: &ColumnChunkMetaData) -> Option<Range<u64>> {
        let values = match chunk.locations {
            Some(_) => chunk.behind_dictionary()?,
            None => u64::try_from(column.data_page_offset()).ok()?,
        };
        (chunk.start < values && values < chunk.end && self.maybe_dictionary).then_some(chunk.start..values)
    }

    /// Values of so many rows.
    fn values_of(&self, rows: u64) -> u64 {
        share(self.values, rows, self.rows).max(rows.min(self.values))
    }

    /// Bytes of the first values of a page that has `per_page`.
    fn data(&self, values: u64, per_page: u64) -> u64 {
        let levels = (per_page.saturating_mul(self.level_bits) / 8).min(MOST_LEVELS);
        let plain = share(self.uncompressed, values, self.values).saturating_add(levels);
        self.compressed(plain).saturating_add(HEADER)
    }

    /// Bytes of the first values of a dictionary.
    fn entries(&self, values: u64) -> u64 {
        let plain = values.saturating_mul(self.entry);
        self.compressed(plain).saturating_add(HEADER)
    }

    /// Bytes that stand for so many.
    fn compressed(&self, plain: u64) -> u64 {
        let by_ratio = |plain: u64| share(self.compressed, plain, self.uncompressed).saturating_mul(2);
        if self.blocks {
            return by_ratio(plain.div_ceil(ZSTD_BLOCK).saturating_mul(ZSTD_BLOCK));
        }
        // What comes first may compress worse than the rest.
        by_ratio(plain).max(plain.saturating_mul(2).min(16 << 10))
    }
}

/// `part` of `whole` of an amount, rounded up; a whole of nothing counts as 1.
fn share(amount: u64, part: u64, whole: u64) -> u64 {
    let share = (u128::from(amount) * u128::from(part)).div_ceil(u128::from(whole.max(1)));
    u64::try_from(share).unwrap_or(u64::MAX)
}
