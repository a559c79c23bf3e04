//! What must be true of a run when it is over.

use crate::bounds;
use crate::seeded::Wish;
use crate::shape::{Shape, joined};
use arrow_array::RecordBatch;
use parqlet_core::error::{Error, ErrorKind};
use parqlet_core::fetch::Span;
use parqlet_core::load::{Load, Options};
use parqlet_core::parts::KnownParts;
use parqlet_tests::virtual_link::{Content, End, Fault, Outcome, Physics, VirtualLink};
use std::sync::Arc;

/// The rows are those of one state of the object: of the state that the load says it read.
pub fn right_rows(outcome: &Outcome, wish: &Wish, link: &VirtualLink, states: &[Arc<Shape>; 3]) -> Result<(), String> {
    let load = outcome.load.as_ref().ok_or("no load")?;
    let shape = &states[state(load, outcome, link)?];
    let expected = shape.expected(wish.columns.as_deref(), wish.row_groups.as_deref(), wish.offset, wish.limit);
    let schema = load.schema().ok_or("done without a schema")?;
    if schema.fields() != expected.schema().fields() {
        return Err(format!("schema {schema:?}, not {:?}", expected.schema()));
    }
    if let Some(batch) = outcome.batches.iter().find(|batch| batch.schema() != *schema) {
        return Err(format!("a batch of schema {:?}, not {schema:?}", batch.schema()));
    }
    if outcome.batches.iter().any(|batch| batch.num_rows() == 0) {
        return Err("an empty batch".to_owned());
    }
    if let Some(most) = wish.batch_rows
        && outcome.batches.iter().any(|batch| batch.num_rows() > most)
    {
        return Err(format!("a batch of more than {most} rows"));
    }
    let rows = joined(schema, &outcome.batches);
    if rows.num_rows() != expected.num_rows() {
        return Err(format!("{} rows, not {}", rows.num_rows(), expected.num_rows()));
    }
    if rows.columns() != expected.columns() {
        return Err("other values than the file's".to_owned());
    }
    Ok(())
}

/// The budget was kept, as far as the rules of its parts promise.
pub fn held_within(
    outcome: &Outcome,
    options: &Options,
    link: &VirtualLink,
    states: &[Arc<Shape>; 3],
) -> Result<(), String> {
    let load = outcome.load.as_ref().ok_or("no load")?;
    let Some(plan) = load.plan().filter(|_| load.stats().restarts == 0) else { return Ok(()) };
    let (manners, longest) = (&link.server().manners, states.iter().map(|state| state.length()).max().unwrap_or(0));
    let whole =
        !manners.ranges || manners.refuses_suffix.is_some() || link.log().iter().any(|sent| sent.fault.is_some());
    let prepared: u64 = link
        .log()
        .iter()
        .filter(|sent| !plan.requests.iter().any(|range| sent.request.span == Span::Exact(range.clone())))
        .map(|sent| match &sent.request.span {
            Span::Length => 0,
            Span::Exact(_) if whole => longest,
            Span::Exact(range) => range.end - range.start,
            Span::Tail(bytes) => longest.max(*bytes),
        })
        .sum();
    // A batch that nobody took yet is no larger than all rows with the slack of growing buffers.
    let largest = match outcome.end {
        End::Idle => 2 * states[0].rows.get_array_memory_size() as u64 + 4_096,
        _ => outcome.batches.iter().map(|batch| batch.get_array_memory_size() as u64).max().unwrap_or(0),
    };
    // An object sent whole in place of a range is in hand until the range is copied out of it.
    let in_hand = if whole { longest } else { 0 };
    let most = in_hand + bounds::most(plan, options.limits.memory, options.decoders as u64, prepared, largest);
    match load.stats().peak_memory {
        peak if peak > most => {
            Err(format!("held {peak} bytes of a budget of {}, at most {most} are needed", options.limits.memory))
        }
        _ => Ok(()),
    }
}

/// The load's own figures are true.
pub fn figures(outcome: &Outcome, link: &VirtualLink, cold: bool) -> Result<(), String> {
    let load = outcome.load.as_ref().ok_or("no load")?;
    let stats = load.stats();
    let rows: usize = outcome.batches.iter().map(RecordBatch::num_rows).sum();
    let said = (stats.requests, stats.rows, stats.batches, stats.planned_rows);
    let seen = (link.log().len() as u64, rows as u64, outcome.batches.len() as u64, rows as u64);
    if said != seen {
        return Err(format!("requests, rows, batches and planned rows: says {said:?}, seen {seen:?}"));
    }
    // The bytes kept from opening are all that is left, and they are paid for.
    let (kept, paid) = (load.opened().map_or(0, |opened| opened.parts.pinned()), load.ledger().used());
    if cold && kept != paid {
        return Err(format!("{kept} bytes kept at the end, {paid} charged"));
    }
    let quiet = link.log().iter().all(|sent| sent.fault.is_none()) && link.server().manners.ranges;
    if quiet && stats.restarts == 0 && stats.bytes != stats.planned_bytes {
        return Err(format!("planned {} bytes, received {}", stats.planned_bytes, stats.bytes));
    }
    Ok(())
}

