//! `parqlet plan`: the plan of a read as the report that is shown.

use std::ops::Range;

use parqlet::core::ranges;
use parqlet::core::vet::row_group;
use parqlet::{ParquetFile, Plan};

use super::super::args::PlanArgs;
use super::super::output::print;
use super::super::plan::{PlanCell, PlanColumn, PlanReport, PlanRequest, PlanRowGroup, RequestKind};
use super::{Failure, Session, Spent, selection, splits};

pub(super) async fn run(session: &Session, args: &PlanArgs) -> Result<(), Failure> {
    if let Some(into) = args.cut() {
        return splits::plan(session, args, into).await;
    }
    let file = session.client.open(args.one_file().map_err(Failure::Usage)?).await?;
    let plan = file.read().select(&selection(&args.selection)).plan().await?;
    let report = report(&file, &plan);
    let mut spent = Spent::of(&file);
    spent.then(plan.spent);
    let text = if args.json {
        let mut text = report.json()?;
        text.push('\n');
        text
    } else {
        report.text(&session.screen)
    };
    print(&text)?;
    session.report(&spent);
    Ok(())
}

fn report(file: &ParquetFile, plan: &Plan) -> PlanReport {
    let metadata = file.metadata();
    let schema = metadata.file_metadata().schema_descr();
    let leaves = &plan.read.leaves;
    let length = file.identity().length;
    // What isn't read isn't checked either: a chunk that claims a place it can't have shows none.
    let row_groups = metadata.row_groups().iter().enumerate().map(|(index, group)| {
        let of_group = plan.read.tasks.iter().filter(|task| task.row_group == index);
        let chunks = group.columns().iter().filter_map(|column| row_group::range(column, length).ok());
        PlanRowGroup {
            index,
            rows: u64::try_from(group.num_rows()).unwrap_or(0),
            selected_rows: of_group.map(|task| task.rows.end - task.rows.start).sum(),
            range: hull(chunks),
        }
    });
    let columns = schema.columns().iter().enumerate().map(|(index, column)| PlanColumn {
        name: column.path().string(),
        selected: leaves.binary_search(&index).is_ok(),
    });
    PlanReport {
        url: file.object().to_string(),
        length,
        rows: plan.read.tasks.iter().map(|task| task.rows.end - task.rows.start).sum(),
        row_groups: row_groups.collect(),
        columns: columns.collect(),
        cells: cells(file, plan),
        requests: requests(file, plan),
        useful_bytes: plan.read.useful - plan.read.known,
        waste_bytes: plan.read.waste,
        known_bytes: plan.read.known,
    }
}

/// What is needed of each column chunk: its part of the ranges of its row group's tasks.
fn cells(file: &ParquetFile, plan: &Plan) -> Vec<PlanCell> {
    let metadata = file.metadata();
    let mut cells = Vec::new();
    for (row_group, group) in metadata.row_groups().iter().enumerate() {
        let of_group = plan.read.tasks.iter().filter(|task| task.row_group == row_group);
        let needed = ranges::union(&of_group.flat_map(|task| task.ranges.iter().cloned()).collect::<Vec<_>>());
        if needed.is_empty() {
            continue;
        }
        for leaf in &plan.read.leaves {
            let Ok(whole) = row_group::range(group.column(*leaf), file.identity().length) else { continue };
            let first = needed.partition_point(|range| range.end <= whole.start);
            let ranges: Vec<Range<u64>> = needed
                .iter()
                .skip(first)
                .take_while(|range| range.start < whole.end)
                .map(|range| range.start.max(whole.start)..range.end.min(whole.end))
                .collect();
            cells.push(PlanCell { row_group, column: *leaf, chunk_bytes: whole.end - whole.start, ranges });
        }
    }
    cells
}

/// Every request in the order in which it is made: the footer's, the page index's, then all data requests at once.
fn requests(file: &ParquetFile, plan: &Plan) -> Vec<PlanRequest> {
    let opening = file.opening_requests();
    let footer = opening
        .iter()
        .enumerate()
        .map(|(nth, range)| (range, if nth == 0 { RequestKind::Tail } else { RequestKind::Footer }));
    let index = plan.index_requests.iter().map(|range| (range, RequestKind::Index));
    let mut requests: Vec<PlanRequest> = footer
        .chain(index)
        .zip(1..)
        .map(|((range, kind), round_trip)| PlanRequest { range: range.clone(), round_trip, kind })
        .collect();
    let last = requests.last().map_or(0, |request| request.round_trip);
    requests.extend(plan.read.requests.iter().map(|range| PlanRequest {
        range: range.clone(),
        round_trip: last + 1,
        kind: RequestKind::Data,
    }));
    requests
}

fn hull(ranges: impl Iterator<Item = Range<u64>>) -> Range<u64> {
    ranges.reduce(|all, range| all.start.min(range.start)..all.end.max(range.end)).unwrap_or(0..0)
}
