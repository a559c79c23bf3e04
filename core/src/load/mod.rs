//! The load: one machine that decides everything about one read, and does nothing itself.

mod again;
mod contract;
mod flights;
mod keeping;
mod more;
mod opening;
mod prefetching;
mod scanning;

use crate::conform::Int96Units;
use crate::error::{Error, ErrorKind, Result};
use crate::fetch::{Answer, Request, Span};
use crate::job::Decoded;
use crate::ledger::Ledger;
use crate::link::LinkEstimate;
use crate::opened::Opened;
use crate::parts::KnownParts;
use crate::plan::ReadPlan;
use crate::retry::Retries;
use crate::scan::Scan;
use crate::stats::Stats;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use bytes::Bytes;
pub use contract::{Common, Goal, Options, RequestId, Start, Step};
use flights::{Because, Flights, Purpose, Sending, Settled};
use keeping::Keeping;
use opening::{Next, Opening};
use prefetching::Prefetching;
use scanning::{Scanning, Setback};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// One load of one object.
///
/// The contract, for whoever drives it:
///
/// 1. Call [`Load::poll`] until it answers [`Step::Wait`] or [`Step::Done`]; do each step it gives.
/// 2. Report each thing that happened, one call for one thing: [`Load::on_part`] for a request, [`Load::on_decoded`]
///    for a job; take batches with [`Load::take_batch`]. Then poll again.
/// 3. Time is an argument: since any fixed moment, never going back. The machine has no clock.
/// 4. Requests and jobs may be reported in any order; batches come out in file order.
/// 5. An error ends the load: `poll` returns it once, then [`Step::Done`].
/// 6. Batches wait inside the machine until they are taken and count against the memory budget: whoever doesn't take
///    them stops the load without more memory.
/// 7. Dropping the machine, and what it gave out, cancels everything and gives every credit back.
#[derive(Debug)]
pub struct Load {
    object: Arc<str>,
    goal: Goal,
    options: Options,
    common: Common,
    /// Whether the reader waits for this load, and not for another one beside it.
    first: bool,
    flights: Flights,
    phase: Phase,
    /// Counts restarts, so that what belongs to an earlier start is known.
    epoch: u32,
    abandon: bool,
    opened: Option<Arc<Opened>>,
    plan: Option<ReadPlan>,
    schema: Option<SchemaRef>,
    link: LinkEstimate,
    stats: Stats,
    emitted: bool,
    parts: Option<KnownParts>,
    /// Answers before the data, in order.
    prepared: Vec<Range<u64>>,
    keeping: Keeping,
    /// The rung that led to the footer.
    started: Option<Start>,
    /// Units of INT96 columns, once the footer is known.
    int96: Option<Int96Units>,
    /// Batches are held back: that was asked for, or a later one may show that an INT96 column needs a coarser unit, and
    /// then all are made again. Ends when everything is decoded, or when the memory budget lets nothing more in.
    provisional: bool,
}

#[derive(Debug)]
enum Phase {
    Preparing(Opening),
    Scanning(Box<Scanning>),
    Prefetching(Prefetching),
    Done,
}

impl Load {
    /// A load of an object that nothing is known of. `object` is its name in errors: see [`crate::object::shown`].
    pub fn new(object: Arc<str>, goal: Goal, options: Options) -> Self {
        let opening = Opening::cold(options.start, &options.limits.link);
        Self::start(object, goal, options, opening)
    }

    /// A load of an object that is open.
    pub fn with_opened(object: Arc<str>, opened: Arc<Opened>, goal: Goal, options: Options) -> Self {
        Self::start(object, goal, options, Opening::known(opened))
    }

