//! Which files a prefix, a pattern, a list or a name stands for.

mod hive;
mod local;
mod pattern;
mod remote;

use crate::client::Client;
use crate::source::Source;
use crate::store::Place;
use futures_util::{StreamExt, TryStreamExt, stream};
use hive::Partitions;
use parqlet_core::fetch::{Fetch, Request, Span};
use parqlet_core::retry::Decision;
use parqlet_core::{Error, ErrorKind, Result};
use pattern::is_pattern;
use std::time::SystemTime;
use url::Url;

/// Names that are looked up side by side.
const SIDE_BY_SIDE: usize = 16;

/// What to list: names, in order, and the partitions that are wanted of them.
///
/// A name is a prefix or a folder (`s3://bucket/table/`, `data`), a pattern (`s3://bucket/table/**/part-*.parquet`,
/// `data/*.parquet`), a file that lists names (`@names.txt`: one a line, `#` begins a remark), or a file. In patterns `*`
/// and `?` stop at `/`, `**` doesn't, and `[a-z]` is one of several letters. Under prefixes and patterns hidden files
/// are left out: those with a part of their name that begins with `.` or `_`, unless the pattern has such a part, and
/// those that end in `.crc`.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    names: Vec<String>,
    partitions: Partitions,
}

/// A file that was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectEntry {
    /// Its URL or path, as [`Client::open`] takes it.
    pub url: String,
    /// Its length in bytes; none where the file was named and so not looked up.
    pub size: Option<u64>,
    /// When it was written, where that is known.
    pub last_modified: Option<SystemTime>,
    /// Its `ETag`, where the store told it.
    pub etag: Option<String>,
    /// The hive partitions it is in (`year=2024/month=1/`), the outermost first. No value is null
    /// (`__HIVE_DEFAULT_PARTITION__`).
    pub partitions: Vec<(String, Option<String>)>,
}

impl Listing {
    /// What these names stand for.
    pub fn new<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), partitions: Partitions::default() }
    }

    /// Only files in this partition, as in `partition("year", "2024")`. Several values of one key widen the choice,
    /// several keys narrow it. Numbers are compared as numbers: `1` is also `01`. What is not wanted isn't listed where
    /// the names of the folders tell it.
    #[must_use]
    pub fn partition(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.partitions.want(key.into(), value.into());
        self
    }
}

impl<S: Into<String>> From<S> for Listing {
    fn from(name: S) -> Self {
        Self::new([name])
    }
}

impl From<&str> for ObjectEntry {
    fn from(url: &str) -> Self {
        Self::named(url)
    }
}

impl From<&String> for ObjectEntry {
    fn from(url: &String) -> Self {
        Self::named(url)
    }
}

impl From<String> for ObjectEntry {
    fn from(url: String) -> Self {
        Self::named(&url)
    }
}

impl ObjectEntry {
    /// A file of which only the name is known.
    fn named(url: &str) -> Self {
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let partitions = hive::partitions(path);
        Self { url: url.to_owned(), size: None, last_modified: None, etag: None, partitions }
    }
}

impl Client {
    /// The files that names, prefixes and patterns stand for: those of each name in the order of their names. A file
    /// that is named with its ending isn't looked up; it is not even seen whether it is there.
    ///
    /// # Errors
    /// When a place can't be listed, and when no file is found.
    pub async fn list(&self, listing: impl Into<Listing>) -> Result<Vec<ObjectEntry>> {
        let Listing { names, partitions } = listing.into();
        let mut all = Vec::with_capacity(names.len());
        for name in names {
            match name.strip_prefix('@') {
                Some(path) => all.extend(local::names(path).map_err(|error| named(&name, error))?),
                None => all.push(name),
            }
        }
        let wanted = &partitions;
        // Of names, not of references to them: else the compiler can't tell that the future may go to another thread.
        let lookups = stream::iter(all.into_iter().map(|name| async move {
            let found = self.files_of(&name, wanted).await.map_err(|error| named(&name, error))?;
            if found.is_empty() && wanted.is_empty() {
                let message =
                    if is_pattern(&name) { "no file matches" } else { "there are no files under this prefix" };
                return Err(named(&name, Error::new(ErrorKind::NotFound, message)));
            }
            Ok(found)
        }));
        let mut files: Vec<ObjectEntry> = lookups.buffered(SIDE_BY_SIDE).try_concat().await?;
        let seen: Vec<String> =
            files.first().into_iter().flat_map(|file| file.partitions.clone()).map(|pair| pair.0).collect();
        files.retain(|file| partitions.hold(&file.partitions));
        if files.is_empty() {
            return Err(Error::new(ErrorKind::NotFound, partitions.missed(&seen)));
        }
        Ok(files)
    }

