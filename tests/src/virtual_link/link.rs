//! The way between shell and server: when each answer comes.

use super::fault::{Fault, Faults};
use super::reply::{End, Reply};
use super::server::Server;
use parqlet_core::answer::{Expected, check_head};
use parqlet_core::fetch::{Answer, Request};
use parqlet_core::load::RequestId;
use parqlet_core::{Error, ErrorKind, Result};
use std::collections::VecDeque;
use std::time::Duration;

/// What a link is like.
#[derive(Debug, Clone)]
pub struct Physics {
    /// From asking, on a free connection, to the first byte of the answer.
    pub latency: Duration,
    /// How much longer than `latency` the first byte may take, as a share of it: evenly drawn from 0 to this.
    pub jitter: f64,
    /// Bytes a second of one connection.
    pub bandwidth: u64,
    /// Bytes a second of all connections together; they share it evenly.
    pub total: Option<u64>,
    /// Connections; a request more waits for one.
    pub connections: usize,
    /// The chance that a request gets no answer, 0 to 1.
    pub loss: f64,
    /// How long the shell waits without a byte.
    pub patience: Duration,
    /// How many bytes of an object sent whole the shell takes.
    pub whole_limit: u64,
}

impl Default for Physics {
    /// 30 ms and 80 MB/s a connection, no trouble.
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(30),
            jitter: 0.0,
            bandwidth: 80_000_000,
            total: None,
            connections: 256,
            loss: 0.0,
            patience: Duration::from_secs(10),
            whole_limit: 8 << 20,
        }
    }
}

/// One request as the link saw it.
#[derive(Debug, Clone)]
pub struct Sent {
    /// When it was asked.
    pub at: Duration,
    /// What was asked.
    pub request: Request,
    /// What was done to its answer.
    pub fault: Option<Fault>,
    /// When the shell knew what became of it; `None` while it is under way or when it was given up.
    pub done: Option<Duration>,
}

/// A server at the end of a link, in virtual time.
#[derive(Debug)]
pub struct VirtualLink {
    server: Server,
    physics: Physics,
    faults: Faults,
    dice: fastrand::Rng,
    now: Duration,
    log: Vec<Sent>,
    queued: VecDeque<(RequestId, usize)>,
    active: Vec<Transfer>,
    done: VecDeque<(RequestId, usize, Result<Answer>)>,
}

#[derive(Debug)]
struct Transfer {
    id: RequestId,
    /// Place in the log.
    number: usize,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Head {
        at: Duration,
    },
    /// `left` in bytes times nanoseconds a second, so that nothing is lost in rounding.
    Body {
        left: u128,
        first_byte: Duration,
        reply: Box<Reply>,
        expected: Box<Expected>,
    },
    Stalled {
        until: Duration,
        first_byte: Duration,
        reply: Box<Reply>,
        expected: Box<Expected>,
    },
}

const NANOS: u128 = 1_000_000_000;

impl VirtualLink {
    /// A link to a server; the seed is for jitter, loss and drawn faults.
    pub fn new(server: Server, physics: Physics, faults: Faults, seed: u64) -> Self {
        Self {
            server,
            physics,
            faults,
            dice: fastrand::Rng::with_seed(seed),
            now: Duration::ZERO,
            log: Vec::new(),
            queued: VecDeque::new(),
            active: Vec::new(),
            done: VecDeque::new(),
        }
    }

    /// Every request so far.
    pub fn log(&self) -> &[Sent] {
        &self.log
    }

    /// The server.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Requests that are not answered yet.
    pub fn in_flight(&self) -> usize {
        self.queued.len() + self.active.len() + self.done.len()
    }

    /// Asks.
    pub fn send(&mut self, id: RequestId, request: Request, now: Duration) {
        self.advance(now);
        let number = self.log.len();
        let lost = self.dice.f64() < self.physics.loss;
        let drawn = self.faults.draw(number, &mut self.dice);
        let fault = if lost { Some(Fault::Lost) } else { drawn };
        self.log.push(Sent { at: now, request, fault, done: None });
        self.queued.push_back((id, number));
        self.connect();
    }

    /// Gives one request up; whether it was under way.
    pub fn cancel_one(&mut self, id: RequestId) -> bool {
        let before = self.in_flight();
        self.queued.retain(|(queued, _)| *queued != id);
        self.active.retain(|transfer| transfer.id != id);
        self.done.retain(|(done, ..)| *done != id);
        let was_there = self.in_flight() < before;
        self.connect();
        was_there
    }

    /// Gives every request up.
    pub fn cancel(&mut self) {
        self.queued.clear();
        self.active.clear();
        self.done.clear();
    }

