//! The client: connections, decoding threads, limits, and what was learned of each origin.

use crate::buffers::Buffers;
use crate::decode::Pool;
use crate::fetch::{AnyFetch, Clock};
use crate::file::FileFetch;
use crate::http::HttpFetch;
use crate::parquet_file::ParquetFile;
use crate::source::Source;
use crate::store::{Bucket, Kind, Place, Settings, Stores};
use parqlet_core::drive::Drive;
use parqlet_core::hedge::{HedgePolicy, Hedges};
use parqlet_core::link::{Link, LinkEstimate};
use parqlet_core::load::{Goal, Load, Options, Start};
use parqlet_core::many::{Many, ManyDrive, Ways};
use parqlet_core::opened::Opened;
use parqlet_core::plan::Limits;
use parqlet_core::retry::{Retries, RetryPolicy};
use parqlet_core::{Error, ErrorKind, Result};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Opens files. Cheap to clone; clones share connections, threads and what was learned of the links.
#[derive(Debug, Clone)]
pub struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    headers: HeaderMap,
    stores: Stores,
    pool: Pool,
    /// For local files: the next one is read into what the last one has warmed.
    buffers: Buffers,
    memory: u64,
    max_requests: Option<usize>,
    retry: RetryPolicy,
    hedge: Option<HedgePolicy>,
    patience: Duration,
    links: Mutex<HashMap<String, Learned>>,
}

/// What is known of an origin.
#[derive(Debug, Clone)]
struct Learned {
    link: LinkEstimate,
    hedges: Option<Hedges>,
}

/// Settings of a [`Client`].
#[derive(Debug, Clone)]
pub struct ClientBuilder {
    memory: u64,
    threads: Option<usize>,
    headers: HeaderMap,
    stores: Settings,
    connect_timeout: Duration,
    idle_timeout: Duration,
    max_requests: Option<usize>,
    retry: RetryPolicy,
    hedge: Option<HedgePolicy>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            memory: 512 << 20,
            threads: None,
            headers: HeaderMap::new(),
            stores: Settings::default(),
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            max_requests: None,
            retry: RetryPolicy::default(),
            hedge: Some(HedgePolicy::default()),
        }
    }
}

