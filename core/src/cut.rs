//! Cut: a row of things with weights, in pieces that weigh about the same.
//!
//! The largest piece is as small as it can be (a search over what a piece may weigh); of the cuts that keep to that, the
//! one is taken whose pieces are nearest to the mean of what is left.

use std::ops::Range;

/// Into what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// So many pieces, with the largest as small as it can be; fewer where there are fewer things, at least one where
    /// there is any.
    Count(usize),
    /// As few pieces as hold at most so much each. What weighs more alone is a piece of its own.
    Size(u64),
}

/// The pieces as ranges of places: in a row, none of them empty, together all.
pub fn cut(weights: &[u64], into: Cut) -> Vec<Range<usize>> {
    match into {
        Cut::Count(count) => balanced(weights, count),
        Cut::Size(most) => {
            let mut pieces = Vec::new();
            let mut start = 0;
            for run in weights.chunk_by(|one, other| *one <= most && *other <= most) {
                let count = match run {
                    [one] if *one > most => 1,
                    _ => Sums::of(run).fewest(most.into()).first().copied().unwrap_or(0),
                };
                pieces.extend(balanced(run, count).into_iter().map(|piece| piece.start + start..piece.end + start));
                start += run.len();
            }
            pieces
        }
    }
}

fn balanced(weights: &[u64], count: usize) -> Vec<Range<usize>> {
    let count = count.clamp(1, weights.len().max(1));
    let sums = Sums::of(weights);
    let most = sums.least_most(weights, count);
    let fewest = sums.fewest(most);
    let mut pieces = Vec::with_capacity(count);
    let mut start = 0;
    for left in (0..count).rev() {
        if start == weights.len() {
            break;
        }
        // The ends that keep to the most and leave something for each of the others, and not too much for all of them.
        let last = sums.reach(start, most).min(weights.len() - left);
        let first = (fewest.partition_point(|pieces| *pieces > left)).max(start + 1);
        let wanted = sums.before(start) + sums.weight(start..weights.len()) / (left as u128 + 1);
        let end = sums.nearest(wanted).clamp(first.min(last), last);
        pieces.push(start..end);
        start = end;
    }
    pieces
}

/// The weight before each place, and of all. Of weights that a hostile file claims the sum may be past 64 bits.
struct Sums(Vec<u128>);

impl Sums {
    fn of(weights: &[u64]) -> Self {
        let mut sum = 0;
        let sums = weights.iter().map(|weight| {
            sum += u128::from(*weight);
            sum
        });
        Self(std::iter::once(0).chain(sums).collect())
    }

    fn before(&self, place: usize) -> u128 {
        self.0.get(place).copied().unwrap_or(0)
    }

    fn weight(&self, places: Range<usize>) -> u128 {
        self.before(places.end) - self.before(places.start)
    }

    /// The farthest end of a piece from here that weighs no more.
    fn reach(&self, start: usize, most: u128) -> usize {
        let end = self.before(start).saturating_add(most);
        self.0.partition_point(|sum| *sum <= end).saturating_sub(1)
    }

    /// The place whose weight before it is nearest.
    fn nearest(&self, wanted: u128) -> usize {
        let after = self.0.partition_point(|sum| *sum < wanted);
        let before = after.saturating_sub(1);
        if self.before(after).abs_diff(wanted) < self.before(before).abs_diff(wanted) { after } else { before }
    }

