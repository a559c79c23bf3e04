//! Drive: the one async loop between the machine for many files and a shell's fetches, clock and decoder.

use super::{Many, ManyStep};
use crate::drive::{Decode, Status};
use crate::error::Result;
use crate::fetch::{Answer, Fetch, Sleep};
use crate::job::Decoded;
use crate::load::RequestId;
use futures_util::future::{self, Join, Ready};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// The ways to many objects.
pub trait Ways {
    /// The way to one.
    type Fetch: Fetch;

    /// The way to a file, by its place in the list.
    fn way(&self, file: usize) -> &Self::Fetch;
}

/// Requests under way, and whose they are.
type Requests<F> = FuturesUnordered<Join<Ready<(usize, RequestId)>, <F as Fetch>::Response>>;

/// A load of many files with what it needs to run. Dropping it cancels all that is under way.
pub struct ManyDrive<W: Ways, S: Sleep, D: Decode> {
    many: Many,
    ways: W,
    sleep: S,
    decode: D,
    requests: Requests<W::Fetch>,
    jobs: FuturesUnordered<Join<Ready<usize>, D::Running>>,
    timer: Option<Pin<Box<S::Timer>>>,
}

impl<W: Ways, S: Sleep, D: Decode> ManyDrive<W, S, D> {
    /// Nothing runs before the first call of [`ManyDrive::pump`].
    pub fn new(many: Many, ways: W, sleep: S, decode: D) -> Self {
        Self {
            many,
            ways,
            sleep,
            decode,
            requests: FuturesUnordered::new(),
            jobs: FuturesUnordered::new(),
            timer: None,
        }
    }

    /// The machine.
    pub fn many(&self) -> &Many {
        &self.many
    }

    /// The machine, to take batches from.
    pub fn many_mut(&mut self) -> &mut Many {
        &mut self.many
    }

    /// Does every step the machine has now; doesn't wait.
    ///
    /// # Errors
    /// What ended the load.
    pub fn pump(&mut self) -> Result<Status> {
        loop {
            match self.many.poll(self.sleep.now())? {
                ManyStep::Fetch { file, id, request } => {
                    let answer = self.ways.way(file).fetch(request);
                    self.requests.push(future::join(future::ready((file, id)), answer));
                }
                ManyStep::Decode { file, job } => {
                    self.jobs.push(future::join(future::ready(file), self.decode.decode(job)));
                }
                ManyStep::Wait { until } => {
                    self.timer = until.map(|until| Box::pin(self.sleep.sleep_until(until)));
                    return Ok(Status::Waiting);
                }
                ManyStep::Done => return Ok(Status::Done),
            }
        }
    }

    /// Waits for one thing to happen and reports it. May be dropped at any time without losing anything.
    ///
    /// # Errors
    /// What ended the load.
    pub async fn event(&mut self) -> Result<()> {
        enum Event {
            Answer((usize, RequestId), Result<Answer>),
            Decoded(usize, Decoded),
            Timer,
        }
        let event = poll_fn(|context| {
            // Results first: a job that is done frees its bytes, and with them room for requests.
            if let Poll::Ready(Some((file, decoded))) = self.jobs.poll_next_unpin(context) {
                return Poll::Ready(Event::Decoded(file, decoded));
            }
            if let Poll::Ready(Some((name, answer))) = self.requests.poll_next_unpin(context) {
                return Poll::Ready(Event::Answer(name, answer));
            }
            if let Some(timer) = &mut self.timer
                && timer.as_mut().poll(context).is_ready()
            {
                self.timer = None;
                return Poll::Ready(Event::Timer);
            }
            Poll::Pending
        })
        .await;
        match event {
            Event::Answer((file, id), answer) => self.many.on_part(file, id, self.sleep.now(), answer),
            Event::Decoded(file, decoded) => self.many.on_decoded(file, decoded),
            Event::Timer => Ok(()),
        }
    }
}
