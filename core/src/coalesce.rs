//! From the byte ranges a plan needs to the requests worth making.

mod requests;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::link::Link;
use crate::ranges;

use requests::Requests;

/// What a request's own head and the head of its answer cost on the wire, with room for long signed URLs and cookies.
const REQUEST_OVERHEAD: u64 = 8 * 1024;
/// Object stores stream one request at 25 to 95 MiB/s and charge by request: 8 to 16 MiB a request is where time and
/// money are both near their best (Durner, Leis, Neumann, PVLDB 2023).
const BLOCK: u64 = 8 * 1024 * 1024;
/// What a link of short latency says: each request has its price all the same.
const SMALLEST_PIECE: u64 = 2 * 1024 * 1024;
/// Bytes a second that a worker's own line carries, however many connections there are: 10 Gbit/s.
const LINE: u64 = 1_250_000_000;
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
    /// Where there are fewer requests than this, those longer than `piece` are split further.
    pub wide: usize,
    /// Requests up to this length are not split any more. At least 1.
    pub piece: u64,
    /// The most requests allowed in all, whatever they waste; `None` for no limit. At least 1.
    pub max_requests: Option<usize>,
}

impl CoalescePolicy {
    /// Derived from the physics of a link.
    ///
    /// While slots are free a request more runs beside the others and costs no time, only its own head on the wire: so
    /// merge gaps up to 8 KiB and no more. Once there are more requests than slots they go in
    /// waves; each wave costs a latency, and a gap costs gap / bandwidth: so a merge pays up to
    /// gap = latency x bandwidth of one slot. Where more small requests than large ones run side by side they can fill the
    /// machine's own line, and a wave of them costs as much time as latency x that line: a gap pays up to its share of this.
    ///
    /// One connection is slower than the link, so long ranges are split to run side by side, at 8 MiB, or at
    /// latency x bandwidth where that is more: a shorter request would wait longer than it streams. Where they are too few
    /// to fill the machine's own line twice over (one half of them waits while the other streams), the longest are split
    /// while both halves stream longer than they wait: see [`spread`].
    pub fn for_link(link: &Link) -> Self {
        let long = link.bytes_per_latency().min(LARGEST_BLOCK);
        let slots = link.small_slots.max(link.slots).max(1);
        let wave = Link { bandwidth: LINE, ..*link }.bytes_per_latency();
        let (gap, wide) = if slots > link.slots {
            let wide = usize::try_from(2 * LINE / link.bandwidth.max(1)).unwrap_or(usize::MAX);
            (long.min(wave / slots as u64), wide.min(link.slots))
        } else {
            (long, 0)
        };
        Self {
            free_gap: REQUEST_OVERHEAD,
            gap: gap.max(REQUEST_OVERHEAD),
            block: long.max(BLOCK),
            slots,
            wide,
            piece: long.saturating_mul(2).max(SMALLEST_PIECE),
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
/// Takes time n log n. However long the ranges are, splitting makes at most 65,536 requests of them.
pub fn coalesce(ranges: &[Range<u64>], policy: &CoalescePolicy) -> Vec<Range<u64>> {
    let cap = policy.max_requests.unwrap_or(usize::MAX);
    let cap = cap.clamp(1, most_requests(ranges));
    let free = |ranges: &[Range<u64>]| without_cap(ranges, policy).filter(|it| it.len() <= cap);
    free(ranges).unwrap_or_else(|| {
        let mut forced = Requests::new(ranges);
        forced.merge(u64::MAX, u64::MAX, cap);
        forced.split_spare(policy.block, cap);
        let forced = forced.into_ranges();
        // What merging under the cap has brought together may now fit it block by block.
        free(&forced).unwrap_or(forced)
    })
}

/// A few long requests leave most of a wide link idle: the longest ones are split, down to `piece`, until there are as many
/// as `wide`; at an end of a range that was `asked` for where one is near. Not where the number of requests is capped.
pub fn spread(requests: Vec<Range<u64>>, asked: &[Range<u64>], policy: &CoalescePolicy) -> Vec<Range<u64>> {
    if policy.max_requests.is_some() || requests.len() >= policy.wide {
        return requests;
    }
    let mut requests = Requests::of(&requests, asked);
    requests.split_spare(policy.piece.max(1), policy.wide);
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

/// Splitting makes no more requests than this out of fewer ranges: an object is as long as a server says it is.
const MOST_PIECES: usize = 1 << 16;

fn most_requests(ranges: &[Range<u64>]) -> usize {
    ranges::disjoint(ranges).len().max(MOST_PIECES)
}

/// Steps 1 to 3, or `None` where splitting would make more requests than any cap allows.
fn without_cap(ranges: &[Range<u64>], policy: &CoalescePolicy) -> Option<Vec<Range<u64>>> {
    let block = policy.block.max(1);
    let mut requests = Requests::new(ranges);
    let pieces = requests.pieces(block);
    if usize::try_from(pieces).is_ok_and(|pieces| pieces <= most_requests(ranges)) {
        requests.split(block);
        requests.merge(policy.free_gap, block, 1);
        requests.merge(policy.gap, block, policy.slots.max(1));
        return Some(requests.into_ranges());
    }
    None
}
