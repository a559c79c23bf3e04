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
    /// Requests in flight at once, where they are large: their bytes take longer than the first of them.
    pub slots: usize,
    /// Small requests in flight at once: they cost a round trip each and hardly any bandwidth. No fewer than `slots`; a
    /// browser has so many connections and no more.
    pub small_slots: usize,
    /// Bytes of the first request for the end of an object, where the footer is.
    pub tail: u64,
}

impl Link {
    /// Files and memory: a system call instead of a round trip, the page cache instead of a wire. Four reads at once
    /// are what a disk queue gains from; most footers fit in 64 KiB and a second read costs next to nothing. 10 µs is a
    /// read from the page cache with its way through a thread: gaps worth reading over are some 20 KB.
    pub const fn local() -> Self {
        let (latency, bandwidth) = (Duration::from_micros(10), 2_000_000_000);
        Self { latency, bandwidth, slots: 4, small_slots: 4, tail: SMALLEST_TAIL }
    }

    /// An object store seen from a machine beside it: 20 to 60 ms to the first byte, 25 to 95 MiB/s a request
    /// (Durner, Leis, Neumann: "Exploiting Cloud Object Storage for High-Performance Analytics", PVLDB 2023), wide
    /// enough that many requests run side by side: 64 large ones, or 256 small ones, as a column of many row groups or
    /// files is made of. 256 KiB cost 3 ms more and save a round trip of 30 ms for wide footers with their page index.
    pub const fn object_store() -> Self {
        let (latency, bandwidth) = (Duration::from_millis(30), 80_000_000);
        Self { latency, bandwidth, slots: 64, small_slots: 256, tail: 256 * KIB }
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
    small_slots: usize,
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
            small_slots: preset.small_slots.max(preset.slots).max(1),
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
        let wanted = needed.saturating_add(needed / 8).clamp(SMALLEST_TAIL, LARGEST_TAIL);
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
            small_slots: self.small_slots,
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
    u64::try_from(rate).unwrap_or(u64::MAX).clamp(1_000, 100_000_000_000)
}

/// The last samples, oldest first.
#[derive(Clone, Debug)]
struct Window {
    samples: VecDeque<u64>,
}

impl Window {
    fn new(prior: u64) -> Self {
        Self { samples: std::iter::repeat_n(prior, LinkEstimate::PRIOR).collect() }
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

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Tells of `answers` answers of 8 MiB over a link.
    fn observe(estimate: &mut LinkEstimate, link: &Link, answers: usize) {
        for _ in 0..answers {
            let streaming = Duration::from_secs_f64(8.0 * 1048576.0 / link.bandwidth as f64);
            estimate.observe(8 * MIB, link.latency, link.latency + streaming);
        }
    }

    fn slow() -> Link {
        Link { latency: Duration::from_millis(120), bandwidth: 5_000_000, ..Link::object_store() }
    }

    fn near(a: u64, b: u64) -> bool {
        a.abs_diff(b) * 100 <= b
    }

    #[test]
    fn starts_as_the_preset() {
        for preset in [Link::local(), Link::object_store()] {
            assert_eq!(LinkEstimate::new(preset).link(), preset);
        }
    }

    #[test]
    fn three_answers_are_believed() {
        let mut estimate = LinkEstimate::new(Link::object_store());
        observe(&mut estimate, &slow(), 3);
        assert_eq!(estimate.link().latency, slow().latency);
        assert!(near(estimate.link().bandwidth, slow().bandwidth));
    }

    #[test]
    fn one_odd_answer_moves_nothing_at_any_time() {
        let odd = [(Duration::from_secs(20), Duration::from_secs(90)), (Duration::ZERO, Duration::ZERO)];
        for (first_byte, total) in odd {
            for before in [0, 3, 20] {
                let mut estimate = LinkEstimate::new(slow());
                observe(&mut estimate, &slow(), before);
                estimate.observe(8 * MIB, first_byte, total);
                assert_eq!(estimate.link().latency, slow().latency);
                assert!(near(estimate.link().bandwidth, slow().bandwidth));
            }
        }
    }

    #[test]
    fn follows_a_link_that_changes() {
        let mut estimate = LinkEstimate::new(Link::object_store());
        observe(&mut estimate, &Link::object_store(), 50);
        observe(&mut estimate, &slow(), 5);
        assert_eq!(estimate.link().latency, slow().latency);
    }

    #[test]
    fn small_answers_tell_latency_only() {
        let mut estimate = LinkEstimate::new(Link::object_store());
        for _ in 0..9 {
            let latency = Duration::from_millis(10);
            estimate.observe(2_000, latency, latency + Duration::from_nanos(1));
        }
        assert_eq!(estimate.link().latency, Duration::from_millis(10));
        assert_eq!(estimate.link().bandwidth, Link::object_store().bandwidth);
    }

    #[test]
    fn the_next_tail_covers_the_footer_just_seen() {
        let mut estimate = LinkEstimate::new(Link::object_store());
        estimate.observe_footer(700_000);
        assert!(estimate.link().tail >= 700_000);
        estimate.observe_footer(u64::MAX);
        assert_eq!(estimate.link().tail, LARGEST_TAIL);
    }

    #[test]
    fn the_tail_shrinks_slowly_and_not_to_nothing() {
        let mut estimate = LinkEstimate::new(Link::object_store());
        estimate.observe_footer(2 * MIB);
        let high = estimate.link().tail;
        estimate.observe_footer(10_000);
        assert!(estimate.link().tail > high * 9 / 10);
        for _ in 0..300 {
            estimate.observe_footer(10_000);
        }
        assert_eq!(estimate.link().tail, SMALLEST_TAIL);
    }

    #[test]
    fn a_gap_of_one_latency_on_an_object_store() {
        assert_eq!(Link::object_store().bytes_per_latency(), 2_400_000);
    }

    proptest! {
        #[test]
        fn never_zero_and_never_infinite(
            latency in any::<u64>(),
            bandwidth in any::<u64>(),
            answers in vec((any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>()), 0..20),
        ) {
            let preset = Link { latency: Duration::from_nanos(latency), bandwidth, slots: 0, small_slots: 0, tail: 0 };
            let mut estimate = LinkEstimate::new(preset);
            for (bytes, first_byte, total, footer) in answers {
                estimate.observe(bytes, Duration::from_nanos(first_byte), Duration::from_nanos(total));
                estimate.observe_footer(footer);
            }
            let link = estimate.link();
            prop_assert!(link.latency >= Duration::from_micros(1) && link.latency <= Duration::from_secs(60));
            prop_assert!((1_000..=100_000_000_000).contains(&link.bandwidth));
            prop_assert!(link.slots >= 1);
            prop_assert!((SMALLEST_TAIL..=LARGEST_TAIL).contains(&link.tail));
        }
    }
}
