//! Splits as JSON: the format that `docs/splits.md` describes.

use super::{Common, Content, SplitFile, Splits};
use parqlet_core::arrow_schema::{from_text, to_text};
use parqlet_core::object::{Identity, Version};
use parqlet_core::stats::Stats;
use parqlet_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

const FORMAT: &str = "parqlet-splits";

/// Goes up when a program that reads an older one could go wrong.
const VERSION: u64 = 1;

/// Read before the rest, whose form depends on it.
#[derive(Deserialize)]
struct Kind {
    format: String,
    version: u64,
}

#[derive(Deserialize)]
struct Whole {
    columns: Option<Vec<String>>,
    partitions: Vec<String>,
    schema: String,
    splits: Vec<OneSplit>,
}

#[derive(Serialize, Deserialize)]
struct OneSplit {
    rows: u64,
    bytes: u64,
    files: Vec<OneFile>,
}

#[derive(Serialize, Deserialize)]
struct OneFile {
    url: String,
    length: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    partitions: BTreeMap<String, Option<String>>,
    row_groups: Vec<usize>,
}

impl Splits {
    /// As JSON, a split a line; complete, so that any machine that reaches the files can load any of the splits.
    pub fn to_json(&self) -> String {
        let Common { columns, partitions, schema } = self.common.as_ref();
        let mut text = format!(
            "{{\n \"format\": \"{FORMAT}\",\n \"version\": {VERSION},\n \"columns\": {},\n \"partitions\": {},\n \
             \"schema\": {},\n \"splits\": [",
            compact(columns),
            compact(partitions),
            compact(&to_text(schema)),
        );
        for (place, split) in self.splits.iter().enumerate() {
            text.push_str(if place == 0 { "\n  " } else { ",\n  " });
            text.push_str(&compact(&OneSplit::of(split)));
        }
        text.push_str("\n ]\n}\n");
        text
    }

    /// From such JSON.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Usage`] when it is none, or of a version that this build doesn't know.
    pub fn from_json(text: &str) -> Result<Self> {
        let no_splits = |reason: &dyn std::fmt::Display| {
            Error::new(ErrorKind::Usage, format!("these are no splits as `plan --splits` writes them: {reason}"))
        };
        let kind: Kind = serde_json::from_str(text).map_err(|error| no_splits(&error))?;
        if kind.format != FORMAT {
            return Err(no_splits(&"the format is another one"));
        }
        if kind.version != VERSION {
            let version = kind.version;
            return Err(Error::new(
                ErrorKind::Usage,
                format!(
                    "these splits are of version {version}, and this build knows version {VERSION}: plan them anew"
                ),
            ));
        }
        let whole: Whole = serde_json::from_str(text).map_err(|error| no_splits(&error))?;
        let Whole { columns, partitions, schema, splits } = whole;
        let schema = from_text(&schema)?;
        if let Some(name) = partitions.iter().find(|name| schema.field_with_name(name).is_err()) {
            return Err(no_splits(&format_args!("the schema has no column for the partition `{name}`")));
        }
        Ok(Self {
            common: Arc::new(Common { columns, partitions, schema }),
            splits: splits.into_iter().map(OneSplit::content).collect(),
            stats: Stats::default(),
        })
    }
}

/// Texts, numbers and lists of them always have a JSON form.
fn compact(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

impl OneSplit {
    fn of(content: &Content) -> Self {
        let files = content.files.iter().map(OneFile::of).collect();
        Self { rows: content.rows, bytes: content.bytes, files }
    }

    fn content(self) -> Content {
        Content { rows: self.rows, bytes: self.bytes, files: self.files.into_iter().map(OneFile::file).collect() }
    }
}

impl OneFile {
    fn of(file: &SplitFile) -> Self {
        let version = &file.identity.version;
        Self {
            url: file.url.clone(),
            length: file.identity.length,
            etag: version.etag().map(str::to_owned),
            last_modified: version.last_modified().map(str::to_owned),
            // Of a key that stands twice the outermost goes, as everywhere.
            partitions: file.partitions.iter().rev().cloned().collect(),
            row_groups: file.row_groups.clone(),
        }
    }

    fn file(self) -> SplitFile {
        let version = Version::from_headers(self.etag.as_deref(), self.last_modified.as_deref());
        SplitFile {
            url: self.url,
            identity: Identity { length: self.length, version },
            partitions: self.partitions.into_iter().collect(),
            row_groups: self.row_groups,
        }
    }
}
