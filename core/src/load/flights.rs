//! Flights: requests between being wanted and being settled, through retries and second requests.

use super::{Common, RequestId};
use crate::answer::changed;
use crate::error::Error;
use crate::fetch::{Answer, Request, Span};
use crate::hedge::{Hedges, Lateness, Straggler};
use crate::ledger::Credit;
use crate::retry::{Decision, GiveUp, Retries};
use crate::slots::Slot;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// How often it is asked whether what is late may be sent again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

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
    slot: Slot,
    /// 1 for the first try.
    attempt: u32,
    sent: Duration,
    /// What the server said: it is not asked again before.
    not_before: Duration,
    straggler: Option<Straggler>,
    second: Second,
}

/// The same request once more, because the first is late: once for each try.
#[derive(Debug)]
enum Second {
    Unsent,
    Sent {
        id: u64,
        sent: Duration,
        credit: Credit,
        slot: Slot,
    },
    /// It failed, and the first goes on alone.
    Over,
}

/// A request to send.
#[derive(Debug)]
pub(super) struct Sending {
    pub(super) id: RequestId,
    pub(super) request: Request,
    pub(super) because: Because,
}

/// Why a request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Because {
    /// It was wanted.
    Wanted,
    /// It failed before.
    Failed,
    /// It is late.
    Late,
}

/// How an answer settled a request.
#[derive(Debug)]
pub(super) enum Settled {
    /// It is over; the answer, the credit for its bytes, and how long it took.
    Answered { purpose: Purpose, answer: Answer, credit: Option<Credit>, took: Duration },
    /// It will be sent again, or was sent twice and the other one goes on.
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
    /// Requests whose bytes have come by another one.
    needless: Vec<RequestId>,
    retries: Retries,
    hedges: Option<Hedges>,
}

impl Flights {
    pub(super) fn new(retries: Retries, hedges: Option<Hedges>) -> Self {
        Self {
            next: 0,
            ready: VecDeque::new(),
            waiting: Vec::new(),
            in_flight: BTreeMap::new(),
            needless: Vec::new(),
            retries,
            hedges,
        }
    }

    /// Wants a request sent.
    pub(super) fn want(&mut self, purpose: Purpose, request: Request, credit: Option<Credit>, slot: Slot) {
        let (attempt, sent, second) = (1, Duration::ZERO, Second::Unsent);
        let (not_before, straggler) = (Duration::ZERO, None);
        self.ready.push_back(Flight { purpose, request, credit, slot, attempt, sent, not_before, straggler, second });
    }

    /// The next request to send now.
    pub(super) fn send(&mut self, now: Duration) -> Option<Sending> {
        if let Some(at) = self.waiting.iter().position(|(due, _)| *due <= now) {
            let (_, flight) = self.waiting.swap_remove(at);
            self.ready.push_back(flight);
        }
        let mut flight = self.ready.pop_front()?;
        flight.sent = now;
        if let Some(hedges) = &self.hedges {
            hedges.sent();
        }
        let because = if flight.attempt > 1 { Because::Failed } else { Because::Wanted };
        let sending = Sending { id: RequestId(self.next), request: flight.request.clone(), because };
        self.in_flight.insert(self.next, flight);
        self.next += 1;
        Some(sending)
    }

    /// A request to send once more because it is late, where there is a slot, memory, and leave for that.
    pub(super) fn hedge(&mut self, now: Duration, common: &Common) -> Option<Sending> {
        let hedges = self.hedges.as_ref()?;
        let lateness = hedges.lateness();
        let mut due = None;
        for flight in self.in_flight.values_mut() {
            if flight.late(&lateness).is_some_and(|late| late <= now) {
                let bytes = flight.bytes();
                flight.straggler.get_or_insert_with(|| hedges.straggler(bytes));
                due = due.or(Some(flight));
            }
        }
        let flight = due?;
        let slot = common.requests.try_take(flight.slot.weight())?;
        let credit = common.ledger.try_take(flight.bytes())?;
        if !hedges.spend(flight.straggler.as_ref()?) {
            return None;
        }
        let id = self.next;
        self.next += 1;
        flight.second = Second::Sent { id, sent: now, credit, slot };
        Some(Sending { id: RequestId(id), request: flight.request.clone(), because: Because::Late })
    }

    /// A request that is under way for nothing.
    pub(super) fn needless(&mut self) -> Option<RequestId> {
        self.needless.pop()
    }

