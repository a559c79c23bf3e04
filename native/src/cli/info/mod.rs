//! `parqlet info`: what a file is made of, from its footer alone.
//!
//! JSON: the fields of [`InfoReport`] by their names here; sizes are bytes, what the file lacks is `null` or empty.

mod text;

use std::collections::BTreeSet;
use std::ops::Range;

use parquet::basic::Encoding;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use serde::Serialize;

use super::schema::{logical_type, physical_type, rows};

/// The facts of a file.
#[derive(Debug, Serialize)]
pub(crate) struct InfoReport {
    url: String,
    /// Of the whole file.
    length: u64,
    /// Of all row groups.
    rows: u64,
    /// What the footer itself says, where that is something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    footer_rows: Option<i64>,
    created_by: Option<String>,
    format_version: i32,
    /// Of all column chunks.
    compressed: u64,
    /// Of all column chunks, encoded but not compressed.
    uncompressed: u64,
    codecs: BTreeSet<String>,
    encodings: BTreeSet<String>,
    /// Column chunks: in all, with a column index, with an offset index, with a bloom filter.
    chunks: Counts,
    sorted_by: Vec<String>,
    key_value_metadata: Vec<Entry>,
    row_groups: Vec<RowGroupFacts>,
    columns: Vec<ColumnFacts>,
}

#[derive(Debug, Default, Clone, Copy, Serialize)]
struct Counts {
    total: u64,
    column_index: u64,
    offset_index: u64,
    bloom_filter: u64,
}

#[derive(Debug, Serialize)]
struct Entry {
    key: String,
    value: Option<String>,
}

#[derive(Debug, Serialize)]
struct RowGroupFacts {
    index: usize,
    rows: u64,
    compressed: u64,
    uncompressed: u64,
    /// From the first byte of its first column chunk to the last of its last.
    range: Option<Range<u64>>,
}

#[derive(Debug, Serialize)]
struct ColumnFacts {
    index: usize,
    path: String,
    physical_type: Option<String>,
    logical_type: Option<String>,
    /// Over all row groups, nulls and repeated values included.
    values: u64,
    compressed: u64,
    uncompressed: u64,
    codecs: BTreeSet<String>,
    encodings: BTreeSet<String>,
    chunks: Counts,
}

impl InfoReport {
    /// Reads the facts of a file of `length` bytes from its footer. `url` is shown as it is given: without its
    /// secrets.
    pub(crate) fn new(url: &str, length: u64, metadata: &ParquetMetaData) -> Self {
        let file = metadata.file_metadata();
        let mut columns: Vec<ColumnFacts> = file
            .schema_descr()
            .columns()
            .iter()
            .enumerate()
            .map(|(index, column)| ColumnFacts {
                index,
                path: column.path().string(),
                physical_type: physical_type(column.self_type()),
                logical_type: logical_type(column.self_type()),
                values: 0,
                compressed: 0,
                uncompressed: 0,
                codecs: BTreeSet::new(),
                encodings: BTreeSet::new(),
                chunks: Counts::default(),
            })
            .collect();
        let mut row_groups = Vec::with_capacity(metadata.num_row_groups());
        for (index, group) in metadata.row_groups().iter().enumerate() {
            let mut facts =
                RowGroupFacts { index, rows: size_of(group.num_rows()), compressed: 0, uncompressed: 0, range: None };
            for (column, chunk) in columns.iter_mut().zip(group.columns()) {
                column.add(chunk);
                facts.add(chunk);
            }
            row_groups.push(facts);
        }
        let rows = rows(metadata);
        let mut chunks = Counts::default();
        for column in &columns {
            chunks.add(column.chunks);
        }
        Self {
            url: url.to_owned(),
            length,
            rows,
            footer_rows: (u64::try_from(file.num_rows()) != Ok(rows)).then(|| file.num_rows()),
            created_by: file.created_by().map(str::to_owned),
            format_version: file.version(),
            compressed: sum(columns.iter().map(|column| column.compressed)),
            uncompressed: sum(columns.iter().map(|column| column.uncompressed)),
            codecs: columns.iter().flat_map(|column| column.codecs.iter().cloned()).collect(),
            encodings: columns.iter().flat_map(|column| column.encodings.iter().cloned()).collect(),
            chunks,
            sorted_by: sorted_by(metadata, &columns),
            key_value_metadata: file
                .key_value_metadata()
                .into_iter()
                .flatten()
                .map(|pair| Entry { key: pair.key.clone(), value: pair.value.clone() })
                .collect(),
            row_groups,
            columns,
        }
    }
}

impl ColumnFacts {
    fn add(&mut self, chunk: &ColumnChunkMetaData) {
        self.values = self.values.saturating_add(size_of(chunk.num_values()));
        self.compressed = self.compressed.saturating_add(size_of(chunk.compressed_size()));
        self.uncompressed = self.uncompressed.saturating_add(size_of(chunk.uncompressed_size()));
        // Without the level: the footer does not hold it.
        let codec = format!("{:?}", chunk.compression_codec()).to_lowercase();
        self.codecs.insert(codec);
        self.encodings.extend(chunk.encodings().map(|encoding: Encoding| encoding.to_string().to_lowercase()));
        self.chunks.add(Counts {
            total: 1,
            column_index: chunk.column_index_range().is_some().into(),
            offset_index: chunk.offset_index_range().is_some().into(),
            bloom_filter: chunk.bloom_filter_offset().is_some().into(),
        });
    }
}

impl RowGroupFacts {
    fn add(&mut self, chunk: &ColumnChunkMetaData) {
        let compressed = size_of(chunk.compressed_size());
        self.compressed = self.compressed.saturating_add(compressed);
        self.uncompressed = self.uncompressed.saturating_add(size_of(chunk.uncompressed_size()));
        let start = size_of(chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset()));
        let end = start.saturating_add(compressed);
        self.range = Some(match self.range.take() {
            Some(range) => range.start.min(start)..range.end.max(end),
            None => start..end,
        });
    }
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.total += other.total;
        self.column_index += other.column_index;
        self.offset_index += other.offset_index;
        self.bloom_filter += other.bloom_filter;
    }
}

/// The columns the row groups are sorted by, where all of them agree.
fn sorted_by(metadata: &ParquetMetaData, columns: &[ColumnFacts]) -> Vec<String> {
    let mut orders = metadata.row_groups().iter().map(|group| group.sorting_columns());
    let Some(Some(first)) = orders.next() else {
        return Vec::new();
    };
    if !orders.all(|order| order == Some(first)) {
        return Vec::new();
    }
    first
        .iter()
        .map(|order| {
            let column = usize::try_from(order.column_idx).ok().and_then(|place| columns.get(place));
            let name = column.map_or("?", |column| column.path.as_str());
            format!("{name}{}", if order.descending { " descending" } else { "" })
        })
        .collect()
}

/// A size or count of a footer. A negative one is not a size; it counts for nothing here.
fn size_of(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn sum(sizes: impl Iterator<Item = u64>) -> u64 {
    sizes.fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests;
