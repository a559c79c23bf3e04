//! What goes into the machine and what it asks for: the words of its contract, which stands on [`super::Load`].

use crate::fetch::Request;
use crate::hedge::Hedges;
use crate::job::Job;
use crate::ledger::Ledger;
use crate::plan::Limits;
use crate::retry::RetryPolicy;
use crate::select::Selection;
use crate::slots::Slots;
use std::ops::Range;
use std::time::Duration;

/// What a load is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// Identity and footer.
    Open,
    /// The plan of a read, without the read.
    Plan(Selection),
    /// The same of an open object from what is known of it, without any request: see [`crate::plan::ReadPlan::index`].
    Estimate(Selection),
    /// The rows.
    Read(Selection),
    /// The bytes the rows need, undecoded: see [`super::Load::take_parts`].
    Prefetch(Selection),
    /// The bytes of these ranges of the object as it is when it is open, for a reader that plans for itself: see
    /// [`super::Load::take_parts`]. Never of a later version: positions mean nothing there.
    Ranges(Vec<Range<u64>>),
}

impl Goal {
    pub(super) fn selection(&self) -> Option<&Selection> {
        match self {
            Self::Open | Self::Ranges(_) => None,
            Self::Plan(selection) | Self::Estimate(selection) | Self::Read(selection) | Self::Prefetch(selection) => {
                Some(selection)
            }
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
    /// When to ask a second time for what is late; `None`: never.
    pub hedges: Option<Hedges>,
    /// For the jitter of retries.
    pub seed: u64,
    /// How to begin with an object that nothing is known of.
    pub start: Start,
    /// Bytes of what is fetched that are kept for later loads: see [`super::Load::take_fetched`]. They count beside the
    /// memory budget, not against it.
    pub keep: u64,
    /// Whether batches are held back until all is decoded, as far as the memory budget goes.
    pub whole: bool,
    /// What is shared with loads that run beside this one; by default nothing.
    pub common: Option<Common>,
}

/// What loads that run side by side have in common. A clone is the same.
#[derive(Debug, Clone)]
pub struct Common {
    /// The bytes they hold.
    pub ledger: Ledger,
    /// Their requests under way.
    pub requests: Slots,
    /// Their jobs under way.
    pub jobs: Slots,
}

impl Common {
    /// By these limits.
    pub fn new(limits: &Limits, decoders: usize) -> Self {
        Self {
            ledger: Ledger::new(limits.memory),
            requests: Slots::new(limits.link.small_slots),
            jobs: Slots::new(decoders),
        }
    }
}

impl Options {
    /// For these limits: decoding inline, retries by default, no hedging, beginning with a suffix range, nothing kept.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            decoders: 1,
            retry: RetryPolicy::default(),
            hedges: None,
            seed: 0,
            start: Start::default(),
            keep: 0,
            whole: false,
            common: None,
        }
    }
}

/// The rung of the ladder of ways to a footer on which a load begins. Where one is refused, the next is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// The length is known: the tail by its position.
    Known(u64),
    /// The tail by its length (`bytes=-n`): one round trip. A browser asks another origin for leave first.
    #[default]
    Suffix,
    /// The length (`HEAD`), then the tail by its position.
    Length,
    /// The first byte, whose answer tells the length, then the tail by its position: for hosts that refuse both others, as
    /// signed addresses do.
    Probe,
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
    /// Drop this request: the same was asked twice, and the other answer has come. A report that comes all the same is
    /// ignored. Never where the options say not to hedge.
    Cancel {
        /// Its name.
        id: RequestId,
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