/// An error must come from a fault that was met.
pub fn explained(
    error: &Error,
    outcome: &Outcome,
    options: &Options,
    physics: &Physics,
    link: &VirtualLink,
) -> Result<(), String> {
    let met: Vec<&Fault> = link.log().iter().filter_map(|sent| sent.fault.as_ref()).collect();
    let has = |wanted: fn(&Fault) -> bool| met.iter().any(|fault| wanted(fault));
    let manners = &link.server().manners;
    let changed = link.server().state_at(outcome.at) > 0;
    let largest = link.server().states.iter().map(|(_, content)| content.bytes.len() as u64).max().unwrap_or(0);
    let asked_length = link.log().iter().any(|sent| sent.request.span == Span::Length);
    let possible = match error.kind() {
        ErrorKind::Network => {
            has(|fault| matches!(fault, Fault::Reset(_) | Fault::Lost | Fault::Stall(_)))
                || (has(|fault| matches!(fault, Fault::Short(_))) && !manners.content_length)
        }
        ErrorKind::Throttled => has(|fault| matches!(fault, Fault::Status(503) | Fault::RetryAfter(..))),
        ErrorKind::Server => {
            // Where HEAD fails as well, what the server did to the suffix range is the error.
            let ladder_failed = asked_length && (manners.refuses_head == Some(405) || manners.refuses_suffix.is_some());
            has(|fault| matches!(fault, Fault::Status(500 | 412))) || ladder_failed
        }
        ErrorKind::Forbidden => {
            has(|fault| matches!(fault, Fault::Status(403))) || (asked_length && manners.refuses_head == Some(403))
        }
        ErrorKind::NotFound => has(|fault| matches!(fault, Fault::Status(404))),
        ErrorKind::Changed => changed || has(|fault| matches!(fault, Fault::Status(412))),
        ErrorKind::NoRanges => {
            let suffix_ignored = manners.refuses_suffix == Some(200) && asked_length;
            (!manners.ranges || suffix_ignored || has(|fault| matches!(fault, Fault::Whole)))
                && largest > physics.whole_limit
        }
        ErrorKind::BadAnswer => {
            changed
                || (asked_length && manners.refuses_suffix == Some(416))
                || has(|fault| matches!(fault, Fault::Short(_) | Fault::Shifted | Fault::Encoded | Fault::Status(302)))
        }
        ErrorKind::Memory => {
            let plan = outcome.load.as_ref().and_then(Load::plan);
            plan.is_some_and(|plan| plan.useful - plan.known + plan.waste > options.limits.memory)
        }
        ErrorKind::NotParquet => link.server().states.len() == 3 && changed,
        _ => false,
    };
    if !possible {
        return Err(format!("no fault explains \"{error}\" ({:?}, met {met:?})", error.kind()));
    }
    // What passes is an error only after every attempt was made.
    let policy = &options.retry;
    let patient = error.attempts() >= policy.attempts
        || met.len() > policy.budget as usize
        || error.retry_after().is_some_and(|wait| wait > policy.max_retry_after);
    // Another version may be read by the user, not by a load that has handed out rows of this one.
    if error.is_retryable() && error.kind() != ErrorKind::Changed && !patient {
        return Err(format!("gave up too early: \"{error}\" after {} attempts, met {met:?}", error.attempts()));
    }
    Ok(())
}

/// Which state of the object the load says it read; one that was there in time.
fn state(load: &Load, outcome: &Outcome, link: &VirtualLink) -> Result<usize, String> {
    let opened = load.opened().ok_or("done without an open object")?;
    let day = opened.identity.version.last_modified().and_then(|day| day.strip_prefix("day ")?.parse::<usize>().ok());
    match day.ok_or("of no state of the object")? {
        state if state > link.server().state_at(outcome.at) => Err(format!("rows of state {state}, which came later")),
        state => Ok(state),
    }
}

/// The parts have every byte that the plan names, and it is the object's.
pub fn right_parts(outcome: &mut Outcome, link: &VirtualLink) -> Result<(), String> {
    let mut load = outcome.load.take().ok_or("no load")?;
    let parts: KnownParts = load.take_parts().ok_or("done without parts")?;
    let Content { bytes, .. } = &link.server().states[state(&load, outcome, link)?].1;
    for range in load.plan().ok_or("done without a plan")?.tasks.iter().flat_map(|task| &task.ranges) {
        let wanted = bytes.slice(range.start as usize..range.end as usize);
        if parts.get(range) != Some(wanted) {
            return Err(format!("bytes {range:?} are missing or wrong"));
        }
    }
    outcome.load = Some(load);
    Ok(())
}
