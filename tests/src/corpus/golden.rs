//! What a reader must get from each file of the corpus, and whether it did.

use serde_json::Value;

use super::canon::Checksum;

/// One line of `goldens.jsonl`: a file and what must come of reading it.
#[derive(Debug, Clone)]
pub struct Golden {
    /// Path of the file below the corpus folder.
    pub file: String,
    /// What must happen.
    pub expect: Expect,
    /// `good`, `exotic`, `bad` (corrupt) or `encrypted`.
    pub group: String,
    /// Rows in the file; `None` where no reader could tell.
    pub rows: Option<u64>,
    /// Another row count that is accepted too.
    pub other_rows: Option<u64>,
    /// The top-level columns; empty where no reader gave any.
    pub columns: Vec<Column>,
    /// A page's checksum is wrong: a reader that verifies checksums refuses the file.
    pub crc_mismatch: bool,
}

/// What must happen when the file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// These rows.
    Ok,
    /// A clean error.
    Error,
    /// A clean error or these rows.
    Either,
}

/// One top-level column of a golden.
#[derive(Debug, Clone)]
pub struct Column {
    /// Name in the file; a reader may rename duplicates.
    pub name: String,
    /// Checksum of the canonical lines; `None` where none is known.
    pub sha256: Option<String>,
    /// Checksum with text written as hex, where that differs.
    pub loose: Option<String>,
    /// Other checksums that readers gave.
    pub others: Vec<Other>,
    /// The first two lines, cut: for messages.
    pub first: Vec<String>,
}

/// A checksum that another reader gave.
#[derive(Debug, Clone)]
pub struct Other {
    /// The checksum.
    pub sha256: String,
    /// Why it differs.
    pub why: String,
    /// Known wrong, though common.
    pub wrong: bool,
}

/// What a reader got out of a file: rows and a checksum per top-level column.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Rows of all batches.
    pub rows: u64,
    /// Top-level columns in order.
    pub columns: Vec<Checksum>,
}

/// Whether a reader passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As the golden says.
    Pass,
    /// Not so, and why.
    Fail(String),
}

impl Golden {
    /// One line of `goldens.jsonl`.
    ///
    /// # Errors
    /// The line is not the JSON the corpus' README describes.
    pub fn parse(line: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let file = text(&value, "file")?;
        let expect = match value["expect"].as_str() {
            Some("ok") => Expect::Ok,
            Some("error") => Expect::Error,
            Some("either") => Expect::Either,
            other => return Err(format!("{file}: expect is {other:?}")),
        };
        Ok(Self {
            expect,
            group: text(&value, "group")?,
            rows: value["rows"].as_u64(),
            other_rows: value["other_rows"].as_u64(),
            columns: items(&value["columns"]).map(Column::parse).collect::<Result<_, _>>()?,
            crc_mismatch: value["crc_mismatch"].as_bool().unwrap_or(false),
            file,
        })
    }

    /// Whether `result` is what this golden asks for.
    pub fn judge(&self, result: &Result<Reading, String>) -> Verdict {
        match (self.expect, result) {
            (Expect::Ok, Err(error)) => Verdict::Fail(format!("error: {error}")),
            (Expect::Error | Expect::Either, Err(_)) => Verdict::Pass,
            (Expect::Error, Ok(reading)) => Verdict::Fail(format!("read {} rows, expected an error", reading.rows)),
            (Expect::Ok | Expect::Either, Ok(reading)) => match self.compare(reading) {
                // Whatever rows come out of a corrupt file is no failure.
                Some(reason) if self.group != "bad" => Verdict::Fail(reason),
                _ => Verdict::Pass,
            },
        }
    }

