//! The two pictures of a plan: the file to scale, and its row groups by its columns.

use std::fmt::Write as _;
use std::ops::Range;

use super::{PlanReport, RequestKind, runs, span};
use crate::cli::screen::{Ink, Screen, fit, pad, printable, width};
use crate::cli::size;

/// Most lines the file is drawn over.
const FILE_LINES: usize = 4;

/// Most lines of row groups; a file with more has several in a line.
const GROUP_LINES: usize = 24;

/// Bytes of the mark a Parquet file begins with.
const MAGIC: u64 = 4;

/// How much of a place in a picture is fetched, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// Nothing.
    None,
    /// Some of it, less than half.
    Some,
    /// Half of it or more.
    Most,
    /// All of it.
    All,
}

impl Mark {
    /// A part of a whole, never rounded to nothing or to all.
    fn of(part: u64, whole: u64) -> Self {
        match part {
            0 => Self::None,
            _ if part >= whole => Self::All,
            _ if part >= whole - part => Self::Most,
            _ => Self::Some,
        }
    }

    fn character(self, screen: &Screen) -> char {
        match self {
            Self::None => screen.either('░', '.'),
            Self::Some => screen.either('▒', '-'),
            Self::Most => screen.either('▓', '+'),
            Self::All => screen.either('█', '#'),
        }
    }
}

/// Draws the whole file as lines of blocks, each for as many bytes, filled where a request will fetch.
pub(super) fn file(plan: &PlanReport, out: &mut String, screen: &Screen) {
    if plan.length == 0 {
        return;
    }
    let label = 9;
    let columns = screen.picture_width().saturating_sub(label + 5).clamp(10, 120);
    // As many lines as there are row groups to tell apart, and no more blocks than bytes.
    let lines = plan.row_groups.len().clamp(1, FILE_LINES);
    let blocks = ((columns * lines) as u64).min(plan.length);
    let mut all: Vec<Range<u64>> = plan.requests.iter().map(|request| request.range.clone()).collect();
    let mut footer: Vec<Range<u64>> = plan
        .requests
        .iter()
        .filter(|request| request.kind != RequestKind::Data)
        .map(|request| request.range.clone())
        .collect();
    let mut needed = footer.clone();
    needed.extend(plan.cells.iter().flat_map(|cell| cell.ranges.iter().cloned()));
    normalize(&mut all);
    normalize(&mut footer);
    normalize(&mut needed);
    let wasteful = screen.either('▚', 'x');
    let mut start = 0;
    let mut pieces: Vec<(Ink, char)> = Vec::with_capacity(columns);
    for block in 0..blocks {
        let end = edge(plan.length, block + 1, blocks);
        let begin = edge(plan.length, block, blocks);
        let here = covered(&all, begin..end);
        // The four bytes before the first row group are never asked for: a block that lacks only them is full.
        let wanted = (end - begin).saturating_sub(MAGIC.saturating_sub(begin));
        let mark = Mark::of(here, wanted.max(1));
        let of_here = |ranges: &[Range<u64>]| covered(ranges, begin..end);
        pieces.push(match mark {
            Mark::None => (Ink::Dim, mark.character(screen)),
            // Where most of a place is the tail's, or fetched for nothing, it is shown as such.
            _ if of_here(&footer) * 2 > here => (Ink::Second, mark.character(screen)),
            _ if plan.waste_bytes > 0 && of_here(&needed) * 2 < here => (Ink::Warn, wasteful),
            _ => (Ink::Strong, mark.character(screen)),
        });
        if pieces.len() == columns || block + 1 == blocks {
            let offset = pad(&size::bytes(start), label, true);
            let _ = writeln!(out, "  {}  {}", screen.ink(Ink::Dim, &offset), painted(&pieces, screen));
            pieces.clear();
            start = end;
        }
    }
    let [none, some, most, whole] = [Mark::None, Mark::Some, Mark::Most, Mark::All].map(|mark| mark.character(screen));
    let mut key = vec![
        (Ink::Dim, none.to_string(), "left out".to_owned()),
        (Ink::Strong, format!("{some}{most}"), "in part".to_owned()),
        (Ink::Strong, whole.to_string(), "fetched".to_owned()),
    ];
    if plan.waste_bytes > 0 {
        key.push((Ink::Warn, wasteful.to_string(), "mostly waste".to_owned()));
    }
    key.push((Ink::Dim, String::new(), format!("one block is {}", size::bytes(plan.length / blocks))));
    legend(&key, label + 4, out, screen);
}

