//! Fetching from object stores: `object_store` for credentials, signatures and listings, our own client for the rest.

mod listing;
mod place;
mod profile;
mod refusal;
mod settings;
mod wire;

pub(crate) use place::{Kind, Place, path};
pub(crate) use settings::Settings;

use crate::fetch::AbortOnDrop;
use crate::http::{receive, unanswered};
use object_store::path::Path;
use object_store::{GetOptions, GetRange};
use parqlet_core::fetch::{Answer, Request, Span};
use parqlet_core::{Error, ErrorKind, Result};
use settings::Signed;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use wire::{Outcome, Refusal, Wire};

/// The buckets a client has been to: credentials are fetched once for each, and connections are shared.
#[derive(Debug)]
pub(crate) struct Stores {
    settings: Settings,
    wire: Wire,
    patience: Duration,
    buckets: Mutex<HashMap<(Kind, String), Arc<Bucket>>>,
}

/// One bucket of a store.
#[derive(Debug)]
pub(crate) struct Bucket {
    kind: Kind,
    name: String,
    settings: Settings,
    wire: Wire,
    /// Replaced where the bucket says that it is in another region.
    signed: Mutex<Signed>,
    /// Whether the store ever answered: then a refused connection is worth another try.
    answered: AtomicBool,
    /// A wait without a single byte that is too long.
    patience: Duration,
}

/// The way to one object in a store.
#[derive(Debug, Clone)]
pub(crate) struct StoreFetch {
    bucket: Arc<Bucket>,
    path: Path,
}

impl Stores {
    /// Requests go through `client`; a server may be silent for as long as `patience`.
    pub(crate) fn new(settings: Settings, client: reqwest::Client, patience: Duration) -> Result<Self> {
        settings.check()?;
        let wire = Wire::new(client);
        Ok(Self { settings, wire, patience, buckets: Mutex::default() })
    }

    pub(crate) fn bucket(&self, place: &Place) -> Result<Arc<Bucket>> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (place.kind, place.bucket.clone());
        if let Some(bucket) = buckets.get(&key) {
            return Ok(Arc::clone(bucket));
        }
        let (settings, wire) = (self.settings.clone(), self.wire.clone());
        let signed = Mutex::new(settings.sign(place.kind, &place.bucket, None, &wire)?);
        let (kind, name, patience) = (place.kind, place.bucket.clone(), self.patience);
        let bucket = Bucket { kind, name, settings, wire, signed, answered: AtomicBool::new(false), patience };
        let bucket = Arc::new(bucket);
        buckets.insert(key, Arc::clone(&bucket));
        Ok(bucket)
    }

    /// The way to an object.
    pub(crate) fn object(&self, place: &Place) -> Result<StoreFetch> {
        let path = place.path()?;
        if path.as_ref().is_empty() || place.key.ends_with('/') {
            return Err(Error::new(
                ErrorKind::Usage,
                "this names no object: put its key behind the bucket, without / at the end",
            ));
        }
        Ok(StoreFetch { bucket: self.bucket(place)?, path })
    }
}

impl StoreFetch {
    /// Runs in a task of its own, so that bodies of many requests are received side by side.
    pub(crate) fn fetch(&self, request: Request) -> impl Future<Output = Result<Answer>> + Send + use<> {
        let Self { bucket, path } = self.clone();
        let task = AbortOnDrop(tokio::spawn(async move { bucket.ask(&path, &request).await }));
        async move {
            task.await.unwrap_or_else(|error| {
                Err(Error::new(ErrorKind::Network, "the request was stopped").with_source(error))
            })
        }
    }
}

