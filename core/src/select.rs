//! Selection: which columns, row groups and rows are wanted, and what that means in one file.

use crate::error::{Error, ErrorKind, Result};
use parquet::arrow::ProjectionMask;
use parquet::basic::ConvertedType;
use parquet::file::metadata::ParquetMetaData;
use parquet::schema::types::SchemaDescriptor;
use std::collections::BTreeSet;
use std::ops::Range;

/// What is wanted of a file. Everything, unless narrowed.
///
/// ```
/// use parqlet_core::select::Selection;
/// let first_rows = Selection::all().columns(["id", "pickup.zone"]).limit(100);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    columns: Option<Vec<String>>,
    row_groups: Option<Vec<Span>>,
    offset: u64,
    limit: Option<u64>,
    batch_rows: Option<usize>,
}

impl Selection {
    /// All rows of all columns.
    pub fn all() -> Self {
        Self::default()
    }

    /// Only these columns, in this order.
    ///
    /// A name is a top-level column's, or a path into a nested one with dots between its parts (`pickup.zone`); it
    /// selects all that is below it. The repeated groups that Parquet puts inside lists and maps may be left out
    /// (`stops.zone` for `stops.list.element.zone`). An exact name wins over a path, so a column that is called `a.b`
    /// is found. None at all is a legal wish: batches then only count rows.
    #[must_use]
    pub fn columns<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.columns = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Only these row groups, counted from 0; they are read in file order.
    #[must_use]
    pub fn row_groups(mut self, indexes: impl IntoIterator<Item = usize>) -> Self {
        let one = |index: usize| Span { start: index, end: Some(index.saturating_add(1)) };
        self.row_groups = Some(indexes.into_iter().map(one).collect());
        self
    }

    /// Only the row groups in these ranges, each a start and an end that is exclusive, or `None` for the file's last.
    #[must_use]
    pub fn row_group_ranges(mut self, ranges: impl IntoIterator<Item = (usize, Option<usize>)>) -> Self {
        self.row_groups = Some(ranges.into_iter().map(|(start, end)| Span { start, end }).collect());
        self
    }

    /// Skips so many rows of the file (of the selected row groups, where some are selected).
    #[must_use]
    pub fn offset(mut self, rows: u64) -> Self {
        self.offset = rows;
        self
    }

    /// At most so many rows.
    #[must_use]
    pub fn limit(mut self, rows: u64) -> Self {
        self.limit = Some(rows);
        self
    }

    /// At most so many rows a batch. By default as many as make a batch of about 8 MiB, between 1,024 and 65,536: the
    /// decoding crate's own 1,024 cost twice the time of 64 Ki on narrow tables, and 64 Ki rows of a wide one are
    /// gigabytes.
    #[must_use]
    pub fn batch_rows(mut self, rows: usize) -> Self {
        self.batch_rows = Some(rows.max(1));
        self
    }

    /// The columns that are wanted, by the names that were given; `None` for all.
    pub fn names(&self) -> Option<&[String]> {
        self.columns.as_deref()
    }

    /// The rows to skip.
    pub fn skipped(&self) -> u64 {
        self.offset
    }

    /// The most rows to give; `None` for all.
    pub fn most(&self) -> Option<u64> {
        self.limit
    }

    /// The same of all rows, without the columns that a file lacks; and what is to be said of those.
    pub(crate) fn of_present(&self, metadata: &ParquetMetaData) -> (Self, Vec<(String, Error)>) {
        let schema = metadata.file_metadata().schema_descr();
        let mut absent = Vec::new();
        let columns = self.columns.as_ref().map(|names| {
            let present = |name: &&String| !find(name, schema).is_empty();
            absent.extend(names.iter().filter(|name| !present(name)).map(|name| (name.clone(), unknown(name, schema))));
            names.iter().filter(present).cloned().collect()
        });
        (Self { columns, offset: 0, limit: None, ..self.clone() }, absent)
    }

