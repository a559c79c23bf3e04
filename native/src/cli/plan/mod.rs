//! `parqlet plan`: what a read will fetch, before it is paid for.
//!
//! JSON: the fields of [`PlanReport`] by their names, and `summary`; byte ranges are `{"start", "end"}`, end exclusive.

mod picture;

use std::fmt::Write as _;
use std::ops::Range;

use serde::Serialize;

use super::grid::Grid;
use super::screen::{Ink, Screen, fit, printable};
use super::size;

/// Most requests listed on a terminal.
const MOST: usize = 24;

/// A plan as plain data.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PlanReport {
    /// The file, as it may be shown: without its secrets.
    pub(crate) url: String,
    /// Bytes of the file.
    pub(crate) length: u64,
    /// Rows the read gives.
    pub(crate) rows: u64,
    /// All row groups of the file, in its order.
    pub(crate) row_groups: Vec<PlanRowGroup>,
    /// All leaf columns of the file, in its order.
    pub(crate) columns: Vec<PlanColumn>,
    /// The column chunks the read needs, whole or in part.
    pub(crate) cells: Vec<PlanCell>,
    /// Every request the read makes, those already made for the footer among them.
    pub(crate) requests: Vec<PlanRequest>,
    /// Bytes of the data requests that the read needs.
    pub(crate) useful_bytes: u64,
    /// Bytes of the data requests that it does not: gaps between parts that are cheaper to fetch than to skip.
    pub(crate) waste_bytes: u64,
    /// Bytes the read needs and has already, from the tail or an earlier read.
    pub(crate) known_bytes: u64,
}

/// A row group of the file.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PlanRowGroup {
    /// Its number, from 0.
    pub(crate) index: usize,
    /// Its rows.
    pub(crate) rows: u64,
    /// Rows of it that the read gives; 0 where it is not read.
    pub(crate) selected_rows: u64,
    /// Its bytes in the file.
    pub(crate) range: Range<u64>,
}

/// A leaf column of the file.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PlanColumn {
    /// Its path from the root, apart by dots.
    pub(crate) name: String,
    /// Whether the read gives it.
    pub(crate) selected: bool,
}

/// What is needed of one column chunk.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PlanCell {
    /// The place of its row group in `row_groups`.
    pub(crate) row_group: usize,
    /// The place of its column in `columns`.
    pub(crate) column: usize,
    /// Bytes of the whole chunk.
    pub(crate) chunk_bytes: u64,
    /// The ranges of the file that are needed: one for a whole chunk, more for pages of it.
    pub(crate) ranges: Vec<Range<u64>>,
}

/// One request.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PlanRequest {
    /// The bytes it asks for.
    pub(crate) range: Range<u64>,
    /// In which round trip it is made, from 1.
    pub(crate) round_trip: u32,
    /// What it asks for.
    pub(crate) kind: RequestKind,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RequestKind {
    /// The end of the file, where the footer is.
    Tail,
    /// The rest of a footer that the tail held only the end of.
    Footer,
    /// A page index.
    Index,
    /// Rows.
    Data,
}

/// What the plan comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PlanSummary {
    /// All requests, the tail among them.
    pub(crate) requests: u64,
    /// Requests that wait for each other.
    pub(crate) round_trips: u32,
    /// Bytes of all requests.
    pub(crate) bytes: u64,
    /// Bytes that are needed and already here.
    pub(crate) known_bytes: u64,
    /// Bytes fetched for nothing.
    pub(crate) waste_bytes: u64,
}

impl PlanReport {
    /// What the plan comes to.
    pub(crate) fn summary(&self) -> PlanSummary {
        PlanSummary {
            requests: self.requests.len() as u64,
            round_trips: self.requests.iter().map(|request| request.round_trip).max().unwrap_or(0),
            bytes: self.requests.iter().map(|request| span(&request.range)).fold(0, u64::saturating_add),
            known_bytes: self.known_bytes,
            waste_bytes: self.waste_bytes,
        }
    }

