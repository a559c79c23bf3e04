//! Plan: which bytes each piece of work needs, and the requests that get them.

mod requests;

use crate::coalesce::CoalescePolicy;
use crate::error::{Error, ErrorKind, Result};
use crate::link::Link;
use crate::pages;
use crate::parts::KnownParts;
use crate::prefix;
use crate::ranges;
use crate::scan::Scan;
use crate::select::{Resolved, RowGroupRows};
use crate::vet::page_index;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::page_index::offset_index::PageLocation;
use std::ops::Range;

/// One piece of decoding work: some rows of one row group. Its ranges are what it needs before it can start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The row group's index in the file.
    pub row_group: usize,
    /// The rows to decode, counted from the row group's first.
    pub rows: Range<u64>,
    /// How many rows the row group has.
    pub total: u64,
    /// The bytes it needs: sorted, disjoint.
    pub ranges: Vec<Range<u64>>,
    /// Whether its pages are read from their front and left at the last row. Then `ranges` are what that is expected to
    /// take, and where values turn out to be longer than they are on the average, more of them is fetched.
    pub prefix: bool,
}

impl Task {
    /// Bytes needed.
    pub fn bytes(&self) -> u64 {
        ranges::total(&self.ranges)
    }

    /// The rows it decodes.
    pub(crate) fn selected(&self) -> RowGroupRows {
        RowGroupRows { index: self.row_group, rows: self.rows.clone(), total: self.total }
    }
}

/// Everything that a read will decode and fetch. The same plan is printed and carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadPlan {
    /// The leaf columns to read, ascending.
    pub leaves: Vec<usize>,
    /// The work, in file order.
    pub tasks: Vec<Task>,
    /// The requests, in file order.
    pub requests: Vec<Range<u64>>,
    /// Bytes the tasks need, each byte counted once.
    pub useful: u64,
    /// Those of them that are known already.
    pub known: u64,
    /// Bytes of requests that no task needs.
    pub waste: u64,
    /// How many ranges of tasks need no request because their bytes are known.
    pub known_part_hits: u64,
    /// The offset index that a read would fetch first, where that was not to be fetched for the plan
    /// ([`crate::load::Goal::Estimate`]). Whole column chunks stand for the pages it would name.
    pub index: Option<Range<u64>>,
}

/// What the link, the memory and the caller allow.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The link to plan for.
    pub link: Link,
    /// The byte budget of the load.
    pub memory: u64,
    /// A cap on data requests, where the platform has one (edge runtimes count subrequests).
    pub max_requests: Option<usize>,
    /// Files that are read side by side and share the link: 1 where this one has it alone.
    pub files: usize,
}

impl Limits {
    /// How many compressed bytes one task should hold at most: a quarter of the budget, so that one task can be
    /// decoded while the next is fetched and the results of both have room.
    fn task_bytes(&self) -> u64 {
        (self.memory / 4).max(1 << 20)
    }
}

/// The offset index that a read is better off with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexNeed {
    /// The row groups it is for.
    pub row_groups: Vec<usize>,
    /// The bytes that hold it.
    pub range: Range<u64>,
}

/// Whether to read pages rather than whole column chunks, and the bytes of the offset index that takes.
///
/// Pages pay where only some rows of a row group are wanted, and where a row group is too large for the budget. An
/// index that isn't known yet costs a round trip, so it must save more than that takes at this bandwidth. The first rows
/// of a row group are found without it, where pages may be read from their `fronts`.
pub fn index_need(
    metadata: &ParquetMetaData,
    selection: &Resolved,
    parts: &KnownParts,
    limits: &Limits,
    fronts: bool,
) -> Option<IndexNeed> {
    let mut row_groups = Vec::new();
    let mut saved = 0;
    let mut range: Option<Range<u64>> = None;
    for rows in &selection.rows {
        let group = metadata.row_group(rows.index);
        let bytes = bytes_of(group, &selection.leaves);
        let too_large = bytes > limits.task_bytes();
        if rows.is_whole() && !too_large {
            continue;
        }
        let front = prefix_ranges(metadata, selection, rows, parts.length(), fronts);
        let without = front.map_or(bytes, |ranges| ranges::total(&ranges));
        let saves = without.saturating_sub(share(bytes, rows.rows.end - rows.rows.start, rows.total));
        for index in selection.leaves.iter().filter_map(|leaf| group.column(*leaf).offset_index_range()) {
            range = Some(match range {
                None => index,
                Some(range) => range.start.min(index.start)..range.end.max(index.end),
            });
        }
        saved = if too_large && without == bytes { bytes } else { saves }.saturating_add(saved);
        row_groups.push(rows.index);
    }
    // The index is held whole, and a file may claim that it is as large as itself.
    let held = |range: &Range<u64>| range.end - range.start <= limits.task_bytes();
    let range = range.filter(|range| range.start < range.end && range.end <= parts.length()).filter(held)?;
    let cost = if parts.covers(&range) {
        0
    } else {
        (range.end - range.start).saturating_add(limits.link.bytes_per_latency())
    };
    (saved > cost).then_some(IndexNeed { row_groups, range })
}