    /// What a store, a server or the file system says of one file: its size, time and `ETag`.
    ///
    /// # Errors
    /// When it isn't there or may not be read.
    pub async fn stat(&self, url: &str) -> Result<ObjectEntry> {
        self.size_of(url).await.map_err(|error| named(url, error))
    }

    async fn files_of(&self, name: &str, wanted: &Partitions) -> Result<Vec<ObjectEntry>> {
        match Source::parse(name)? {
            Source::Http(url) => of_web(name, &url),
            Source::File(path) => local::files(&path, name.starts_with("file:"), wanted.clone()).await,
            Source::Store(place) => self.files_in_store(&place, wanted).await,
        }
    }

    async fn files_in_store(&self, place: &Place, wanted: &Partitions) -> Result<Vec<ObjectEntry>> {
        let url = place.to_string();
        if is_pattern(&place.key) || place.key.is_empty() || place.key.ends_with('/') {
            return remote::files(self, place, wanted).await;
        }
        let last = place.key.rsplit('/').next().unwrap_or_default();
        if last.contains('.') {
            return Ok(vec![ObjectEntry::named(&url)]);
        }
        // A folder that was written without `/`, or a file without an ending: both in one round trip.
        let (file, under) = tokio::join!(self.size_of(&url), remote::files(self, place, wanted));
        match (file, under) {
            (_, Ok(under)) if !under.is_empty() => Ok(under),
            (Ok(file), _) => Ok(vec![file]),
            // Only the answer to the listing says that not even the bucket is there.
            (Err(error), Err(other)) if error.kind() == ErrorKind::NotFound => Err(other),
            (Err(error), _) => Err(error),
        }
    }

    async fn size_of(&self, url: &str) -> Result<ObjectEntry> {
        let source = Source::parse(url)?;
        if let Source::File(path) = &source {
            return local::file(path, url);
        }
        let way = self.way(source).await?;
        let mut retries = self.retries();
        let mut attempt = 0;
        // Addresses signed for GET refuse HEAD; the answer with one byte tells the same.
        let mut spans = [Span::Length, Span::Exact(0..1)].into_iter();
        let mut span = spans.next();
        loop {
            let asked = span.clone().unwrap_or(Span::Length);
            let error = match way.fetch(Request { span: asked, pinned: None, opening: true }).await {
                Ok(answer) => {
                    let version = &answer.identity.version;
                    let modified = version.last_modified().and_then(|date| httpdate::parse_http_date(date).ok());
                    let (size, etag) = (Some(answer.identity.length), version.etag().map(str::to_owned));
                    return Ok(ObjectEntry { size, last_modified: modified, etag, ..ObjectEntry::named(url) });
                }
                Err(error) => error,
            };
            attempt += 1;
            if let Decision::After(wait) = retries.decide(attempt, error.is_retryable(), error.retry_after()) {
                tokio::time::sleep(wait).await;
                continue;
            }
            let asked_wrongly = !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Usage | ErrorKind::Network);
            span = spans.next().filter(|_| asked_wrongly && !error.is_retryable());
            if span.is_none() {
                return Err(error.with_attempts(attempt));
            }
            attempt = 0;
        }
    }
}

/// A web server has no listing: a file is what it can be asked for.
fn of_web(name: &str, url: &Url) -> Result<Vec<ObjectEntry>> {
    if url.path().contains('*') || (url.path().ends_with('/') && url.query().is_none()) {
        return Err(Error::new(
            ErrorKind::Usage,
            "a web server can't be asked which files it has: name them one by one, or in a file (@names.txt)",
        ));
    }
    Ok(vec![ObjectEntry::named(name)])
}

/// The error with the name it is about, as it may be shown.
fn named(name: &str, error: Error) -> Error {
    if error.object().is_some() {
        return error;
    }
    let shown = Source::parse(name).map_or_else(|_| parqlet_core::object::shown(name), |source| source.shown());
    error.with_object(shown.into())
}