    fn start(object: Arc<str>, goal: Goal, options: Options, opening: Opening) -> Self {
        Self {
            object,
            goal,
            common: options.common.clone().unwrap_or_else(|| Common::new(&options.limits, options.decoders)),
            first: true,
            flights: Flights::new(Retries::new(options.retry, options.seed), options.hedges.clone()),
            phase: Phase::Preparing(opening),
            epoch: 0,
            abandon: false,
            opened: None,
            plan: None,
            schema: None,
            link: LinkEstimate::new(options.limits.link),
            keeping: Keeping::new(options.keep),
            options,
            stats: Stats::default(),
            emitted: false,
            parts: None,
            prepared: Vec::new(),
            started: None,
            int96: None,
            provisional: false,
        }
    }

    /// The next thing to do.
    ///
    /// # Errors
    /// What ended the load; once.
    pub fn poll(&mut self, now: Duration) -> Result<Step> {
        self.step(now).map_err(|error| self.failed(error))
    }

    fn step(&mut self, now: Duration) -> Result<Step> {
        if std::mem::take(&mut self.abandon) {
            return Ok(Step::Abandon);
        }
        if let Some(id) = self.flights.needless() {
            return Ok(Step::Cancel { id });
        }
        // What is late before what is new: it takes the slot that has just become free.
        if let Some(sending) = self.flights.hedge(now, &self.common) {
            return Ok(self.sent(sending));
        }
        self.want()?;
        if let Some(sending) = self.flights.send(now) {
            return Ok(self.sent(sending));
        }
        if let Phase::Scanning(scanning) = &mut self.phase {
            if let Some(job) = scanning.next_job(self.epoch, &self.common, self.first)? {
                return Ok(Step::Decode(job));
            }
            // Nothing goes on, and not because loads beside this one have all the slots.
            let stuck = self.first && self.common.requests.free() > 0 && self.common.jobs.free() > 0;
            if scanning.is_idle() && self.flights.is_idle() && (stuck || scanning.is_decoded()) {
                self.provisional = false;
            }
            if scanning.is_done() {
                self.phase = Phase::Done;
            }
        }
        if matches!(&self.phase, Phase::Prefetching(prefetching) if prefetching.is_done())
            && let Phase::Prefetching(prefetching) = std::mem::replace(&mut self.phase, Phase::Done)
        {
            self.parts = Some(prefetching.into_parts());
        }
        match self.phase {
            Phase::Done => Ok(Step::Done),
            _ => Ok(Step::Wait { until: self.flights.next_due(now) }),
        }
    }

    fn sent(&mut self, sending: Sending) -> Step {
        let Sending { id, request, because } = sending;
        self.stats.requests += 1;
        self.stats.retries += u64::from(because == Because::Failed);
        self.stats.hedges += u64::from(because == Because::Late);
        Step::Fetch { id, request }
    }

    /// Reports what became of a request.
    pub fn on_part(&mut self, id: RequestId, now: Duration, result: Result<Answer>) -> Result<()> {
        self.part(id, now, result).map_err(|error| self.failed(error))
    }

    /// Reports what a job did.
    pub fn on_decoded(&mut self, decoded: Decoded) -> Result<()> {
        if decoded.epoch != self.epoch {
            return Ok(());
        }
        self.stats.decode += decoded.busy;
        match &mut self.phase {
            Phase::Scanning(scanning) => match scanning.decoded(decoded, &self.common.ledger) {
                Ok(more) => {
                    self.stats.round_trips += u32::from(more > 0);
                    self.stats.planned_bytes += more;
                    Ok(())
                }
                Err(Setback::Failed(error)) => Err(self.failed(error)),
                Err(Setback::Unit { column, unit }) => self.reread(&column, unit).map_err(|error| self.failed(error)),
            },
            _ => Ok(()),
        }
    }

    /// The next batch in file order, if it is there.
    pub fn take_batch(&mut self) -> Option<RecordBatch> {
        if self.provisional {
            return None;
        }
        let Phase::Scanning(scanning) = &mut self.phase else {
            return None;
        };
        let batch = scanning.take_batch()?;
        self.emitted = true;
        self.stats.batches += 1;
        self.stats.rows += batch.num_rows() as u64;
        Some(batch)
    }

