//! A set of requests that merges and splits.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::ops::{Range, RangeInclusive};

use crate::ranges;

/// Disjoint requests, end by start.
pub(super) struct Requests {
    ends: BTreeMap<u64, u64>,
    /// Starts and ends of the input, sorted: where a cut parts no task.
    seams: Vec<u64>,
}

/// Two neighbours by what merging them costs: the gap, then the length they would have together.
type Pair = Reverse<(u64, u64, u64, u64)>;

impl Requests {
    pub(super) fn new(ranges: &[Range<u64>]) -> Self {
        Self::of(ranges, ranges)
    }

    /// These requests, for what was `asked`.
    pub(super) fn of(requests: &[Range<u64>], asked: &[Range<u64>]) -> Self {
        let mut seams: Vec<u64> = asked.iter().flat_map(|r| [r.start, r.end]).collect();
        seams.sort_unstable();
        seams.dedup();
        let ends = ranges::disjoint(requests).into_iter().map(|range| (range.start, range.end)).collect();
        Self { ends, seams }
    }

    pub(super) fn into_ranges(self) -> Vec<Range<u64>> {
        self.ends.into_iter().map(|(start, end)| start..end).collect()
    }

    /// Merges neighbours, cheapest first, while there are more than `count`, gaps are at most `gap` and the result is
    /// at most `length`.
    pub(super) fn merge(&mut self, gap: u64, length: u64, count: usize) {
        let pair = |left: (u64, u64), right: (u64, u64)| -> Option<Pair> {
            let (cost, merged) = (right.0 - left.1, right.1 - left.0);
            (cost <= gap && merged <= length).then_some(Reverse((cost, merged, left.0, right.0)))
        };
        if self.ends.len() <= count {
            return;
        }
        let mut pairs: BinaryHeap<Pair> = pairs_of(&self.ends).filter_map(|(left, right)| pair(left, right)).collect();
        while self.ends.len() > count
            && let Some(Reverse((cost, merged, left, right))) = pairs.pop()
        {
            // An entry from before one of its two grew is stale; the grown pair has an entry of its own.
            let current = self.ends.get(&left).is_some_and(|end| right.checked_sub(*end) == Some(cost))
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

    /// The fewest requests that are nowhere longer than `block`.
    pub(super) fn pieces(&self, block: u64) -> u64 {
        let pieces = self.ends.iter().map(|(start, end)| (end - start).div_ceil(block));
        pieces.fold(0, u64::saturating_add)
    }

    /// Splits what is longer than `block` into the fewest pieces that aren't.
    pub(super) fn split(&mut self, block: u64) {
        for range in self.longer_than(block) {
            let pieces = ranges::length(&range).div_ceil(block);
            self.cut(range, pieces, block);
        }
    }

    /// Splits what is longer than `block` as far as `cap` requests go, always where pieces are longest; down to `block`.
    pub(super) fn split_spare(&mut self, block: u64, cap: usize) {
        let mut longest: BinaryHeap<(u64, Reverse<u64>, u64)> = self
            .longer_than(block)
            .into_iter()
            .map(|range| (ranges::length(&range), Reverse(range.start), 1))
            .collect();
        for _ in self.ends.len()..cap {
            if longest.peek().is_none_or(|(length, ..)| *length <= block) {
                break;
            }
            let Some((_, Reverse(start), pieces)) = longest.pop() else { break };
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
        self.ends.iter().map(|(start, end)| *start..*end).filter(|range| ranges::length(range) > block).collect()
    }

    /// Cuts one request into `pieces` of at most `longest` each, at a seam where one lies within a quarter of a piece.
    fn cut(&mut self, range: Range<u64>, pieces: u64, longest: u64) {
        let mut start = range.start;
        for after in (1..pieces).rev() {
            let even = (range.end - start).div_ceil(after + 1);
            let ideal = start + even;
            // What is left must be enough for one byte a piece, and not too much for `longest` a piece.
            let low = (ideal - even / 4).max(range.end.saturating_sub(longest.saturating_mul(after)));
            let high = ideal.saturating_add(even / 4).min(start.saturating_add(longest)).min(range.end - after);
            let end = self.seam_near(ideal, low..=high).unwrap_or(ideal);
            self.ends.insert(start, end);
            start = end;
        }
        self.ends.insert(start, range.end);
    }

    /// The seam nearest to `ideal` within `window`.
    fn seam_near(&self, ideal: u64, window: RangeInclusive<u64>) -> Option<u64> {
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
