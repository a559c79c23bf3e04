//! Opening: the ladder of ways to the footer, then the index, then the plan. One request at a time.

use crate::arrow_schema;
use crate::conform::{Conformed, Int96Units};
use crate::error::{Error, ErrorKind, Result};
use crate::fetch::{Answer, Request, Span};
use crate::footer::{self, Progress};
use crate::ledger::{Credit, Ledger};
use crate::link::Link;
use crate::load::{Goal, Start};
use crate::object::{Identity, Version};
use crate::opened::Opened;
use crate::parts::KnownParts;
use crate::plan::{self, Limits, ReadPlan};
use crate::scan::Scan;
use crate::select::Resolved;
use crate::vet;
use std::ops::Range;
use std::sync::Arc;

/// Everything before the first data request.
#[derive(Debug)]
pub(super) struct Opening {
    state: State,
    /// A request is under way.
    waiting: bool,
    /// What was asked for last.
    asked: Option<Request>,
    /// The rung that led to the footer.
    started: Option<Start>,
}

#[derive(Debug)]
enum State {
    /// Nothing is known: ask for the tail by its length.
    Tail(u64),
    /// Ask for the length first, then for a tail of this many bytes. `refusal` is what came of the rung before.
    Length {
        tail: u64,
        refusal: Option<Error>,
    },
    /// As above, out of an answer with one byte.
    Probe {
        tail: u64,
        refusal: Option<Error>,
    },
    /// The length is known: ask for the tail by position. What a refusal told on the way binds nobody.
    TailOf {
        length: u64,
        pinned: Option<Identity>,
        tail: u64,
        from: Start,
    },
    /// The first answer is here.
    Footer {
        identity: Identity,
        parts: KnownParts,
    },
    Opened(Arc<Opened>),
    /// The offset index is being fetched.
    Index {
        opened: Arc<Opened>,
        parts: KnownParts,
    },
    /// Taken out while it is being changed; also after the plan.
    Over,
}

/// Footers of this size are taken, whatever the budget.
const LEAST_FOOTER_BUDGET: u64 = 64 << 20;

/// What the opening wants.
pub(super) enum Next {
    Ask(Request),
    Waiting,
    Opened(Arc<Opened>),
    Planned { scan: Box<Scan>, opened: Arc<Opened>, plan: ReadPlan },
}

impl Opening {
    pub(super) fn cold(start: Start, link: &Link) -> Self {
        let tail = link.tail;
        Self::at(match start {
            Start::Known(length) => {
                let pinned = Some(Identity { length, version: Version::default() });
                State::TailOf { length, pinned, tail, from: start }
            }
            Start::Suffix => State::Tail(tail),
            Start::Length => State::Length { tail, refusal: None },
            Start::Probe => State::Probe { tail, refusal: None },
        })
    }

    pub(super) fn known(opened: Arc<Opened>) -> Self {
        Self::at(State::Opened(opened))
    }

    fn at(state: State) -> Self {
        Self { state, waiting: false, asked: None, started: None }
    }

    /// The rung that led to the footer, once there is one.
    pub(super) fn started(&self) -> Option<Start> {
        self.started
    }