    /// Whether [`Load::take_batch`] has one.
    pub fn has_batch(&self) -> bool {
        !self.provisional && matches!(&self.phase, Phase::Scanning(scanning) if scanning.has_batch())
    }

    /// Tells whether the reader waits for this load, and not for another one that has the same [`Common`]. One that is
    /// not waited for never goes past the memory budget.
    pub fn set_first(&mut self, first: bool) {
        self.first = first;
    }

    /// The open object, once it is known; after a restart the new one.
    pub fn opened(&self) -> Option<&Arc<Opened>> {
        self.opened.as_ref()
    }

    /// The plan, once it is made.
    pub fn plan(&self) -> Option<&ReadPlan> {
        self.plan.as_ref()
    }

    /// The schema of the batches, once there is a plan; with INT96 columns, once their unit is settled.
    pub fn schema(&self) -> Option<&SchemaRef> {
        self.schema.as_ref().filter(|_| !self.provisional)
    }

    /// The bytes that were fetched before any data, in order: the tail, the rest of a footer, an index.
    pub fn prepared(&self) -> &[Range<u64>] {
        &self.prepared
    }

    /// Where a cold load found its footer: the rung to begin on with the next object of the same server.
    pub fn started(&self) -> Option<Start> {
        self.started
    }

    /// What was fetched since the object was opened, where the options say to keep it and all of it is within that.
    pub fn take_fetched(&mut self) -> Vec<(u64, Bytes)> {
        self.keeping.take()
    }

    /// What was prefetched, once it is all here.
    pub fn take_parts(&mut self) -> Option<KnownParts> {
        self.parts.take()
    }

    /// What the load spent so far.
    pub fn stats(&self) -> Stats {
        Stats { peak_memory: self.common.ledger.peak(), ..self.stats }
    }

    /// The bytes the load holds, counted against its memory budget; a clone, which outlives the load.
    pub fn ledger(&self) -> Ledger {
        self.common.ledger.clone()
    }

    /// What the load learned of the link.
    pub fn link(&self) -> &LinkEstimate {
        &self.link
    }

    /// Wants what the current phase needs, and goes on to the next where it can.
    fn want(&mut self) -> Result<()> {
        loop {
            match &mut self.phase {
                Phase::Preparing(opening) => {
                    match opening.advance(&self.goal, &self.options.limits, &mut self.int96)? {
                        Next::Waiting => return Ok(()),
                        Next::Ask(request) => {
                            self.stats.round_trips += 1;
                            let credit = opening::credit(&request, &self.common.ledger);
                            let slot = self.common.requests.take_required();
                            self.flights.want(Purpose::Preparation, request, credit, slot);
                            return Ok(());
                        }
                        Next::Opened(opened) => {
                            self.started = opening.started();
                            // What was open before has taught its footer before.
                            if self.started.is_some() {
                                self.link.observe_footer(opened.identity.length - opened.footer.range.start);
                            }
                            if self.goal == Goal::Open {
                                self.phase = Phase::Done;
                            } else if let Goal::Ranges(ranges) = &self.goal {
                                let ranges = Prefetching::of_ranges(&opened, ranges, &self.options.limits)?;
                                self.stats.round_trips += u32::from(!ranges.is_done());
                                self.phase = Phase::Prefetching(ranges);
                            }
                            self.opened = Some(opened);
                        }
                        Next::Planned { scan, opened, plan } => self.planned(*scan, opened, plan)?,
                    }
                }
                Phase::Scanning(scanning) => {
                    let Some(next) = scanning.next_request(&self.common, self.first) else {
                        return Ok(());
                    };
                    let request = pinned(self.opened.as_ref(), next.range);
                    self.flights.want(Purpose::Block(next.block), request, Some(next.credit), next.slot);
                    return Ok(());
                }
                Phase::Prefetching(prefetching) => {
                    let Some((range, credit, slot)) = prefetching.next_request(&self.common) else {
                        return Ok(());
                    };
                    // Parts are kept by position: the number of the block says nothing here.
                    self.flights.want(Purpose::Block(0), pinned(self.opened.as_ref(), range), Some(credit), slot);
                    return Ok(());
                }
                Phase::Done => return Ok(()),
            }
        }
    }