impl Bucket {
    async fn ask(&self, path: &Path, request: &Request) -> Result<Answer> {
        let range = match &request.span {
            Span::Exact(range) => Some(GetRange::Bounded(range.clone())),
            Span::Tail(bytes) => Some(GetRange::Suffix(*bytes)),
            Span::Length => None,
        };
        let if_match = request.pinned.as_ref().and_then(|pinned| pinned.version.etag()).map(str::to_owned);
        let options = GetOptions { range, if_match, head: request.span == Span::Length, ..GetOptions::default() };
        let mut moved = false;
        loop {
            let signed = self.signed().clone();
            let (result, outcome) = wire::taking(signed.store.get_opts(path, options.clone())).await;
            match outcome {
                Some(Outcome::Granted(response, first_byte)) => {
                    self.answered.store(true, Ordering::Relaxed);
                    return receive(response, request, first_byte, self.patience).await;
                }
                Some(Outcome::Refused(refusal)) if !moved && self.is_moved(&signed, &refusal)? => moved = true,
                Some(outcome) => return Err(self.explained(outcome, Some(request))),
                None => return Err(self.unsent(result.err())),
            }
        }
    }

    fn signed(&self) -> std::sync::MutexGuard<'_, Signed> {
        self.signed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the bucket says that it is in another region than the one that was asked; from then on that one is asked.
    fn is_moved(&self, asked: &Signed, refusal: &Refusal) -> Result<bool> {
        let Some(region) = refusal.region().filter(|region| asked.region.as_deref().is_some_and(|at| at != *region))
        else {
            return Ok(false);
        };
        let mut signed = self.signed();
        if signed.region.as_deref() != Some(region) {
            *signed = self.settings.sign(self.kind, &self.name, Some(region), &self.wire)?;
        }
        Ok(true)
    }

    /// The error for a request that came to nothing; `request` is none for a listing.
    fn explained(&self, outcome: Outcome, request: Option<&Request>) -> Error {
        match outcome {
            Outcome::Refused(refusal) => {
                self.answered.store(true, Ordering::Relaxed);
                let error = refusal.explained(request, self.kind, self.settings.anonymous);
                match &self.signed().profile {
                    Some(profile) if error.kind() == ErrorKind::Forbidden => {
                        error.with_reason(&format!("the credentials are those of the profile `{profile}`"))
                    }
                    _ => error,
                }
            }
            Outcome::Failed(error) => unanswered(error, self.answered.load(Ordering::Relaxed), self.patience),
            Outcome::Granted(..) => Error::new(ErrorKind::BadAnswer, "the store's answer makes no sense here"),
        }
    }

    /// The error for a request that was not even sent: there was nothing to sign it with, or the store can't be asked so.
    fn unsent(&self, error: Option<object_store::Error>) -> Error {
        match error {
            // Azure knows no suffix ranges. The ladder's next rung asks for the length.
            Some(error @ object_store::Error::NotSupported { .. }) => {
                Error::new(ErrorKind::NoRanges, "this store can't be asked for the end of an object").with_source(error)
            }
            Some(error) => {
                let (scheme, credentials) = (self.kind.scheme(), self.kind.credentials());
                let profile = if self.kind == Kind::S3 { ", or AWS_PROFILE to a profile that has keys" } else { "" };
                Error::new(
                    ErrorKind::Forbidden,
                    format!(
                        "no credentials for {scheme}:// were found ({}): set {credentials} in the environment{profile}, or, \
                         if the bucket is public, ask without (--anonymous)",
                        plainest(&error)
                    ),
                )
                // Where there were some before, the service that gives them is only away for a moment.
                .retryable(self.answered.load(Ordering::Relaxed))
            }
            None => Error::new(ErrorKind::BadAnswer, "the store's answer makes no sense here"),
        }
    }
}

/// The innermost error, which holds no address: an address may be signed, or hold a token.
fn plainest(error: &object_store::Error) -> String {
    const LONGEST: usize = 120;
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let text = cause.to_string();
    let text = text.split(['<', '{', '\n']).next().unwrap_or_default().trim_end_matches([':', ' ']);
    text.chars().take(LONGEST).collect()
}
