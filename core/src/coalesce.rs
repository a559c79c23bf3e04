//! From the byte ranges a plan needs to the requests worth making.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::ops::Range;

use crate::link::Link;
use crate::ranges;

/// What a request's own head and the head of its answer cost on the wire, with room for long signed URLs and cookies.
const REQUEST_OVERHEAD: u64 = 8 * 1024;
/// Object stores stream one request at 25 to 95 MiB/s and charge by request: 8 to 16 MiB a request is where time and
/// money are both near their best (Durner, Leis, Neumann, PVLDB 2023).
const BLOCK: u64 = 8 * 1024 * 1024;
/// No link is worth requests longer than this: they are what a broken connection loses and what memory must hold.
const LARGEST_BLOCK: u64 = 64 * 1024 * 1024;

/// When to merge ranges into one request and when to split them over several. All sizes in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoalescePolicy {
    /// Gaps up to this are always merged.
    pub free_gap: u64,
    /// Gaps up to this are merged while there are more requests than `slots`.
    pub gap: u64,
    /// Longer ranges are split, and no merge makes a longer one unless `max_requests` forces it. At least 1.
    pub block: u64,
    /// Requests the link carries at once.
    pub slots: usize,
    /// The most requests allowed in all, whatever they waste; `None` for no limit. At least 1.
    pub max_requests: Option<usize>,
}

impl CoalescePolicy {
    /// Derived from the physics of a link.
    ///
    /// While slots are free a request more runs beside the others and costs no time, only its own head on the wire: so
    /// merge gaps up to [8 KiB](REQUEST_OVERHEAD) and no more. Once there are more requests than slots they go in
    /// waves; each wave costs a latency, and a gap costs gap / bandwidth: so a merge pays up to
    /// gap = latency x bandwidth of one slot.
    ///
    /// One connection is slower than the link, so long ranges are split to run side by side, at 8 MiB, or at
    /// latency x bandwidth where that is more: a shorter request would wait longer than it streams.
    pub fn for_link(link: &Link) -> Self {
        let gap = link.bytes_per_latency().min(LARGEST_BLOCK);
        Self {
            free_gap: REQUEST_OVERHEAD,
            gap: gap.max(REQUEST_OVERHEAD),
            block: gap.max(BLOCK),
            slots: link.slots.max(1),
            max_requests: None,
        }
    }
}

/// The requests that fetch every byte of `ranges`: sorted, disjoint, none empty.
///
/// 1. Overlapping ranges become one.
/// 2. A range longer than `block` is split into the fewest pieces that aren't, of nearly equal length, cut at an end of
///    an input range where one is near.
/// 3. Neighbours are merged over gaps up to `free_gap`, then, while there are more than `slots`, over gaps up to `gap`;
///    smallest gap first, then shortest result, never past `block`.
/// 4. If that is more than `max_requests`: merge the smallest gaps of step 1 without regard to `gap` and `block`, then
///    split the longest with the requests left over.
///
/// The answer doesn't depend on the order of `ranges`, and coalescing it again changes nothing: a fixed point of step 3
/// stays one when pieces grow, and an answer under the cap is either all within `block` or uses the cap to the full.
/// Takes time n log n, and memory for total length / `block` requests.
pub fn coalesce(ranges: &[Range<u64>], policy: &CoalescePolicy) -> Vec<Range<u64>> {
    let asked = Requests::new(ranges);
    let mut requests = asked.clone();
    requests.shape(policy);
    if let Some(cap) = policy.max_requests.map(|cap| cap.max(1))
        && requests.len() > cap
    {
        requests = asked;
        requests.merge(u64::MAX, u64::MAX, cap);
        requests.split_spare(policy.block, cap);
        // What merging under the cap has brought together may now fit it block by block.
        let mut shaped = requests.clone();
        shaped.shape(policy);
        if shaped.len() <= cap {
            requests = shaped;
        }
    }
    requests.into_ranges()
}

/// Bytes of `requests` that nobody `asked` for, or that are fetched more than once.
pub fn waste(asked: &[Range<u64>], requests: &[Range<u64>]) -> u64 {
    let lengths = requests.iter().map(ranges::length);
    let fetched = lengths.fold(0, u64::saturating_add);
    let useless = ranges::total(&ranges::subtract(requests, asked));
    let useful = ranges::total(requests) - useless;
    fetched - useful
}

/// Disjoint requests, end by start.
#[derive(Clone)]
struct Requests {
    ends: BTreeMap<u64, u64>,
    /// Starts and ends of the input, sorted: where a cut parts no task.
    seams: Vec<u64>,
}

/// Two neighbours by what merging them costs: the gap, then the length they would have together.
type Pair = Reverse<(u64, u64, u64, u64)>;

