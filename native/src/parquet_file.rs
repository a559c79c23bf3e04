//! An open file: its footer is known, its rows can be read.

use crate::client::{Client, Remote};
use crate::read::Read;
use crate::stream::finish;
use ::parquet::file::metadata::ParquetMetaData;
use arrow_schema::SchemaRef;
use parqlet_core::load::{Goal, Load};
use parqlet_core::object::Identity;
use parqlet_core::opened::Opened;
use parqlet_core::parts::KnownParts;
use parqlet_core::stats::Stats;
use parqlet_core::{Error, ErrorKind, Result};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// One version of one remote or local Parquet file. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ParquetFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    remote: Remote,
    /// Replaced when a load found the object changed and began again with the new version.
    opened: Mutex<Arc<Opened>>,
    stats: Stats,
    requests: Vec<Range<u64>>,
}

impl ParquetFile {
    pub(crate) async fn open(client: Client, remote: Remote) -> Result<Self> {
        let drive = finish(client.drive(&remote, None, Goal::Open)).await?;
        let load = drive.load();
        client.learn(&remote.origin, load.link());
        let opened = load.opened().cloned().ok_or_else(|| {
            Error::new(ErrorKind::Corrupt, "the footer was not found").with_object(Arc::clone(&remote.object))
        })?;
        let stats = load.stats();
        let requests = load.prepared().to_vec();
        Ok(Self(Arc::new(Inner { client, remote, opened: Mutex::new(opened), stats, requests })))
    }

    /// The file's metadata, without statistics and page index.
    pub fn metadata(&self) -> Arc<ParquetMetaData> {
        Arc::clone(&self.opened().footer.metadata)
    }

    /// The Arrow schema of all columns.
    ///
    /// # Errors
    /// When the file has types without an Arrow equivalent.
    pub fn schema(&self) -> Result<SchemaRef> {
        parqlet_core::arrow_schema::of_file(&self.opened().footer).map_err(|error| error.with_object(self.object()))
    }

    /// Rows in all row groups.
    pub fn row_count(&self) -> u64 {
        let groups = self.opened();
        let rows = groups.footer.metadata.row_groups().iter().map(|group| u64::try_from(group.num_rows()).unwrap_or(0));
        rows.fold(0, u64::saturating_add)
    }

    /// Length and version of the object.
    pub fn identity(&self) -> Identity {
        self.opened().identity.clone()
    }

    /// The object's name: its URL without query string, or its path.
    pub fn object(&self) -> Arc<str> {
        Arc::clone(&self.0.remote.object)
    }

    /// What opening it took.
    pub fn stats(&self) -> Stats {
        self.0.stats
    }

    /// The bytes that opening it fetched, request by request.
    pub fn opening_requests(&self) -> &[Range<u64>] {
        &self.0.requests
    }

    /// A read of everything, to be narrowed.
    pub fn read(&self) -> Read {
        Read::new(self.clone())
    }

    /// The bytes of these ranges (end exclusive), for a reader that plans for itself, such as a query engine's: what
    /// opening fetched is known already, the rest is merged and split for the link and fetched side by side, with the
    /// client's retries, from the version that is open. Ranges may overlap; what they hold is held whatever the memory
    /// budget. Take them with [`KnownParts::get`].
    ///
    /// # Errors
    /// When they can't be fetched, of kind [`ErrorKind::Changed`] when the object is another one by now, and of kind
    /// [`ErrorKind::Usage`] when a range doesn't lie in the object.
    pub async fn ranges(&self, ranges: &[Range<u64>]) -> Result<KnownParts> {
        let goal = Goal::Ranges(ranges.to_vec());
        let mut drive = finish(self.0.client.drive(&self.0.remote, Some(self.opened()), goal)).await?;
        self.0.client.learn(&self.0.remote.origin, drive.load().link());
        let parts = drive.load_mut().take_parts();
        parts.ok_or_else(|| {
            Error::new(ErrorKind::Corrupt, "the load ended without its bytes").with_object(self.object())
        })
    }

    pub(crate) fn client(&self) -> &Client {
        &self.0.client
    }

    pub(crate) fn remote(&self) -> &Remote {
        &self.0.remote
    }

    pub(crate) fn opened(&self) -> Arc<Opened> {
        Arc::clone(&self.0.opened.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Goes over to the version that a load found when it began again.
    pub(crate) fn note_restart(&self, load: &Load) {
        if let Some(opened) = load.opened()
            && load.stats().restarts > 0
        {
            *self.0.opened.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(opened);
        }
    }
}
