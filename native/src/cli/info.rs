//! `parqlet info`: what a file is made of, from its footer alone.
//!
//! JSON: the fields of [`InfoReport`] by their names here; sizes are bytes, what the file lacks is `null` or empty.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;

use parquet::basic::Encoding;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use serde::Serialize;

use super::grid::Grid;
use super::schema::{logical_type, physical_type, rows};
use super::screen::{Ink, Screen, fit, printable};
use super::size;

/// The key under which Arrow writers keep their own schema, as bytes no one reads.
const ARROW_SCHEMA: &str = "ARROW:schema";

/// Most rows of a table on a terminal.
const MOST: usize = 40;

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
            let mut facts = RowGroupFacts {
                index,
                rows: size_of(group.num_rows()),
                compressed: 0,
                uncompressed: 0,
                range: None,
            };
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
            codecs: columns
                .iter()
                .flat_map(|column| column.codecs.iter().cloned())
                .collect(),
            encodings: columns
                .iter()
                .flat_map(|column| column.encodings.iter().cloned())
                .collect(),
            chunks,
            sorted_by: sorted_by(metadata, &columns),
            key_value_metadata: file
                .key_value_metadata()
                .into_iter()
                .flatten()
                .map(|pair| Entry {
                    key: pair.key.clone(),
                    value: pair.value.clone(),
                })
                .collect(),
            row_groups,
            columns,
        }
    }

    /// The facts as text for people.
    pub(crate) fn text(&self, screen: &Screen) -> String {
        let mut out = format!("{}\n", screen.ink(Ink::Bold, &printable(&self.url)));
        let line = format!(
            "{} · {} · {} · {}",
            size::bytes(self.length),
            size::counted(self.rows, "row"),
            size::counted(self.row_groups.len() as u64, "row group"),
            size::counted(self.columns.len() as u64, "column"),
        );
        // Writing to a string does not fail, here and below.
        let _ = writeln!(out, "{line}\n");
        let mut fact = |name: &str, text: &str| {
            let text = printable(text);
            let text = match screen.width {
                Some(width) => fit(&text, width.saturating_sub(18).max(20), screen.ellipsis()),
                None => text,
            };
            let _ = writeln!(
                out,
                "  {}  {text}",
                screen.ink(Ink::Dim, &format!("{name:<13}"))
            );
        };
        fact(
            "created by",
            self.created_by.as_deref().unwrap_or("unknown"),
        );
        fact("format", &format!("version {}", self.format_version));
        fact(
            "data",
            &format!(
                "{}, {} uncompressed ({})",
                size::bytes(self.compressed),
                size::bytes(self.uncompressed),
                ratio(self.compressed, self.uncompressed)
            ),
        );
        fact("codecs", &join(&self.codecs));
        fact("encodings", &join(&self.encodings));
        fact("page index", &self.chunks.page_index());
        fact(
            "bloom filters",
            &coverage(self.chunks.bloom_filter, self.chunks.total),
        );
        if !self.sorted_by.is_empty() {
            fact("sorted by", &self.sorted_by.join(", "));
        }
        if let Some(said) = self.footer_rows {
            fact(
                "note",
                &format!(
                    "the footer says {said} rows, its row groups hold {}",
                    size::count(self.rows)
                ),
            );
        }
        self.draw_metadata(&mut out, screen);
        self.draw_row_groups(&mut out, screen);
        self.draw_columns(&mut out, screen);
        out
    }

    fn draw_metadata(&self, out: &mut String, screen: &Screen) {
        if self.key_value_metadata.is_empty() {
            return;
        }
        out.push('\n');
        let mut grid = Grid::new(&["key", "value"]);
        for entry in &self.key_value_metadata {
            let key = fit(&printable(&entry.key), 40, screen.ellipsis()).into_owned();
            let value = match &entry.value {
                None => "none".to_owned(),
                Some(value) if entry.key == ARROW_SCHEMA => {
                    format!(
                        "the schema as Arrow has it ({})",
                        size::bytes(value.len() as u64)
                    )
                }
                Some(value) => short(value, screen),
            };
            grid.row(vec![key, value]);
        }
        grid.draw(out, MOST, screen);
    }

    fn draw_row_groups(&self, out: &mut String, screen: &Screen) {
        if self.row_groups.is_empty() {
            return;
        }
        out.push('\n');
        let mut grid = Grid::new(&[
            ">row group",
            ">rows",
            ">compressed",
            ">uncompressed",
            ">ratio",
            ">from byte",
        ]);
        for group in &self.row_groups {
            grid.row(vec![
                group.index.to_string(),
                size::count(group.rows),
                size::bytes(group.compressed),
                size::bytes(group.uncompressed),
                ratio(group.compressed, group.uncompressed),
                group
                    .range
                    .as_ref()
                    .map(|range| size::count(range.start))
                    .unwrap_or_default(),
            ]);
        }
        grid.draw(out, MOST, screen);
    }

    fn draw_columns(&self, out: &mut String, screen: &Screen) {
        if self.columns.is_empty() {
            return;
        }
        out.push('\n');
        let mut grid = Grid::new(&[
            "column",
            "type",
            ">compressed",
            ">share",
            ">uncompressed",
            ">ratio",
            "codec",
            "encodings",
        ]);
        for column in &self.columns {
            let kind = column
                .logical_type
                .as_ref()
                .or(column.physical_type.as_ref());
            grid.row(vec![
                fit(&printable(&column.path), 40, screen.ellipsis()).into_owned(),
                kind.cloned().unwrap_or_default(),
                size::bytes(column.compressed),
                size::percent(column.compressed, self.compressed),
                size::bytes(column.uncompressed),
                ratio(column.compressed, column.uncompressed),
                join(&column.codecs),
                join(&column.encodings),
            ]);
        }
        // Columns are what one looks for here: all are shown.
        grid.draw(out, usize::MAX, screen);
    }
}

