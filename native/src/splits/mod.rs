//! A data set cut into splits: what one machine loads of it, where several share the work.

mod json;
mod plan;

use crate::client::Client;
use crate::list::ObjectEntry;
use crate::load_many::{Frame, LoadMany};
use arrow_schema::SchemaRef;
use parqlet_core::many::Part;
use parqlet_core::object::Identity;
use parqlet_core::select::Selection;
use parqlet_core::stats::Stats;
use std::sync::Arc;

/// A data set in splits, made by [`Client::split`] or read with [`Splits::from_json`].
///
/// A split is of whole row groups that lie one behind the other in the order of the files: the splits in their order are
/// the data set in its order, each row group once. All give the same schema, that of the whole: columns that no file of a
/// split has are there and null, types are as wide as anywhere, and partitions have the type that they have together. So
/// what each machine loads can be put together as it is.
#[derive(Debug, Clone)]
pub struct Splits {
    common: Arc<Common>,
    splits: Vec<Content>,
    stats: Stats,
}

/// One split, complete in itself: see [`Client::load_split`].
#[derive(Debug, Clone)]
pub struct Split {
    common: Arc<Common>,
    content: Content,
}

/// What all splits share.
#[derive(Debug)]
struct Common {
    /// The columns that were selected; `None` for all.
    columns: Option<Vec<String>>,
    /// Those of the schema that the folders tell.
    partitions: Vec<String>,
    schema: SchemaRef,
}

/// What a split has for itself.
#[derive(Debug, Clone)]
struct Content {
    rows: u64,
    bytes: u64,
    files: Arc<[SplitFile]>,
}

/// A file of a split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitFile {
    /// Its URL or absolute path. As it was given, so with the signature of a signed URL.
    pub url: String,
    /// The length and version that the split was planned for. A load notices another one.
    pub identity: Identity,
    /// The hive partitions it is in; no value is null.
    pub partitions: Vec<(String, Option<String>)>,
    /// The row groups of it, counted from 0.
    pub row_groups: Vec<usize>,
}

impl Splits {
    /// How many splits there are. None, where there is no row.
    pub fn len(&self) -> usize {
        self.splits.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.splits.is_empty()
    }

    /// A split, counted from 0.
    pub fn get(&self, split: usize) -> Option<Split> {
        let content = self.splits.get(split)?.clone();
        Some(Split { common: Arc::clone(&self.common), content })
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Split> {
        (0..self.len()).filter_map(|split| self.get(split))
    }

    /// The schema that each of them gives.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.common.schema)
    }

    /// What planning took: the footers. Nothing for splits that were read from JSON.
    pub fn stats(&self) -> Stats {
        self.stats
    }
}

impl Split {
    /// Its rows.
    pub fn rows(&self) -> u64 {
        self.content.rows
    }

    /// The bytes of the selected columns of its row groups, as they are in the files.
    pub fn bytes(&self) -> u64 {
        self.content.bytes
    }

    /// Its files.
    pub fn files(&self) -> &[SplitFile] {
        &self.content.files
    }

    /// The schema that it gives.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.common.schema)
    }
}

impl Client {
    /// One split as a load of its own: fetches the footers of its own files only, and nothing of other row groups. A file
    /// that isn't the one that was planned is an error of kind [`crate::ErrorKind::Changed`].
    pub fn load_split(&self, split: &Split) -> LoadMany {
        let Split { common, content } = split;
        let entry = |file: &SplitFile| ObjectEntry {
            url: file.url.clone(),
            size: Some(file.identity.length),
            last_modified: None,
            etag: file.identity.version.etag().map(str::to_owned),
            partitions: file.partitions.clone(),
        };
        let part = |file: &SplitFile| Part { row_groups: file.row_groups.clone(), identity: file.identity.clone() };
        let selection = match &common.columns {
            Some(names) => Selection::all().columns(names),
            None => Selection::all(),
        };
        let frame = Frame {
            schema: Arc::clone(&common.schema),
            partitions: common.partitions.clone(),
            parts: content.files.iter().map(part).collect(),
        };
        LoadMany::framed(self.clone(), content.files.iter().map(entry).collect(), selection, frame)
    }
}