    /// The least that the largest of so many pieces may weigh.
    fn least_most(&self, weights: &[u64], count: usize) -> u128 {
        let mut low = weights.iter().max().copied().unwrap_or(0).into();
        let mut high = self.weight(0..weights.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.fits(weights.len(), count, middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }

    /// Whether so many pieces are enough where none weighs more.
    fn fits(&self, places: usize, count: usize, most: u128) -> bool {
        let mut end = 0;
        for _ in 0..count {
            if end >= places {
                break;
            }
            end = self.reach(end, most);
        }
        end >= places
    }

    /// From each place to the end, how few pieces do where none weighs more. Nothing weighs more alone.
    fn fewest(&self, most: u128) -> Vec<usize> {
        let places = self.0.len() - 1;
        let mut fewest = vec![0; self.0.len()];
        let mut end = places;
        for start in (0..places).rev() {
            while end > start + 1 && self.weight(start..end) > most {
                end -= 1;
            }
            let rest = fewest.get(end).copied().unwrap_or(0);
            if let Some(pieces) = fewest.get_mut(start) {
                *pieces = rest + 1;
            }
        }
        fewest
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn heaviest(weights: &[u64], pieces: &[Range<usize>]) -> u128 {
        pieces.iter().map(|piece| weights[piece.clone()].iter().map(|w| u128::from(*w)).sum()).max().unwrap_or(0)
    }

    fn are_all_in_a_row(weights: &[u64], pieces: &[Range<usize>]) -> bool {
        let mut next = 0;
        let in_a_row = pieces.iter().all(|piece| {
            let follows = piece.start == next && piece.end > piece.start;
            next = piece.end;
            follows
        });
        in_a_row && next == weights.len()
    }

    /// The least largest piece there is, by trying every cut.
    fn least(weights: &[u64], count: usize) -> u128 {
        if count == 1 {
            return weights.iter().map(|weight| u128::from(*weight)).sum();
        }
        let tried = (1..=weights.len() - (count - 1)).map(|end| {
            let first: u128 = weights[..end].iter().map(|weight| u128::from(*weight)).sum();
            first.max(least(&weights[end..], count - 1))
        });
        tried.min().unwrap()
    }

    proptest! {
        #[test]
        fn of_so_many_pieces_the_largest_is_as_small_as_it_can_be(
            weights in proptest::collection::vec(prop_oneof![0u64..20, Just(0), Just(500)], 1..10),
            count in 1usize..12,
        ) {
            let pieces = cut(&weights, Cut::Count(count));
            prop_assert!(are_all_in_a_row(&weights, &pieces), "{:?}", pieces);
            prop_assert_eq!(pieces.len(), count.min(weights.len()));
            prop_assert_eq!(heaviest(&weights, &pieces), least(&weights, pieces.len()));
        }

        #[test]
        fn no_piece_is_over_the_size_unless_it_is_one_thing_and_none_could_be_spared(
            weights in proptest::collection::vec(0u64..100, 0..40),
            size in 1u64..120,
        ) {
            let pieces = cut(&weights, Cut::Size(size));
            prop_assert!(are_all_in_a_row(&weights, &pieces), "{:?}", pieces);
            for piece in &pieces {
                let weight: u64 = weights[piece.clone()].iter().sum();
                prop_assert!(weight <= size || piece.len() == 1, "{:?} weighs {}", piece, weight);
            }
            let mut greedy = Vec::<u64>::new();
            for weight in &weights {
                match greedy.last_mut() {
                    Some(last) if *last <= size && *last + weight <= size => *last += weight,
                    _ => greedy.push(*weight),
                }
            }
            prop_assert_eq!(pieces.len(), greedy.len());
        }

        #[test]
        fn no_weight_is_too_large(
            weights in proptest::collection::vec(prop_oneof![Just(u64::MAX), any::<u64>()], 1..30),
            count in prop_oneof![1usize..40, Just(usize::MAX)],
            size in any::<u64>(),
        ) {
            prop_assert!(are_all_in_a_row(&weights, &cut(&weights, Cut::Count(count))));
            prop_assert!(are_all_in_a_row(&weights, &cut(&weights, Cut::Size(size))));
        }
    }

    #[test]
    fn what_is_left_over_is_shared_out() {
        let sizes = |weights: &[u64], into| -> Vec<usize> { cut(weights, into).iter().map(Range::len).collect() };
        assert_eq!(sizes(&[5; 10], Cut::Count(4)), [2, 3, 2, 3]);
        assert_eq!(sizes(&[300; 2], Cut::Size(512)), [1, 1]);
        assert_eq!(sizes(&[10; 6], Cut::Size(50)), [3, 3], "not 5 and 1");
        assert_eq!(sizes(&[1, 1, 90, 1, 1], Cut::Size(50)), [2, 1, 2]);
        assert_eq!(sizes(&[0; 5], Cut::Count(3)).len(), 3);
        assert!(cut(&[], Cut::Count(3)).is_empty() && cut(&[], Cut::Size(3)).is_empty());
    }

    #[test]
    fn a_million_row_groups_are_cut_at_once() {
        let weights: Vec<u64> = (0..1_000_000u64).map(|at| at % 997).collect();
        let pieces = cut(&weights, Cut::Count(1000));
        assert_eq!(pieces.len(), 1000);
        let mean = weights.iter().sum::<u64>() / 1000;
        assert!(heaviest(&weights, &pieces) < u128::from(mean + 997));
    }
}
