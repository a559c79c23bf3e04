//! What is under way for a machine: requests and jobs by name, and one timer.

use crate::error::Result;
use crate::fetch::Answer;
use crate::job::Decoded;
use futures_util::future::{self, AbortHandle, Abortable, Join, Ready};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// Requests named `N`, jobs named `K`.
pub(crate) struct UnderWay<N, R: Future, K, J: Future, T> {
    requests: FuturesUnordered<Join<Ready<N>, Abortable<R>>>,
    handles: BTreeMap<N, AbortHandle>,
    jobs: FuturesUnordered<Join<Ready<K>, J>>,
    timer: Option<Pin<Box<T>>>,
}

/// One thing that happened.
pub(crate) enum Event<N, K> {
    Answer(N, Result<Answer>),
    Decoded(K, Decoded),
    Timer,
}

impl<N, R, K, J, T> UnderWay<N, R, K, J, T>
where
    N: Ord + Copy,
    R: Future<Output = Result<Answer>>,
    J: Future<Output = Decoded>,
    T: Future<Output = ()>,
{
    pub(crate) fn new() -> Self {
        Self { requests: FuturesUnordered::new(), handles: BTreeMap::new(), jobs: FuturesUnordered::new(), timer: None }
    }

    pub(crate) fn fetch(&mut self, name: N, response: R) {
        let (response, handle) = future::abortable(response);
        self.handles.insert(name, handle);
        self.requests.push(future::join(future::ready(name), response));
    }

    /// Drops a request; nothing is heard of it any more.
    pub(crate) fn cancel(&mut self, name: N) {
        if let Some(handle) = self.handles.remove(&name) {
            handle.abort();
        }
    }

    pub(crate) fn decode(&mut self, name: K, running: J) {
        self.jobs.push(future::join(future::ready(name), running));
    }

    /// Instead of the timer before.
    pub(crate) fn wait(&mut self, timer: Option<T>) {
        self.timer = timer.map(Box::pin);
    }

    /// Drops every request and job.
    pub(crate) fn clear(&mut self) {
        self.requests.clear();
        self.handles.clear();
        self.jobs.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.jobs.is_empty() && self.timer.is_none()
    }

    /// Waits for one thing to happen. May be dropped at any time without losing anything.
    pub(crate) async fn event(&mut self) -> Event<N, K> {
        poll_fn(|context| {
            // Results first: a job that is done frees its bytes, and with them room for requests.
            if let Poll::Ready(Some((name, decoded))) = self.jobs.poll_next_unpin(context) {
                return Poll::Ready(Event::Decoded(name, decoded));
            }
            while let Poll::Ready(Some((name, answer))) = self.requests.poll_next_unpin(context) {
                if let Ok(answer) = answer {
                    self.handles.remove(&name);
                    return Poll::Ready(Event::Answer(name, answer));
                }
            }
            if let Some(timer) = &mut self.timer
                && timer.as_mut().poll(context).is_ready()
            {
                self.timer = None;
                return Poll::Ready(Event::Timer);
            }
            Poll::Pending
        })
        .await
    }
}
