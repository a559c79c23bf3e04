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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn policy(free_gap: u64, gap: u64, block: u64, slots: usize) -> CoalescePolicy {
        CoalescePolicy {
            free_gap,
            gap,
            block,
            slots,
            max_requests: None,
        }
    }

    fn capped(policy: CoalescePolicy, cap: usize) -> CoalescePolicy {
        CoalescePolicy {
            max_requests: Some(cap),
            ..policy
        }
    }

    #[test]
    fn fsspec_drops_both_of_two_equal_ranges() {
        let plain = policy(0, 0, 100, 8);
        assert_eq!(coalesce(&[0..10, 0..10], &plain), [0..10]);
        assert_eq!(coalesce(&[0..10, 2..5, 0..10], &plain), [0..10]);
    }

    #[test]
    fn nothing_asked_is_no_request() {
        assert!(coalesce(&[], &policy(9, 9, 9, 9)).is_empty());
        assert!(coalesce(&[5..5], &policy(9, 9, 9, 9)).is_empty());
    }

    #[test]
    fn with_free_slots_only_tiny_gaps_are_merged() {
        let asked = [0..10, 12..20, 60..70];
        assert_eq!(coalesce(&asked, &policy(4, 50, 1000, 2)), [0..20, 60..70]);
    }

    #[test]
    fn more_ranges_than_slots_merge_over_the_smallest_gaps() {
        let asked = [0..10, 40..50, 60..70, 100..110];
        let merged = coalesce(&asked, &policy(4, 50, 1000, 3));
        assert_eq!(merged, [0..10, 40..70, 100..110]);
        // And never over gaps that cost more than a wave.
        assert_eq!(coalesce(&asked, &policy(4, 9, 1000, 1)), asked);
    }

    #[test]
    fn a_long_range_is_split_into_nearly_equal_pieces() {
        assert_eq!(
            coalesce(&[0..25], &policy(0, 0, 10, 8)),
            [0..9, 9..17, 17..25]
        );
    }

    #[test]
    fn a_long_range_is_cut_where_a_task_ends() {
        let asked = [0..18, 8..18, 17..25];
        assert_eq!(
            coalesce(&asked, &policy(0, 0, 10, 8)),
            [0..8, 8..17, 17..25]
        );
    }

    #[test]
    fn touching_ranges_merge_up_to_a_block() {
        let asked: Vec<_> = (0..16).map(|i| i * 4..i * 4 + 4).collect();
        assert_eq!(coalesce(&asked, &policy(0, 0, 32, 8)), [0..32, 32..64]);
    }

    #[test]
    fn the_cap_holds_whatever_it_wastes() {
        let asked = [0..10, 1_000..1_010, 1_100..1_110];
        let under = coalesce(&asked, &capped(policy(0, 0, 50, 8), 2));
        assert_eq!(under, [0..10, 1_000..1_110]);
        assert_eq!(waste(&asked, &under), 90);
        assert_eq!(
            coalesce(&asked, &capped(policy(0, 0, 50, 8), 0)),
            [0..1_110]
        );
    }

    #[test]
    fn requests_left_under_the_cap_split_the_longest_range() {
        let asked = [0..100, 200..210];
        let under = coalesce(&asked, &capped(policy(0, 0, 10, 8), 5));
        assert_eq!(under, [0..25, 25..50, 50..75, 75..100, 200..210]);
    }

    #[test]
    fn double_fetches_are_waste() {
        assert_eq!(waste(&[0..10], &[0..10, 5..15]), 10);
        assert_eq!(waste(&[0..10, 20..30], &[0..10, 20..30]), 0);
    }

    #[test]
    fn a_browser_merges_more_than_a_server() {
        let server = CoalescePolicy::for_link(&Link::object_store());
        assert_eq!((server.free_gap, server.gap), (8 * 1024, 2_400_000));
        assert_eq!((server.block, server.slots), (8 << 20, 64));
        // 40 column chunks of 100 KB, 200 KB apart: enough slots on a server, seven waves in a browser.
        let asked: Vec<_> = (0..40)
            .map(|i| i * 300_000..i * 300_000 + 100_000)
            .collect();
        assert_eq!(coalesce(&asked, &server).len(), 40);
        let browser = CoalescePolicy::for_link(&Link::browser());
        assert_eq!(coalesce(&asked, &browser).len(), 6);
    }

    #[test]
    fn a_block_is_worth_its_latency_on_any_link() {
        let far = Link {
            latency: Duration::from_millis(200),
            bandwidth: 100_000_000,
            ..Link::object_store()
        };
        assert_eq!(CoalescePolicy::for_link(&far).block, 20_000_000);
    }

    #[test]
    fn a_hundred_thousand_ranges_are_no_matter() {
        let asked: Vec<_> = (0..100_000u64)
            .map(|i| i * 1_000 + i % 7 * 50..i * 1_000 + 500)
            .collect();
        let requests = coalesce(&asked, &capped(policy(100, 600, 1 << 20, 64), 50));
        assert_eq!(requests.len(), 50);
    }

    fn some_ranges() -> impl Strategy<Value = Vec<Range<u64>>> {
        let range = (0u64..2_000, prop_oneof![0u64..20, 0u64..300]);
        vec(range, 0..40).prop_map(|all| all.into_iter().map(|(at, n)| at..at + n).collect())
    }

    fn some_policy() -> impl Strategy<Value = CoalescePolicy> {
        let cap = prop_oneof![Just(None), (0usize..12).prop_map(Some)];
        (0u64..30, 0u64..100, 1u64..200, 0usize..20, cap).prop_map(
            |(free_gap, gap, block, slots, max_requests)| CoalescePolicy {
                max_requests,
                ..policy(free_gap, gap, block, slots)
            },
        )
    }

    proptest! {
        #[test]
        fn covers_everything_sorted_disjoint_and_under_the_cap(
            asked in some_ranges(),
            policy in some_policy(),
        ) {
            let requests = coalesce(&asked, &policy);
            prop_assert_eq!(ranges::subtract(&asked, &requests), []);
            prop_assert!(requests.iter().all(|range| !range.is_empty()));
            prop_assert!(requests.windows(2).all(|pair| pair[0].end <= pair[1].start));
            if let Some(cap) = policy.max_requests {
                prop_assert!(requests.len() <= cap.max(1));
            }
        }

        #[test]
        fn longer_than_a_block_only_where_the_cap_forces_it(
            asked in some_ranges(),
            policy in some_policy(),
        ) {
            let requests = coalesce(&asked, &policy);
            let longest = requests.iter().map(ranges::length).max().unwrap_or(0);
            let used_up = policy.max_requests.is_some_and(|cap| requests.len() == cap.max(1));
            prop_assert!(longest <= policy.block || used_up);
        }

        #[test]
        fn blind_to_order_and_duplicates(
            (asked, mixed) in some_ranges().prop_flat_map(|asked| {
                let twice: Vec<_> = asked.iter().chain(asked.iter().step_by(2)).cloned().collect();
                (Just(asked), Just(twice).prop_shuffle())
            }),
            policy in some_policy(),
        ) {
            prop_assert_eq!(coalesce(&asked, &policy), coalesce(&mixed, &policy));
        }

        #[test]
        fn coalescing_again_changes_nothing(asked in some_ranges(), policy in some_policy()) {
            let once = coalesce(&asked, &policy);
            prop_assert_eq!(coalesce(&once, &policy), once);
        }

        #[test]
        fn waste_is_bounded_by_the_gaps_merged(asked in some_ranges(), policy in some_policy()) {
            let policy = CoalescePolicy { max_requests: None, ..policy };
            let requests = coalesce(&asked, &policy);
            let gaps = u64::try_from(ranges::union(&asked).len()).unwrap_or(u64::MAX);
            let wasted = waste(&asked, &requests);
            prop_assert!(wasted <= gaps * policy.gap.max(policy.free_gap));
            prop_assert_eq!(
                wasted,
                ranges::total(&requests) - ranges::total(&asked)
            );
            let frugal = CoalescePolicy { free_gap: 0, gap: 0, ..policy };
            prop_assert_eq!(waste(&asked, &coalesce(&asked, &frugal)), 0);
        }
    }
}
