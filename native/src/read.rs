//! A read: what is wanted of an open file, and the ways to have it.

use crate::parquet_file::ParquetFile;
use crate::stream::{BatchStream, finish};
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use futures_util::TryStreamExt;
use parqlet_core::load::Goal;
use parqlet_core::parts::KnownParts;
use parqlet_core::plan::ReadPlan;
use parqlet_core::select::Selection;
use parqlet_core::stats::Stats;
use parqlet_core::{Error, ErrorKind, Result};
use std::ops::Range;

/// What is wanted of a file, and how to get it. See [`Selection`] for what each part means.
#[derive(Debug, Clone)]
#[must_use = "a read does nothing until it is streamed, collected, planned or prefetched"]
pub struct Read {
    file: ParquetFile,
    selection: Selection,
}

/// A plan with what making it took.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The work and the requests to come.
    pub read: ReadPlan,
    /// The schema of the batches.
    pub schema: SchemaRef,
    /// The requests that making the plan took: for the offset index, where the plan needs it and the tail didn't hold it.
    pub index_requests: Vec<Range<u64>>,
    /// What was spent already.
    pub spent: Stats,
}

impl Read {
    pub(crate) fn new(file: ParquetFile) -> Self {
        Self { file, selection: Selection::all() }
    }

    /// Only these columns, in this order. See [`Selection::columns`].
    pub fn columns<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.selection = self.selection.columns(names);
        self
    }

    /// Only these row groups. See [`Selection::row_groups`].
    pub fn row_groups(mut self, indexes: impl IntoIterator<Item = usize>) -> Self {
        self.selection = self.selection.row_groups(indexes);
        self
    }

    /// Skips so many rows. See [`Selection::offset`].
    pub fn offset(mut self, rows: u64) -> Self {
        self.selection = self.selection.offset(rows);
        self
    }

    /// At most so many rows. See [`Selection::limit`].
    pub fn limit(mut self, rows: u64) -> Self {
        self.selection = self.selection.limit(rows);
        self
    }

    /// At most so many rows a batch. See [`Selection::batch_rows`].
    pub fn batch_rows(mut self, rows: usize) -> Self {
        self.selection = self.selection.batch_rows(rows);
        self
    }

    /// Another selection as a whole.
    pub fn select(mut self, selection: &Selection) -> Self {
        self.selection = selection.clone();
        self
    }

    /// The batches as they come, in file order. Decoding goes on while they are fetched, and both stop when nobody
    /// takes them and the memory budget is full.
    ///
    /// # Errors
    /// When the selection doesn't fit the file, or the load fails before there is a plan.
    pub async fn stream(self) -> Result<BatchStream> {
        BatchStream::start(self.file, self.selection).await
    }

    /// All batches. What is collected leaves the memory budget: it is the caller's.
    ///
    /// # Errors
    /// When the load fails.
    pub async fn collect(self) -> Result<Vec<RecordBatch>> {
        self.stream().await?.try_collect().await
    }

    /// What the read would fetch, without reading it. Fetches the offset index if the plan needs it and it isn't known.
    ///
    /// # Errors
    /// As [`Read::stream`].
    pub async fn plan(self) -> Result<Plan> {
        let drive = self.file.client().drive(self.file.remote(), Some(self.file.opened()), Goal::Plan(self.selection));
        let drive = finish(drive).await?;
        self.file.note_restart(drive.load());
        match (drive.load().plan(), drive.load().schema()) {
            (Some(read), Some(schema)) => {
                let index_requests = drive.load().prepared().to_vec();
                Ok(Plan { read: read.clone(), schema: schema.clone(), index_requests, spent: drive.load().stats() })
            }
            _ => Err(unfinished(&self.file)),
        }
    }

    /// The bytes the read needs, all at once: any synchronous Parquet reader can read from them (they are a
    /// [`parquet::file::reader::ChunkReader`]), and a read outside of them is an error. Footer included.
    ///
    /// # Errors
    /// As [`Read::stream`], and of kind [`ErrorKind::Memory`] when they would be more than the memory budget.
    pub async fn prefetch(self) -> Result<KnownParts> {
        let goal = Goal::Prefetch(self.selection);
        let mut drive = finish(self.file.client().drive(self.file.remote(), Some(self.file.opened()), goal)).await?;
        self.file.note_restart(drive.load());
        drive.load_mut().take_parts().ok_or_else(|| unfinished(&self.file))
    }
}

fn unfinished(file: &ParquetFile) -> Error {
    Error::new(ErrorKind::Corrupt, "the load ended without a plan").with_object(file.object())
}
