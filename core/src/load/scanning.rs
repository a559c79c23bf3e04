//! The scan: tasks that wait for bytes, run, pause and finish; batches that leave in file order.

use super::Common;
use super::more::More;
use crate::error::Error;
use crate::fetch::Answer;
use crate::job::{Decoded, Job, Outcome};
use crate::ledger::{Credit, Ledger};
use crate::opened::Opened;
use crate::parts::KnownParts;
use crate::plan::{Limits, ReadPlan, Task};
use crate::ranges;
use crate::scan::Scan;
use crate::schedule::{Admitted, Schedule};
use crate::slots::Slot;
use arrow_array::RecordBatch;
use arrow_schema::TimeUnit;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::Arc;

/// A load once its plan is made.
#[derive(Debug)]
pub(super) struct Scanning {
    scan: Arc<Scan>,
    opened: Arc<Opened>,
    schedule: Schedule,
    tasks: Vec<Progress>,
    /// The first task that isn't done: the reader waits for it.
    head: usize,
    running: usize,
    decoders: usize,
    more: More,
    /// Whether as much as memory allows is decoded before the first batch goes out.
    whole: bool,
    /// Bytes of batches a job may make in one run.
    quota: u64,
    /// For the batches handed out last: one is being used, one waits between the load and its user.
    out: VecDeque<Credit>,
}

/// Why the scan can't go on.
#[derive(Debug)]
pub(super) enum Setback {
    Failed(Error),
    /// A column needs a coarser unit.
    Unit {
        column: String,
        unit: TimeUnit,
    },
}

#[derive(Debug)]
struct Progress {
    task: Task,
    needed: Vec<usize>,
    state: State,
    batches: VecDeque<(RecordBatch, Credit)>,
}

#[derive(Debug)]
enum State {
    /// For its bytes, or for room.
    Waiting,
    /// With the credit for what it may make and its place among the jobs, which return with the state.
    Running {
        _credit: Credit,
        _slot: Slot,
    },
    Paused(Box<Job>),
    /// For more bytes than were planned.
    Short(Box<Job>),
    Finished,
}

impl Scanning {
    pub(super) fn new(
        scan: Arc<Scan>,
        opened: Arc<Opened>,
        plan: ReadPlan,
        limits: &Limits,
        decoders: usize,
        whole: bool,
    ) -> Self {
        let decoders = decoders.max(1);
        let more = More::new(&plan, limits);
        let (mut schedule, needs) = Schedule::new(&plan, limits, decoders);
        if whole {
            // The more is seen before the first batch goes out, the better.
            schedule.reach_all();
        }
        let tasks = plan
            .tasks
            .into_iter()
            .zip(needs)
            .map(|(task, needed)| Progress { task, needed, state: State::Waiting, batches: VecDeque::new() })
            .collect();
        // A quarter of the budget is for results: each decoder makes its part of that, then comes back.
        let quota = (limits.memory / 4 / decoders as u64).clamp(1 << 20, 8 << 20);
        Self { scan, opened, schedule, tasks, head: 0, running: 0, decoders, whole, more, quota, out: VecDeque::new() }
    }

    /// The next request that may go. `first`: the reader waits for this load, and not for another one beside it.
    pub(super) fn next_request(&mut self, common: &Common, first: bool) -> Option<Admitted> {
        self.schedule.admit(self.head, common, first)
    }

    /// Takes in the answer for a block; what it was charged for comes back when the last slice of it is gone.
    pub(super) fn arrived(&mut self, block: usize, answer: Answer, credit: Option<Credit>) -> Result<(), Error> {
        let bytes = self.schedule.arrived(block, answer.range.start, &answer.bytes)?;
        let guarded = match credit {
            Some(credit) => credit.resized(bytes.len() as u64).guard(bytes),
            None => bytes,
        };
        self.schedule.keep(block, guarded);
        Ok(())
    }