/// Plans a read: tasks, their ranges, and the requests for what isn't known. Pages are read from their `fronts` where
/// that pays, unless somebody else than [`crate::job::Job`] is going to read them.
///
/// # Errors
/// When the metadata points outside the file.
pub fn plan(scan: &Scan, selection: &Resolved, parts: &KnownParts, limits: &Limits, fronts: bool) -> Result<ReadPlan> {
    let mut policy = policy(limits);
    let mut tasks = tasks(scan, selection, limits, fronts)?;
    if let Some(most) = limits.max_requests {
        // Each may take one more.
        let spare = tasks.iter().filter(|task| task.prefix).count();
        if spare >= most {
            tasks = self::tasks(scan, selection, limits, false)?;
        } else {
            policy.max_requests = Some(most - spare);
        }
    }
    let mut missing = Vec::new();
    let mut known_part_hits = 0;
    for range in tasks.iter().flat_map(|task| &task.ranges) {
        if parts.covers(range) {
            known_part_hits += 1;
        } else {
            missing.extend(parts.missing(range));
        }
    }
    let requests = requests::requests(&tasks, parts, &missing, &policy);
    let needed = ranges::union(&tasks.iter().flat_map(|task| task.ranges.iter().cloned()).collect::<Vec<_>>());
    let useful = ranges::total(&needed);
    let asked = ranges::total(&ranges::union(&missing));
    let fetched = ranges::total(&requests);
    let leaves = selection.leaves.clone();
    let (known, waste) = (useful - asked, fetched - asked);
    Ok(ReadPlan { leaves, tasks, requests, useful, known, waste, known_part_hits, index: None })
}

/// How requests are merged and split.
pub(crate) fn policy(limits: &Limits) -> CoalescePolicy {
    let policy = CoalescePolicy::for_link(&limits.link);
    // Several blocks and what is made of them must find room side by side.
    let block = policy.block.min(limits.memory / 8).max(1 << 20);
    let wide = policy.wide / limits.files.max(1);
    CoalescePolicy { block, max_requests: limits.max_requests, wide, ..policy }
}

fn tasks(scan: &Scan, selection: &Resolved, limits: &Limits, fronts: bool) -> Result<Vec<Task>> {
    let metadata = scan.metadata();
    let mut tasks = Vec::new();
    for rows in &selection.rows {
        let RowGroupRows { index: row_group, total, .. } = *rows;
        if let Some(ranges) = prefix_ranges(metadata, selection, rows, scan.length, fronts) {
            tasks.push(Task { row_group, rows: rows.rows.clone(), total, ranges, prefix: true });
            continue;
        }
        for rows in windows(metadata, selection, rows, limits.task_bytes()) {
            let mut task = Task { row_group, rows, total, ranges: Vec::new(), prefix: false };
            task.ranges = task_ranges(scan, &task)?;
            tasks.push(task);
        }
    }
    Ok(tasks)
}

/// Where only the front of pages is needed, what of it to fetch first.
fn prefix_ranges(
    metadata: &ParquetMetaData,
    selection: &Resolved,
    rows: &RowGroupRows,
    length: u64,
    fronts: bool,
) -> Option<Vec<Range<u64>>> {
    let ranges = prefix::ranges(metadata, &selection.leaves, rows, length).filter(|_| fronts && !rows.is_whole())?;
    Some(ranges::disjoint(&ranges))
}

