//! Many files as one: loads that run side by side within one window of requests and one memory budget.
//!
//! Nothing waits for a phase to end: data of the first files is fetched and decoded while the footers of later ones are
//! still on their way. Only rows wait, until every footer that they depend on is here: the columns of a result are known
//! when those of each of its files are.

mod begin;
mod contract;
mod drive;
mod facts;
mod part;
mod rows;

use crate::error::{Error, Result};
use crate::fetch::Answer;
use crate::job::Decoded;
use crate::link::{Link, LinkEstimate};
use crate::load::{Common, Load, Options, RequestId, Step};
use crate::opened::Opened;
use crate::select::Selection;
use crate::stats::Stats;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
pub use contract::{Manner, ManyStep, Part};
pub use drive::{ManyDrive, Ways};
pub use facts::{Facts, all_found};
use rows::Rows;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// One load of many objects. The contract is that of [`Load`], with the number of the file beside each request and job.
#[derive(Debug)]
pub struct Many {
    files: Vec<File>,
    manner: Manner,
    selection: Selection,
    options: Options,
    common: Common,
    rows: Rows,
    /// What the loads that ended learned of the link.
    link: Link,
    /// Files with a load, in order.
    active: BTreeSet<usize>,
    opening: usize,
    reading: usize,
    /// Bytes of footers that wait for their turn.
    waiting: u64,
    /// The first file that isn't over: the reader waits for it.
    front: usize,
    /// The first file that nobody asked for yet.
    unopened: usize,
    skipped: Vec<Error>,
    stats: Stats,
    byte_length: u64,
    /// Whether the footer of every file that rows come from is known.
    settled: bool,
    /// Whether a batch was handed out.
    begun: bool,
}

#[derive(Debug)]
struct File {
    object: Arc<str>,
    stage: Stage,
    part: Option<Part>,
    facts: Option<Facts>,
    emitted: bool,
    round_trips: u32,
}

impl File {
    /// Whether nobody reads it yet.
    fn is_to_begin(&self) -> bool {
        matches!(self.stage, Stage::Unopened | Stage::Opening(_) | Stage::Known(_))
    }
}

#[derive(Debug)]
enum Stage {
    Unopened,
    Opening(Box<Load>),
    /// Its footer is known, and kept where there is room for it.
    Known(Option<Arc<Opened>>),
    Reading(Box<Load>),
    Over,
}

impl Many {
    /// A load of these objects: `objects` are their names in errors. Offset and limit of the selection count the rows of
    /// all files as if they were one; everything else goes for each file.
    pub fn new(objects: Vec<Arc<str>>, selection: &Selection, manner: Manner, options: Options) -> Self {
        let common = Common::new(&options.limits, options.decoders);
        let files: Vec<File> = objects
            .into_iter()
            .map(|object| File {
                object,
                stage: Stage::Unopened,
                part: None,
                facts: None,
                emitted: false,
                round_trips: 0,
            })
            .collect();
        Self {
            rows: Rows::new(files.len(), selection),
            files,
            manner,
            selection: selection.clone(),
            link: options.limits.link,
            options: Options { common: Some(common.clone()), whole: manner.skip_failed, ..options },
            common,
            active: BTreeSet::new(),
            opening: 0,
            reading: 0,
            waiting: 0,
            front: 0,
            unopened: 0,
            skipped: Vec::new(),
            stats: Stats::default(),
            byte_length: 0,
            settled: false,
            begun: false,
        }
    }

    /// The next thing to do.
    ///
    /// # Errors
    /// What ended the load.
    pub fn poll(&mut self, now: Duration) -> Result<ManyStep> {
        loop {
            let ended = self.active.len();
            if let Some(file) = self.open_next() {
                // At once, so that the slot it was given is taken by it and not by a file before it.
                if let Some(step) = self.step(file, now)?.0 {
                    return Ok(step);
                }
            }
            self.settle()?;
            if let Some(file) = self.read_next() {
                // At once as well, so that its tail is paid for before the next one asks whether there is room.
                if let Some(step) = self.step(file, now)?.0 {
                    return Ok(step);
                }
            }
            let mut until = None;
            let mut over = false;
            for file in self.active.iter().copied().collect::<Vec<_>>() {
                let (step, due) = self.step(file, now)?;
                if let Some(step) = step {
                    return Ok(step);
                }
                over |= !self.active.contains(&file);
                until = match (until, due) {
                    (Some(one), Some(other)) => Some(std::cmp::min::<Duration>(one, other)),
                    (one, other) => one.or(other),
                };
            }
            self.advance();
            if self.front >= self.files.len() {
                return Ok(ManyStep::Done);
            }
            // What ended made room, or let something else begin.
            if !over && self.active.len() == ended && !self.may_begin() {
                return Ok(ManyStep::Wait { until });
            }
        }
    }

