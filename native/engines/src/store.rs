//! The store.

use crate::files::Files;
use crate::{errors, listing};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    Attributes, CopyOptions, GetOptions, GetRange, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use parqlet::core::object::Identity;
use parqlet::{Client, ErrorKind, ParquetFile};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use url::Url;

/// The Parquet files of one server or bucket, read through Parqlet.
///
/// - `head` opens a file: one request for its end, whose answer tells length, version and footer. Asked again it answers
///   from that for 5 seconds; later it sees whether the file is still the same, with one request.
/// - Ranges come from what opening fetched where that holds them; the others that are asked for together are fetched
///   together. Where nobody called `head`, as in an executor, the first read opens the file.
/// - Reads of one file come from one version: the one that was seen first, by `head`, a listing or a read. When a read
///   finds another one it fails, and so do reads for the next 30 seconds, so that a task that is tried again doesn't
///   read the new version by the plan of the old one. Then, or when the file is planned anew (`head`, a listing), the
///   new version is the one to read. Each process pins for itself: where two executors open a file, one before and one
///   after it was replaced by one of equal length, neither sees that.
/// - Only Parquet: opening anything else is an error. Nothing can be written.
///
/// Whatever is asked for together is held together, whatever the memory budget of the client: an engine asks for one row
/// group at a time.
#[derive(Debug, Clone)]
pub struct ParqletStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Scheme and host, with `/` at the end.
    base: Url,
    files: Files,
}

impl ParqletStore {
    /// The store for all URLs with the scheme and the host (or bucket) of `url`, read through `client`.
    ///
    /// # Errors
    /// When `url` has no host.
    pub fn new(client: Client, url: &Url) -> Result<Self> {
        if !url.has_host() {
            return Err(errors::unsupported("a store needs a URL with a server or a bucket, as in s3://bucket"));
        }
        let mut base = url.clone();
        base.set_path("/");
        base.set_query(None);
        base.set_fragment(None);
        Ok(Self(Arc::new(Inner { base, files: Files::new(client) })))
    }

    /// The URL as Parqlet takes it: keys of buckets as they are, paths on servers encoded.
    fn url(&self, path: &Path) -> String {
        let mut url = self.0.base.clone();
        match url.scheme() {
            "http" | "https" => {
                if let Ok(mut segments) = url.path_segments_mut() {
                    segments.pop_if_empty().extend(path.parts());
                }
                url.into()
            }
            _ => format!("{}{path}", self.bucket()),
        }
    }

    fn bucket(&self) -> String {
        let base = self.0.base.as_str();
        if base.ends_with('/') { base.to_owned() } else { format!("{base}/") }
    }

    async fn listed(&self, prefix: Option<Path>) -> Result<Vec<ObjectMeta>> {
        let files = &self.0.files;
        let listed = listing::under(files.client(), &self.bucket(), prefix.as_ref()).await?;
        let note = |(meta, entry): (ObjectMeta, _)| {
            files.listed(&meta.location, &entry);
            meta
        };
        Ok(listed.into_iter().map(note).collect())
    }

    /// The file in the version that a plan was made for.
    pub(crate) async fn planned(&self, planned: &ObjectMeta) -> Result<ParquetFile> {
        let path = &planned.location;
        let opened = self.0.files.planned(path, &self.url(path), planned).await;
        opened.map_err(|error| errors::of_store(path, error))
    }

    /// Ranges of that.
    pub(crate) async fn planned_ranges(&self, planned: &ObjectMeta, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let file = self.planned(planned).await?;
        self.bytes(&planned.location, &file, ranges).await
    }

    /// The bytes of ranges of an open file, in their order.
    async fn bytes(&self, path: &Path, file: &ParquetFile, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let parts = file.ranges(ranges).await.map_err(|error| match error.kind() {
            ErrorKind::Changed => errors::of_store(path, self.0.files.changed(path)),
            _ => errors::of_store(path, error),
        })?;
        let known = ranges.iter().map(|range| parts.get(range)).collect::<Option<Vec<Bytes>>>();
        known.ok_or_else(|| errors::unsupported("bytes that were fetched are not there"))
    }
}

#[async_trait]
impl ObjectStore for ParqletStore {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        if options.version.is_some() {
            return Err(errors::unsupported("Parqlet can't be asked for a version by its name"));
        }
        let (files, url) = (&self.0.files, self.url(location));
        let opened =
            if options.head { files.current(location, &url).await } else { files.pinned(location, &url).await };
        let file = opened.map_err(|error| errors::of_store(location, error))?;
        let meta = meta(location, &file.identity());
        options.check_preconditions(&meta)?;
        let range = range(options.range.as_ref(), meta.size)?;
        let mut bytes = Vec::new();
        if !options.head {
            bytes = self.bytes(location, &file, std::slice::from_ref(&range)).await?;
        }
        let payload = GetResultPayload::Stream(stream::iter(bytes.into_iter().map(Ok)).boxed());
        Ok(GetResult { payload, meta, range, attributes: Attributes::default() })
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let opened = self.0.files.pinned(location, &self.url(location)).await;
        let file = opened.map_err(|error| errors::of_store(location, error))?;
        self.bytes(location, &file, ranges).await
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (store, prefix) = (self.clone(), prefix.cloned());
        let listed =
            async move { Ok::<_, object_store::Error>(stream::iter(store.listed(prefix).await?.into_iter().map(Ok))) };
        stream::once(listed).try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        Ok(listing::level(prefix, self.listed(prefix.cloned()).await?))
    }

    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        Err(errors::read_only())
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(errors::read_only())
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        locations.map(|_| Err(errors::read_only())).boxed()
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(errors::read_only())
    }
}

impl fmt::Display for ParqletStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Parqlet({})", parqlet::core::object::shown(self.0.base.as_str()))
    }
}

/// When the object was written, where its server told; HTTP dates are those of mail.
pub(crate) fn last_modified(identity: &Identity) -> Option<DateTime<Utc>> {
    let date = DateTime::parse_from_rfc2822(identity.version.last_modified()?).ok()?;
    Some(date.to_utc())
}

fn meta(location: &Path, identity: &Identity) -> ObjectMeta {
    ObjectMeta {
        location: location.clone(),
        last_modified: last_modified(identity).unwrap_or_default(),
        size: identity.length,
        e_tag: identity.version.etag().map(str::to_owned),
        version: None,
    }
}

/// Where the wanted bytes are; what reaches past the end is cut there.
fn range(wanted: Option<&GetRange>, length: u64) -> Result<Range<u64>> {
    let Some(wanted) = wanted else { return Ok(0..length) };
    wanted
        .as_range(length)
        .map_err(|error| object_store::Error::Generic { store: errors::STORE, source: Box::new(error) })
}