impl ClientBuilder {
    /// Bytes that one load may hold: fetched, being decoded, decoded and not yet taken. Default 512 MiB. Exceeded only
    /// by what the next batch in order can't do without.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = bytes.max(1 << 20);
        self
    }

    /// Decoding threads. Default: as many as the machine has cores.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads.max(1));
        self
    }

    /// A header for every request to an `http://` or `https://` URL, such as `Authorization`. It is sent to the origin
    /// of the URL that is opened, and not to another one that it redirects to.
    ///
    /// # Errors
    /// When name or value can't stand in a header.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self> {
        let name = HeaderName::try_from(name)
            .map_err(|_| Error::new(ErrorKind::Usage, format!("`{name}` can't be the name of a header")))?;
        let mut value = HeaderValue::try_from(value).map_err(|_| {
            Error::new(ErrorKind::Usage, format!("the value of header `{name}` has forbidden characters"))
        })?;
        value.set_sensitive(true);
        self.headers.append(name, value);
        Ok(self)
    }

    /// Where the store of `s3://`, `gs://` and `az://` URLs is, as in `https://minio.example.org:9000`, and for Azure
    /// `https://ACCOUNT.blob.core.windows.net`. Default: what the environment says (`AWS_ENDPOINT_URL`), then the
    /// AWS profile, else the cloud's own. Buckets are named in the path. Whether it is a URL is seen when the client is built.
    #[must_use]
    pub fn endpoint(mut self, url: &str) -> Self {
        self.stores.endpoint = Some(url.to_owned());
        self
    }

    /// The region of `s3://` buckets. Default: what the environment says (`AWS_REGION`), then the AWS profile, else
    /// `us-east-1`. A bucket that says it is somewhere else is asked there, at the price of a round trip.
    #[must_use]
    pub fn region(mut self, region: &str) -> Self {
        self.stores.region = Some(region.to_owned());
        self
    }

    /// Whether public buckets are asked without credentials. Default: no; credentials come from the environment, from
    /// the AWS profile that `AWS_PROFILE` names, else from `default`, or from the machine.
    #[must_use]
    pub fn anonymous(mut self, anonymous: bool) -> Self {
        self.stores.anonymous = anonymous;
        self
    }

    /// A setting of object stores by the name that `object_store` gives it, such as `aws_access_key_id` or
    /// `azure_storage_sas_key` (see its `AmazonS3ConfigKey`, `GoogleConfigKey` and `AzureConfigKey`). It goes before what
    /// the environment says. Whether there is such a setting is seen when the client is built.
    #[must_use]
    pub fn store_option(mut self, name: &str, value: &str) -> Self {
        self.stores.options.set(name, value);
        self
    }

    /// How long a new connection may take. Default 10 s.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a server may send nothing at all. Default 30 s. There is no limit to a whole request: a long one that
    /// makes progress is not a fault.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// At most so many data requests a load, at the price of bytes that nobody needs. Default: no cap.
    #[must_use]
    pub fn max_requests(mut self, requests: usize) -> Self {
        self.max_requests = Some(requests.max(1));
        self
    }

    /// When to try again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// How freely to ask a second time for what a server is late with; `None`: never. Default: a few percent of the requests,
    /// see [`HedgePolicy`]. Never for local files, and never with [`ClientBuilder::max_requests`].
    #[must_use]
    pub fn hedge(mut self, policy: Option<HedgePolicy>) -> Self {
        self.hedge = policy;
        self
    }

    /// The client.
    ///
    /// # Errors
    /// When threads or TLS can't be set up, the endpoint is no URL, or there is no such store
    /// option.
    pub fn build(self) -> Result<Client> {
        let threads = self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, NonZeroUsize::get));
        // HTTP/1.1: object stores give each connection its own share of bandwidth, which one multiplexed connection
        // can't reach.
        let http = reqwest::Client::builder()
            .http1_only()
            .user_agent(concat!("parqlet/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.connect_timeout)
            .read_timeout(self.idle_timeout)
            .tcp_nodelay(true)
            .build()
            .map_err(|error| Error::new(ErrorKind::Network, "can't set up HTTPS").with_source(error))?;
        Ok(Client(Arc::new(Inner {
            stores: Stores::new(self.stores, http.clone(), self.idle_timeout)?,
            http,
            headers: self.headers,
            pool: Pool::new(threads)?,
            // Outside of the budget, and small beside it. Enough for a row group that is done to make room for one to
            // be read, unless it is of the largest (see `Limits` for what one task may take).
            buffers: Buffers::new(self.memory / 8),
            memory: self.memory,
            max_requests: self.max_requests,
            retry: self.retry,
            hedge: self.hedge.filter(|_| self.max_requests.is_none()),
            patience: self.idle_timeout,
            links: Mutex::new(HashMap::new()),
        })))
    }
}

impl Client {
    /// A client with default settings.
    ///
    /// # Errors
    /// As [`ClientBuilder::build`].
    pub fn new() -> Result<Self> {
        ClientBuilder::default().build()
    }

    /// For other settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Opens a file at an `https://`, `http://`, `s3://`, `gs://`, `az://` or `file://` URL or a path: reads its footer, in
    /// one request where the guess at its size was right.
    ///
    /// # Errors
    /// When it can't be reached or is no Parquet file.
    pub async fn open(&self, url: &str) -> Result<ParquetFile> {
        let named = |error: Error| error.with_object(parqlet_core::object::shown(url).into());
        let source = Source::parse(url).map_err(named)?;
        let object: Arc<str> = source.shown().into();
        let origin = Origin::of(&source);
        let fetch = self.way(source).await.map_err(named)?;
        ParquetFile::open(self.clone(), Remote { object, origin, fetch }).await
    }

    /// The way to an object.
    pub(crate) async fn way(&self, source: Source) -> Result<AnyFetch> {
        match source {
            Source::Http(url) => Ok(self.http(url)),
            Source::File(path) => {
                let buffers = self.0.buffers.clone();
                let opened = tokio::task::spawn_blocking(move || FileFetch::open(&path, buffers)).await;
                let opened = opened.unwrap_or_else(|error| {
                    Err(Error::new(ErrorKind::NotFound, "opening the file was stopped").with_source(error))
                });
                Ok(AnyFetch::File(opened?))
            }
            Source::Store(place) => Ok(AnyFetch::Store(self.0.stores.object(&place)?)),
        }
    }