    fn compare(&self, reading: &Reading) -> Option<String> {
        if Some(reading.rows) == self.other_rows {
            return None;
        }
        if self.rows.is_some_and(|rows| rows != reading.rows) {
            return Some(format!("{} rows, expected {:?}", reading.rows, self.rows));
        }
        if self.columns.is_empty() && self.rows != Some(0) {
            return None;
        }
        if self.columns.len() != reading.columns.len() {
            return Some(format!("{} columns, expected {}", reading.columns.len(), self.columns.len()));
        }
        let mut wrong = self.columns.iter().zip(&reading.columns).filter_map(|(column, got)| column.compare(got));
        let first = wrong.next()?;
        Some(match wrong.count() {
            0 => first,
            more => format!("{first} (and {more} more columns)"),
        })
    }
}

impl Column {
    fn parse(value: &Value) -> Result<Self, String> {
        Ok(Self {
            name: text(value, "name")?,
            sha256: value["sha256"].as_str().map(str::to_owned),
            loose: value["loose"].as_str().map(str::to_owned),
            others: items(&value["others"]).map(Other::parse).collect::<Result<_, _>>()?,
            first: items(&value["first"]).filter_map(|line| line.as_str().map(str::to_owned)).collect(),
        })
    }

    fn compare(&self, got: &Checksum) -> Option<String> {
        let expected = self.sha256.as_ref()?;
        if got.strict == *expected || (got.loose.is_some() && got.loose == self.loose) {
            return None;
        }
        let other = self.others.iter().find(|other| other.sha256 == got.strict);
        if other.is_some_and(|other| !other.wrong) {
            return None;
        }
        let why = other.map_or("", |other| other.why.as_str());
        Some(format!("column {:?}: first {:?}, expected {:?} {why}", self.name, got.first, self.first))
    }
}

impl Other {
    fn parse(value: &Value) -> Result<Self, String> {
        Ok(Self {
            sha256: text(value, "sha256")?,
            why: text(value, "why")?,
            wrong: value["wrong"].as_bool().unwrap_or(false),
        })
    }
}

fn text(value: &Value, key: &str) -> Result<String, String> {
    value[key].as_str().map(str::to_owned).ok_or_else(|| format!("no {key} in {value}"))
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const LINE: &str = r#"{"file":"f","expect":"ok","group":"good","rows":1,"columns":[{"name":"a","sha256":"11",
        "loose":"22","first":["1"],"others":[{"sha256":"33","why":"unit"},{"sha256":"44","why":"wrapped","wrong":true}]}]}"#;

    fn reading(strict: &str, loose: &str) -> Result<Reading, String> {
        let column = Checksum { strict: strict.to_owned(), loose: Some(loose.to_owned()), first: vec![] };
        Ok(Reading { rows: 1, columns: vec![column] })
    }

    #[test]
    fn rows_must_be_the_expected_ones() {
        let golden = Golden::parse(LINE).unwrap();
        assert_eq!(golden.judge(&reading("11", "")), Verdict::Pass);
        assert_eq!(golden.judge(&reading("00", "22")), Verdict::Pass, "binary for text");
        assert_eq!(golden.judge(&reading("33", "")), Verdict::Pass, "another reader's view");
        assert!(matches!(golden.judge(&reading("44", "")), Verdict::Fail(_)), "a known wrong view");
        assert!(matches!(golden.judge(&reading("00", "")), Verdict::Fail(_)));
        assert!(matches!(golden.judge(&Err("no".to_owned())), Verdict::Fail(_)));
        let mut rows = reading("11", "").unwrap();
        rows.rows = 2;
        assert!(matches!(golden.judge(&Ok(rows)), Verdict::Fail(_)));
    }

    #[test]
    fn corrupt_files_may_give_any_rows_unless_they_must_be_refused() {
        let mut golden = Golden::parse(LINE).unwrap();
        golden.group = "bad".to_owned();
        golden.expect = Expect::Either;
        assert_eq!(golden.judge(&reading("00", "")), Verdict::Pass);
        golden.expect = Expect::Error;
        assert!(matches!(golden.judge(&reading("11", "")), Verdict::Fail(_)));
        assert_eq!(golden.judge(&Err("no".to_owned())), Verdict::Pass);
    }
}
