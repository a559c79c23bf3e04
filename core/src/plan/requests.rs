//! The requests of a plan.

use super::Task;
use crate::coalesce::{CoalescePolicy, coalesce, spread};
use crate::parts::KnownParts;
use crate::ranges;
use std::ops::Range;

/// The requests for what is `missing`.
///
/// Windows of one row group lie column by column: requests that are merged across windows would hold some of each, so
/// that the first window needed nearly the whole row group in memory. They ask window by window, and apart for what
/// three or more of them need: dictionaries would pin the pages beside them.
pub(super) fn requests(
    tasks: &[Task],
    parts: &KnownParts,
    missing: &[Range<u64>],
    policy: &CoalescePolicy,
) -> Vec<Range<u64>> {
    let merged = || spread(coalesce(missing, policy), missing, policy);
    let windows = |pair: &[Task]| matches!(pair, [one, other] if one.row_group == other.row_group);
    if !tasks.windows(2).any(windows) {
        return merged();
    }
    // Over no gap, so that no request meets that of another window.
    let own = CoalescePolicy { free_gap: 0, gap: 0, max_requests: None, ..*policy };
    let mut requests = Vec::new();
    let mut whole = Vec::new();
    for group in tasks.chunk_by(|one, other| one.row_group == other.row_group) {
        let unknown = |task: &Task| task.ranges.iter().flat_map(|range| parts.missing(range)).collect::<Vec<_>>();
        if let [task] = group {
            whole.extend(unknown(task));
            continue;
        }
        let mut asked = shared(group.iter().map(unknown));
        requests.extend(coalesce(&asked, &own));
        for task in group {
            let fresh = unasked(unknown(task), &asked);
            requests.extend(coalesce(&fresh, &own));
            asked.extend(fresh);
            asked = ranges::union(&asked);
        }
    }
    requests.extend(coalesce(&whole, &own));
    requests.sort_by_key(|request| request.start);
    if policy.max_requests.is_some_and(|most| requests.len() > most) { merged() } else { requests }
}

/// As [`ranges::subtract`], but touching ranges stay apart. `asked` is sorted and disjoint.
fn unasked(needed: Vec<Range<u64>>, asked: &[Range<u64>]) -> Vec<Range<u64>> {
    let left = |need: Range<u64>| {
        let first = asked.partition_point(|range| range.end <= need.start);
        let end = asked.partition_point(|range| range.start < need.end);
        ranges::subtract(std::slice::from_ref(&need), asked.get(first..end).unwrap_or_default())
    };
    needed.into_iter().flat_map(left).collect()
}

/// What three or more of these need.
fn shared(needs: impl Iterator<Item = Vec<Range<u64>>>) -> Vec<Range<u64>> {
    let mut edges: Vec<(u64, i64)> = needs.flatten().flat_map(|need| [(need.start, 1), (need.end, -1)]).collect();
    edges.sort_unstable();
    let (mut depth, mut since) = (0, None);
    let mut shared = Vec::new();
    for (position, step) in edges {
        depth += step;
        match since {
            None if depth >= 3 => since = Some(position),
            Some(start) if depth < 3 => {
                shared.push(start..position);
                since = None;
            }
            _ => {}
        }
    }
    ranges::union(&shared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Link;

    fn window(rows: Range<u64>, ranges: &[Range<u64>]) -> Task {
        Task { row_group: 0, rows, total: 30, ranges: ranges.to_vec(), prefix: false }
    }

    fn policy(max_requests: Option<usize>) -> CoalescePolicy {
        let link = Link { tail: 65_536, ..Link::object_store() };
        CoalescePolicy { max_requests, ..CoalescePolicy::for_link(&link) }
    }

    /// Two columns of a dictionary and three pages each, one page a window; the second page of column two lies in two.
    fn windows() -> Vec<Task> {
        vec![
            window(0..10, &[0..5, 5..100, 300..305, 305..400]),
            window(10..20, &[0..5, 100..200, 300..305, 400..500]),
            window(20..30, &[0..5, 200..300, 300..305, 400..500, 500..600]),
        ]
    }

    #[test]
    fn a_window_waits_for_no_bytes_of_the_next_ones() {
        let tasks = windows();
        let parts = KnownParts::new(600);
        let missing: Vec<_> = tasks.iter().flat_map(|task| task.ranges.clone()).collect();
        let apart = requests(&tasks, &parts, &missing, &policy(None));
        assert_eq!(apart, [0..5, 5..100, 100..200, 200..300, 300..305, 305..400, 400..500, 500..600]);
        assert_eq!(
            requests(&tasks, &parts, &missing, &policy(Some(3))),
            vec![0..600; 1],
            "a cap on requests comes first"
        );
    }

    #[test]
    fn row_groups_read_whole_share_requests() {
        let mut tasks = windows();
        tasks.truncate(2);
        tasks[1].row_group = 1;
        let missing = [0..100, 300..400, 100..200, 400..500];
        assert_eq!(requests(&tasks, &KnownParts::new(600), &missing, &policy(None)), vec![0..500; 1]);
    }
}