    /// When something will happen next.
    pub fn next(&self) -> Option<Duration> {
        if self.done.is_empty() { self.next_change() } else { Some(self.now) }
    }

    /// Lets time pass.
    pub fn advance(&mut self, to: Duration) {
        while let Some(at) = self.next_change().filter(|at| *at <= to) {
            self.flow(at);
            self.change();
            self.connect();
        }
        self.flow(to);
    }

    /// The next answer that has come, with its request's place in the log.
    pub fn answer(&mut self) -> Option<(RequestId, usize, Result<Answer>)> {
        self.done.pop_front()
    }

    /// Gives free connections to waiting requests.
    fn connect(&mut self) {
        while self.active.len() < self.physics.connections.max(1)
            && let Some((id, number)) = self.queued.pop_front()
        {
            let late = self.physics.latency.mul_f64(self.physics.jitter * self.dice.f64());
            let told = match self.log[number].fault {
                Some(Fault::Late(wait)) => wait,
                _ => Duration::ZERO,
            };
            let at = self.now + self.physics.latency + late + told;
            self.active.push(Transfer { id, number, stage: Stage::Head { at } });
        }
    }

    /// Bytes a second of each body that streams now.
    fn rate(&self) -> u128 {
        let streaming = self.active.iter().filter(|transfer| matches!(transfer.stage, Stage::Body { .. })).count();
        let share = self.physics.total.map_or(u64::MAX, |total| total / streaming.max(1) as u64);
        u128::from(self.physics.bandwidth.min(share).max(1))
    }

    fn next_change(&self) -> Option<Duration> {
        let rate = self.rate();
        let when = |transfer: &Transfer| match &transfer.stage {
            Stage::Head { at } => *at,
            Stage::Body { left, .. } => {
                self.now + Duration::from_nanos(u64::try_from(left.div_ceil(rate)).unwrap_or(u64::MAX))
            }
            Stage::Stalled { until, .. } => *until,
        };
        self.active.iter().map(when).min()
    }

    /// Lets bodies stream up to a time before which nothing changes.
    fn flow(&mut self, to: Duration) {
        let streamed = self.rate() * to.saturating_sub(self.now).as_nanos();
        for transfer in &mut self.active {
            if let Stage::Body { left, .. } = &mut transfer.stage {
                *left = left.saturating_sub(streamed);
            }
        }
        self.now = self.now.max(to);
    }

    /// Does what is due now.
    fn change(&mut self) {
        let mut at = 0;
        while at < self.active.len() {
            let due = match &self.active[at].stage {
                Stage::Head { at } => *at <= self.now,
                Stage::Body { left, .. } => *left == 0,
                Stage::Stalled { until, .. } => *until <= self.now,
            };
            if !due {
                at += 1;
                continue;
            }
            let Transfer { id, number, stage } = self.active.remove(at);
            match self.continued(number, stage) {
                Ok(stage) => {
                    self.active.insert(at, Transfer { id, number, stage });
                    at += 1;
                }
                Err(result) => {
                    self.log[number].done = Some(self.now);
                    self.done.push_back((id, number, *result));
                }
            }
        }
    }

    /// The next stage, or what became of the request.
    fn continued(&self, number: usize, stage: Stage) -> Result<Stage, Box<Result<Answer>>> {
        let Sent { at, request, fault, .. } = &self.log[number];
        match stage {
            Stage::Head { .. } => {
                if matches!(fault, Some(Fault::Lost)) {
                    return Err(Box::new(Err(Error::new(
                        ErrorKind::Network,
                        "the connection failed before an answer came",
                    ))));
                }
                let reply = Box::new(self.server.reply(request, self.now, fault.as_ref()));
                let expected = match check_head(request, &reply.head(), self.physics.whole_limit) {
                    Ok(expected) => Box::new(expected),
                    Err(error) => return Err(Box::new(Err(error))),
                };
                // A shell stops reading at the first byte too many.
                let bytes = (reply.body.len() as u64).min(expected.body_limit().saturating_add(1));
                let left = u128::from(bytes) * NANOS;
                Ok(Stage::Body { left, first_byte: self.now.saturating_sub(*at), reply, expected })
            }
            Stage::Body { first_byte, reply, expected, .. } if reply.end == End::Stall => {
                Ok(Stage::Stalled { until: self.now + self.physics.patience, first_byte, reply, expected })
            }
            Stage::Body { first_byte, reply, expected, .. } | Stage::Stalled { first_byte, reply, expected, .. } => {
                Err(Box::new(reply.judge(request, *expected, first_byte)))
            }
        }
    }
}