impl Requests {
    fn new(ranges: &[Range<u64>]) -> Self {
        let mut seams: Vec<u64> = ranges.iter().flat_map(|r| [r.start, r.end]).collect();
        seams.sort_unstable();
        seams.dedup();
        let ends = ranges::disjoint(ranges)
            .into_iter()
            .map(|range| (range.start, range.end))
            .collect();
        Self { ends, seams }
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn into_ranges(self) -> Vec<Range<u64>> {
        self.ends
            .into_iter()
            .map(|(start, end)| start..end)
            .collect()
    }

    /// Steps 2 and 3.
    fn shape(&mut self, policy: &CoalescePolicy) {
        let block = policy.block.max(1);
        self.split(block);
        self.merge(policy.free_gap, block, 1);
        self.merge(policy.gap, block, policy.slots.max(1));
    }

    /// Merges neighbours, cheapest first, while there are more than `count`, gaps are at most `gap` and the result is
    /// at most `length`.
    fn merge(&mut self, gap: u64, length: u64, count: usize) {
        let pair = |left: (u64, u64), right: (u64, u64)| -> Option<Pair> {
            let (cost, merged) = (right.0 - left.1, right.1 - left.0);
            (cost <= gap && merged <= length).then_some(Reverse((cost, merged, left.0, right.0)))
        };
        if self.len() <= count {
            return;
        }
        let mut pairs: BinaryHeap<Pair> = pairs_of(&self.ends)
            .filter_map(|(left, right)| pair(left, right))
            .collect();
        while self.len() > count
            && let Some(Reverse((cost, merged, left, right))) = pairs.pop()
        {
            // An entry from before one of its two grew is stale; the grown pair has an entry of its own.
            let current = self
                .ends
                .get(&left)
                .is_some_and(|end| right.checked_sub(*end) == Some(cost))
                && self.ends.get(&right) == Some(&(left + merged));
            if !current {
                continue;
            }
            self.ends.remove(&right);
            let grown = (left, left + merged);
            self.ends.insert(grown.0, grown.1);
            let before = self.ends.range(..left).next_back();
            let after = self.ends.range(grown.1..).next();
            pairs.extend(before.and_then(|(start, end)| pair((*start, *end), grown)));
            pairs.extend(after.and_then(|(start, end)| pair(grown, (*start, *end))));
        }
    }

    /// Splits what is longer than `block` into the fewest pieces that aren't.
    fn split(&mut self, block: u64) {
        for range in self.longer_than(block) {
            let pieces = ranges::length(&range).div_ceil(block);
            self.cut(range, pieces, block);
        }
    }

    /// Splits what is longer than `block` as far as `cap` requests go, always where pieces are longest.
    fn split_spare(&mut self, block: u64, cap: usize) {
        let mut longest: BinaryHeap<(u64, Reverse<u64>, u64)> = self
            .longer_than(block)
            .into_iter()
            .map(|range| (ranges::length(&range), Reverse(range.start), 1))
            .collect();
        for _ in self.len()..cap {
            let Some((_, Reverse(start), pieces)) = longest.pop() else {
                break;
            };
            let pieces = pieces + 1;
            let length = self.ends.get(&start).map_or(0, |end| end - start);
            longest.push((length / pieces, Reverse(start), pieces));
        }
        for (_, Reverse(start), pieces) in longest {
            if let Some(end) = self.ends.get(&start).copied() {
                self.cut(start..end, pieces, u64::MAX);
            }
        }
    }

    fn longer_than(&self, block: u64) -> Vec<Range<u64>> {
        self.ends
            .iter()
            .map(|(start, end)| *start..*end)
            .filter(|range| ranges::length(range) > block)
            .collect()
    }

    /// Cuts one request into `pieces` of at most `longest` each, at a seam where one lies within a quarter of a piece.
    fn cut(&mut self, range: Range<u64>, pieces: u64, longest: u64) {
        let mut start = range.start;
        for after in (1..pieces).rev() {
            let even = (range.end - start).div_ceil(after + 1);
            let ideal = start + even;
            // What is left must be enough for one byte a piece, and not too much for `longest` a piece.
            let low =
                (ideal - even / 4).max(range.end.saturating_sub(longest.saturating_mul(after)));
            let high = (ideal + even / 4)
                .min(start.saturating_add(longest))
                .min(range.end - after);
            let end = self.seam_near(ideal, low..=high).unwrap_or(ideal);
            self.ends.insert(start, end);
            start = end;
        }
        self.ends.insert(start, range.end);
    }

    /// The seam nearest to `ideal` within `window`.
    fn seam_near(&self, ideal: u64, window: std::ops::RangeInclusive<u64>) -> Option<u64> {
        let at = self.seams.partition_point(|seam| *seam < ideal);
        let below = at.checked_sub(1).and_then(|at| self.seams.get(at));
        [below, self.seams.get(at)]
            .into_iter()
            .flatten()
            .copied()
            .filter(|seam| window.contains(seam))
            .min_by_key(|seam| seam.abs_diff(ideal))
    }
}

fn pairs_of(ends: &BTreeMap<u64, u64>) -> impl Iterator<Item = ((u64, u64), (u64, u64))> {
    let left = ends.iter().map(|(start, end)| (*start, *end));
    let right = ends.iter().map(|(start, end)| (*start, *end)).skip(1);
    left.zip(right)
}
