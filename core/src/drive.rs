//! Drive: the one async loop between the machine and a shell's fetch, clock and decoder.

use crate::error::{Error, ErrorKind, Result};
use crate::fetch::{Fetch, Sleep};
use crate::job::{Decoded, Job};
use crate::load::{Load, RequestId, Step};
use arrow_array::RecordBatch;
use futures_util::future::{self, Join, Ready};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// Runs jobs: on a thread pool, or right away.
pub trait Decode {
    /// The pending result. Dropping it gives the job up.
    type Running: Future<Output = Decoded>;

    /// Starts a job.
    fn decode(&self, job: Job) -> Self::Running;
}

/// Whether the machine is at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Something is still to come: an answer, a job, a timer, or room for batches.
    Waiting,
    /// The load's goal is reached and every batch taken.
    Done,
}

/// A load with what it needs to run. Dropping it cancels all that is under way.
pub struct Drive<F: Fetch, S: Sleep, D: Decode> {
    load: Load,
    fetch: F,
    sleep: S,
    decode: D,
    requests: FuturesUnordered<Join<Ready<RequestId>, F::Response>>,
    jobs: FuturesUnordered<D::Running>,
    timer: Option<Pin<Box<S::Timer>>>,
}

impl<F: Fetch, S: Sleep, D: Decode> Drive<F, S, D> {
    /// Nothing runs before the first call of [`Drive::pump`] or [`Drive::next`].
    pub fn new(load: Load, fetch: F, sleep: S, decode: D) -> Self {
        Self {
            load,
            fetch,
            sleep,
            decode,
            requests: FuturesUnordered::new(),
            jobs: FuturesUnordered::new(),
            timer: None,
        }
    }

    /// The machine.
    pub fn load(&self) -> &Load {
        &self.load
    }

    /// The machine, to take batches from.
    pub fn load_mut(&mut self) -> &mut Load {
        &mut self.load
    }

    /// Does every step the machine has now; doesn't wait.
    ///
    /// # Errors
    /// What ended the load.
    pub fn pump(&mut self) -> Result<Status> {
        loop {
            match self.load.poll(self.sleep.now())? {
                Step::Fetch { id, request } => {
                    self.requests.push(future::join(future::ready(id), self.fetch.fetch(request)));
                }
                Step::Decode(job) => self.jobs.push(self.decode.decode(job)),
                Step::Abandon => {
                    self.requests.clear();
                    self.jobs.clear();
                }
                Step::Wait { until } => {
                    self.timer = until.map(|until| Box::pin(self.sleep.sleep_until(until)));
                    return Ok(Status::Waiting);
                }
                Step::Done => return Ok(Status::Done),
            }
        }
    }

    /// Waits for one thing to happen and reports it. May be dropped at any time without losing anything.
    ///
    /// # Errors
    /// What ended the load.
    pub async fn event(&mut self) -> Result<()> {
        enum Event {
            Answer(RequestId, Result<crate::fetch::Answer>),
            Decoded(Decoded),
            Timer,
        }
        let event = poll_fn(|context| {
            // Results first: a job that is done frees its bytes, and with them room for requests.
            if let Poll::Ready(Some(decoded)) = self.jobs.poll_next_unpin(context) {
                return Poll::Ready(Event::Decoded(decoded));
            }
            if let Poll::Ready(Some((id, answer))) = self.requests.poll_next_unpin(context) {
                return Poll::Ready(Event::Answer(id, answer));
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
            Event::Answer(id, answer) => self.load.on_part(id, self.sleep.now(), answer),
            Event::Decoded(decoded) => self.load.on_decoded(decoded),
            Event::Timer => Ok(()),
        }
    }

    /// The next batch in file order; `None` when the load is done.
    ///
    /// # Errors
    /// What ended the load.
    pub async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            let status = self.pump()?;
            if let Some(batch) = self.load.take_batch() {
                return Ok(Some(batch));
            }
            if status == Status::Done {
                return Ok(None);
            }
            if self.requests.is_empty() && self.jobs.is_empty() && self.timer.is_none() {
                // Can't happen by the machine's contract; an error beats a hang.
                return Err(Error::new(ErrorKind::Corrupt, "the load stopped with nothing to wait for"));
            }
            self.event().await?;
        }
    }
}
