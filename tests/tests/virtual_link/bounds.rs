//! The most a load may hold, by the rules of its parts.

use parqlet_core::plan::ReadPlan;

/// The most one page of the test files takes decompressed.
const PAGE: u64 = 64 << 10;

/// What the budget rule allows at most.
///
/// Work ahead of the reader stays within `memory`. Beyond it may go: what opening took (charged whatever the budget
/// is), the requests that the task in line needs, the share of results of its job (`quota`), and for each running job
/// one batch, as it stops at the first that passes its share, and what it takes to decode: bytes joined from several
/// requests, and a page and a dictionary of each column decompressed.
pub fn most(plan: &ReadPlan, memory: u64, decoders: u64, opening: u64, batch: u64) -> u64 {
    let quota = (memory / 4 / decoders).clamp(1 << 20, 32 << 20);
    memory.max(opening)
        + (1 + decoders) * head_of_line(plan)
        + quota
        + decoders * (batch + PAGE * plan.leaves.len() as u64)
}

/// The most bytes of requests that one task waits for, together with what tasks before it left to later ones; or what it
/// needs of bytes that were known before and may be copied out of a larger buffer.
pub fn head_of_line(plan: &ReadPlan) -> u64 {
    let users: Vec<(u64, usize, usize)> = plan
        .requests
        .iter()
        .filter_map(|request| {
            let uses = |at: &usize| {
                plan.tasks[*at].ranges.iter().any(|range| range.start < request.end && request.start < range.end)
            };
            let first = (0..plan.tasks.len()).find(uses)?;
            let last = (0..plan.tasks.len()).rfind(uses)?;
            Some((request.end - request.start, first, last))
        })
        .collect();
    let held =
        |task: usize| users.iter().filter(|(_, first, last)| (*first..=*last).contains(&task)).map(|user| user.0).sum();
    (0..plan.tasks.len()).map(|task| plan.tasks[task].bytes().max(held(task))).max().unwrap_or(0)
}
