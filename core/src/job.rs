//! One task's decoder with its bytes: a unit of work that runs anywhere and comes back.

use crate::chunks;
use crate::conform::{self, Mismatch};
use crate::error::{Error, ErrorKind, Result};
use crate::inspect;
use crate::ledger::{Credit, Ledger};
use crate::parts::KnownParts;
use crate::plan::{self, Task};
use crate::prefix::{self, Opened};
use crate::ranges;
use crate::row_group;
use crate::scan::Scan;
use arrow_array::RecordBatch;
use arrow_schema::TimeUnit;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use std::cell::Cell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// A task on its way through the decoder.
#[derive(Debug)]
pub struct Job {
    /// The task's place in the plan.
    pub(crate) task: usize,
    /// Which start of the load it belongs to.
    pub(crate) epoch: u32,
    /// How many bytes of batches it may make before it comes back.
    pub(crate) quota: u64,
    /// Rows still to come.
    left: u64,
    /// How often it came back for more bytes.
    pub(crate) turns: u32,
    scan: Arc<Scan>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Its bytes are here, nothing is decoded.
    Fresh { task: Task, parts: KnownParts, ledger: Ledger },
    /// Between two batches. The credit stands for what the decoder holds besides bytes and batches.
    Reading { reader: Box<ParquetRecordBatchReader>, scratch: Credit },
}

/// What a job did in one run.
#[derive(Debug)]
pub struct Decoded {
    pub(crate) task: usize,
    pub(crate) epoch: u32,
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) outcome: Outcome,
    /// Processor time it took, for the statistics; the core has no clock, so whoever ran the job says.
    pub busy: Duration,
}

#[derive(Debug)]
pub(crate) enum Outcome {
    /// The task is done.
    Finished,
    /// The quota is used up; run the job again to go on.
    Paused(Box<Job>),
    /// It takes these bytes besides those it had: [`Job::supply`] them, then run it again.
    Short(Box<Job>, Vec<Range<u64>>),
    Failed(Error),
    /// A top-level column holds INT96 timestamps that its unit can't.
    Unit {
        column: String,
        unit: TimeUnit,
    },
}

/// Names a job after it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    task: usize,
    epoch: u32,
}

impl Decoded {
    /// For a job that was given away and never came back.
    pub fn lost(ticket: Ticket) -> Self {
        let error = Error::new(ErrorKind::Corrupt, "a decoding job was lost");
        let Ticket { task, epoch } = ticket;
        Self { task, epoch, batches: Vec::new(), outcome: Outcome::Failed(error), busy: Duration::ZERO }
    }
}

impl Job {
    /// The job's name, to report it by if it is lost.
    pub fn ticket(&self) -> Ticket {
        Ticket { task: self.task, epoch: self.epoch }
    }

    pub(crate) fn new(task: usize, epoch: u32, scan: Arc<Scan>, work: Task, parts: KnownParts, ledger: Ledger) -> Self {
        let left = work.rows.end - work.rows.start;
        let state = State::Fresh { task: work, parts, ledger };
        Self { task, epoch, quota: 0, left, turns: 0, scan, state }
    }

    /// Adds bytes at their place in the file.
    ///
    /// # Errors
    /// When they lie outside of it.
    pub(crate) fn supply(&mut self, start: u64, bytes: Bytes) -> Result<()> {
        match &mut self.state {
            State::Fresh { parts, .. } => Ok(parts.insert(start, bytes)?),
            State::Reading { .. } => Ok(()),
        }
    }

    /// What of these ranges it has not.
    pub(crate) fn missing(&self, ranges: &[Range<u64>]) -> Vec<Range<u64>> {
        match &self.state {
            State::Fresh { parts, .. } => {
                ranges::union(&ranges.iter().flat_map(|it| parts.missing(it)).collect::<Vec<_>>())
            }
            State::Reading { .. } => Vec::new(),
        }
    }

    /// Gives up reading pages from their front. Gives the ranges that it takes then.
    pub(crate) fn take_whole_pages(&mut self) -> Result<Vec<Range<u64>>> {
        let State::Fresh { task, .. } = &mut self.state else { return Ok(Vec::new()) };
        let (whole, ranges) = of_whole_pages(&self.scan, task.clone())?;
        *task = whole;
        Ok(ranges)
    }

