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

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "one range is what is meant")]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn some_ranges() -> impl Strategy<Value = Vec<Range<u64>>> {
        vec((0u64..60, 0u64..12), 0..12).prop_map(|pairs| pairs.into_iter().map(|(at, n)| at..at + n).collect())
    }

    fn bytes(ranges: &[Range<u64>]) -> Vec<u64> {
        (0..100).filter(|byte| ranges.iter().any(|range| range.contains(byte))).collect()
    }

    #[test]
    #[allow(clippy::reversed_empty_ranges, reason = "the subject of the test")]
    fn a_reversed_range_is_empty() {
        assert_eq!(union(&[9..3, 4..6]), [4..6]);
        assert_eq!(length(&(9..3)), 0);
        assert!(contains(&[], &(9..3)));
    }

    #[test]
    fn only_the_union_joins_touching_ranges() {
        assert_eq!(union(&[5..9, 0..5]), [0..9]);
        assert_eq!(disjoint(&[5..9, 0..5, 0..5]), [0..5, 5..9]);
    }

    #[test]
    fn one_known_range_may_cut_two() {
        assert_eq!(subtract(&[0..10, 20..30], &[5..25]), [0..5, 25..30]);
        assert_eq!(subtract(&[0..30], &[5..10, 15..20]), [0..5, 10..15, 20..30]);
    }

    proptest! {
        #[test]
        fn sets_of_bytes(a in some_ranges(), b in some_ranges(), start in 0u64..70, n in 0u64..9) {
            let (in_a, in_b) = (bytes(&a), bytes(&b));
            let left = subtract(&a, &b);
            let expected: Vec<u64> = in_a.iter().filter(|byte| !in_b.contains(byte)).copied().collect();
            prop_assert_eq!(bytes(&left), expected);
            prop_assert_eq!(&bytes(&union(&a)), &in_a);
            prop_assert_eq!(&bytes(&disjoint(&a)), &in_a);
            prop_assert_eq!(total(&a), in_a.len() as u64);
            let range = start..start + n;
            let known = contains(&a, &range);
            prop_assert_eq!(known, { range }.all(|byte| in_a.contains(&byte)));
            for set in [union(&a), left] {
                prop_assert!(set.iter().all(|range| !range.is_empty()));
                prop_assert!(set.windows(2).all(|pair| pair[0].end < pair[1].start));
            }
        }
    }
}
