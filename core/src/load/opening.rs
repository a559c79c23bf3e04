//! Opening: the ladder of ways to the footer, then the index, then the plan. One request at a time.

use crate::error::{Error, ErrorKind, Result};
use crate::fetch::{Answer, Request, Span};
use crate::footer::{self, Progress};
use crate::ledger::{Credit, Ledger};
use crate::link::Link;
use crate::load::Goal;
use crate::object::Identity;
use crate::opened::Opened;
use crate::parts::KnownParts;
use crate::plan::{self, Limits, ReadPlan};
use crate::scan::Scan;
use std::sync::Arc;

/// Everything before the first data request.
#[derive(Debug)]
pub(super) struct Opening {
    state: State,
    /// A request is under way.
    waiting: bool,
}

#[derive(Debug)]
enum State {
    /// Nothing is known: ask for the tail by its length.
    Tail(u64),
    /// The server doesn't take a suffix range: ask for the length first, then for a tail of this many bytes. With what
    /// was wrong with the answer to the suffix.
    Length(u64, Error),
    /// The length is known from a refusal: ask for the tail by position.
    TailOf { length: u64, tail: u64 },
    /// The first answer is here.
    Footer { identity: Identity, parts: KnownParts },
    Opened(Arc<Opened>),
    /// The offset index is being fetched.
    Index { opened: Arc<Opened>, parts: KnownParts },
    /// Taken out while it is being changed; also after the plan.
    Over,
}

/// What the opening wants.
pub(super) enum Next {
    Ask(Request),
    Waiting,
    Opened(Arc<Opened>),
    Planned { scan: Box<Scan>, opened: Arc<Opened>, plan: ReadPlan },
}

impl Opening {
    pub(super) fn cold(link: &Link) -> Self {
        Self { state: State::Tail(link.tail), waiting: false }
    }

    pub(super) fn known(opened: Arc<Opened>) -> Self {
        Self { state: State::Opened(opened), waiting: false }
    }

    /// Goes on as far as what is known allows.
    pub(super) fn advance(&mut self, goal: &Goal, limits: &Limits) -> Result<Next> {
        if self.waiting {
            return Ok(Next::Waiting);
        }
        let (state, next) = match std::mem::replace(&mut self.state, State::Over) {
            State::Tail(tail) => (State::Tail(tail), Next::Ask(Request { span: Span::Tail(tail), pinned: None })),
            State::Length(tail, why) => (State::Length(tail, why), Next::Ask(Request { span: Span::Length, pinned: None })),
            State::TailOf { length, tail } => {
                if length == 0 {
                    return Err(Error::new(ErrorKind::NotParquet, "the object is empty, so it is not a Parquet file"));
                }
                let span = Span::Exact(length.saturating_sub(tail)..length);
                (State::TailOf { length, tail }, Next::Ask(Request { span, pinned: None }))
            }
            State::Footer { identity, parts } => match footer::read(identity.length, &parts)? {
                Progress::Needs(range) => {
                    let request = Request { span: Span::Exact(range), pinned: Some(identity.clone()) };
                    (State::Footer { identity, parts }, Next::Ask(request))
                }
                Progress::Done(footer) => {
                    let opened = Arc::new(Opened { identity, footer, parts });
                    (State::Opened(Arc::clone(&opened)), Next::Opened(opened))
                }
            },
            State::Opened(opened) => prepare(opened, None, goal, limits)?,
            State::Index { opened, parts } => prepare(opened, Some(parts), goal, limits)?,
            State::Over => (State::Over, Next::Waiting),
        };
        self.state = state;
        self.waiting = matches!(next, Next::Ask(_));
        Ok(next)
    }

    /// Takes in an answer.
    pub(super) fn answered(&mut self, answer: Answer, credit: Option<Credit>) -> Result<()> {
        self.waiting = false;
        let length = answer.identity.length;
        self.state = match std::mem::replace(&mut self.state, State::Over) {
            State::Length(tail, _) => State::TailOf { length, tail },
            State::Tail(_) | State::TailOf { .. } => {
                let mut parts = KnownParts::new(length);
                parts.insert_with(answer.range.start, answer.bytes, credit)?;
                State::Footer { identity: answer.identity, parts }
            }
            State::Footer { identity, mut parts } => {
                parts.insert_with(answer.range.start, answer.bytes, credit)?;
                State::Footer { identity, parts }
            }
            State::Index { opened, mut parts } => {
                parts.insert_with(answer.range.start, answer.bytes, credit)?;
                State::Index { opened, parts }
            }
            state @ (State::Opened(_) | State::Over) => state,
        };
        Ok(())
    }

    /// A request failed for good: the next rung of the ladder, where there is one.
    pub(super) fn refused(&mut self, error: Error) -> Result<()> {
        self.waiting = false;
        let tail = match &self.state {
            State::Tail(tail) => *tail,
            // Some hosts refuse HEAD as such. Where the object itself was sent, only in an unusable form, that is what
            // the user has to know; where the first refusal was a bare status, the second one says as much.
            State::Length(_, why) if why.status().is_none_or(|status| status == 200) && !error.is_retryable() => {
                return Err(why.clone());
            }
            _ => return Err(error),
        };
        // Azure and some static servers know `bytes=a-b` but not `bytes=-n`: they send all, or refuse.
        let suffix_refused = match error.kind() {
            ErrorKind::NoRanges => true,
            ErrorKind::Server | ErrorKind::BadAnswer => {
                matches!(error.status(), Some(400 | 405 | 416 | 501) | None) && !error.is_retryable()
            }
            _ => false,
        };
        if !suffix_refused {
            return Err(error);
        }
        self.state = match error.object_length() {
            Some(length) => State::TailOf { length, tail },
            None => State::Length(tail, error),
        };
        Ok(())
    }
}

/// The credit a preparing request is charged with: the reader waits for it, so it is always given.
pub(super) fn credit(request: &Request, ledger: &Ledger) -> Option<Credit> {
    match &request.span {
        Span::Exact(range) => Some(ledger.take_required(range.end - range.start)),
        Span::Tail(bytes) => Some(ledger.take_required(*bytes)),
        Span::Length => None,
    }
}

/// From an open object to a plan, by way of the offset index where that pays. `index` is what was fetched of it.
fn prepare(
    opened: Arc<Opened>,
    index: Option<KnownParts>,
    goal: &Goal,
    limits: &Limits,
) -> Result<(State, Next)> {
    let selection = match goal {
        Goal::Open => return Ok((State::Over, Next::Opened(opened))),
        Goal::Plan(selection) | Goal::Read(selection) | Goal::Prefetch(selection) => selection,
    };
    let footer = &opened.footer;
    let resolved = selection.resolve(&footer.metadata)?;
    let length = opened.identity.length;
    let need = plan::index_need(&footer.metadata, &resolved, &opened.parts, limits);
    let metadata = match need {
        None => Arc::clone(&footer.metadata),
        Some(need) => {
            let parts = index.as_ref().unwrap_or(&opened.parts);
            if !parts.covers(&need.range) {
                let request = Request { span: Span::Exact(need.range), pinned: Some(opened.identity.clone()) };
                let parts = KnownParts::new(length);
                return Ok((State::Index { opened, parts }, Next::Ask(request)));
            }
            Arc::new(footer::read_offset_index(length, parts, footer, &need.row_groups, &resolved.leaves)?)
        }
    };
    let scan = Scan::new(metadata, &resolved, length)?;
    let plan = plan::plan(&scan, &resolved, &opened.parts, limits)?;
    Ok((State::Over, Next::Planned { scan: Box::new(scan), opened, plan }))
}