    /// Decodes until the task ends or the quota is used up, on the calling thread.
    ///
    /// Never panics: what the decoding crate panics on becomes an error of kind [`ErrorKind::Corrupt`].
    pub fn run(self) -> Decoded {
        let (task, epoch) = (self.task, self.epoch);
        let mut batches = Vec::new();
        let outcome = match caught(|| self.decode(&mut batches)) {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) | Err(error) => Outcome::Failed(error),
        };
        Decoded { task, epoch, batches, outcome, busy: Duration::ZERO }
    }

    fn decode(self, batches: &mut Vec<RecordBatch>) -> Result<Outcome> {
        let Self { task, epoch, quota, mut left, turns, scan, state } = self;
        let short = |work: Task, parts, ledger, ranges| {
            let state = State::Fresh { task: work, parts, ledger };
            let (scan, turns) = (Arc::clone(&scan), turns + 1);
            Ok(Outcome::Short(Box::new(Self { task, epoch, quota, left, turns, scan, state }), ranges))
        };
        let (mut reader, scratch) = match state {
            State::Fresh { task, parts, ledger } if task.prefix => match fronts(&scan, &task, &parts, &ledger)? {
                Fronts::Ready(reader, scratch) => (Box::new(reader), scratch),
                Fronts::Needs(ranges) => return short(task, parts, ledger, ranges),
                Fronts::Unsuitable => {
                    let (task, ranges) = of_whole_pages(&scan, task)?;
                    return short(task, parts, ledger, ranges);
                }
            },
            State::Fresh { task, parts, ledger } => {
                let (reader, scratch) = reader(&scan, &task, parts, &ledger)?;
                (Box::new(reader), scratch)
            }
            State::Reading { reader, scratch } => (reader, scratch),
        };
        let mut made = 0;
        while made < quota.max(1) {
            let Some(batch) = reader.next() else {
                return finished(left);
            };
            let batch = match conform::restored(&batch?, &scan.meant) {
                Ok(batch) => batch,
                Err(Mismatch::Int96 { column, unit }) => return Ok(Outcome::Unit { column, unit }),
                Err(mismatch) => return Err(Error::new(ErrorKind::Corrupt, mismatch.to_string())),
            };
            let batch = match &scan.order {
                Some(order) => batch.project(order)?,
                None => batch,
            };
            left = left
                .checked_sub(batch.num_rows() as u64)
                .ok_or_else(|| Error::new(ErrorKind::Corrupt, "a row group holds more rows than the footer says"))?;
            made += batch.get_array_memory_size() as u64;
            batches.push(batch);
        }
        let state = State::Reading { reader, scratch };
        Ok(Outcome::Paused(Box::new(Self { task, epoch, quota, left, turns, scan, state })))
    }
}

/// The decoder takes a chunk without enough pages for one that has ended: rows would be missing without a word.
fn finished(left: u64) -> Result<Outcome> {
    if left == 0 {
        return Ok(Outcome::Finished);
    }
    Err(Error::new(ErrorKind::Corrupt, format!("a row group holds {left} rows fewer than the footer says")))
}

/// The decoder makes room for a full batch whatever it will read, so a short task must not ask for long batches.
fn batch_rows_of(task: &Task, most: usize) -> usize {
    let wanted = usize::try_from(task.rows.end - task.rows.start).unwrap_or(usize::MAX);
    most.min(wanted).max(1)
}

/// The same task without reading pages from their front, and the ranges that it takes then.
fn of_whole_pages(scan: &Scan, task: Task) -> Result<(Task, Vec<Range<u64>>)> {
    let task = Task { prefix: false, ..task };
    let ranges = plan::task_ranges(scan, &task)?;
    Ok((task, ranges))
}

/// What came of a task whose pages are read from their front.
enum Fronts {
    Ready(ParquetRecordBatchReader, Credit),
    Needs(Vec<Range<u64>>),
    Unsuitable,
}

fn fronts(scan: &Scan, task: &Task, parts: &KnownParts, ledger: &Ledger) -> Result<Fronts> {
    let metadata = scan.metadata();
    let fronts = match prefix::open(metadata, &scan.leaves, &task.selected(), scan.page_budget, parts) {
        Opened::Done(fronts) => fronts,
        Opened::Needs(ranges) => return Ok(Fronts::Needs(ranges)),
        Opened::Unsuitable => return Ok(Fronts::Unsuitable),
    };
    let scratch = ledger.take_required(fronts.size);
    let batch_rows = inspect::batch_rows(scan, task, fronts.longest)?;
    let batch_rows = batch_rows_of(task, batch_rows);
    let reader = row_group::reader(&scan.levels, metadata, task, fronts.columns, batch_rows)?;
    Ok(Fronts::Ready(reader, scratch))
}

/// A reader of the task's rows.
fn reader(
    scan: &Scan,
    task: &Task,
    mut parts: KnownParts,
    ledger: &Ledger,
) -> Result<(ParquetRecordBatchReader, Credit)> {
    let inspected = inspect::pages(scan, task, &mut parts)?;
    // It is needed now; work ahead of the reader waits for it instead.
    let scratch = ledger.take_required(inspected.scratch);
    let shown = inspected.shown.as_ref().unwrap_or(&scan.conformed);
    let batch_rows = batch_rows_of(task, inspected.batch_rows);
    Ok((chunks::reader(scan, task, shown, inspected.chunks, parts, batch_rows)?, scratch))
}

thread_local! {
    static DECODING: Cell<bool> = const { Cell::new(false) };
}

/// Whether the calling thread is inside the decoding crate, where a panic is caught and becomes an error. A program
/// can ask this in its panic hook, to keep such panics off its standard error.
pub fn is_decoding() -> bool {
    DECODING.get()
}

/// Runs what may panic on damaged bytes; a panic becomes an error.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T> {
    let outer = DECODING.replace(true);
    // What `run` leaves behind after a panic is dropped unread by every caller, so nothing half-done is seen.
    let result = catch_unwind(AssertUnwindSafe(run));
    DECODING.set(outer);
    result.map_err(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        Error::new(ErrorKind::Corrupt, format!("the file is damaged: the decoder stopped with \"{text}\""))
    })
}
