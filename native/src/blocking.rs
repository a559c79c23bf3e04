//! The same without async: each call waits. Not for use inside an async runtime.
//!
//! ```no_run
//! # fn example() -> parqlet::Result<()> {
//! let client = parqlet::blocking::Client::new()?;
//! let file = client.open("https://example.org/rides.parquet")?;
//! for batch in file.read().columns(["fare"]).limit(1_000).stream()? {
//!     println!("{} rows", batch?.num_rows());
//! }
//! # Ok(())
//! # }
//! ```

use crate::{ClientBuilder, Cut, Listing, ObjectEntry, Plan, Split, Splits};
use ::parquet::file::metadata::ParquetMetaData;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use futures_util::StreamExt;
use parqlet_core::object::Identity;
use parqlet_core::parts::KnownParts;
use parqlet_core::select::Selection;
use parqlet_core::stats::Stats;
use parqlet_core::{Error, ErrorKind, Result};
use std::sync::Arc;
use tokio::runtime::Runtime;

/// Opens files. See [`crate::Client`].
#[derive(Debug, Clone)]
pub struct Client {
    runtime: Arc<Runtime>,
    client: crate::Client,
}

/// One version of one file. See [`crate::ParquetFile`].
#[derive(Debug, Clone)]
pub struct ParquetFile {
    runtime: Arc<Runtime>,
    file: crate::ParquetFile,
}

/// What is wanted of a file. See [`crate::Read`].
#[derive(Debug, Clone)]
#[must_use = "a read does nothing until it is streamed, collected, planned or prefetched"]
pub struct Read {
    runtime: Arc<Runtime>,
    read: crate::Read,
}

/// Record batches in file order, as an iterator. See [`crate::BatchStream`].
#[derive(Debug)]
pub struct Batches {
    // Before the runtime: dropping it stops the load, which needs the runtime.
    stream: crate::BatchStream,
    runtime: Arc<Runtime>,
}

/// Many files as one table. See [`crate::LoadMany`].
#[derive(Debug, Clone)]
#[must_use = "nothing is loaded until it is streamed or collected"]
pub struct LoadMany {
    runtime: Arc<Runtime>,
    load: crate::LoadMany,
}

/// Record batches of many files, as an iterator. See [`crate::ManyStream`].
#[derive(Debug)]
pub struct ManyBatches {
    // Before the runtime, as in `Batches`.
    stream: crate::ManyStream,
    runtime: Arc<Runtime>,
}

impl Client {
    /// A client with default settings.
    ///
    /// # Errors
    /// As [`ClientBuilder::build`].
    pub fn new() -> Result<Self> {
        Self::with(ClientBuilder::default())
    }

    /// Settings for [`Client::with`].
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client with these settings.
    ///
    /// # Errors
    /// As [`ClientBuilder::build`].
    pub fn with(builder: ClientBuilder) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("parqlet-io")
            .enable_all()
            .build()
            .map_err(|error| Error::new(ErrorKind::Memory, "can't start the I/O threads").with_source(error))?;
        Ok(Self { client: builder.build()?, runtime: Arc::new(runtime) })
    }

    /// Opens a file. See [`crate::Client::open`].
    ///
    /// # Errors
    /// When it can't be reached or is no Parquet file.
    pub fn open(&self, url: &str) -> Result<ParquetFile> {
        let file = self.runtime.block_on(self.client.open(url))?;
        Ok(ParquetFile { runtime: Arc::clone(&self.runtime), file })
    }

    /// Many files as one table. See [`crate::Client::load_many`].
    pub fn load_many<F: Into<ObjectEntry>>(
        &self,
        files: impl IntoIterator<Item = F>,
        selection: &Selection,
    ) -> LoadMany {
        LoadMany { runtime: Arc::clone(&self.runtime), load: self.client.load_many(files, selection) }
    }

    /// Cuts a data set into splits. See [`crate::Client::split`].
    ///
    /// # Errors
    /// As there.
    pub fn split<F: Into<ObjectEntry>>(
        &self,
        files: impl IntoIterator<Item = F>,
        selection: &Selection,
        into: Cut,
    ) -> Result<Splits> {
        self.runtime.block_on(self.client.split(files, selection, into))
    }

    /// One split as a load of its own. See [`crate::Client::load_split`].
    pub fn load_split(&self, split: &Split) -> LoadMany {
        LoadMany { runtime: Arc::clone(&self.runtime), load: self.client.load_split(split) }
    }

    /// Lists files. See [`crate::Client::list`].
    ///
    /// # Errors
    /// As there.
    pub fn list(&self, listing: impl Into<Listing>) -> Result<Vec<ObjectEntry>> {
        self.runtime.block_on(self.client.list(listing))
    }
}

