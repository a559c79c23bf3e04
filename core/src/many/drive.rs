//! Drive: the one async loop between the machine for many files and a shell's fetches, clock and decoder.

use super::{Many, ManyStep};
use crate::drive::{Decode, Status};
use crate::error::Result;
use crate::fetch::{Fetch, Sleep};
use crate::load::RequestId;
use crate::under_way::{Event, UnderWay};

/// The ways to many objects.
pub trait Ways {
    /// The way to one.
    type Fetch: Fetch;

    /// The way to a file, by its place in the list.
    fn way(&self, file: usize) -> &Self::Fetch;
}

/// Requests and jobs under way, and whose they are.
type OfFiles<F, S, D> =
    UnderWay<(usize, RequestId), <F as Fetch>::Response, usize, <D as Decode>::Running, <S as Sleep>::Timer>;

/// A load of many files with what it needs to run. Dropping it cancels all that is under way.
pub struct ManyDrive<W: Ways, S: Sleep, D: Decode> {
    many: Many,
    ways: W,
    sleep: S,
    decode: D,
    under_way: OfFiles<W::Fetch, S, D>,
}

impl<W: Ways, S: Sleep, D: Decode> ManyDrive<W, S, D> {
    /// Nothing runs before the first call of [`ManyDrive::pump`].
    pub fn new(many: Many, ways: W, sleep: S, decode: D) -> Self {
        Self { many, ways, sleep, decode, under_way: UnderWay::new() }
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
                    self.under_way.fetch((file, id), answer);
                }
                ManyStep::Cancel { file, id } => self.under_way.cancel((file, id)),
                ManyStep::Decode { file, job } => self.under_way.decode(file, self.decode.decode(job)),
                ManyStep::Wait { until } => {
                    self.under_way.wait(until.map(|until| self.sleep.sleep_until(until)));
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
        match self.under_way.event().await {
            Event::Answer((file, id), answer) => self.many.on_part(file, id, self.sleep.now(), answer),
            Event::Decoded(file, decoded) => self.many.on_decoded(file, decoded),
            Event::Timer => Ok(()),
        }
    }
}
