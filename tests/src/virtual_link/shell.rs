//! A shell in virtual time: does what a load says, reports what happened, and watches the load's contract.

use super::link::VirtualLink;
use arrow_array::RecordBatch;
use parqlet_core::fetch::{Request, Span};
use parqlet_core::job::Job;
use parqlet_core::link::Link;
use parqlet_core::load::{Load, Step};
use parqlet_core::{Error, ErrorKind};
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

/// When batches are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consumer {
    /// As soon as there is one.
    AtOnce,
    /// One batch, then none for this long.
    Every(Duration),
    /// None, ever.
    Never,
}

/// How a shell behaves.
#[derive(Debug, Clone)]
pub struct Shell {
    /// The most requests the load may have in flight.
    pub slots: usize,
    /// The most jobs the load may have out.
    pub decoders: usize,
    /// How long a run of a job takes: evenly drawn.
    pub decode: Range<Duration>,
    /// When batches are taken.
    pub consumer: Consumer,
    /// Whether jobs go on after [`Step::Abandon`] and are reported, as on threads that can't be stopped.
    pub reports_stale: bool,
    /// Drops the load before this step.
    pub drop_at: Option<usize>,
    /// For the drawn times.
    pub seed: u64,
}

impl Default for Shell {
    /// One decoder that takes a millisecond, and a quick consumer.
    fn default() -> Self {
        Self {
            slots: Link::object_store().small_slots,
            decoders: 1,
            decode: Duration::from_millis(1)..Duration::from_millis(1),
            consumer: Consumer::AtOnce,
            reports_stale: false,
            drop_at: None,
            seed: 0,
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone)]
pub enum End {
    /// The goal is reached.
    Done,
    /// With an error of the load.
    Failed(Error),
    /// The load was dropped, as [`Shell::drop_at`] said.
    Dropped,
    /// Nothing goes on before a batch is taken, and nobody takes one.
    Idle,
}

/// A run that kept the contract.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// The batches that were taken.
    pub batches: Vec<RecordBatch>,
    /// When it ended.
    pub at: Duration,
    /// Steps that were done.
    pub steps: usize,
    /// The load; `None` when it was dropped.
    pub load: Option<Load>,
}

/// A rule of the contract that the load broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken(pub String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the load broke its contract: {}", self.0)
    }
}

/// More steps than any load of a test needs.
const STEPS: usize = 200_000;

/// A run under way.
struct Run<'a> {
    shell: &'a Shell,
    link: &'a mut VirtualLink,
    dice: fastrand::Rng,
    now: Duration,
    steps: usize,
    jobs: Vec<(Duration, bool, Job)>,
    next_take: Duration,
    batches: Vec<RecordBatch>,
    /// Until when a range must not be asked for again, because the server said so.
    not_before: HashMap<Span, Duration>,
}

impl Shell {
    /// Drives a load to its end.
    ///
    /// # Errors
    /// When the load breaks its contract.
    pub fn run(&self, mut load: Load, link: &mut VirtualLink) -> Result<Outcome, Broken> {
        let mut run = Run {
            shell: self,
            link,
            dice: fastrand::Rng::with_seed(self.seed),
            now: Duration::ZERO,
            steps: 0,
            jobs: Vec::new(),
            next_take: Duration::ZERO,
            batches: Vec::new(),
            not_before: HashMap::new(),
        };
        let end = run.finish(&mut load)?;
        run.link.cancel();
        let Run { now: at, steps, batches, .. } = run;
        let load = (!matches!(end, End::Dropped)).then_some(load);
        Ok(Outcome { end, batches, at, steps, load })
    }
}