    /// The bucket of a place.
    pub(crate) fn bucket(&self, place: &Place) -> Result<Arc<Bucket>> {
        self.0.stores.bucket(place)
    }

    /// The retries of one question that is no load.
    pub(crate) fn retries(&self) -> Retries {
        Retries::new(self.0.retry, fastrand::u64(..))
    }

    /// The way to one of many objects: a local file isn't kept open.
    pub(crate) fn way_of_many(&self, source: Source) -> Result<AnyFetch> {
        match source {
            Source::Http(url) => Ok(self.http(url)),
            Source::File(path) => Ok(AnyFetch::File(FileFetch::named(&path, self.0.buffers.clone()))),
            Source::Store(place) => Ok(AnyFetch::Store(self.0.stores.object(&place)?)),
        }
    }

    fn http(&self, url: url::Url) -> AnyFetch {
        AnyFetch::Http(HttpFetch::new(self.0.http.clone(), url, self.0.headers.clone(), self.0.patience))
    }

    pub(crate) fn drive_many<W: Ways>(&self, many: Many, ways: W) -> ManyDrive<W, Clock, Pool> {
        ManyDrive::new(many, ways, Clock::start(), self.0.pool.clone())
    }

    /// A load with its way to the object, ready to run.
    pub(crate) fn drive(
        &self,
        remote: &Remote,
        opened: Option<Arc<Opened>>,
        goal: Goal,
    ) -> Drive<AnyFetch, Clock, Pool> {
        let object = Arc::clone(&remote.object);
        let options = self.options(&remote.origin);
        let load = match opened {
            Some(opened) => Load::with_opened(object, opened, goal, options),
            None => Load::new(object, goal, options),
        };
        Drive::new(load, remote.fetch.clone(), Clock::start(), self.0.pool.clone())
    }

    /// Keeps what a load learned of its link for the next one.
    pub(crate) fn learn(&self, origin: &Origin, link: &LinkEstimate) {
        self.learned(origin, |learned| learned.link = link.clone());
    }

    pub(crate) fn options(&self, origin: &Origin) -> Options {
        let (link, hedges) = self.learned(origin, |learned| (learned.link.link(), learned.hedges.clone()));
        Options {
            decoders: self.0.pool.threads(),
            retry: self.0.retry,
            hedges,
            start: origin.start,
            seed: fastrand::u64(..),
            ..Options::new(Limits { link, memory: self.0.memory, max_requests: self.0.max_requests, files: 1 })
        }
    }

    fn learned<T>(&self, origin: &Origin, what: impl FnOnce(&mut Learned) -> T) -> T {
        let mut links = self.0.links.lock().unwrap_or_else(PoisonError::into_inner);
        let hedge = self.0.hedge.filter(|_| origin.preset != Link::local());
        let new = || Learned { link: LinkEstimate::new(origin.preset), hedges: hedge.map(Hedges::new) };
        what(links.entry(origin.key.clone()).or_insert_with(new))
    }
}

/// One object and the way to it.
#[derive(Debug, Clone)]
pub(crate) struct Remote {
    pub(crate) object: Arc<str>,
    pub(crate) origin: Origin,
    pub(crate) fetch: AnyFetch,
}

/// Objects behind one link.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    key: String,
    preset: Link,
    start: Start,
}

impl Origin {
    pub(crate) fn of(source: &Source) -> Self {
        let (key, preset) = match source {
            Source::Http(url) => (url.origin().ascii_serialization(), Link::object_store()),
            Source::File(_) => ("file".to_owned(), Link::local()),
            // One client has one endpoint for all its stores.
            Source::Store(place) => (place.url(""), Link::object_store()),
        };
        // Azure knows no suffix ranges.
        let azure = matches!(source, Source::Store(Place { kind: Kind::Azure, .. }));
        Self { key, preset, start: if azure { Start::Length } else { Start::Suffix } }
    }
}