    /// Reports what became of a request.
    ///
    /// # Errors
    /// What ended the load.
    pub fn on_part(&mut self, file: usize, id: RequestId, now: Duration, result: Result<Answer>) -> Result<()> {
        let Some(load) = self.load_mut(file) else { return Ok(()) };
        let told = load.on_part(id, now, result);
        let told = told.and_then(|()| self.still_of_part(file));
        self.unless_skipped(file, told)
    }

    /// Reports what a job did.
    ///
    /// # Errors
    /// What ended the load.
    pub fn on_decoded(&mut self, file: usize, decoded: Decoded) -> Result<()> {
        let Some(load) = self.load_mut(file) else { return Ok(()) };
        let told = load.on_decoded(decoded);
        let told = told.and_then(|()| self.still_of_part(file));
        self.unless_skipped(file, told)
    }

    /// The next batch, and the file it is of.
    pub fn take_batch(&mut self) -> Option<(usize, RecordBatch)> {
        let file = self.ready()?;
        let batch = self.load_mut(file)?.take_batch()?;
        if let Some(entry) = self.files.get_mut(file) {
            entry.emitted = true;
        }
        self.begun = true;
        Some((file, batch))
    }

    /// Whether [`Many::take_batch`] has one.
    pub fn has_batch(&self) -> bool {
        self.ready().is_some()
    }

    /// The columns of each file that rows come from, once all of them are known; a file that was left out has none. With
    /// INT96 columns that is when the file in front has settled their unit; what later ones settle may differ.
    pub fn schemas(&self) -> Option<Vec<(usize, SchemaRef)>> {
        let of = |(at, file): (usize, &File)| {
            let facts = file.facts.as_ref()?;
            let read = match &file.stage {
                Stage::Reading(load) => load.schema(),
                _ => None,
            };
            Some((at, Arc::clone(read.unwrap_or(&facts.schema))))
        };
        self.is_settled().then(|| self.files.iter().take(self.rows.end()).enumerate().filter_map(of).collect())
    }

    fn is_settled(&self) -> bool {
        let may_change = |file: &File| file.facts.as_ref().is_some_and(|facts| facts.may_change_units);
        let front = || match self.files.get(self.front).map(|file| &file.stage) {
            Some(Stage::Reading(load)) => load.schema().is_some(),
            Some(_) => false,
            None => true,
        };
        self.settled && (self.begun || front() || !self.files.iter().take(self.rows.end()).any(may_change))
    }

    /// The names of the files in errors, in order.
    pub fn objects(&self) -> impl Iterator<Item = &Arc<str>> {
        self.files.iter().map(|file| &file.object)
    }

    /// Why files were left out, each with its name.
    pub fn skipped(&self) -> &[Error] {
        &self.skipped
    }

    /// The bytes of all files opened so far, whether they are fetched or not.
    pub fn byte_length(&self) -> u64 {
        self.byte_length
    }

    /// What the load spent so far. Round trips are those of the file that took most.
    pub fn stats(&self) -> Stats {
        let mut stats = self.stats;
        for file in &self.active {
            let Some(File { stage: Stage::Opening(load) | Stage::Reading(load), round_trips, .. }) =
                self.files.get(*file)
            else {
                continue;
            };
            let of_file = load.stats();
            stats.add(&of_file);
            stats.round_trips = stats.round_trips.max(round_trips + of_file.round_trips);
        }
        stats.planned_rows = self.rows.planned();
        Stats { peak_memory: self.common.ledger.peak(), ..stats }
    }

    /// What was learned of the link.
    pub fn link(&self) -> LinkEstimate {
        LinkEstimate::new(self.link)
    }

    /// Polls one load: its step, or when to poll it again.
    fn step(&mut self, file: usize, now: Duration) -> Result<(Option<ManyStep>, Option<Duration>)> {
        loop {
            let Some(load) = self.load_mut(file) else { return Ok((None, None)) };
            match load.poll(now) {
                Ok(Step::Fetch { id, request }) => return Ok((Some(ManyStep::Fetch { file, id, request }), None)),
                Ok(Step::Cancel { id }) => return Ok((Some(ManyStep::Cancel { file, id }), None)),
                Ok(Step::Decode(job)) => return Ok((Some(ManyStep::Decode { file, job }), None)),
                // What comes all the same is ignored by the load; it began again before it handed anything out.
                Ok(Step::Abandon) => {}
                Ok(Step::Wait { until }) => return Ok((None, until)),
                Ok(Step::Done) => {
                    self.ended(file)?;
                    return Ok((None, None));
                }
                Err(error) => {
                    self.unless_skipped(file, Err(error))?;
                    return Ok((None, None));
                }
            }
        }
    }