/// Writes marks with what they mean, on as many lines as the screen's width asks for.
fn legend(key: &[(Ink, String, String)], indent: usize, out: &mut String, screen: &Screen) {
    let mut used = 0;
    for (place, (ink, mark, meaning)) in key.iter().enumerate() {
        let gap = if mark.is_empty() { "" } else { " " };
        let wide = width(mark) + gap.len() + width(meaning);
        if place > 0 && used + 3 + wide <= screen.picture_width() {
            out.push_str("   ");
            used += 3 + wide;
        } else {
            out.push_str(if place > 0 { "\n" } else { "" });
            out.push_str(&" ".repeat(indent));
            used = indent + wide;
        }
        out.push_str(&screen.ink(*ink, mark));
        out.push_str(gap);
        out.push_str(meaning);
    }
    out.push('\n');
}

/// Draws a line for each row group and a place for each column, marked where the chunk will be read.
pub(super) fn chunks(plan: &PlanReport, out: &mut String, screen: &Screen) {
    let (groups, columns) = (plan.row_groups.len(), plan.columns.len());
    if groups == 0 || columns == 0 {
        return;
    }
    // Several columns share a place, and several row groups a line, where there are too many for one each.
    let room = screen.picture_width().saturating_sub(46).max(10);
    let spread = if columns * 2 <= room { 2 } else { 1 };
    let by = columns.div_ceil(room);
    let group_by = groups.div_ceil(GROUP_LINES);
    let (wide, high) = (columns.div_ceil(by), groups.div_ceil(group_by));
    let mut needed = vec![0_u64; wide * high];
    let mut held = vec![0_u64; wide * high];
    let mut fetched = vec![0_u64; high];
    let mut touched = vec![0_usize; wide * high];
    for cell in &plan.cells {
        let (line, place) = (cell.row_group / group_by, cell.column / by);
        if line >= high || place >= wide {
            continue;
        }
        let at = line * wide + place;
        let bytes = cell.ranges.iter().map(span).fold(0, u64::saturating_add);
        let add = |sums: &mut Vec<u64>, at: usize, bytes: u64| {
            if let Some(sum) = sums.get_mut(at) {
                *sum = sum.saturating_add(bytes);
            }
        };
        add(&mut needed, at, bytes);
        add(&mut held, at, cell.chunk_bytes);
        add(&mut fetched, line, bytes);
        if bytes > 0
            && let Some(count) = touched.get_mut(at)
        {
            *count += 1;
        }
    }
    let name = |line: usize| -> String {
        let first = line * group_by;
        let last = (first + group_by).min(groups) - 1;
        runs([first, last].into_iter(), |place| {
            plan.row_groups.get(place).map_or_else(String::new, |group| group.index.to_string())
        })
        .replace(", ", "–")
    };
    let names: Vec<String> = (0..high).map(name).collect();
    let label = names.iter().map(|name| width(name)).chain([9]).max().unwrap_or(9);
    out.push('\n');
    let heading = format!(
        "  {}  {}  {}",
        pad("row group", label, true),
        pad(&fit(&columns_heading(columns, by), wide * spread, screen.ellipsis()), wide * spread, false),
        "rows read, bytes needed"
    );
    let _ = writeln!(out, "{}", screen.ink(Ink::Bold, &heading));
    for (line, name) in names.iter().enumerate() {
        let in_line = (line * group_by..((line + 1) * group_by).min(groups)).len();
        let mut pieces = Vec::with_capacity(wide * spread);
        for place in 0..wide {
            let at = line * wide + place;
            let [needed, held] = [&needed, &held].map(|sums| sums.get(at).copied().unwrap_or(0));
            // A place of several chunks is full only when each of them is.
            let chunks = in_line * (place * by..((place + 1) * by).min(columns)).len();
            let whole = touched.get(at).copied().unwrap_or(0) >= chunks;
            let mark = match Mark::of(needed, held) {
                Mark::All if !whole => Mark::Some,
                mark => mark,
            };
            match mark {
                Mark::None => pieces.push((Ink::Dim, screen.either('·', '.'))),
                mark => pieces.push((Ink::Strong, mark.character(screen))),
            }
            pieces.extend((1..spread).map(|_| (Ink::Dim, ' ')));
        }
        let groups = plan.row_groups.iter().skip(line * group_by).take(group_by);
        let rows = groups.map(|group| group.selected_rows).fold(0, u64::saturating_add);
        let note = match (rows, fetched.get(line).copied().unwrap_or(0)) {
            (0, 0) => String::new(),
            (rows, bytes) => format!("{}, {}", size::counted(rows, "row"), size::bytes(bytes)),
        };
        let text = format!("  {}  {}  {note}", pad(name, label, true), painted(&pieces, screen));
        let _ = writeln!(out, "{}", text.trim_end());
    }
    chosen(plan, label, out, screen);
}