/// The bytes one task needs: whole column chunks, or where only some rows are wanted and an index names the pages, those.
pub(crate) fn task_ranges(scan: &Scan, task: &Task) -> Result<Vec<Range<u64>>> {
    let metadata = scan.metadata();
    let index = metadata.page_index_for_row_group(task.row_group);
    let mut wanted = Vec::new();
    for leaf in &scan.leaves {
        let (start, length) = metadata.row_group(task.row_group).column(*leaf).byte_range();
        let chunk = start..start.saturating_add(length);
        match index.page_locations(*leaf).filter(|_| task.rows != (0..task.total)) {
            Some(locations) => {
                page_index::check_locations(&chunk, task.total, locations)?;
                wanted.extend(pages::ranges(&chunk, locations, &task.rows));
            }
            None => wanted.push(chunk),
        }
    }
    if let Some(range) = wanted.iter().find(|range| range.start > range.end || range.end > scan.length) {
        return Err(Error::new(
            ErrorKind::Corrupt,
            format!(
                "row group {} claims bytes {}..{} of a file of {} bytes",
                task.row_group, range.start, range.end, scan.length
            ),
        ));
    }
    // Touching ones stay apart: where one ends is where a request is best cut, for what is cut has to be joined.
    Ok(ranges::disjoint(&wanted))
}

/// Cuts the wanted rows of a row group into windows of at most `target` bytes, where its pages are known, at page
/// boundaries of the column with the most bytes: its pages are then decoded once.
fn windows(metadata: &ParquetMetaData, selection: &Resolved, rows: &RowGroupRows, target: u64) -> Vec<Range<u64>> {
    let group = metadata.row_group(rows.index);
    let index = metadata.page_index_for_row_group(rows.index);
    let pages = |leaf: &usize| index.page_locations(*leaf).filter(|pages| !pages.is_empty());
    let all_known = selection.leaves.iter().all(|leaf| pages(leaf).is_some());
    let bytes = bytes_of(group, &selection.leaves);
    let wanted = rows.rows.end - rows.rows.start;
    let wanted_bytes = share(bytes, wanted, rows.total);
    let count = wanted_bytes.div_ceil(target);
    let heaviest = selection.leaves.iter().max_by_key(|leaf| group.column(**leaf).byte_range().1);
    let (true, true, Some(pages)) = (all_known, count > 1, heaviest.and_then(pages)) else {
        return vec![rows.rows.clone()];
    };
    // There is nothing to cut between more windows than pages, and a file may claim any number of bytes.
    let count = count.min((pages.len() as u64).saturating_mul(4));
    let mut cuts: Vec<u64> = (1..count)
        .map(|nth| rows.rows.start + share(wanted, nth, count))
        .map(|row| page_start(pages, row))
        .filter(|row| rows.rows.start < *row && *row < rows.rows.end)
        .collect();
    cuts.dedup();
    let starts = std::iter::once(rows.rows.start).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain(std::iter::once(rows.rows.end));
    starts.zip(ends).map(|(start, end)| start..end).collect()
}

/// Compressed bytes of these column chunks, one by one: chunks that claim the same bytes count again.
fn bytes_of(group: &RowGroupMetaData, leaves: &[usize]) -> u64 {
    leaves.iter().map(|leaf| group.column(*leaf).byte_range().1).fold(0, u64::saturating_add)
}

/// The first row of the page that holds `row`.
fn page_start(pages: &[PageLocation], row: u64) -> u64 {
    let after = pages.partition_point(|page| u64::try_from(page.first_row_index).is_ok_and(|first| first <= row));
    after.checked_sub(1).and_then(|at| pages.get(at)).map_or(0, |page| u64::try_from(page.first_row_index).unwrap_or(0))
}

/// `part` of `whole` of an amount, rounded down.
fn share(amount: u64, part: u64, whole: u64) -> u64 {
    let share = u128::from(amount) * u128::from(part) / u128::from(whole.max(1));
    u64::try_from(share).unwrap_or(u64::MAX)
}
