//! An emulated link in front of the server: waits and rates that a client sees as distance and bandwidth.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::timer::Timer;

/// How far away the server seems to be. [`Link::none`] adds nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// From the request's head to the first byte of the answer.
    pub first_byte: Duration,
    /// More wait for the first request of a connection: what setting it up costs.
    pub connect: Duration,
    /// Bytes per second that one connection carries; none for as fast as the machine goes.
    pub connection_bandwidth: Option<u64>,
    /// Bytes per second that all connections share; none for no such limit.
    pub total_bandwidth: Option<u64>,
    /// Some answers are late.
    pub late: Option<Late>,
    /// Which answers are late; the same seed chooses the same ones, counted in the order of arrival.
    pub seed: u64,
}

/// A slow tail: a share of the answers waits longer for its first byte.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Late {
    /// Share of the requests, 0 to 1.
    pub fraction: f64,
    /// How much longer they wait.
    pub by: Duration,
}

impl Link {
    /// The bare loopback.
    pub fn none() -> Self {
        Self {
            first_byte: Duration::ZERO,
            connect: Duration::ZERO,
            connection_bandwidth: None,
            total_bandwidth: None,
            late: None,
            seed: 0,
        }
    }

    /// An object store seen from a machine in the same region: 30 ms to the first byte, 5 ms for a new connection,
    /// 80 MB/s a connection, 1.25 GB/s (10 Gbit/s) in all.
    pub fn object_store() -> Self {
        Self {
            first_byte: Duration::from_millis(30),
            connect: Duration::from_millis(5),
            connection_bandwidth: Some(80_000_000),
            total_bandwidth: Some(1_250_000_000),
            ..Self::none()
        }
    }

    /// A browser on a good line: 30 ms to the first byte, 50 MB/s a connection.
    pub fn browser() -> Self {
        Self { first_byte: Duration::from_millis(30), connection_bandwidth: Some(50_000_000), ..Self::none() }
    }
}

impl Default for Link {
    fn default() -> Self {
        Self::none()
    }
}

/// A sender that fell behind may catch up this much at once: covers late timers and a processor
/// busy with decoding, without giving a client that stopped reading a large burst on its return.
const CATCH_UP: Duration = Duration::from_millis(50);
/// A slice at most, so that a client that leaves early is charged for what it took, and connections share evenly.
const SLICE: usize = 64 * 1024;
/// A slice when nothing is shaped: fewer, larger writes.
const BULK_SLICE: usize = 256 * 1024;

/// The link as all connections of a server share it.
#[derive(Debug)]
pub(crate) struct SharedLink {
    link: Link,
    total: Mutex<Lane>,
    dice: Mutex<fastrand::Rng>,
    timer: Timer,
}

impl SharedLink {
    pub(crate) fn new(link: Link) -> io::Result<Arc<Self>> {
        let total = Mutex::new(Lane::new(link.total_bandwidth, Instant::now()));
        let dice = Mutex::new(fastrand::Rng::with_seed(link.seed));
        Ok(Arc::new(Self { link, total, dice, timer: Timer::start()? }))
    }

    /// Waits exactly; for what a client measures. See [`Pace::wait`] for the many slices in between.
    pub(crate) async fn until(&self, moment: Instant) {
        self.timer.until(moment).await;
    }

    /// How long a new connection waits before its first request is read.
    pub(crate) fn connect(&self) -> Duration {
        self.link.connect
    }

    /// How long the first byte of the next answer has to wait.
    pub(crate) fn first_byte(&self) -> Duration {
        let mut wait = self.link.first_byte;
        if let Some(late) = self.link.late {
            let drawn = self.dice.lock().unwrap_or_else(PoisonError::into_inner).f64();
            if drawn < late.fraction {
                wait += late.by;
            }
        }
        wait
    }

    /// The schedule of one body whose first byte is due at `start`.
    pub(crate) fn pace(self: &Arc<Self>, start: Instant) -> Pace {
        Pace { shared: Arc::clone(self), own: Lane::new(self.link.connection_bandwidth, start) }
    }
}

/// The schedule of one body.
#[derive(Debug)]
pub(crate) struct Pace {
    shared: Arc<SharedLink>,
    own: Lane,
}

impl Pace {
    /// The largest slice to ask a moment for.
    pub(crate) fn slice(&self) -> usize {
        let link = &self.shared.link;
        if link.connection_bandwidth.is_none() && link.total_bandwidth.is_none() { BULK_SLICE } else { SLICE }
    }

    /// Waits until the last of the next `bytes` has crossed the link.
    pub(crate) async fn wait(&mut self, bytes: usize, last: bool) {
        let now = Instant::now();
        let due = self.due(bytes, now);
        if due <= now {
            return;
        }
        if last {
            self.shared.until(due).await;
        } else {
            // Deadlines are absolute, so a rough and cheap timer does: what one slice is late the next one makes up.
            tokio::time::sleep_until(due.into()).await;
        }
    }

    fn due(&mut self, bytes: usize, now: Instant) -> Instant {
        let own = self.own.take(bytes, now);
        let mut total = self.shared.total.lock().unwrap_or_else(PoisonError::into_inner);
        let due = own.max(total.take(bytes, now));
        self.own.free = self.own.free.max(due);
        due
    }
}

/// A line of one rate, on which bytes go one after the other.
#[derive(Debug)]
struct Lane {
    rate: Option<u64>,
    /// When the bytes given so far are through.
    free: Instant,
}

impl Lane {
    fn new(rate: Option<u64>, free: Instant) -> Self {
        Self { rate, free }
    }

    /// Appends bytes; returns when they are through. Deadlines are absolute, so that late wake-ups don't add up.
    fn take(&mut self, bytes: usize, now: Instant) -> Instant {
        let Some(rate) = self.rate else {
            return now;
        };
        if let Some(earliest) = now.checked_sub(CATCH_UP) {
            self.free = self.free.max(earliest);
        }
        self.free += Duration::from_secs_f64(bytes as f64 / rate.max(1) as f64);
        self.free
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_lane_gives_absolute_deadlines_at_its_rate() {
        let start = Instant::now();
        let mut lane = Lane::new(Some(1_000_000), start);
        for _ in 0..10 {
            lane.take(1_000, start);
        }
        assert_eq!(lane.free - start, Duration::from_millis(10));
    }

    #[test]
    fn a_sender_that_paused_catches_up_only_a_little() {
        let start = Instant::now();
        let mut lane = Lane::new(Some(1_000_000), start);
        let later = start + Duration::from_secs(5);
        assert_eq!(lane.take(1_000, later), later - CATCH_UP + Duration::from_millis(1));
    }

    #[test]
    fn the_late_ones_are_a_seeded_share() {
        let late = Some(Late { fraction: 0.1, by: Duration::from_millis(200) });
        let waits = |seed| -> Vec<Duration> {
            let shared = SharedLink::new(Link { late, seed, ..Link::object_store() }).unwrap();
            (0..1000).map(|_| shared.first_byte()).collect()
        };
        let late_ones = waits(7).iter().filter(|wait| **wait == Duration::from_millis(230)).count();
        assert!((70..130).contains(&late_ones), "{late_ones}");
        assert_eq!(waits(7), waits(7));
        assert_ne!(waits(7), waits(8));
    }
}