impl ParquetFile {
    /// See [`crate::ParquetFile::metadata`].
    pub fn metadata(&self) -> Arc<ParquetMetaData> {
        self.file.metadata()
    }

    /// See [`crate::ParquetFile::schema`].
    ///
    /// # Errors
    /// When the file has types without an Arrow equivalent.
    pub fn schema(&self) -> Result<SchemaRef> {
        self.file.schema()
    }

    /// See [`crate::ParquetFile::row_count`].
    pub fn row_count(&self) -> u64 {
        self.file.row_count()
    }

    /// See [`crate::ParquetFile::identity`].
    pub fn identity(&self) -> Identity {
        self.file.identity()
    }

    /// See [`crate::ParquetFile::object`].
    pub fn object(&self) -> Arc<str> {
        self.file.object()
    }

    /// What opening it took.
    pub fn stats(&self) -> Stats {
        self.file.stats()
    }

    /// A read of everything, to be narrowed.
    pub fn read(&self) -> Read {
        Read { runtime: Arc::clone(&self.runtime), read: self.file.read() }
    }
}

impl Read {
    /// See [`Selection::columns`].
    pub fn columns<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        Self { read: self.read.columns(names), ..self }
    }

    /// See [`Selection::row_groups`].
    pub fn row_groups(self, indexes: impl IntoIterator<Item = usize>) -> Self {
        Self { read: self.read.row_groups(indexes), ..self }
    }

    /// See [`Selection::offset`].
    pub fn offset(self, rows: u64) -> Self {
        Self { read: self.read.offset(rows), ..self }
    }

    /// See [`Selection::limit`].
    pub fn limit(self, rows: u64) -> Self {
        Self { read: self.read.limit(rows), ..self }
    }

    /// See [`Selection::batch_rows`].
    pub fn batch_rows(self, rows: usize) -> Self {
        Self { read: self.read.batch_rows(rows), ..self }
    }

    /// Another selection as a whole.
    pub fn select(self, selection: &Selection) -> Self {
        Self { read: self.read.select(selection), ..self }
    }

    /// The batches as they come. See [`crate::Read::stream`].
    ///
    /// # Errors
    /// As there.
    pub fn stream(self) -> Result<Batches> {
        let stream = self.runtime.block_on(self.read.stream())?;
        Ok(Batches { stream, runtime: self.runtime })
    }

    /// All batches. See [`crate::Read::collect`].
    ///
    /// # Errors
    /// As there.
    pub fn collect(self) -> Result<Vec<RecordBatch>> {
        self.runtime.block_on(self.read.collect())
    }

    /// What the read would fetch. See [`crate::Read::plan`].
    ///
    /// # Errors
    /// As there.
    pub fn plan(self) -> Result<Plan> {
        self.runtime.block_on(self.read.plan())
    }

    /// The bytes the read needs. See [`crate::Read::prefetch`].
    ///
    /// # Errors
    /// As there.
    pub fn prefetch(self) -> Result<KnownParts> {
        self.runtime.block_on(self.read.prefetch())
    }
}

impl Batches {
    /// The schema of the batches.
    pub fn schema(&self) -> SchemaRef {
        self.stream.schema()
    }

    /// What the load spent so far.
    pub fn stats(&self) -> Stats {
        self.stream.stats()
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        self.runtime.block_on(self.stream.next())
    }
}

impl LoadMany {
    /// See [`crate::LoadMany::unordered`].
    pub fn unordered(self) -> Self {
        Self { load: self.load.unordered(), ..self }
    }

    /// See [`crate::LoadMany::skip_failed`].
    pub fn skip_failed(self) -> Self {
        Self { load: self.load.skip_failed(), ..self }
    }

    /// The batches as they come. See [`crate::LoadMany::stream`].
    ///
    /// # Errors
    /// As there.
    pub fn stream(self) -> Result<ManyBatches> {
        let stream = self.runtime.block_on(self.load.stream())?;
        Ok(ManyBatches { stream, runtime: self.runtime })
    }

    /// All batches. See [`crate::LoadMany::collect`].
    ///
    /// # Errors
    /// As there.
    pub fn collect(self) -> Result<Vec<RecordBatch>> {
        self.runtime.block_on(self.load.collect())
    }
}

impl ManyBatches {
    /// The schema of the batches.
    pub fn schema(&self) -> SchemaRef {
        self.stream.schema()
    }

    /// What the load spent so far, over all files.
    pub fn stats(&self) -> Stats {
        self.stream.stats()
    }

    /// Why files were left out so far, each with its name.
    pub fn skipped(&self) -> Vec<Error> {
        self.stream.skipped()
    }
}

impl Iterator for ManyBatches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        self.runtime.block_on(self.stream.next())
    }
}
