//! What goes into the machine and what it asks for: the words of its contract, which stands on [`super::Load`].

use crate::fetch::Request;
use crate::job::Job;
use crate::plan::Limits;
use crate::retry::RetryPolicy;
use crate::select::Selection;
use std::time::Duration;

/// What a load is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// Identity and footer.
    Open,
    /// The plan of a read, without the read.
    Plan(Selection),
    /// The rows.
    Read(Selection),
    /// The bytes the rows need, undecoded: see [`super::Load::take_parts`].
    Prefetch(Selection),
}

impl Goal {
    pub(super) fn selection(&self) -> Option<&Selection> {
        match self {
            Self::Open => None,
            Self::Plan(selection) | Self::Read(selection) | Self::Prefetch(selection) => Some(selection),
        }
    }
}

/// What a load may use.
#[derive(Debug, Clone)]
pub struct Options {
    /// Link, memory budget (bytes) and request cap.
    pub limits: Limits,
    /// How many jobs may run at a time: as many as there are threads to decode on, 1 where decoding is inline.
    pub decoders: usize,
    /// When to try again.
    pub retry: RetryPolicy,
    /// For the jitter of retries.
    pub seed: u64,
}

/// Names a request between [`Step::Fetch`] and [`super::Load::on_part`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub(super) u64);

/// What the machine wants done next.
#[derive(Debug)]
pub enum Step {
    /// Send this request; report to [`super::Load::on_part`].
    Fetch {
        /// Its name.
        id: RequestId,
        /// What to ask.
        request: Request,
    },
    /// Run this job, anywhere; report to [`super::Load::on_decoded`].
    Decode(Job),
    /// Drop every request and job that is under way: the object changed, and the load begins again. Reports that come
    /// all the same are ignored.
    Abandon,
    /// Nothing to do until something is reported, a batch is taken, or this time comes.
    Wait {
        /// When to poll again at the latest.
        until: Option<Duration>,
    },
    /// The goal is reached and every batch was taken.
    Done,
}
