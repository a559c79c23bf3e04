//! Drive: the one async loop between the machine and a shell's fetch, clock and decoder.

use crate::error::{Error, ErrorKind, Result};
use crate::fetch::{Fetch, Sleep};
use crate::job::{Decoded, Job};
use crate::load::{Load, RequestId, Step};
use crate::under_way::{Event, UnderWay};
use arrow_array::RecordBatch;
use std::future::Future;

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
    under_way: UnderWay<RequestId, F::Response, (), D::Running, S::Timer>,
}

impl<F: Fetch, S: Sleep, D: Decode> Drive<F, S, D> {
    /// Nothing runs before the first call of [`Drive::pump`] or [`Drive::next`].
    pub fn new(load: Load, fetch: F, sleep: S, decode: D) -> Self {
        Self { load, fetch, sleep, decode, under_way: UnderWay::new() }
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
                Step::Fetch { id, request } => self.under_way.fetch(id, self.fetch.fetch(request)),
                Step::Cancel { id } => self.under_way.cancel(id),
                Step::Decode(job) => self.under_way.decode((), self.decode.decode(job)),
                Step::Abandon => self.under_way.clear(),
                Step::Wait { until } => {
                    self.under_way.wait(until.map(|until| self.sleep.sleep_until(until)));
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
        match self.under_way.event().await {
            Event::Answer(id, answer) => self.load.on_part(id, self.sleep.now(), answer),
            Event::Decoded((), decoded) => self.load.on_decoded(decoded),
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
            if self.under_way.is_empty() {
                // Can't happen by the machine's contract; an error beats a hang.
                return Err(Error::new(ErrorKind::Corrupt, "the load stopped with nothing to wait for"));
            }
            self.event().await?;
        }
    }
}
