//! The facts of a file as text for people.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Counts, InfoReport};
use crate::cli::grid::Grid;
use crate::cli::screen::{Ink, Screen, fit, printable};
use crate::cli::size;

/// The key under which Arrow writers keep their own schema, as bytes no one reads.
const ARROW_SCHEMA: &str = "ARROW:schema";

/// Most rows of a table on a terminal.
const MOST: usize = 40;

impl InfoReport {
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
            let _ = writeln!(out, "  {}  {text}", screen.ink(Ink::Dim, &format!("{name:<13}")));
        };
        fact("created by", self.created_by.as_deref().unwrap_or("unknown"));
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
        fact("bloom filters", &coverage(self.chunks.bloom_filter, self.chunks.total));
        if !self.sorted_by.is_empty() {
            fact("sorted by", &self.sorted_by.join(", "));
        }
        if let Some(said) = self.footer_rows {
            fact("note", &format!("the footer says {said} rows, its row groups hold {}", size::count(self.rows)));
        }
        self.draw_metadata(&mut out, screen);
        self.draw_row_groups(&mut out, screen);
        self.draw_columns(&mut out, screen);
        screen.spelled(out)
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
                    format!("the schema as Arrow has it ({})", size::bytes(value.len() as u64))
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
        let mut grid = Grid::new(&[">row group", ">rows", ">compressed", ">uncompressed", ">ratio", ">from byte"]);
        for group in &self.row_groups {
            grid.row(vec![
                group.index.to_string(),
                size::count(group.rows),
                size::bytes(group.compressed),
                size::bytes(group.uncompressed),
                ratio(group.compressed, group.uncompressed),
                group.range.as_ref().map(|range| size::count(range.start)).unwrap_or_default(),
            ]);
        }
        grid.draw(out, MOST, screen);
    }

    fn draw_columns(&self, out: &mut String, screen: &Screen) {
        if self.columns.is_empty() {
            return;
        }
        out.push('\n');
        let mut grid = Grid::new(&["column", "type", ">compressed", ">share", ">ratio", "codec", "encodings"]);
        for column in &self.columns {
            let kind = column.logical_type.as_ref().or(column.physical_type.as_ref());
            grid.row(vec![
                fit(&printable(&column.path), 40, screen.ellipsis()).into_owned(),
                kind.cloned().unwrap_or_default(),
                size::bytes(column.compressed),
                size::percent(column.compressed, self.compressed),
                ratio(column.compressed, column.uncompressed),
                join(&column.codecs),
                join(&column.encodings),
            ]);
        }
        grid.draw(out, MOST, screen);
    }
}

impl Counts {
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
        _ => format!("on {} of {}", size::count(part), size::counted(total, "column chunk")),
    }
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
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
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