    fn planned(&mut self, scan: Scan, opened: Arc<Opened>, plan: ReadPlan) -> Result<()> {
        self.opened = Some(Arc::clone(&opened));
        self.schema = Some(Arc::clone(&scan.schema));
        self.stats.planned_rows = plan.tasks.iter().map(|task| task.rows.end - task.rows.start).sum();
        let asked = (plan.useful - plan.known).saturating_add(plan.waste);
        self.keeping.expect(asked);
        self.stats.planned_bytes = self.stats.bytes.saturating_add(asked);
        self.stats.known_part_hits += plan.known_part_hits;
        self.plan = Some(plan.clone());
        let Options { limits, decoders, .. } = &self.options;
        let data = u32::from(!plan.requests.is_empty());
        self.phase = match self.goal {
            Goal::Open | Goal::Ranges(_) | Goal::Plan(_) | Goal::Estimate(_) => Phase::Done,
            Goal::Read(_) => {
                self.stats.round_trips += data;
                self.provisional = self.options.whole || scan.may_change_units();
                let scanning = Scanning::new(Arc::new(scan), opened, plan, limits, *decoders, self.provisional);
                Phase::Scanning(Box::new(scanning))
            }
            Goal::Prefetch(_) => {
                self.stats.round_trips += data;
                Phase::Prefetching(Prefetching::new(&opened, &plan, limits)?)
            }
        };
        Ok(())
    }

    fn part(&mut self, id: RequestId, now: Duration, result: Result<Answer>) -> Result<()> {
        match self.flights.settle(id, now, result) {
            Settled::Unknown | Settled::Again => Ok(()),
            Settled::Answered { purpose, answer, credit, took } => {
                let length = answer.bytes.len() as u64;
                self.stats.bytes += length;
                self.link.observe(length, answer.first_byte, took);
                let of_a_read = !matches!(&self.phase, Phase::Preparing(opening) if !opening.is_open());
                if of_a_read {
                    self.keeping.push(&answer);
                }
                // A short object has less than the tail that was asked for, one sent whole has more than any range.
                let credit = credit.map(|credit| credit.resized(length));
                match (&mut self.phase, purpose) {
                    (Phase::Preparing(opening), Purpose::Preparation) => {
                        self.prepared.push(answer.range.clone());
                        opening.answered(answer, credit)
                    }
                    (Phase::Scanning(scanning), Purpose::Block(block)) => scanning.arrived(block, answer, credit),
                    (Phase::Prefetching(prefetching), Purpose::Block(_)) => prefetching.arrived(answer, credit),
                    _ => Ok(()),
                }
            }
            Settled::Failed(error) => match &mut self.phase {
                Phase::Preparing(opening) if opening.is_trying_length() => opening.refused(error),
                _ if error.kind() == ErrorKind::Changed => self.restart(),
                Phase::Preparing(opening) => opening.refused(error),
                _ => Err(error),
            },
        }
    }

    fn cold(&self) -> Opening {
        Opening::cold(self.options.start, &self.options.limits.link)
    }

    fn failed(&mut self, error: Error) -> Error {
        self.flights.clear();
        self.phase = Phase::Done;
        error.with_object(Arc::clone(&self.object))
    }
}

/// A request for bytes of the version that is open.
fn pinned(opened: Option<&Arc<Opened>>, range: Range<u64>) -> Request {
    Request { span: Span::Exact(range), pinned: opened.map(|opened| opened.identity.clone()), opening: false }
}
