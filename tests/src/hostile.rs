//! Reads a whole file the way the core does, with every check of `parqlet_core::vet` in its place: the driver of the
//! mutation runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use parqlet_core::vet::pages::PageLimits;
use parqlet_core::vet::{arrow_hint, footer, page_index, pages, payload, row_group, row_width};
use parquet::DecodeResult;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, RowSelection, RowSelector};
use parquet::arrow::push_decoder::ParquetPushDecoderBuilder;
use parquet::file::metadata::{
    PageIndexPolicy, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataPushDecoder, ParquetStatisticsPolicy,
};

/// How a file is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// Rows of a batch.
    pub batch_rows: u64,
    /// Bytes that one page, or a batch by its types alone, may take.
    pub budget: u64,
    /// Rows read of each row group; more are left unread.
    pub rows: u64,
    /// Whether the offset index is loaded and only some rows are selected.
    pub by_pages: bool,
    /// Whether the checks run; without them the run shows what they are for.
    pub checked: bool,
}

impl Default for Reading {
    fn default() -> Self {
        Self { batch_rows: 8192, budget: 64 << 20, rows: 1 << 20, by_pages: false, checked: true }
    }
}

/// How reading ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// All was read: rows.
    Read(u64),
    /// Refused by a check, with its sentence.
    Refused(String),
    /// Refused by the Parquet crate.
    Failed(String),
    /// The Parquet crate panicked; caught.
    Panicked(String),
}

/// Reads all columns of all row groups of `file`.
pub fn read(file: &Bytes, reading: Reading) -> End {
    match catch_unwind(AssertUnwindSafe(|| read_all(file, reading))) {
        Ok(Ok(rows)) => End::Read(rows),
        Ok(Err(end)) => end,
        Err(payload) => End::Panicked(
            payload
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string))
                .unwrap_or_default(),
        ),
    }
}

fn refused(damage: impl ToString) -> End {
    End::Refused(damage.to_string())
}

fn failed(error: impl ToString) -> End {
    End::Failed(error.to_string())
}

fn read_all(file: &Bytes, reading: Reading) -> Result<u64, End> {
    let metadata = metadata(file, reading)?;
    let metadata = if reading.by_pages { with_offset_index(file, metadata, reading)? } else { metadata };
    let without_hint = reading.checked && arrow_hint::check(metadata.file_metadata()).is_err();
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(without_hint);
    let arrow = ArrowReaderMetadata::try_new(Arc::new(metadata), options).map_err(failed)?;
    let mut rows = 0;
    for index in 0..arrow.metadata().num_row_groups() {
        rows += read_row_group(file, &arrow, index, reading)?;
    }
    Ok(rows)
}

fn metadata(file: &Bytes, reading: Reading) -> Result<ParquetMetaData, End> {
    let len = file.len();
    let tail = len.checked_sub(8).ok_or_else(|| refused("too short"))?;
    let (claimed, magic) = file[tail..].split_at(4);
    if magic != b"PAR1" {
        return Err(refused("no Parquet magic"));
    }
    let claimed = claimed.iter().rev().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
    let start = tail.checked_sub(claimed).filter(|start| *start >= 4).ok_or_else(|| refused("footer length"))?;
    if reading.checked {
        footer::check(&file[start..tail]).map_err(refused)?;
    }
    let options = ParquetMetaDataOptions::new()
        .with_encoding_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_column_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll);
    let mut decoder = ParquetMetaDataPushDecoder::try_new(len as u64)
        .map_err(failed)?
        .with_page_index_policy(PageIndexPolicy::Skip)
        .with_metadata_options(Some(Arc::new(options)));
    decoder.push_range(start as u64..len as u64, file.slice(start..)).map_err(failed)?;
    match decoder.try_decode().map_err(failed)? {
        DecodeResult::Data(metadata) => Ok(metadata),
        _ => Err(failed("the footer wants more bytes")),
    }
}

fn with_offset_index(file: &Bytes, metadata: ParquetMetaData, reading: Reading) -> Result<ParquetMetaData, End> {
    let len = file.len() as u64;
    for chunk in metadata.row_groups().iter().flat_map(|group| group.columns()) {
        if !reading.checked {
            break;
        }
        if let Some(range) = page_index::range(chunk, len).map_err(refused)? {
            page_index::check_bytes(slice(file, range).as_ref()).map_err(refused)?;
        }
    }
    let mut decoder = ParquetMetaDataPushDecoder::try_new_with_metadata(len, metadata)
        .map_err(failed)?
        .with_page_index_policy(PageIndexPolicy::Skip)
        .with_offset_index_policy(PageIndexPolicy::Optional);
    decoder.push_range(0..len, file.clone()).map_err(failed)?;
    let DecodeResult::Data((metadata, index)) = decoder.try_decode_page_index().map_err(failed)? else {
        return Err(failed("the offset index wants more bytes"));
    };
    let Some(index) = index else { return Ok(metadata) };
    Ok(metadata.into_builder().set_page_index(Some(Arc::new(index))).build())
}

