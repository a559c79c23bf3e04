//! Lists of files, as `ls` shows them.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use parqlet::{ObjectEntry, ParquetFile};
use serde::Serialize;
use serde_json::{Map, Value};

use super::screen::{pad, printable, width};
use super::size;
use super::temporal;

/// The files of a listing.
#[derive(Debug, Default)]
pub(crate) struct FilesReport {
    pub(crate) files: Vec<FileRow>,
}

/// A file and what is known of it.
#[derive(Debug, Serialize)]
pub(crate) struct FileRow {
    url: String,
    size: Option<u64>,
    last_modified: Option<String>,
    etag: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    partitions: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    row_groups: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// The files with their sums.
#[derive(Debug, Serialize)]
pub(crate) struct Summed<'a> {
    files: &'a [FileRow],
    count: u64,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    row_groups: Option<u64>,
}

impl FileRow {
    /// A file as it was listed.
    pub(crate) fn listed(entry: ObjectEntry) -> Self {
        let partitions =
            entry.partitions.into_iter().map(|(key, value)| (key, value.map_or(Value::Null, Value::String)));
        Self {
            url: entry.url,
            size: entry.size,
            last_modified: entry.last_modified.map(instant),
            etag: entry.etag,
            partitions: partitions.collect(),
            rows: None,
            row_groups: None,
            error: None,
        }
    }

    /// A file whose footer was read.
    pub(crate) fn opened(entry: ObjectEntry, file: &ParquetFile) -> Self {
        Self {
            size: Some(file.identity().length),
            rows: Some(file.row_count()),
            row_groups: Some(file.metadata().num_row_groups() as u64),
            ..Self::listed(entry)
        }
    }

    /// A file that couldn't be asked.
    pub(crate) fn failed(entry: ObjectEntry, error: &parqlet::Error) -> Self {
        Self { error: Some(error.to_string()), ..Self::listed(entry) }
    }
}

impl FilesReport {
    /// For JSON.
    pub(crate) fn summed(&self) -> Summed<'_> {
        let files = &self.files;
        let sum = |number: fn(&FileRow) -> Option<u64>| {
            files
                .iter()
                .filter_map(number)
                .fold(None, |sum: Option<u64>, more| Some(sum.unwrap_or(0).saturating_add(more)))
        };
        Summed {
            files,
            count: files.len() as u64,
            size: sum(|file| file.size).unwrap_or(0),
            rows: sum(|file| file.rows),
            row_groups: sum(|file| file.row_groups),
        }
    }

    /// A line for each file and one for all. Names come last and are never cut: they are there to be copied.
    pub(crate) fn text(&self) -> String {
        let sums = self.summed();
        let lines: Vec<Vec<String>> = self.files.iter().map(|file| cells(file, sums.rows.is_some())).collect();
        let columns = lines.first().map_or(0, Vec::len);
        let widths: Vec<usize> = (0..columns)
            .map(|place| lines.iter().filter_map(|line| line.get(place)).map(|cell| width(cell)).max().unwrap_or(0))
            .collect();
        let mut text = String::new();
        for (file, line) in self.files.iter().zip(&lines) {
            for (cell, width) in line.iter().zip(&widths) {
                text.push_str(&pad(cell, *width, true));
                text.push_str("  ");
            }
            text.push_str(&printable(&file.url));
            text.push('\n');
        }
        let (count, size) = (size::counted(sums.count, "file"), size::bytes(sums.size));
        // Writing to a string can't fail.
        let _ = write!(text, "{count}, {size}");
        if let (Some(rows), Some(groups)) = (sums.rows, sums.row_groups) {
            let _ = write!(text, ", {} in {}", size::counted(rows, "row"), size::counted(groups, "row group"));
        }
        text.push('\n');
        text
    }

    /// What to say of the files that couldn't be asked, if there are any: each by name.
    pub(crate) fn failed(&self) -> Option<Vec<String>> {
        let failed: Vec<String> = self.files.iter().filter_map(|file| file.error.clone()).collect();
        (!failed.is_empty()).then_some(failed)
    }
}

fn cells(file: &FileRow, footers: bool) -> Vec<String> {
    let unknown = || "?".to_owned();
    let mut cells = vec![
        file.size.map_or_else(unknown, size::bytes),
        file.last_modified.as_deref().map_or_else(unknown, |time| time.replace('T', " ").replace('Z', "")),
    ];
    if footers {
        cells.push(file.rows.map_or_else(unknown, |rows| size::counted(rows, "row")));
        cells.push(file.row_groups.map_or_else(unknown, |groups| size::counted(groups, "row group")));
    }
    cells
}

/// A moment to the second, in UTC.
fn instant(time: SystemTime) -> String {
    let seconds = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |seconds| -seconds),
    };
    let mut text = String::new();
    // Writing to a string can't fail.
    let _ = temporal::write_timestamp(&mut text, seconds, 1, true);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_line_for_each_file_and_one_for_all() {
        let entry = |url: &str, size| ObjectEntry {
            url: url.to_owned(),
            size: Some(size),
            last_modified: Some(UNIX_EPOCH + Duration::from_secs(86_399)),
            etag: None,
            partitions: vec![("k".to_owned(), None)],
        };
        let files = vec![FileRow::listed(entry("s3://b/a", 1_100_000)), FileRow::listed(entry("s3://b/b", 12))];
        let mut report = FilesReport { files };
        assert_eq!(
            report.text(),
            "1.1 MB  1970-01-01 23:59:59  s3://b/a\n  12 B  1970-01-01 23:59:59  s3://b/b\n2 files, 1.1 MB\n"
        );
        report.files[1].rows = Some(7);
        report.files[1].row_groups = Some(1);
        assert!(report.text().ends_with("2 files, 1.1 MB, 7 rows in 1 row group\n"), "{}", report.text());
    }
}