    /// The next job that may run: the head's always, others while there is room for what they make.
    pub(super) fn next_job(&mut self, epoch: u32, common: &Common, first: bool) -> Result<Option<Job>, Error> {
        let Some(slot) = common.jobs.try_take(1) else { return Ok(None) };
        let ledger = &common.ledger;
        // A task far behind the head would only hold its results.
        let far = if self.whole { self.tasks.len() } else { self.head + 2 * self.decoders + 2 };
        let horizon = far.min(self.tasks.len());
        for index in self.head..horizon {
            let Some(progress) = self.tasks.get_mut(index) else { break };
            let ready = match &progress.state {
                State::Waiting | State::Short(_) => self.schedule.all_here(&progress.needed),
                State::Paused(_) => true,
                State::Running { .. } | State::Finished => false,
            };
            if !ready {
                continue;
            }
            let credit = if first && index == self.head && progress.batches.is_empty() {
                ledger.take_required(self.quota)
            } else {
                match ledger.try_take(self.quota) {
                    Some(credit) => credit,
                    None => continue,
                }
            };
            let mut job = match std::mem::replace(&mut progress.state, State::Running { _credit: credit, _slot: slot })
            {
                State::Paused(job) => *job,
                State::Short(mut job) => {
                    for (start, bytes) in self.schedule.take(&progress.needed) {
                        job.supply(start, bytes)?;
                    }
                    *job
                }
                _ => {
                    let blocks = self.schedule.take(&progress.needed);
                    let parts = bytes_of(&progress.task, &self.opened, blocks)?.charged_to(ledger.clone());
                    Job::new(index, epoch, Arc::clone(&self.scan), progress.task.clone(), parts, ledger.clone())
                }
            };
            job.quota = self.quota;
            self.running += 1;
            return Ok(Some(job));
        }
        Ok(None)
    }

    /// Takes a job back. Gives the bytes that it asks for besides those of the plan.
    pub(super) fn decoded(&mut self, decoded: Decoded, ledger: &Ledger) -> Result<u64, Setback> {
        self.running = self.running.saturating_sub(1);
        let Some(progress) = self.tasks.get_mut(decoded.task) else {
            return Ok(0);
        };
        let mut more = 0;
        // The credit for what it might make goes back, then what it made is charged.
        progress.state = State::Finished;
        for batch in decoded.batches {
            let credit = ledger.take_required(batch.get_array_memory_size() as u64);
            progress.batches.push_back((batch, credit));
        }
        match decoded.outcome {
            Outcome::Finished => {}
            Outcome::Paused(job) => progress.state = State::Paused(job),
            Outcome::Short(mut job, ranges) => {
                let requests = self.more.requests(&mut job, ranges, &self.opened).map_err(Setback::Failed)?;
                more = ranges::total(&requests);
                progress.needed = self.schedule.append(decoded.task, requests);
                progress.state = State::Short(job);
            }
            Outcome::Failed(error) => return Err(Setback::Failed(error)),
            Outcome::Unit { column, unit } => return Err(Setback::Unit { column, unit }),
        }
        self.advance();
        Ok(more)
    }

    /// The next batch in file order.
    pub(super) fn take_batch(&mut self) -> Option<RecordBatch> {
        let (batch, credit) = self.tasks.get_mut(self.head)?.batches.pop_front()?;
        self.out.push_back(credit);
        if self.out.len() > 2 {
            self.out.pop_front();
        }
        self.advance();
        Some(batch)
    }

    pub(super) fn has_batch(&self) -> bool {
        self.tasks.get(self.head).is_some_and(|progress| !progress.batches.is_empty())
    }

    /// Whether every task is decoded.
    pub(super) fn is_decoded(&self) -> bool {
        self.tasks.iter().skip(self.head).all(|progress| matches!(progress.state, State::Finished))
    }

    /// Whether no job runs.
    pub(super) fn is_idle(&self) -> bool {
        self.running == 0
    }

    /// Whether every task is done and every batch handed out.
    pub(super) fn is_done(&self) -> bool {
        self.head >= self.tasks.len()
    }

    fn advance(&mut self) {
        while let Some(progress) = self.tasks.get(self.head)
            && matches!(progress.state, State::Finished)
            && progress.batches.is_empty()
        {
            self.head += 1;
        }
    }
}

/// The bytes of one task: what was known from opening, and the blocks that were fetched.
fn bytes_of(task: &Task, opened: &Opened, blocks: Vec<(u64, Bytes)>) -> Result<KnownParts, Error> {
    let mut parts = KnownParts::new(opened.identity.length);
    for range in &task.ranges {
        let missing = opened.parts.missing(range);
        for known in ranges::subtract(std::slice::from_ref(range), &missing) {
            if let Some(bytes) = opened.parts.get(&known) {
                parts.insert(known.start, bytes)?;
            }
        }
    }
    for (start, bytes) in blocks {
        parts.insert(start, bytes)?;
    }
    Ok(parts)
}
