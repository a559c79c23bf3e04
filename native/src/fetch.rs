//! The fetches of this shell behind one type, and the clock.

use crate::file::FileFetch;
use crate::http::HttpFetch;
use crate::store::StoreFetch;
use futures_util::future::BoxFuture;
use parqlet_core::Result;
use parqlet_core::fetch::{Answer, Fetch, Request, Sleep};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::task::{JoinError, JoinHandle};

/// A way to one object.
#[derive(Debug, Clone)]
pub(crate) enum AnyFetch {
    Http(HttpFetch),
    File(FileFetch),
    Store(StoreFetch),
}

impl Fetch for AnyFetch {
    type Response = BoxFuture<'static, Result<Answer>>;

    fn fetch(&self, request: Request) -> Self::Response {
        match self {
            Self::Http(http) => Box::pin(http.fetch(request)),
            Self::File(file) => Box::pin(file.fetch(request)),
            Self::Store(store) => Box::pin(store.fetch(request)),
        }
    }
}

/// A task that ends with its handle: dropping a request must stop it.
#[derive(Debug)]
pub struct AbortOnDrop<T>(pub JoinHandle<T>);

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Time since the load began, by tokio's clock.
#[derive(Debug, Clone)]
pub struct Clock(Instant);

impl Clock {
    /// A load begins now.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Sleep for Clock {
    type Timer = tokio::time::Sleep;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep_until(&self, until: Duration) -> Self::Timer {
        tokio::time::sleep_until((self.0 + until).into())
    }
}
