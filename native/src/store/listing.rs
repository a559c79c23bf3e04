//! Lists what a bucket holds, and goes on after a page that failed.

use super::Bucket;
use super::wire;
use futures_util::StreamExt;
use object_store::path::Path;
use object_store::{ListResult, ObjectMeta};
use parqlet_core::retry::{Decision, Retries};
use parqlet_core::{Error, ErrorKind, Result};

impl Bucket {
    /// Every object under a prefix, whole path parts at a time.
    pub(crate) async fn all_under(&self, prefix: &Path, retries: &mut Retries) -> Result<Vec<ObjectMeta>> {
        let mut objects: Vec<ObjectMeta> = Vec::new();
        let mut turn = Turn::default();
        'pages: loop {
            let store = self.signed().clone();
            let mut stream = match objects.last() {
                // Where the last page that came ended.
                Some(last) => store.store.list_with_offset(Some(prefix), &last.location),
                None => store.store.list(Some(prefix)),
            };
            loop {
                let (next, outcome) = wire::noting(stream.next()).await;
                match next {
                    // Some stores begin with the offset itself.
                    Some(Ok(object)) if objects.last().is_some_and(|last| last.location == object.location) => {}
                    Some(Ok(object)) => objects.push(object),
                    None => return Ok(objects),
                    Some(Err(error)) => {
                        turn.after(self, &store, error, outcome, retries).await?;
                        continue 'pages;
                    }
                }
            }
        }
    }

    /// The objects and the common prefixes right under a prefix.
    pub(crate) async fn level(&self, prefix: &Path, retries: &mut Retries) -> Result<ListResult> {
        let mut turn = Turn::default();
        loop {
            let store = self.signed().clone();
            let (result, outcome) = wire::noting(store.store.list_with_delimiter(Some(prefix))).await;
            match result {
                Ok(level) => return Ok(level),
                Err(error) => turn.after(self, &store, error, outcome, retries).await?,
            }
        }
    }
}

/// The attempts at one listing.
#[derive(Default)]
struct Turn {
    attempts: u32,
    moved: bool,
}

impl Turn {
    /// Waits for the next attempt, or gives up.
    async fn after(
        &mut self,
        bucket: &Bucket,
        asked: &super::Signed,
        error: object_store::Error,
        outcome: Option<wire::Outcome>,
        retries: &mut Retries,
    ) -> Result<()> {
        if let Some(wire::Outcome::Refused(refusal)) = &outcome
            && !self.moved
            && bucket.is_moved(asked, refusal)?
        {
            self.moved = true;
            return Ok(());
        }
        let error = match (outcome, error) {
            (Some(outcome), _) => bucket.explained(outcome, None),
            (None, error @ object_store::Error::InvalidPath { .. }) => Error::new(
                ErrorKind::Unsupported,
                "a key under this prefix has an empty part (//) or a part that is `.` or `..`, and can't be read here",
            )
            .with_source(error),
            (None, error) if error.to_string().contains("list response body") => {
                Error::new(ErrorKind::Network, "the connection broke before the list was whole: try again later")
                    .with_source(error)
            }
            // Only their text tells: the error types of lists are private.
            (None, error) if error.to_string().contains("invalid list response") => {
                Error::new(ErrorKind::BadAnswer, "the store's list can't be understood: check the endpoint")
                    .with_source(error)
            }
            (None, error) => bucket.unsent(Some(error)),
        };
        self.attempts += 1;
        match retries.decide(self.attempts, error.is_retryable(), error.retry_after()) {
            Decision::After(wait) => {
                tokio::time::sleep(wait).await;
                Ok(())
            }
            Decision::GiveUp(_) => Err(error.with_attempts(self.attempts)),
        }
    }
}