    /// Holds the selection against a file.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Usage`] when the file lacks a column (near names are listed) or a row group.
    pub fn resolve(&self, metadata: &ParquetMetaData) -> Result<Resolved> {
        let schema = metadata.file_metadata().schema_descr();
        let (leaves, order) = match &self.columns {
            None => ((0..schema.num_columns()).collect(), None),
            Some(names) => resolve_columns(names, schema)?,
        };
        Ok(Resolved {
            projection: ProjectionMask::leaves(schema, leaves.iter().copied()),
            leaves,
            order,
            rows: self.resolve_rows(metadata)?,
            batch_rows: self.batch_rows,
        })
    }

    fn resolve_rows(&self, metadata: &ParquetMetaData) -> Result<Vec<RowGroupRows>> {
        let count = metadata.num_row_groups();
        let mut indexes: Vec<usize> = match &self.row_groups {
            None => (0..count).collect(),
            Some(spans) => {
                let within: Result<Vec<Range<usize>>> = spans.iter().map(|span| span.within(count)).collect();
                within?.into_iter().flatten().collect()
            }
        };
        indexes.sort_unstable();
        indexes.dedup();
        let mut skip = self.offset;
        let mut left = self.limit.unwrap_or(u64::MAX);
        let mut all: u64 = 0;
        let mut rows = Vec::new();
        for index in indexes {
            // Row groups count, not the footer's own sum: files exist where that says 0.
            let total = u64::try_from(metadata.row_group(index).num_rows()).map_err(|_| {
                Error::new(ErrorKind::Corrupt, format!("row group {index} claims a negative number of rows"))
            })?;
            all = all
                .checked_add(total)
                .ok_or_else(|| Error::new(ErrorKind::Corrupt, "the row groups claim more rows than can be counted"))?;
            let start = skip.min(total);
            let end = start.saturating_add(left).min(total);
            skip -= start;
            left -= end - start;
            if start < end {
                rows.push(RowGroupRows { index, rows: start..end, total });
            }
        }
        Ok(rows)
    }
}

/// Row groups in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: usize,
    /// Exclusive; `None` goes to the last.
    end: Option<usize>,
}

impl Span {
    /// The same in a file of so many row groups.
    fn within(self, count: usize) -> Result<Range<usize>> {
        let end = self.end.unwrap_or_else(|| count.max(self.start.saturating_add(1)));
        if end <= count {
            return Ok(self.start..end);
        }
        let index = self.start.max(count);
        let has = match count {
            0 => "no row groups".to_owned(),
            1 => "one row group, number 0".to_owned(),
            _ => format!("{count} row groups, 0 to {}", count - 1),
        };
        Err(Error::new(ErrorKind::Usage, format!("there is no row group {index}: the file has {has}")))
    }
}

/// A selection held against one file.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The leaf columns to decode.
    pub projection: ProjectionMask,
    /// The same as indexes, ascending.
    pub leaves: Vec<usize>,
    /// Where the top-level columns of a decoded batch go, if not in file order: position in the result to position in
    /// the batch.
    pub order: Option<Vec<usize>>,
    /// The rows wanted of each row group, in file order; row groups without any are left out.
    pub rows: Vec<RowGroupRows>,
    /// The rows a batch that were asked for.
    pub batch_rows: Option<usize>,
}

/// The rows wanted of one row group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowGroupRows {
    /// The row group's index in the file.
    pub index: usize,
    /// The wanted rows, counted from the row group's first; never empty.
    pub rows: Range<u64>,
    /// How many rows the row group has.
    pub total: u64,
}

impl RowGroupRows {
    /// Whether every row of the row group is wanted.
    pub fn is_whole(&self) -> bool {
        self.rows.start == 0 && self.rows.end == self.total
    }
}

/// Leaves (ascending) and, where the names ask for another order than the file's, the order of top-level columns.
fn resolve_columns(names: &[String], schema: &SchemaDescriptor) -> Result<(Vec<usize>, Option<Vec<usize>>)> {
    let mut leaves = Vec::new();
    let mut roots: Vec<usize> = Vec::new();
    for name in names {
        let found = find(name, schema);
        if found.is_empty() {
            return Err(unknown(name, schema));
        }
        for leaf in found {
            let root = schema.get_column_root_idx(leaf);
            if !roots.contains(&root) {
                roots.push(root);
            }
            leaves.push(leaf);
        }
    }
    leaves.sort_unstable();
    leaves.dedup();
    let mut in_file_order = roots.clone();
    in_file_order.sort_unstable();
    let order = (in_file_order != roots)
        .then(|| roots.iter().map(|root| in_file_order.partition_point(|other| other < root)).collect());
    Ok((leaves, order))
}