impl Run<'_> {
    fn finish(&mut self, load: &mut Load) -> Result<End, Broken> {
        loop {
            self.steps += 1;
            if self.steps > STEPS {
                return Err(broken("it makes steps without end"));
            }
            if self.shell.drop_at == Some(self.steps) {
                return Ok(End::Dropped);
            }
            match load.poll(self.now) {
                Ok(Step::Fetch { id, request }) => {
                    self.may_ask(&request)?;
                    self.link.send(id, request, self.now);
                }
                Ok(Step::Cancel { id }) => {
                    if !self.link.cancel_one(id) {
                        return Err(broken("it cancels what isn't under way"));
                    }
                }
                Ok(Step::Decode(job)) => {
                    if self.jobs.iter().filter(|(_, stale, _)| !stale).count() >= self.shell.decoders {
                        return Err(broken("more jobs at a time than decoders"));
                    }
                    let due = self.now + self.decode_time();
                    self.jobs.push((due, false, job));
                }
                Ok(Step::Abandon) => self.abandon(),
                Ok(Step::Wait { until }) => {
                    if let Some(end) = self.wait(load, until)? {
                        return Ok(end);
                    }
                }
                Ok(Step::Done) if load.has_batch() => return Err(broken("done with batches that nobody took")),
                Ok(Step::Done) => return Ok(End::Done),
                Err(error) => return self.failed(load, error),
            }
        }
    }

    /// Takes a batch, or lets the next thing happen and reports it.
    fn wait(&mut self, load: &mut Load, until: Option<Duration>) -> Result<Option<End>, Broken> {
        if until.is_some_and(|until| until <= self.now) {
            return Err(broken("it waits for a time that is over"));
        }
        let take = match self.shell.consumer {
            Consumer::Never => None,
            _ => load.has_batch().then_some(self.next_take.max(self.now)),
        };
        if take == Some(self.now) {
            let Some(batch) = load.take_batch() else {
                return Err(broken("has_batch without a batch"));
            };
            self.batches.push(batch);
            if let Consumer::Every(pause) = self.shell.consumer {
                self.next_take = self.now + pause;
            }
            return Ok(None);
        }
        let decoded = self.jobs.iter().map(|(due, ..)| *due).min();
        let Some(next) = [self.link.next(), decoded, until, take].into_iter().flatten().min() else {
            if load.has_batch() {
                return Ok(Some(End::Idle));
            }
            return Err(broken("it waits and nothing is under way"));
        };
        self.now = self.now.max(next);
        self.link.advance(self.now);
        // One thing at a time, as in a shell; which of two at the same time comes first is open.
        let job = self.jobs.iter().position(|(due, ..)| *due <= self.now);
        let reported = match job.filter(|_| self.link.next() != Some(self.now) || self.dice.bool()) {
            Some(at) => {
                let (.., job) = self.jobs.swap_remove(at);
                load.on_decoded(job.run())
            }
            None => match self.link.answer() {
                Some((id, number, result)) => {
                    self.note(number, result.as_ref().err());
                    load.on_part(id, self.now, result)
                }
                None => Ok(()),
            },
        };
        match reported {
            Ok(()) => Ok(None),
            Err(error) => self.failed(load, error).map(Some),
        }
    }

    /// Remembers how long the server wants to be left alone.
    fn note(&mut self, number: usize, error: Option<&Error>) {
        let span = self.link.log().get(number).map(|sent| sent.request.span.clone());
        if let (Some(span), Some(error)) = (span, error)
            // Another version of the object may be asked for the same bytes.
            && error.kind() != ErrorKind::Changed
        {
            let wait = match error.is_retryable() {
                true => error.retry_after().unwrap_or_default(),
                false => Duration::MAX,
            };
            self.not_before.insert(span, self.now.saturating_add(wait));
        }
    }

    fn may_ask(&self, request: &Request) -> Result<(), Broken> {
        if self.link.in_flight() >= self.shell.slots {
            return Err(broken("more requests at a time than slots"));
        }
        match self.not_before.get(&request.span).copied() {
            Some(Duration::MAX) => Err(broken("it asks again for what was refused for good")),
            Some(at) if at > self.now => Err(broken("it asks again before the time the server named")),
            _ => Ok(()),
        }
    }

    fn decode_time(&mut self) -> Duration {
        let Range { start, end } = self.shell.decode;
        start + end.saturating_sub(start).mul_f64(self.dice.f64())
    }

    fn abandon(&mut self) {
        self.link.cancel();
        self.not_before.clear();
        if self.shell.reports_stale {
            self.jobs.iter_mut().for_each(|(_, stale, _)| *stale = true);
        } else {
            self.jobs.clear();
        }
    }

    /// An error is the last thing a load says.
    fn failed(&mut self, load: &mut Load, error: Error) -> Result<End, Broken> {
        match load.poll(self.now) {
            Ok(Step::Done) if !load.has_batch() => Ok(End::Failed(error)),
            other => Err(broken(format!("after the error \"{error}\" it says {other:?}"))),
        }
    }
}

fn broken(rule: impl Into<String>) -> Broken {
    Broken(rule.into())
}