fn read_row_group(file: &Bytes, arrow: &ArrowReaderMetadata, index: usize, reading: Reading) -> Result<u64, End> {
    let metadata = arrow.metadata();
    let group = metadata.row_group(index);
    let len = file.len() as u64;
    let batch_rows = if reading.checked { check_row_group(file, arrow, index, reading)? } else { reading.batch_rows };
    let mut builder = ParquetPushDecoderBuilder::new_with_metadata(arrow.clone())
        .with_row_groups(vec![index])
        .with_projection(ProjectionMask::all())
        .with_batch_size(usize::try_from(batch_rows).unwrap_or(1));
    if reading.by_pages {
        let skipped = usize::try_from(group.num_rows() / 2).unwrap_or(0);
        let selection = vec![RowSelector::skip(skipped), RowSelector::select(10)];
        builder = builder.with_row_selection(RowSelection::from(selection));
    }
    let mut decoder = builder.build().map_err(failed)?;
    let mut rows = 0;
    let mut asked = 0;
    while rows < reading.rows {
        match decoder.try_decode().map_err(failed)? {
            DecodeResult::Data(batch) => rows += batch.num_rows() as u64,
            DecodeResult::Finished => break,
            DecodeResult::NeedsData(ranges) => {
                asked += 1;
                if asked > 1000 || ranges.iter().any(|range| range.end > len) {
                    return Err(failed("the decoder asks for bytes past the end"));
                }
                let parts = ranges.iter().map(|range| slice(file, range.clone())).collect();
                decoder.push_ranges(ranges, parts).map_err(failed)?;
            }
        }
    }
    Ok(rows)
}

/// All checks of a row group and its bytes; the rows that a batch may have.
fn check_row_group(file: &Bytes, arrow: &ArrowReaderMetadata, index: usize, reading: Reading) -> Result<u64, End> {
    let metadata = arrow.metadata();
    let group = metadata.row_group(index);
    let len = file.len() as u64;
    row_group::check(group, 0..group.num_columns(), len).map_err(refused)?;
    let locations = metadata.page_index_for_row_group(index);
    let mut row_bytes = row_width::bytes(arrow.schema(), metadata.file_metadata().schema_descr().columns());
    for (leaf, chunk) in group.columns().iter().enumerate() {
        let range = row_group::range(chunk, len).map_err(refused)?;
        let limits = PageLimits::new(chunk, reading.budget);
        let mut longest = 0;
        match locations.page_locations(leaf) {
            Some(locations) => {
                let rows = u64::try_from(group.num_rows()).unwrap_or(0);
                page_index::check_locations(&range, rows, locations).map_err(refused)?;
                let first = locations.first().map_or(range.end, |page| page.offset.cast_unsigned());
                if first > range.start {
                    longest = longest.max(check_page(&slice(file, range.start..first), &limits)?);
                }
                for page in locations {
                    let start = page.offset.cast_unsigned();
                    let end = start + u64::from(page.compressed_page_size.cast_unsigned());
                    longest = longest.max(check_page(&slice(file, start..end), &limits)?);
                }
            }
            None => {
                let bytes = slice(file, range);
                for page in pages::check_chunk(&bytes, &limits).map_err(refused)? {
                    let body = page.offset + u64::from(page.header_len);
                    let body = slice(&bytes, body..bytes.len() as u64);
                    longest = longest.max(payload::check(&body, &page, &limits).map_err(refused)?);
                }
            }
        }
        row_bytes = row_bytes.saturating_add(longest);
    }
    if row_bytes > reading.budget {
        return Err(refused(format!("a row of {row_bytes} bytes")));
    }
    Ok(reading.batch_rows.min((reading.budget / row_bytes.max(1)).max(1)))
}

fn check_page(bytes: &[u8], limits: &PageLimits) -> Result<u64, End> {
    let page = pages::check_page(bytes, limits).map_err(refused)?;
    payload::check(bytes.get(page.header_len as usize..).unwrap_or_default(), &page, limits).map_err(refused)
}

fn slice(file: &Bytes, range: std::ops::Range<u64>) -> Bytes {
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(file.len());
    file.slice(place(range.start)..place(range.end).max(place(range.start)))
}
