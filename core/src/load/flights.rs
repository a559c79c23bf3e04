//! Flights: requests between being wanted and being settled, through retries.

use super::RequestId;
use crate::answer::changed;
use crate::error::Error;
use crate::fetch::{Answer, Request, Span};
use crate::ledger::Credit;
use crate::retry::{Decision, GiveUp, Retries};
use crate::slots::Slot;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The next piece of tail, footer or index: one at a time.
    Preparation,
    /// A block of the schedule.
    Block(usize),
}

#[derive(Debug)]
struct Flight {
    purpose: Purpose,
    request: Request,
    credit: Option<Credit>,
    /// Its place among the requests under way, through all its tries.
    _slot: Slot,
    /// 1 for the first try.
    attempt: u32,
    sent: Duration,
}

/// How an answer settled a request.
#[derive(Debug)]
pub(super) enum Settled {
    /// It is over; the answer, the credit for its bytes, and how long it took.
    Answered { purpose: Purpose, answer: Answer, credit: Option<Credit>, took: Duration },
    /// It will be sent again.
    Again,
    /// It is over and failed.
    Failed(Error),
    /// The machine doesn't know such a request (any more).
    Unknown,
}

/// All requests of a load.
#[derive(Debug)]
pub(super) struct Flights {
    next: u64,
    ready: VecDeque<Flight>,
    waiting: Vec<(Duration, Flight)>,
    in_flight: BTreeMap<u64, Flight>,
    retries: Retries,
}

impl Flights {
    pub(super) fn new(retries: Retries) -> Self {
        Self { next: 0, ready: VecDeque::new(), waiting: Vec::new(), in_flight: BTreeMap::new(), retries }
    }

    /// Wants a request sent.
    pub(super) fn want(&mut self, purpose: Purpose, request: Request, credit: Option<Credit>, slot: Slot) {
        self.ready.push_back(Flight { purpose, request, credit, _slot: slot, attempt: 1, sent: Duration::ZERO });
    }

    /// The next request to send now, and whether it is a retry.
    pub(super) fn send(&mut self, now: Duration) -> Option<(RequestId, Request, bool)> {
        if let Some(at) = self.waiting.iter().position(|(due, _)| *due <= now) {
            let (_, flight) = self.waiting.swap_remove(at);
            self.ready.push_back(flight);
        }
        let mut flight = self.ready.pop_front()?;
        flight.sent = now;
        let id = self.next;
        self.next += 1;
        let (request, again) = (flight.request.clone(), flight.attempt > 1);
        self.in_flight.insert(id, flight);
        Some((RequestId(id), request, again))
    }

    /// When the next retry is due.
    pub(super) fn next_due(&self) -> Option<Duration> {
        self.waiting.iter().map(|(due, _)| *due).min()
    }

    /// Settles a request that was sent.
    pub(super) fn settle(&mut self, id: RequestId, now: Duration, result: Result<Answer, Error>) -> Settled {
        let Some(mut flight) = self.in_flight.remove(&id.0) else {
            return Settled::Unknown;
        };
        // Held against the pinned identity by the shell already; once more here, because nothing may mix versions.
        let same =
            |answer: &Answer| flight.request.pinned.as_ref().is_none_or(|pinned| pinned.agrees_with(&answer.identity));
        let error = match result {
            Ok(answer) if same(&answer) => {
                self.retries.on_success();
                let took = now.saturating_sub(flight.sent);
                return Settled::Answered { purpose: flight.purpose, answer, credit: flight.credit, took };
            }
            Ok(_) => changed(),
            Err(error) => error,
        };
        match self.retries.decide(flight.attempt, error.is_retryable(), error.retry_after()) {
            Decision::After(delay) => {
                flight.attempt += 1;
                self.waiting.push((now.saturating_add(delay), flight));
                Settled::Again
            }
            Decision::GiveUp(reason) => {
                let error = match reason {
                    // The attempts are named anyway.
                    GiveUp::NotRetryable | GiveUp::Attempts(_) => error,
                    GiveUp::Budget | GiveUp::RetryAfter(_) => error.with_reason(&reason.to_string()),
                };
                let error = error.with_attempts(flight.attempt);
                let error = match &flight.request.span {
                    Span::Exact(range) => error.with_range(range.clone()),
                    Span::Tail(_) | Span::Length => error,
                };
                Settled::Failed(error)
            }
        }
    }

    /// Whether no request is wanted or under way.
    pub(super) fn is_idle(&self) -> bool {
        self.ready.is_empty() && self.waiting.is_empty() && self.in_flight.is_empty()
    }

    /// Forgets every request; their credits return.
    pub(super) fn clear(&mut self) {
        self.ready.clear();
        self.waiting.clear();
        self.in_flight.clear();
    }
}
