//! What a read must ask for, worked out from what the `parquet` crate says of a file.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use crate::reading::all;
use arrow_array::RecordBatch;
use bytes::Bytes;
use parqlet_tests::sample::{SampleOptions, ride_batches, rides_in_memory};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use std::ops::Range;

/// The tail that is asked for while nothing is known of an origin.
pub(crate) const TAIL: u64 = 256 * 1024;
/// Ranges with so little between them are one request.
const FREE_GAP: u64 = 8 * 1024;

/// A file and what the `parquet` crate says of it.
pub(crate) struct Sample {
    pub(crate) bytes: Bytes,
    pub(crate) metadata: ParquetMetaData,
    pub(crate) rows: RecordBatch,
}

impl Sample {
    pub(crate) fn new(bytes: Bytes, rows: RecordBatch) -> Self {
        let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
        let metadata = ArrowReaderMetadata::load(&bytes, options).unwrap().metadata().as_ref().clone();
        Self { bytes, metadata, rows }
    }

    pub(crate) fn rides(options: &SampleOptions) -> Self {
        Self::new(rides_in_memory(options).unwrap(), all(ride_batches(options)))
    }

    pub(crate) fn tail_start(&self) -> u64 {
        (self.bytes.len() as u64).saturating_sub(TAIL)
    }

    pub(crate) fn leaf(&self, name: &str) -> usize {
        let columns = self.metadata.file_metadata().schema_descr();
        (0..columns.num_columns()).find(|leaf| columns.column(*leaf).path().string() == name).unwrap()
    }

    pub(crate) fn leaves(&self) -> Range<usize> {
        0..self.metadata.file_metadata().schema_descr().num_columns()
    }

    pub(crate) fn chunk(&self, row_group: usize, leaf: usize) -> Range<u64> {
        let (start, length) = self.metadata.row_group(row_group).column(leaf).byte_range();
        start..start + length
    }

    /// The dictionary page and the data pages with any of these rows of a row group.
    pub(crate) fn pages(&self, row_group: usize, leaf: usize, rows: Range<i64>) -> Vec<Range<u64>> {
        let chunk = self.chunk(row_group, leaf);
        let index = self.metadata.page_index_for_row_group(row_group);
        let pages = index.page_locations(leaf).unwrap();
        let dictionary = chunk.start..u64::try_from(pages[0].offset).unwrap();
        let mut ranges = vec![dictionary];
        for (at, page) in pages.iter().enumerate() {
            let next = pages.get(at + 1).map_or(i64::MAX, |page| page.first_row_index);
            if page.first_row_index < rows.end && rows.start < next {
                let start = u64::try_from(page.offset).unwrap();
                ranges.push(start..start + u64::try_from(page.compressed_page_size).unwrap());
            }
        }
        ranges
    }

    /// The requests for these ranges: without what the tail holds, neighbours merged.
    pub(crate) fn requests(&self, ranges: impl IntoIterator<Item = Range<u64>>) -> Vec<Range<u64>> {
        let cut = |range: Range<u64>| range.start..range.end.min(self.tail_start());
        let mut ranges: Vec<_> = ranges.into_iter().map(cut).filter(|range| range.start < range.end).collect();
        ranges.sort_by_key(|range| range.start);
        let mut merged: Vec<Range<u64>> = Vec::new();
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.start <= last.end + FREE_GAP => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        merged
    }
}