    /// When the next request is due after now, as a retry or because it is late. One that is late already had no leave to
    /// be sent again, and may have it when others were answered, here or in a load beside this one.
    pub(super) fn next_due(&self, now: Duration) -> Option<Duration> {
        let late = self.hedges.as_ref().into_iter().flat_map(|hedges| {
            let lateness = hedges.lateness();
            let late = self.in_flight.values().filter_map(move |flight| flight.late(&lateness));
            late.map(|late| if late > now { late } else { now.saturating_add(LOOK_AGAIN) })
        });
        self.waiting.iter().map(|(due, _)| *due).chain(late).min()
    }

    /// Settles a request that was sent.
    pub(super) fn settle(&mut self, id: RequestId, now: Duration, result: Result<Answer, Error>) -> Settled {
        let Some(first) = self.first_of(id) else { return Settled::Unknown };
        let Some(mut flight) = self.in_flight.remove(&first) else { return Settled::Unknown };
        // Held against the pinned identity by the shell already; once more here, because nothing may mix versions.
        let same =
            |answer: &Answer| flight.request.pinned.as_ref().is_none_or(|pinned| pinned.agrees_with(&answer.identity));
        let error = match result {
            Ok(answer) if same(&answer) => return self.answered(id, now, flight, first, answer),
            Ok(_) => changed(),
            Err(error) => error,
        };
        if let Some(wait) = error.retry_after() {
            flight.not_before = flight.not_before.max(now.saturating_add(wait));
        }
        match std::mem::replace(&mut flight.second, Second::Over) {
            // The other one is under way.
            Second::Sent { .. } if id.0 != first && error.is_retryable() => {
                self.in_flight.insert(first, flight);
                Settled::Again
            }
            Second::Sent { id, sent, credit, slot } if error.is_retryable() => {
                let credit = flight.credit.is_some().then_some(credit);
                self.in_flight.insert(id, Flight { sent, credit, slot, ..flight });
                Settled::Again
            }
            Second::Sent { id: second, .. } => {
                self.needless.push(RequestId(if id.0 == first { second } else { first }));
                self.failed(flight, now, error)
            }
            Second::Unsent | Second::Over => self.failed(flight, now, error),
        }
    }

    /// The request that this one is, or is the second of.
    fn first_of(&self, id: RequestId) -> Option<u64> {
        if self.in_flight.contains_key(&id.0) {
            return Some(id.0);
        }
        let is_second = |flight: &Flight| matches!(flight.second, Second::Sent { id: second, .. } if second == id.0);
        self.in_flight.iter().find(|(_, flight)| is_second(flight)).map(|(first, _)| *first)
    }

    fn answered(&mut self, id: RequestId, now: Duration, flight: Flight, first: u64, answer: Answer) -> Settled {
        self.retries.on_success();
        if let Some(hedges) = &self.hedges {
            hedges.answered(flight.bytes(), now.saturating_sub(flight.sent));
        }
        let Flight { purpose, sent, credit, second, .. } = flight;
        let (sent, credit) = match second {
            Second::Sent { sent: later, credit: paid, .. } if id.0 != first => {
                self.needless.push(RequestId(first));
                (later, credit.and(Some(paid)))
            }
            Second::Sent { id, .. } => {
                self.needless.push(RequestId(id));
                (sent, credit)
            }
            Second::Unsent | Second::Over => (sent, credit),
        };
        Settled::Answered { purpose, answer, credit, took: now.saturating_sub(sent) }
    }

    fn failed(&mut self, mut flight: Flight, now: Duration, error: Error) -> Settled {
        match self.retries.decide(flight.attempt, error.is_retryable(), error.retry_after()) {
            Decision::After(delay) => {
                flight.attempt += 1;
                (flight.straggler, flight.second) = (None, Second::Unsent);
                self.waiting.push((now.saturating_add(delay).max(flight.not_before), flight));
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
        self.needless.clear();
    }
}

impl Flight {
    /// Bytes that are asked for.
    fn bytes(&self) -> u64 {
        match &self.request.span {
            Span::Exact(range) => range.end - range.start,
            Span::Tail(bytes) => *bytes,
            Span::Length => 0,
        }
    }

    /// When it is late, if it may be sent a second time.
    fn late(&self, lateness: &Lateness) -> Option<Duration> {
        match self.second {
            Second::Unsent => Some(self.sent.saturating_add(lateness.of(self.bytes())?)),
            Second::Sent { .. } | Second::Over => None,
        }
    }
}
