#![allow(clippy::single_range_in_vec_init, reason = "one range is what is meant")]

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn policy(free_gap: u64, gap: u64, block: u64, slots: usize) -> CoalescePolicy {
    CoalescePolicy { free_gap, gap, block, slots, wide: 0, piece: 1, max_requests: None }
}

fn capped(policy: CoalescePolicy, cap: usize) -> CoalescePolicy {
    CoalescePolicy { max_requests: Some(cap), ..policy }
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
    assert_eq!(coalesce(&[0..25], &policy(0, 0, 10, 8)), [0..9, 9..17, 17..25]);
}

#[test]
fn a_long_range_is_cut_where_a_task_ends() {
    let asked = [0..18, 8..18, 17..25];
    assert_eq!(coalesce(&asked, &policy(0, 0, 10, 8)), [0..8, 8..17, 17..25]);
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
    assert_eq!(coalesce(&asked, &capped(policy(0, 0, 50, 8), 0)), [0..1_110]);
}

#[test]
fn requests_left_under_the_cap_split_the_longest_range() {
    let asked = [0..100, 200..210];
    let under = coalesce(&asked, &capped(policy(0, 0, 10, 8), 5));
    assert_eq!(under, [0..25, 25..50, 50..75, 75..100, 200..210]);
}

#[test]
fn a_cap_in_force_stays_in_force_when_cuts_have_moved() {
    let asked = [
        233..502,
        302..342,
        517..527,
        610..843,
        843..912,
        1006..1007,
        1007..1008,
        1075..1191,
        1259..1260,
        1402..1403,
        1471..1587,
    ];
    let policy = capped(policy(0, 15, 160, 1), 10);
    let once = coalesce(&asked, &policy);
    assert_eq!(coalesce(&once, &policy), once);
}

#[test]
fn an_object_of_absurd_length_is_not_split_without_end() {
    let plain = policy(0, 0, 1, 8);
    let requests = coalesce(&[0..10, 20..u64::MAX], &plain);
    assert_eq!(requests.len(), MOST_PIECES);
    assert_eq!(ranges::union(&requests), [0..10, 20..u64::MAX]);
    assert_eq!(coalesce(&requests, &plain), requests);
}

#[test]
fn double_fetches_are_waste() {
    assert_eq!(waste(&[0..10], &[0..10, 5..15]), 10);
    assert_eq!(waste(&[0..10, 20..30], &[0..10, 20..30]), 0);
}

#[test]
fn a_browser_merges_more_than_a_server() {
    let server = CoalescePolicy::for_link(&Link::object_store());
    assert_eq!((server.free_gap, server.gap), (8 * 1024, 146_484));
    assert_eq!((server.block, server.slots), (8 << 20, 256));
    // 40 column chunks of 100 KB, 200 KB apart: enough slots on a server, seven waves in a browser.
    let asked: Vec<_> = (0..40).map(|i| i * 300_000..i * 300_000 + 100_000).collect();
    assert_eq!(coalesce(&asked, &server).len(), 40);
    let browser =
        CoalescePolicy::for_link(&Link { bandwidth: 12_500_000, slots: 6, small_slots: 6, ..Link::object_store() });
    assert_eq!(coalesce(&asked, &browser).len(), 6);
}

#[test]
fn hundreds_of_small_ranges_go_side_by_side_rather_than_with_what_lies_between_them() {
    // One column of 30 in 500 row groups: 80 KB each, 540 KB apart.
    let asked: Vec<_> = (0..500).map(|i| i * 620_000..i * 620_000 + 80_000).collect();
    let requests = coalesce(&asked, &CoalescePolicy::for_link(&Link::object_store()));
    assert_eq!((requests.len(), waste(&asked, &requests)), (500, 0));
    // Of closer ones a wave is worth more than the gaps.
    let asked: Vec<_> = (0..500).map(|i| i * 100_000..i * 100_000 + 80_000).collect();
    assert_eq!(coalesce(&asked, &CoalescePolicy::for_link(&Link::object_store())).len(), 256);
}

#[test]
fn a_few_long_requests_are_split_to_fill_the_link() {
    let server = CoalescePolicy::for_link(&Link::object_store());
    assert_eq!((server.wide, server.piece), (31, 4_800_000));
    // A column chunk of 5 MB in each of 10 row groups: two pieces each.
    let asked: Vec<_> = (0..10).map(|i| i * 80_000_000..i * 80_000_000 + 5_000_000).collect();
    let spread_over = |asked: &[Range<u64>], policy: &CoalescePolicy| spread(coalesce(asked, policy), asked, policy);
    assert_eq!(spread_over(&asked, &server).len(), 20);
    assert_eq!(spread_over(&[0..30_000_000], &server).len(), 8);
    assert_eq!(spread_over(&[0..30_000_000, 31_000_000..151_000_000], &server).len(), 31);
    assert_eq!(spread_over(&asked, &capped(server, 60)).len(), 10);
    let browser = Link { bandwidth: 12_500_000, slots: 6, small_slots: 6, ..Link::object_store() };
    assert_eq!(spread_over(&asked[..2], &CoalescePolicy::for_link(&browser)).len(), 2);
}

#[test]
fn a_block_is_worth_its_latency_on_any_link() {
    let far = Link { latency: Duration::from_millis(200), bandwidth: 100_000_000, ..Link::object_store() };
    assert_eq!(CoalescePolicy::for_link(&far).block, 20_000_000);
}

#[test]
fn a_hundred_thousand_ranges_are_no_matter() {
    let asked: Vec<_> = (0..100_000u64).map(|i| i * 1_000 + i % 7 * 50..i * 1_000 + 500).collect();
    let requests = coalesce(&asked, &capped(policy(100, 600, 1 << 20, 64), 50));
    assert_eq!(requests.len(), 50);
}

fn some_ranges() -> impl Strategy<Value = Vec<Range<u64>>> {
    let range = (0u64..2_000, prop_oneof![0u64..20, 0u64..300]);
    vec(range, 0..40).prop_map(|all| all.into_iter().map(|(at, n)| at..at + n).collect())
}

fn some_policy() -> impl Strategy<Value = CoalescePolicy> {
    let cap = prop_oneof![Just(None), (0usize..12).prop_map(Some)];
    (0u64..30, 0u64..100, 1u64..200, 0usize..20, cap).prop_map(|(free_gap, gap, block, slots, max_requests)| {
        CoalescePolicy { max_requests, ..policy(free_gap, gap, block, slots) }
    })
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
    fn spreading_splits_and_nothing_else(asked in some_ranges(), policy in some_policy(), wide in 0usize..40, piece in 1u64..50) {
        let policy = CoalescePolicy { max_requests: None, wide, piece, ..policy };
        let requests = coalesce(&asked, &policy);
        let spread = spread(requests.clone(), &asked, &policy);
        prop_assert_eq!(ranges::union(&spread), ranges::union(&requests));
        prop_assert!(spread.len() == requests.len() || spread.len() <= wide);
        prop_assert!(spread.windows(2).all(|pair| pair[0].end <= pair[1].start));
        let kept = requests.iter().filter(|range| ranges::length(range) <= piece).count();
        prop_assert!(spread.iter().filter(|range| requests.contains(range)).count() >= kept);
        let left = spread.iter().filter(|range| ranges::length(range) > 2 * piece + 1).count();
        prop_assert!(left == 0 || spread.len() >= wide);
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
