//! Arithmetic of sets of byte ranges, end exclusive.
//!
//! Arguments may be in any order, overlap, repeat and hold empty ranges; results are sorted and disjoint. A range whose
//! end lies before its start is empty.

use std::ops::Range;

/// Every byte of `ranges` once; overlapping and touching ranges become one.
pub fn union(ranges: &[Range<u64>]) -> Vec<Range<u64>> {
    unite(ranges, |end, start| start <= end)
}

/// Every byte of `ranges` once; overlapping ranges become one, touching ones stay apart.
pub fn disjoint(ranges: &[Range<u64>]) -> Vec<Range<u64>> {
    unite(ranges, |end, start| start < end)
}

/// The bytes of `ranges` that are not in `known`.
pub fn subtract(ranges: &[Range<u64>], known: &[Range<u64>]) -> Vec<Range<u64>> {
    let known = union(known);
    let mut left = Vec::new();
    let mut holes = known.iter().peekable();
    for range in union(ranges) {
        let mut start = range.start;
        while holes.next_if(|hole| hole.end <= start).is_some() {}
        while let Some(hole) = holes.peek().filter(|hole| hole.start < range.end) {
            if start < hole.start {
                left.push(start..hole.start);
            }
            start = hole.end.min(range.end);
            // A hole that reaches past this range may cut the next one too.
            if hole.end > range.end {
                break;
            }
            holes.next();
        }
        if start < range.end {
            left.push(start..range.end);
        }
    }
    left
}

/// Number of distinct bytes in `ranges`.
pub fn total(ranges: &[Range<u64>]) -> u64 {
    union(ranges).iter().map(length).sum()
}

/// Whether every byte of `range` is in `ranges`.
pub fn contains(ranges: &[Range<u64>], range: &Range<u64>) -> bool {
    subtract(std::slice::from_ref(range), ranges).is_empty()
}

/// Bytes in one range.
pub fn length(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}

fn unite(ranges: &[Range<u64>], joins: impl Fn(u64, u64) -> bool) -> Vec<Range<u64>> {
    let mut sorted: Vec<Range<u64>> = ranges.iter().filter(|r| !r.is_empty()).cloned().collect();
    sorted.sort_unstable_by_key(|range| (range.start, range.end));
    let mut united: Vec<Range<u64>> = Vec::with_capacity(sorted.len());
    for range in sorted {
        match united.last_mut() {
            Some(last) if joins(last.end, range.start) => last.end = last.end.max(range.end),
            _ => united.push(range),
        }
    }
    united
}
