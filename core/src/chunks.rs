//! The column chunks of a row group, as the decoder reads them.
//!
//! The inspection before it decompresses large dictionaries, to know how long a value can get. What it has made of them
//! is handed on here: the decoder would make the same once more.

use crate::conform::Conformed;
use crate::error::Result;
use crate::parts::KnownParts;
use crate::plan::Task;
use crate::row_group::{self, Columns};
use crate::scan::Scan;
use bytes::{Buf, Bytes};
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;
use std::sync::Arc;

/// One column chunk.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    pub(crate) leaf: usize,
    /// Where it begins in the file.
    pub(crate) start: u64,
    pub(crate) bytes: Bytes,
    /// Its first page, if that was decompressed already.
    pub(crate) dictionary: Option<Page>,
}

/// A reader of a task's rows: of `chunks`, and of pages that are in `parts` where an index names them. `shown` may differ
/// from the scan's in the lengths of chunks.
///
/// # Errors
/// When the decoder can't be made for these columns.
pub(crate) fn reader(
    scan: &Scan,
    task: &Task,
    shown: &Conformed,
    chunks: Vec<Chunk>,
    parts: KnownParts,
    batch_rows: usize,
) -> Result<ParquetRecordBatchReader> {
    let metadata = shown.metadata.metadata();
    let group = metadata.row_group(task.row_group);
    let index = metadata.page_index_for_row_group(task.row_group);
    let rows = usize::try_from(group.num_rows()).unwrap_or(0);
    let mut columns = Columns::new();
    for chunk in chunks {
        columns.insert(chunk.leaf, pages(group.column(chunk.leaf), rows, chunk)?);
    }
    let parts = Arc::new(parts);
    for leaf in &scan.leaves {
        if let Some(locations) = index.page_locations(*leaf).filter(|_| !columns.contains_key(leaf)) {
            let (parts, locations) = (Arc::clone(&parts), Some(locations.clone()));
            let pages = SerializedPageReader::new(parts, group.column(*leaf), rows, locations)?;
            columns.insert(*leaf, Box::new(pages));
        }
    }
    row_group::reader(&scan.levels, metadata, task, columns, batch_rows)
}

fn pages(column: &ColumnChunkMetaData, rows: usize, chunk: Chunk) -> Result<Box<dyn PageReader>> {
    let source = Source { start: chunk.start, bytes: chunk.bytes };
    let pages = SerializedPageReader::new(Arc::new(source), column, rows, None)?;
    Ok(match chunk.dictionary {
        Some(dictionary) => Box::new(Pages { dictionary: Some(dictionary), rest: pages }),
        None => Box::new(pages),
    })
}

/// The bytes of a chunk at their place in the file.
struct Source {
    start: u64,
    bytes: Bytes,
}

impl Source {
    fn from(&self, position: u64) -> ParquetResult<Bytes> {
        let at = position.checked_sub(self.start).and_then(|at| usize::try_from(at).ok());
        match at.filter(|at| *at <= self.bytes.len()) {
            Some(at) => Ok(self.bytes.slice(at..)),
            None => Err(ParquetError::EOF(format!("byte {position} lies outside of its column chunk"))),
        }
    }
}

impl Length for Source {
    fn len(&self) -> u64 {
        self.start.saturating_add(self.bytes.len() as u64)
    }
}

impl ChunkReader for Source {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(self.from(start)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let rest = self.from(start)?;
        if length > rest.len() {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} reach out of their column chunk")));
        }
        Ok(rest.slice(..length))
    }
}

/// The pages of a chunk of which the first, a dictionary, is decompressed already.
struct Pages {
    dictionary: Option<Page>,
    rest: SerializedPageReader<Source>,
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> ParquetResult<Option<Page>> {
        match self.dictionary.take() {
            Some(dictionary) => {
                self.rest.skip_next_page()?;
                Ok(Some(dictionary))
            }
            None => self.rest.get_next_page(),
        }
    }

    fn peek_next_page(&mut self) -> ParquetResult<Option<PageMetadata>> {
        self.rest.peek_next_page()
    }

    fn skip_next_page(&mut self) -> ParquetResult<()> {
        self.dictionary = None;
        self.rest.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> ParquetResult<bool> {
        self.rest.at_record_boundary()
    }
}

impl Iterator for Pages {
    type Item = ParquetResult<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

#[cfg(all(test, feature = "snappy"))]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use arrow_array::cast::AsArray;
    use arrow_array::{ArrayRef, RecordBatch, StringArray};
    use parquet::arrow::{ArrowWriter, ProjectionMask, parquet_to_arrow_field_levels};
    use parquet::basic::{Compression, Encoding};
    use parquet::file::metadata::ParquetMetaDataReader;
    use parquet::file::properties::WriterProperties;

    fn file() -> Bytes {
        let words = StringArray::from_iter_values((0..1000).map(|row| if row % 3 == 0 { "this" } else { "that" }));
        let batch = RecordBatch::try_from_iter([("word", Arc::new(words) as ArrayRef)]).unwrap();
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap().into()
    }

    fn words(dictionary: Option<Page>) -> Vec<String> {
        let file = file();
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&file).unwrap();
        let columns = metadata.file_metadata().schema_descr();
        let levels = parquet_to_arrow_field_levels(columns, ProjectionMask::all(), None).unwrap();
        let (start, length) = metadata.row_group(0).column(0).byte_range();
        let bytes = file.slice(usize::try_from(start).unwrap()..usize::try_from(start + length).unwrap());
        let chunk = Chunk { leaf: 0, start, bytes, dictionary };
        let task = Task { row_group: 0, rows: 0..1000, total: 1000, ranges: Vec::new(), prefix: false };
        let columns = Columns::from([(0, pages(metadata.row_group(0).column(0), 1000, chunk).unwrap())]);
        let reader = row_group::reader(&levels, &metadata, &task, columns, 300).unwrap();
        let column = |batch: RecordBatch| batch.column(0).as_string::<i32>().clone();
        let batches = reader.map(|batch| column(batch.unwrap()));
        batches.flat_map(|words| words.iter().map(|word| word.unwrap().to_owned()).collect::<Vec<_>>()).collect()
    }

    fn expected(one: &str, other: &str) -> Vec<String> {
        (0..1000).map(|row| if row % 3 == 0 { one.to_owned() } else { other.to_owned() }).collect()
    }

    #[test]
    fn a_chunk_reads_as_it_was_written() {
        assert_eq!(words(None), expected("this", "that"));
    }

    #[test]
    fn a_dictionary_that_is_there_already_takes_the_place_of_its_page() {
        let buf = Bytes::from_static(b"\x03\0\0\0one\x05\0\0\0other");
        let page = Page::DictionaryPage { buf, num_values: 2, encoding: Encoding::PLAIN, is_sorted: false };
        assert_eq!(words(Some(page)), expected("one", "other"));
    }

    #[test]
    fn bytes_outside_of_the_chunk_are_an_error() {
        let source = Source { start: 100, bytes: Bytes::from_static(b"chunk") };
        assert_eq!(source.get_bytes(101, 4).unwrap(), "hunk");
        assert_eq!(source.get_bytes(105, 0).unwrap(), "");
        assert!(source.get_bytes(101, 5).is_err() && source.get_bytes(99, 1).is_err() && source.get_read(106).is_err());
    }
}