fn columns_heading(columns: usize, by: usize) -> String {
    match by {
        1 => format!("columns 0…{}", columns - 1),
        _ => format!("columns 0…{}, {by} to a place", columns - 1),
    }
}

/// Names the chosen columns, by number, unless all are chosen.
fn chosen(plan: &PlanReport, label: usize, out: &mut String, screen: &Screen) {
    let chosen: Vec<(usize, &str)> = plan
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.selected)
        .map(|(place, column)| (place, column.name.as_str()))
        .collect();
    if chosen.is_empty() || chosen.len() == plan.columns.len() {
        return;
    }
    let names: Vec<String> = chosen.iter().map(|(place, name)| format!("{place} {}", printable(name))).collect();
    let room = screen.picture_width().saturating_sub(label + 4).max(10);
    let text = names.join(", ");
    let _ = writeln!(out, "  {}  {}", " ".repeat(label), screen.ink(Ink::Strong, &fit(&text, room, screen.ellipsis())));
}

/// The byte at which a block begins when the file is cut into equal ones.
fn edge(length: u64, block: u64, blocks: u64) -> u64 {
    let at = u128::from(length) * u128::from(block) / u128::from(blocks.max(1));
    u64::try_from(at).unwrap_or(length)
}

/// Sorts ranges and joins those that touch.
fn normalize(ranges: &mut Vec<Range<u64>>) {
    ranges.retain(|range| range.start < range.end);
    ranges.sort_unstable_by_key(|range| range.start);
    ranges.dedup_by(|next, before| {
        let joins = next.start <= before.end;
        if joins {
            before.end = before.end.max(next.end);
        }
        joins
    });
}

/// Bytes of `block` that lie in sorted, disjoint ranges.
fn covered(ranges: &[Range<u64>], block: Range<u64>) -> u64 {
    let first = ranges.partition_point(|range| range.end <= block.start);
    ranges
        .iter()
        .skip(first)
        .take_while(|range| range.start < block.end)
        .map(|range| range.end.min(block.end) - range.start.max(block.start))
        .sum()
}

/// Characters with their inks, one colour code a run.
fn painted(pieces: &[(Ink, char)], screen: &Screen) -> String {
    let mut out = String::new();
    for run in pieces.chunk_by(|before, after| before.0 == after.0) {
        let text: String = run.iter().map(|(_, character)| *character).collect();
        if let Some((ink, _)) = run.first() {
            out.push_str(&screen.ink(*ink, &text));
        }
    }
    out
}
