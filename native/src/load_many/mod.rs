//! Many files as one table: all under one window of requests and one memory budget.

mod adapt;
mod frame;
mod hive;
mod stream;
mod unify;
mod ways;
mod widen;

use crate::client::Client;
use crate::list::ObjectEntry;
use arrow_array::RecordBatch;
pub(crate) use frame::Frame;
use futures_util::TryStreamExt;
pub(crate) use hive::Hive;
use parqlet_core::Result;
use parqlet_core::many::Manner;
use parqlet_core::select::Selection;
pub use stream::ManyStream;
pub(crate) use unify::unified;

/// A load of many files, made by [`Client::load_many`].
///
/// # Columns
///
/// A column is what has its name. The result has the columns of all files that rows come from (or those that are selected),
/// in the order in which they first appear; where a file lacks one, its rows have nulls there. Where types differ, the
/// column gets the one that holds both without loss, and the values of the other file are widened:
///
/// | one | other | together |
/// |---|---|---|
/// | integer | integer | the narrowest integer that holds both; `u64` and a signed one don't go together |
/// | integer of up to 16 bits, or 32 bits | float | `f32`, or `f64`; 64 bits don't go together with a float |
/// | float | float | the wider |
/// | decimal | decimal | as many digits before and behind the point as either has, up to 76 |
/// | timestamp, time, duration | the same, of another unit | the finer unit; a value that it can't hold is an error |
/// | text or binary | the same with other offsets or as a view | the one with large offsets |
/// | null | anything | that |
/// | struct, list, map | the same | field by field, by the same rules |
///
/// Anything else is an error that names both files. Metadata is that of the first file.
///
/// Files in hive partitions (`year=2024/month=1/`) have a column for each key: 64-bit integers where all values are such,
/// else text. It stands behind the others, or in the place of one of the same name in the files.
#[derive(Debug, Clone)]
#[must_use = "nothing is loaded until it is streamed or collected"]
pub struct LoadMany {
    client: Client,
    files: Vec<ObjectEntry>,
    selection: Selection,
    manner: Manner,
    frame: Option<Frame>,
}

impl Client {
    /// Many files as one table: footers and data of all of them side by side, within one memory budget. Files are names as
    /// [`Client::open`] takes them, or what [`Client::list`] found. Offset and limit of the selection count the rows of all
    /// files as if they were one; row groups are those of each file. See [`LoadMany`] for columns that differ.
    pub fn load_many<F: Into<ObjectEntry>>(
        &self,
        files: impl IntoIterator<Item = F>,
        selection: &Selection,
    ) -> LoadMany {
        LoadMany::new(self.clone(), files.into_iter().map(Into::into).collect(), selection.clone())
    }
}

impl LoadMany {
    pub(crate) fn new(client: Client, files: Vec<ObjectEntry>, selection: Selection) -> Self {
        Self { client, files, selection, manner: Manner::default(), frame: None }
    }

    /// What was planned before: see [`Frame`].
    pub(crate) fn framed(client: Client, files: Vec<ObjectEntry>, selection: Selection, frame: Frame) -> Self {
        Self { frame: Some(frame), ..Self::new(client, files, selection) }
    }

    /// Gives batches as they are ready, whatever file they are of. By default they come in the order of the files.
    pub fn unordered(mut self) -> Self {
        self.manner.unordered = true;
        self
    }

    /// Leaves out files that can't be read; [`ManyStream::skipped`] names them. By default the first of them ends the load,
    /// as credentials that the store refuses do in any case.
    ///
    /// No part of such a file is in the result: its rows are held back until all of it is decoded. For files that take more
    /// than the memory budget that isn't possible; if such a one fails after rows of it were handed out, the load
    /// ends with its error.
    pub fn skip_failed(mut self) -> Self {
        self.manner.skip_failed = true;
        self
    }

    /// The batches as they come. The schema is known when the footers of all files are (with a limit: of those that its
    /// rows come from); data is fetched and decoded meanwhile.
    ///
    /// # Errors
    /// When a file can't be read, or the files don't fit together, as far as that shows before the first rows.
    pub async fn stream(self) -> Result<ManyStream> {
        ManyStream::start(self).await
    }

    /// All batches. What is collected leaves the memory budget: it is the caller's.
    ///
    /// # Errors
    /// When the load fails.
    pub async fn collect(self) -> Result<Vec<RecordBatch>> {
        self.stream().await?.try_collect().await
    }
}