/// The leaves a name selects: by the top-level column's name, else by path, else by path without the groups that only
/// structure lists and maps.
fn find(name: &str, schema: &SchemaDescriptor) -> Vec<usize> {
    let leaves = || 0..schema.num_columns();
    let by_root: Vec<usize> =
        leaves().filter(|leaf| schema.column(*leaf).path().parts().first().is_some_and(|root| root == name)).collect();
    if !by_root.is_empty() {
        return by_root;
    }
    let full: Vec<usize> =
        leaves().filter(|leaf| is_prefix(name, schema.column(*leaf).path().parts().iter())).collect();
    if !full.is_empty() {
        return full;
    }
    leaves().filter(|leaf| is_prefix(name, without_structure(schema, *leaf).iter())).collect()
}

/// Whether `name` is the first parts joined by dots, for some number of them.
fn is_prefix<'a>(name: &str, parts: impl Iterator<Item = &'a String>) -> bool {
    let mut rest = name;
    for part in parts {
        match rest.strip_prefix(part.as_str()) {
            Some("") => return true,
            Some(tail) => match tail.strip_prefix('.') {
                Some(tail) => rest = tail,
                None => return false,
            },
            None => return false,
        }
    }
    false
}

/// A leaf's path without the repeated groups (`list`, `key_value`) and list elements that a user doesn't think of.
fn without_structure(schema: &SchemaDescriptor, leaf: usize) -> Vec<String> {
    let parts = schema.column(leaf).path().parts().to_vec();
    let mut kept = Vec::with_capacity(parts.len());
    let mut node = schema.root_schema();
    let mut in_list = false;
    for part in &parts {
        if !node.is_group() {
            break;
        }
        let Some(child) = node.get_fields().iter().find(|field| field.name() == part) else {
            return parts;
        };
        let annotated = node.get_basic_info().converted_type();
        let structural =
            in_list || matches!(annotated, ConvertedType::LIST | ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE);
        // Below the repeated group of a list stands its element, which is structure too (in the old two-level form the
        // repeated group is the element itself); a map's key and value are not.
        in_list = annotated == ConvertedType::LIST && child.is_group() && child.get_fields().len() == 1;
        if !structural {
            kept.push(part.clone());
        }
        node = child;
    }
    kept
}

/// The error for a name that nothing is called, with the nearest names.
fn unknown(name: &str, schema: &SchemaDescriptor) -> Error {
    let mut known = BTreeSet::new();
    for leaf in 0..schema.num_columns() {
        known.extend(schema.column(leaf).path().parts().first().cloned());
        known.insert(without_structure(schema, leaf).join("."));
    }
    let wanted = name.to_lowercase();
    let comparable = |name: &str| name.len() <= LONGEST_COMPARED;
    let mut near: Vec<(usize, &String)> = known
        .iter()
        .filter(|candidate| comparable(name) && comparable(candidate))
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| {
            *distance <= 1 + name.chars().count() / 3 || candidate.to_lowercase().contains(&wanted)
        })
        .collect();
    near.sort();
    let hint = match near.len() {
        0 if known.len() <= 12 => format!("; the file has {}", listed(known.iter())),
        0 => format!("; the file has {} columns, `schema` lists them", known.len()),
        _ => format!("; did you mean {}?", listed(near.iter().take(3).map(|(_, name)| *name))),
    };
    Error::new(ErrorKind::Usage, format!("there is no column {}{hint}", quoted(name)))
}

/// In bytes. Comparing takes time and memory with the product of both lengths, and a file may be hostile.
const LONGEST_COMPARED: usize = 256;

/// A name as it fits into a sentence.
fn quoted(name: &str) -> String {
    const LONGEST_SHOWN: usize = 80;
    match name.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => format!("`{}...`", &name[..end]),
        None => format!("`{name}`"),
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[path = "select_tests.rs"]
mod tests;