    /// Whether a footer is there, and what is fetched now belongs to a read.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Opened(_) | State::Index { .. })
    }

    /// Whether a length is being tried: that the object has another one means that it was told wrongly.
    pub(super) fn is_trying_length(&self) -> bool {
        matches!(self.state, State::TailOf { from: Start::Known(_) | Start::Length, .. })
    }

    /// Goes on as far as what is known allows.
    ///
    /// `int96` are the units of INT96 columns, where they are known already; else they are set.
    pub(super) fn advance(&mut self, goal: &Goal, limits: &Limits, int96: &mut Option<Int96Units>) -> Result<Next> {
        if self.waiting {
            return Ok(Next::Waiting);
        }
        let (state, next) = match std::mem::replace(&mut self.state, State::Over) {
            state @ State::Tail(tail) => (state, ask(Span::Tail(tail), None)),
            state @ State::Length { .. } => (state, ask(Span::Length, None)),
            state @ State::Probe { .. } => (state, ask(Span::Exact(0..1), None)),
            State::TailOf { length, pinned, tail, from } => {
                if length == 0 {
                    return Err(Error::new(ErrorKind::NotParquet, "the object is empty, so it is not a Parquet file"));
                }
                let next = ask(Span::Exact(length.saturating_sub(tail)..length), pinned.clone());
                (State::TailOf { length, pinned, tail, from }, next)
            }
            State::Footer { identity, parts } => match footer::read(identity.length, &parts)? {
                Progress::Needs(range) => {
                    let most = limits.memory.max(LEAST_FOOTER_BUDGET);
                    if range.end - range.start > most {
                        return Err(Error::new(
                            ErrorKind::Memory,
                            format!("the footer is over {most} bytes long, more than the memory budget: raise it"),
                        ));
                    }
                    let next = ask(Span::Exact(range), Some(identity.clone()));
                    (State::Footer { identity, parts }, next)
                }
                Progress::Done(footer) => {
                    let opened = Arc::new(Opened { identity, footer, parts });
                    (State::Opened(Arc::clone(&opened)), Next::Opened(opened))
                }
            },
            State::Opened(opened) => {
                let int96 = int96.get_or_insert_with(|| Int96Units::new(&opened.footer.metadata));
                prepare(opened, None, goal, limits, int96)?
            }
            State::Index { opened, parts } => {
                let int96 = int96.get_or_insert_with(|| Int96Units::new(&opened.footer.metadata));
                prepare(opened, Some(parts), goal, limits, int96)?
            }
            State::Over => (State::Over, Next::Waiting),
        };
        self.state = state;
        if let Next::Ask(request) = &next {
            // A shell that reports other bytes than it was asked for must not be asked for ever.
            if self.asked.as_ref() == Some(request) {
                return Err(Error::new(ErrorKind::BadAnswer, "the answer lacks the bytes that were asked for"));
            }
            self.asked = Some(request.clone());
            self.waiting = true;
        }
        Ok(next)
    }

    /// Takes in an answer.
    pub(super) fn answered(&mut self, answer: Answer, credit: Option<Credit>) -> Result<()> {
        self.waiting = false;
        let length = answer.identity.length;
        self.state = match std::mem::replace(&mut self.state, State::Over) {
            State::Length { tail, .. } => {
                State::TailOf { length, pinned: Some(answer.identity), tail, from: Start::Length }
            }
            // Some servers send a small object whole.
            State::Probe { tail, .. } if answer.range.end < length => {
                State::TailOf { length, pinned: Some(answer.identity), tail, from: Start::Probe }
            }
            state @ (State::Tail(_) | State::Probe { .. } | State::TailOf { .. }) => {
                self.started = Some(match state {
                    State::TailOf { from, .. } => from,
                    State::Probe { .. } => Start::Probe,
                    _ => Start::Suffix,
                });
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
        self.state = match std::mem::replace(&mut self.state, State::Over) {
            State::Tail(tail) if is_suffix_refused(&error) => match error.object_length() {
                Some(length) => State::TailOf { length, pinned: None, tail, from: Start::Length },
                None => State::Length { tail, refusal: Some(error) },
            },
            // A page may not be let to ask with HEAD, and an address may be signed for GET only.
            State::Length { tail, refusal } if !error.is_retryable() && error.kind() != ErrorKind::NotFound => {
                State::Probe { tail, refusal }
            }
            // What the server did to the first way of asking says more than that it takes no other either.
            State::Probe { refusal, .. } if !error.is_retryable() => return Err(refusal.unwrap_or(error)),
            // `HEAD` may be answered with the length of a compressed body.
            State::TailOf { tail, from, .. } if error.kind() == ErrorKind::Changed => match from {
                Start::Known(_) => State::Length { tail, refusal: None },
                Start::Length => State::Probe { tail, refusal: None },
                Start::Suffix | Start::Probe => return Err(error),
            },
            _ => return Err(error),
        };
        Ok(())
    }
}

fn ask(span: Span, pinned: Option<Identity>) -> Next {
    Next::Ask(Request { span, pinned, opening: true })
}

/// Azure and some static servers know `bytes=a-b` but not `bytes=-n`: they send all, or refuse. A browser that has to
/// ask another origin first may be refused as well, and not for `bytes=a-b`.
fn is_suffix_refused(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::NoRanges | ErrorKind::Cors => true,
        ErrorKind::Server | ErrorKind::BadAnswer => {
            matches!(error.status(), Some(206 | 400 | 405 | 416 | 501)) && !error.is_retryable()
        }
        _ => false,
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
    int96: &Int96Units,
) -> Result<(State, Next)> {
    let Some(selection) = goal.selection() else {
        return Ok((State::Over, Next::Opened(opened)));
    };
    let footer = &opened.footer;
    let length = opened.identity.length;
    let resolved = selection.resolve(&footer.metadata)?;
    let mut conformed = arrow_schema::conformed(footer, Arc::clone(&footer.metadata), int96)?;
    for rows in &resolved.rows {
        let group = conformed.metadata.metadata().row_group(rows.index);
        vet::row_group::check(group, resolved.leaves.iter().copied(), length)
            .map_err(|damage| damage.within(format_args!("row group {}", rows.index)))?;
    }
    // Whoever takes the bytes as they are reads pages whole.
    let fronts = !matches!(goal, Goal::Prefetch(_));
    let metadata = conformed.metadata.metadata();
    if let Some(need) = plan::index_need(metadata, &resolved, &opened.parts, limits, fronts) {
        let parts = index.as_ref().unwrap_or(&opened.parts);
        if !parts.covers(&need.range) {
            if matches!(goal, Goal::Estimate(_)) {
                return planned(conformed, opened, &resolved, limits, Some(need.range), fronts);
            }
            let pinned = Some(opened.identity.clone());
            let request = Request { span: Span::Exact(need.range), pinned, opening: false };
            let parts = KnownParts::new(length);
            return Ok((State::Index { opened, parts }, Next::Ask(request)));
        }
        // An index is a help, not a need: files with a wrong one exist, and other readers don't look at it.
        if let Ok(metadata) = footer::read_offset_index(length, parts, footer, &need.row_groups, &resolved.leaves) {
            conformed = arrow_schema::conformed(footer, Arc::new(metadata), int96)?;
        }
    }
    planned(conformed, opened, &resolved, limits, None, fronts)
}

/// `index` is what of it a read would fetch first.
fn planned(
    conformed: Conformed,
    opened: Arc<Opened>,
    selection: &Resolved,
    limits: &Limits,
    index: Option<Range<u64>>,
    fronts: bool,
) -> Result<(State, Next)> {
    let scan = Scan::new(conformed, selection, opened.identity.length, limits.memory)?;
    let plan = ReadPlan { index, ..plan::plan(&scan, selection, &opened.parts, limits, fronts)? };
    Ok((State::Over, Next::Planned { scan: Box::new(scan), opened, plan }))
}