    /// A load reached its goal.
    fn ended(&mut self, file: usize) -> Result<()> {
        let Some(stage) = self.end(file) else { return Ok(()) };
        let Stage::Opening(load) = stage else { return Ok(()) };
        self.link = load.link().link();
        let Some(opened) = load.opened().cloned() else { return Ok(()) };
        drop(load);
        let facts = self
            .wanted_of(file, &opened)
            .and_then(|selection| Facts::of(&opened, &selection, self.options.limits.memory));
        match (facts, self.files.get_mut(file)) {
            (Ok(facts), Some(entry)) => {
                self.rows.known(file, facts.rows);
                self.byte_length += facts.length;
                entry.facts = Some(facts);
                // Footers that wait for their turn may take a quarter of the budget; others are fetched once more.
                let waiting = self.waiting.saturating_add(opened.parts.held());
                let kept = waiting <= self.common.ledger.budget() / 4;
                if kept {
                    self.waiting = waiting;
                }
                entry.stage = Stage::Known(kept.then_some(opened));
                Ok(())
            }
            (Err(error), Some(entry)) => {
                let error = error.with_object(Arc::clone(&entry.object));
                self.failed(file, error)
            }
            _ => Ok(()),
        }
    }

    /// Takes the load out of a file, and its numbers into those of all.
    fn end(&mut self, file: usize) -> Option<Stage> {
        let entry = self.files.get_mut(file)?;
        let stage = std::mem::replace(&mut entry.stage, Stage::Over);
        match &stage {
            Stage::Opening(load) => {
                self.opening -= 1;
                let stats = load.stats();
                // What was opened was planned to be.
                self.stats.add(&Stats { planned_bytes: stats.bytes, ..stats });
                entry.round_trips += stats.round_trips;
            }
            Stage::Reading(load) => {
                self.reading -= 1;
                self.stats.add(&load.stats());
                entry.round_trips += load.stats().round_trips;
                self.link = load.link().link();
            }
            Stage::Known(Some(opened)) => self.waiting = self.waiting.saturating_sub(opened.parts.held()),
            Stage::Unopened | Stage::Known(None) | Stage::Over => {}
        }
        self.stats.round_trips = self.stats.round_trips.max(entry.round_trips);
        self.active.remove(&file);
        Some(stage)
    }

    fn unless_skipped(&mut self, file: usize, told: Result<()>) -> Result<()> {
        let Err(error) = told else { return Ok(()) };
        self.end(file);
        self.failed(file, error)
    }

    fn failed(&mut self, file: usize, error: Error) -> Result<()> {
        let Some(entry) = self.files.get_mut(file) else { return Err(error) };
        if !self.manner.skip_failed || entry.emitted || error.is_general() {
            self.active.clear();
            self.files.clear();
            return Err(error);
        }
        entry.facts = None;
        entry.stage = Stage::Over;
        self.rows.left_out(file);
        self.skipped.push(error);
        Ok(())
    }

    /// Finds out whether all columns are known, and ends what was opened past the last row.
    fn settle(&mut self) -> Result<()> {
        if self.settled || !self.rows.are_settled() {
            return Ok(());
        }
        self.settled = true;
        for file in self.rows.end()..self.files.len() {
            self.end(file);
        }
        all_found(self.files.iter().take(self.rows.end()).filter_map(|file| file.facts.as_ref()))
    }

    /// The file whose batch is next.
    fn ready(&self) -> Option<usize> {
        if !self.is_settled() {
            return None;
        }
        let has = |file: &usize| matches!(self.files.get(*file), Some(File { stage: Stage::Reading(load), .. }) if load.has_batch());
        if self.manner.unordered {
            self.active.iter().copied().find(|file| has(file))
        } else {
            Some(self.front).filter(has)
        }
    }

    /// Goes on to the next file that isn't over.
    fn advance(&mut self) {
        let before = self.front;
        while matches!(self.files.get(self.front), Some(File { stage: Stage::Over, .. })) {
            self.front += 1;
        }
        if self.front != before
            && let Some(load) = self.load_mut(self.front)
        {
            load.set_first(true);
        }
    }

    fn load_mut(&mut self, file: usize) -> Option<&mut Load> {
        match &mut self.files.get_mut(file)?.stage {
            Stage::Opening(load) | Stage::Reading(load) => Some(load),
            Stage::Unopened | Stage::Known(_) | Stage::Over => None,
        }
    }
}
