//! Keep: what reads of one open file leave behind for later ones.

use bytes::Bytes;
use std::collections::VecDeque;
use std::ops::Range;

/// Bytes of one object that were fetched before, within a budget; what was used longest ago goes first.
///
/// A page that shows the same rows again, or scrolls back, then asks for nothing.
#[derive(Debug)]
pub struct Keep {
    budget: u64,
    held: u64,
    /// By last use, the oldest in front.
    pieces: VecDeque<(u64, Bytes)>,
}

impl Keep {
    /// Keeps at most `budget` bytes.
    pub fn new(budget: u64) -> Self {
        Self { budget, held: 0, pieces: VecDeque::new() }
    }

    /// Takes in what a load fetched: see [`crate::load::Load::take_fetched`]. A piece larger than the budget isn't kept.
    pub fn add(&mut self, fetched: impl IntoIterator<Item = (u64, Bytes)>) {
        for (start, bytes) in fetched {
            let length = bytes.len() as u64;
            if length > self.budget {
                continue;
            }
            self.held += length;
            self.pieces.push_back((start, bytes));
        }
        while self.held > self.budget
            && let Some((_, oldest)) = self.pieces.pop_front()
        {
            self.held -= oldest.len() as u64;
        }
    }

    /// Notes that a read needs these ranges: what holds some of them was used last.
    pub fn used(&mut self, ranges: &[Range<u64>]) {
        let serves = |(start, bytes): &(u64, Bytes)| {
            let end = start + bytes.len() as u64;
            ranges.iter().any(|range| range.start < end && *start < range.end)
        };
        let (used, idle): (Vec<_>, Vec<_>) = self.pieces.drain(..).partition(serves);
        self.pieces = idle.into_iter().chain(used).collect();
    }

    /// The pieces: where each starts, and its bytes.
    pub fn pieces(&self) -> impl Iterator<Item = (u64, Bytes)> {
        self.pieces.iter().map(|(start, bytes)| (*start, bytes.clone()))
    }

    /// Bytes held.
    pub fn held(&self) -> u64 {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn piece(start: u64, length: usize) -> (u64, Bytes) {
        (start, Bytes::from(vec![0; length]))
    }

    fn starts(keep: &Keep) -> Vec<u64> {
        keep.pieces().map(|(start, _)| start).collect()
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let mut keep = Keep::new(30);
        keep.add([piece(0, 10), piece(100, 10), piece(200, 10)]);
        keep.used(std::slice::from_ref(&(5..6)));
        keep.add([piece(300, 10)]);
        assert_eq!(starts(&keep), [200, 0, 300]);
    }

    #[test]
    fn a_piece_over_the_budget_drives_nothing_out() {
        let mut keep = Keep::new(30);
        keep.add([piece(0, 10), piece(100, 31)]);
        assert_eq!((starts(&keep), keep.held()), (vec![0], 10));
    }

    proptest! {
        #[test]
        fn the_budget_holds_and_the_count_is_right(budget in 0_u64..100, lengths in prop::collection::vec(0_usize..60, 0..20)) {
            let mut keep = Keep::new(budget);
            for (at, length) in lengths.into_iter().enumerate() {
                keep.add([piece(at as u64 * 100, length)]);
                prop_assert!(keep.held() <= budget);
                prop_assert_eq!(keep.held(), keep.pieces().map(|(_, bytes)| bytes.len() as u64).sum::<u64>());
            }
        }
    }
}