impl ColumnFacts {
    fn add(&mut self, chunk: &ColumnChunkMetaData) {
        self.values = self.values.saturating_add(size_of(chunk.num_values()));
        self.compressed = self
            .compressed
            .saturating_add(size_of(chunk.compressed_size()));
        self.uncompressed = self
            .uncompressed
            .saturating_add(size_of(chunk.uncompressed_size()));
        // Without the level: the footer does not hold it.
        let codec = format!("{:?}", chunk.compression_codec()).to_lowercase();
        self.codecs.insert(codec);
        self.encodings.extend(
            chunk
                .encodings()
                .map(|encoding: Encoding| encoding.to_string().to_lowercase()),
        );
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
        self.uncompressed = self
            .uncompressed
            .saturating_add(size_of(chunk.uncompressed_size()));
        let start = size_of(
            chunk
                .dictionary_page_offset()
                .unwrap_or_else(|| chunk.data_page_offset()),
        );
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

    fn page_index(self) -> String {
        match (self.column_index, self.offset_index) {
            (0, 0) => "none".to_owned(),
            (columns, offsets) if columns == offsets => coverage(columns, self.total),
            (columns, offsets) => format!(
                "offset index {}; column index {}",
                coverage(offsets, self.total),
                coverage(columns, self.total)
            ),
        }
    }
}

fn coverage(part: u64, total: u64) -> String {
    match part {
        0 => "none".to_owned(),
        _ if part == total => format!("on all {}", size::counted(total, "column chunk")),
        _ => format!(
            "on {} of {}",
            size::count(part),
            size::counted(total, "column chunk")
        ),
    }
}

/// The columns the row groups are sorted by, where all of them agree.
fn sorted_by(metadata: &ParquetMetaData, columns: &[ColumnFacts]) -> Vec<String> {
    let mut orders = metadata
        .row_groups()
        .iter()
        .map(|group| group.sorting_columns());
    let Some(Some(first)) = orders.next() else {
        return Vec::new();
    };
    if !orders.all(|order| order == Some(first)) {
        return Vec::new();
    }
    first
        .iter()
        .map(|order| {
            let column = usize::try_from(order.column_idx)
                .ok()
                .and_then(|place| columns.get(place));
            let name = column.map_or("?", |column| column.path.as_str());
            format!(
                "{name}{}",
                if order.descending { " descending" } else { "" }
            )
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

fn ratio(compressed: u64, uncompressed: u64) -> String {
    if compressed == 0 {
        return "-".to_owned();
    }
    format!("{:.1}x", uncompressed as f64 / compressed as f64)
}

fn join(names: &BTreeSet<String>) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

/// The begin of a value that may be megabytes long.
fn short(value: &str, screen: &Screen) -> String {
    let room = screen.picture_width().saturating_sub(40).max(30);
    let begin: String = value.chars().take(room * 2).collect();
    let shown = printable(&begin).into_owned();
    let cut = fit(&shown, room, screen.ellipsis());
    if cut == shown && begin.len() == value.len() {
        return shown;
    }
    format!("{cut} ({})", size::bytes(value.len() as u64))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::super::sample::{file, metadata};
    use super::*;

    const SCREEN: Screen = Screen {
        width: Some(100),
        colour: false,
        unicode: true,
    };

    fn report() -> InfoReport {
        InfoReport::new("trips.parquet", file().len() as u64, &metadata())
    }

    #[test]
    fn the_facts_of_a_file() {
        let text = report().text(&SCREEN);
        for line in [
            "6 rows · 2 row groups · 4 columns",
            "created by     a test",
            "codecs         zstd",
            "page index     on all 8 column chunks",
            "bloom filters  on 2 of 8 column chunks",
            "ARROW:schema  the schema as Arrow has it",
            "  note          x\\nx\\nx",
            "… (800 B)",
            "  row group  rows  compressed",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("footer says"));
    }

    #[test]
    fn json_sums_agree_with_the_parts() {
        let json = serde_json::to_value(report()).unwrap();
        let total = |list: &str, field: &str| -> u64 {
            json[list]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item[field].as_u64().unwrap())
                .sum()
        };
        for field in ["compressed", "uncompressed"] {
            assert_eq!(json[field].as_u64().unwrap(), total("row_groups", field));
            assert_eq!(json[field].as_u64().unwrap(), total("columns", field));
        }
        assert_eq!(total("row_groups", "rows"), 6);
        assert_eq!(
            json["key_value_metadata"][0]["value"]
                .as_str()
                .unwrap()
                .len(),
            800
        );
        assert_eq!(json["columns"][3]["path"], "tags.list.element");
        assert_eq!(json["row_groups"][0]["range"]["start"], 4);
    }

    #[test]
    fn a_footer_that_counts_wrong_is_told_on() {
        let honest = metadata();
        let file = honest.file_metadata();
        let lying = parquet::file::metadata::FileMetaData::new(
            2,
            0,
            None,
            None,
            file.schema_descr_ptr(),
            None,
        );
        let lying = ParquetMetaData::new(lying, honest.row_groups().to_vec());
        let text = InfoReport::new("f", 1000, &lying).text(&SCREEN);
        assert!(text.contains("6 rows · "), "{text}");
        assert!(
            text.contains("the footer says 0 rows, its row groups hold 6"),
            "{text}"
        );
        assert!(text.contains("created by     unknown"), "{text}");
    }
}