    /// The plan as JSON, with its summary.
    pub(crate) fn json(&self) -> serde_json::Result<String> {
        #[derive(Serialize)]
        struct Whole<'a> {
            summary: PlanSummary,
            #[serde(flatten)]
            plan: &'a PlanReport,
        }
        serde_json::to_string_pretty(&Whole { summary: self.summary(), plan: self })
    }

    /// The plan as text for people: what it comes to, the file to scale, row groups by columns, the requests.
    pub(crate) fn text(&self, screen: &Screen) -> String {
        let mut out = String::new();
        // Writing to a string does not fail, here and below.
        let _ = writeln!(out, "{}", screen.ink(Ink::Bold, &printable(&self.url)));
        let _ = writeln!(out, "{}\n", screen.ink(Ink::Dim, &self.file_line()));
        let _ = writeln!(out, "  {}  {}", screen.ink(Ink::Dim, "read"), self.read_line());
        let _ = writeln!(out, "  {}  {}", screen.ink(Ink::Dim, "cost"), self.cost_line());
        if self.known_bytes > 0 {
            let known = format!("{} of the rows come with the footer", size::bytes(self.known_bytes));
            let _ = writeln!(out, "        {}", screen.ink(Ink::Second, &known));
        }
        out.push('\n');
        picture::file(self, &mut out, screen);
        picture::chunks(self, &mut out, screen);
        self.draw_requests(&mut out, screen);
        screen.spelled(out)
    }

    /// `2 requests + tail · 2 round trips · 1.1 MB of 349 MB (0.3 %) · waste 0 B`.
    pub(crate) fn cost_line(&self) -> String {
        let summary = self.summary();
        let tails = self.requests.iter().filter(|request| request.kind == RequestKind::Tail).count() as u64;
        let others = summary.requests - tails;
        let requests = match (others, tails) {
            (_, 0) => size::counted(others, "request"),
            (0, 1) => "the tail alone".to_owned(),
            (_, _) => format!("{} + tail", size::counted(others, "request")),
        };
        format!(
            "{requests} · {} · {} of {} ({}) · waste {}",
            size::counted(summary.round_trips.into(), "round trip"),
            size::bytes(summary.bytes),
            size::bytes(self.length),
            size::percent(summary.bytes, self.length),
            size::bytes(summary.waste_bytes),
        )
    }

    fn file_line(&self) -> String {
        let rows = self.row_groups.iter().map(|group| group.rows).fold(0, u64::saturating_add);
        format!(
            "{} · {} · {} · {}",
            size::bytes(self.length),
            size::counted(rows, "row"),
            size::counted(self.row_groups.len() as u64, "row group"),
            size::counted(self.columns.len() as u64, "column"),
        )
    }

    fn read_line(&self) -> String {
        let groups = self.row_groups.iter().filter(|group| group.selected_rows > 0).count();
        let columns = self.columns.iter().filter(|column| column.selected).count();
        let of = |part: usize, all: usize, noun: &str| {
            if part == all && all < 2 {
                size::counted(all as u64, noun)
            } else if part == all {
                format!("all {}", size::counted(all as u64, noun))
            } else {
                format!("{} of {}", size::count(part as u64), size::counted(all as u64, noun))
            }
        };
        format!(
            "{} · {} · {}",
            size::counted(self.rows, "row"),
            of(groups, self.row_groups.len(), "row group"),
            of(columns, self.columns.len(), "column"),
        )
    }

    fn draw_requests(&self, out: &mut String, screen: &Screen) {
        if self.requests.is_empty() {
            return;
        }
        out.push('\n');
        let held = Held::of(self);
        let mut grid = Grid::new(&[">request", ">trip", "what", ">bytes", ">from byte", "row groups: columns"]);
        for (place, request) in self.requests.iter().enumerate() {
            let (what, holds) = match request.kind {
                RequestKind::Tail if span(&request.range) == self.length => ("tail", "the whole file".to_owned()),
                RequestKind::Tail => ("tail", "the footer".to_owned()),
                RequestKind::Footer => ("footer", "the rest of the footer".to_owned()),
                RequestKind::Index => ("index", "where the pages are".to_owned()),
                RequestKind::Data => ("data", held.within(&request.range, self, screen)),
            };
            grid.row(vec![
                (place + 1).to_string(),
                request.round_trip.to_string(),
                what.to_owned(),
                size::bytes(span(&request.range)),
                size::count(request.range.start),
                holds,
            ]);
        }
        grid.draw(out, MOST, screen);
    }
}

/// The needed ranges by their place in the file.
struct Held<'a>(Vec<(&'a Range<u64>, &'a PlanCell)>);

impl<'a> Held<'a> {
    fn of(plan: &'a PlanReport) -> Self {
        let ranges = |cell: &'a PlanCell| cell.ranges.iter().map(move |range| (range, cell));
        let mut held: Vec<_> = plan.cells.iter().flat_map(ranges).collect();
        held.sort_unstable_by_key(|(range, _)| range.start);
        Self(held)
    }

    /// Which columns of which row groups lie in a range.
    fn within(&self, asked: &Range<u64>, plan: &PlanReport, screen: &Screen) -> String {
        // Chunks do not overlap, so what is sorted by start is sorted by end.
        let first = self.0.partition_point(|(range, _)| range.end <= asked.start);
        let cells: Vec<&PlanCell> =
            self.0.iter().skip(first).take_while(|(range, _)| range.start < asked.end).map(|(_, cell)| *cell).collect();
        if cells.is_empty() {
            return String::new();
        }
        let groups = runs(cells.iter().map(|cell| cell.row_group), |place| {
            plan.row_groups.get(place).map_or_else(String::new, |group| group.index.to_string())
        });
        let names = runs(cells.iter().map(|cell| cell.column), |place| {
            let name = plan.columns.get(place).map_or("", |column| column.name.as_str());
            fit(&printable(name), 24, screen.ellipsis()).into_owned()
        });
        format!("{groups}: {names}")
    }
}

/// Bytes of a range.
fn span(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}

/// Numbers as runs by name: `a..d, f`.
fn runs(numbers: impl Iterator<Item = usize>, name: impl Fn(usize) -> String) -> String {
    let mut numbers: Vec<usize> = numbers.collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut parts = Vec::new();
    for run in numbers.chunk_by(|before, after| before + 1 == *after) {
        match run {
            [first, .., last] if run.len() > 2 => parts.push(format!("{} … {}", name(*first), name(*last))),
            few => parts.extend(few.iter().map(|one| name(*one))),
        }
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests;
