//! What a link costs: presets, and an estimate per origin that learns from answers.

use std::collections::VecDeque;
use std::time::Duration;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// The first tail request is never smaller: below this, latency is all a request costs.
const SMALLEST_TAIL: u64 = 64 * KIB;
/// The first tail request is never larger: beyond this a second request for the rest is the cheaper risk.
const LARGEST_TAIL: u64 = 4 * MIB;

/// Latency, bandwidth and width of the way to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Time from asking to the first byte of the answer.
    pub latency: Duration,
    /// Bytes a second of one connection.
    pub bandwidth: u64,
    /// Requests in flight at once.
    pub slots: usize,
    /// Bytes of the first request for the end of an object, where the footer is.
    pub tail: u64,
}

impl Link {
    /// Files and memory: a system call instead of a round trip, the page cache instead of a wire. Four reads at once
    /// are what a disk queue gains from; most footers fit in 64 KiB and a second read costs next to nothing.
    pub const fn local() -> Self {
        Self {
            latency: Duration::from_micros(100),
            bandwidth: 2_000_000_000,
            slots: 4,
            tail: SMALLEST_TAIL,
        }
    }

    /// An object store seen from a machine beside it: 20 to 60 ms to the first byte, 25 to 95 MiB/s a request
    /// (Durner, Leis, Neumann: "Exploiting Cloud Object Storage for High-Performance Analytics", PVLDB 2023), wide
    /// enough that many requests run side by side. 256 KiB cost 3 ms more and save a round trip of 30 ms for wide
    /// footers with their page index.
    pub const fn object_store() -> Self {
        Self {
            latency: Duration::from_millis(30),
            bandwidth: 80_000_000,
            slots: 64,
            tail: 256 * KIB,
        }
    }

    /// A browser: six connections a host is what they allow themselves under HTTP/1.1. A connection of a good home
    /// line; 128 KiB take 10 ms of it.
    pub const fn browser() -> Self {
        Self {
            latency: Duration::from_millis(30),
            bandwidth: 12_500_000,
            slots: 6,
            tail: 128 * KIB,
        }
    }

    /// Bytes one connection delivers in the time of one latency: a gap of this size costs as much as a request.
    pub fn bytes_per_latency(&self) -> u64 {
        let bytes = u128::from(self.bandwidth) * self.latency.as_nanos() / 1_000_000_000;
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

/// Estimate of the link to one origin.
///
/// Latency and bandwidth are medians of the last [`WINDOW`](Self::WINDOW) answers, in which the preset counts for
/// [`PRIOR`](Self::PRIOR): three answers are enough to believe them, one odd answer (a cold connection, a slow replica,
/// an answer out of a cache) moves nothing.
#[derive(Clone, Debug)]
pub struct LinkEstimate {
    slots: usize,
    tail: u64,
    latency: Window,
    bandwidth: Window,
}

impl LinkEstimate {
    /// Answers that count.
    pub const WINDOW: usize = 9;
    /// Answers that the preset stands for until measured ones have pushed it out.
    pub const PRIOR: usize = 2;
    /// Answers with fewer bytes say nothing about bandwidth: they fit into the first flight of a connection and arrive
    /// with the headers.
    pub const SMALLEST_SAMPLE: u64 = 64 * KIB;

    /// Starts from a preset.
    pub fn new(preset: Link) -> Self {
        Self {
            slots: preset.slots.max(1),
            tail: preset.tail.clamp(SMALLEST_TAIL, LARGEST_TAIL),
            latency: Window::new(latency_sample(preset.latency)),
            bandwidth: Window::new(bandwidth_sample(preset.bandwidth, Duration::from_secs(1))),
        }
    }

    /// Learns from one answer of `bytes` whose first byte came after `first_byte` and whose last after `total`, both
    /// counted from the ask.
    pub fn observe(&mut self, bytes: u64, first_byte: Duration, total: Duration) {
        self.latency.push(latency_sample(first_byte));
        if bytes >= Self::SMALLEST_SAMPLE {
            let streaming = total.saturating_sub(first_byte);
            self.bandwidth.push(bandwidth_sample(bytes, streaming));
        }
    }

    /// Learns from one object that its footer and page index `needed` so many bytes from its end. Raises the tail at
    /// once, with an eighth to spare because the footers of one data set differ a little; lowers it by a sixteenth of
    /// the distance an object, because a tail too long costs a fraction of a round trip and one too short a whole one.
    pub fn observe_footer(&mut self, needed: u64) {
        let wanted = needed
            .saturating_add(needed / 8)
            .clamp(SMALLEST_TAIL, LARGEST_TAIL);
        if wanted >= self.tail {
            self.tail = wanted;
        } else {
            self.tail -= (self.tail - wanted).div_ceil(16);
        }
    }

    /// The link as known now. Latency lies within 1 µs and 60 s, bandwidth within 1 KB/s and 100 GB/s.
    pub fn link(&self) -> Link {
        Link {
            latency: Duration::from_nanos(self.latency.median()),
            bandwidth: self.bandwidth.median(),
            slots: self.slots,
            tail: self.tail,
        }
    }
}

/// Nanoseconds, kept in a range with which everybody can calculate.
fn latency_sample(latency: Duration) -> u64 {
    let latency = latency.clamp(Duration::from_micros(1), Duration::from_secs(60));
    u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX)
}

/// Bytes a second, never zero and never without end.
fn bandwidth_sample(bytes: u64, streaming: Duration) -> u64 {
    let nanos = streaming.as_nanos().max(1);
    let rate = u128::from(bytes) * 1_000_000_000 / nanos;
    u64::try_from(rate)
        .unwrap_or(u64::MAX)
        .clamp(1_000, 100_000_000_000)
}

/// The last samples, oldest first.
#[derive(Clone, Debug)]
struct Window {
    samples: VecDeque<u64>,
}

impl Window {
    fn new(prior: u64) -> Self {
        Self {
            samples: std::iter::repeat_n(prior, LinkEstimate::PRIOR).collect(),
        }
    }

    fn push(&mut self, sample: u64) {
        if self.samples.len() == LinkEstimate::WINDOW {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// The middle sample, or the mean of the two in the middle.
    fn median(&self) -> u64 {
        let mut sorted: Vec<u64> = self.samples.iter().copied().collect();
        sorted.sort_unstable();
        let upper = sorted.get(sorted.len() / 2).copied().unwrap_or(1);
        let lower = sorted.get((sorted.len() - 1) / 2).copied().unwrap_or(upper);
        lower.midpoint(upper)
    }
}
