//! Plans as they are shown.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::cli::screen::width;

const SCREEN: Screen = Screen { width: Some(80), colour: false, unicode: true };

/// A file of `groups` row groups of `columns` chunks of 1 MB each and a 64 kB footer; `chosen` columns of the row
/// groups in `read` are fetched whole, one request a run.
fn plan(groups: usize, columns: usize, chosen: &[usize], read: Range<usize>) -> PlanReport {
    const CHUNK: u64 = 1_000_000;
    let chunk = |group: usize, column: usize| {
        let start = 4 + (group * columns + column) as u64 * CHUNK;
        start..start + CHUNK
    };
    let length = 4 + (groups * columns) as u64 * CHUNK + 64_000;
    let cells: Vec<_> = read
        .clone()
        .flat_map(|row_group| chosen.iter().map(move |column| (row_group, *column)))
        .map(|(row_group, column)| PlanCell {
            row_group,
            column,
            chunk_bytes: CHUNK,
            ranges: vec![chunk(row_group, column)],
        })
        .collect();
    let mut requests = vec![PlanRequest { range: length - 64_000..length, round_trip: 1, kind: RequestKind::Tail }];
    for cell in &cells {
        let range = cell.ranges[0].clone();
        match requests.last_mut() {
            Some(last) if last.kind == RequestKind::Data && last.range.end == range.start => last.range.end = range.end,
            _ => requests.push(PlanRequest { range, round_trip: 2, kind: RequestKind::Data }),
        }
    }
    PlanReport {
        url: "https://example.org/trips.parquet".to_owned(),
        length,
        rows: read.len() as u64 * 100_000,
        row_groups: (0..groups)
            .map(|index| PlanRowGroup {
                index,
                rows: 100_000,
                selected_rows: if read.contains(&index) { 100_000 } else { 0 },
                range: chunk(index, 0).start..chunk(index, columns.max(1) - 1).end,
            })
            .collect(),
        columns: (0..columns)
            .map(|n| PlanColumn { name: format!("column_{n}"), selected: chosen.contains(&n) })
            .collect(),
        useful_bytes: cells.len() as u64 * CHUNK,
        cells,
        requests,
        waste_bytes: 0,
        known_bytes: 0,
    }
}

#[test]
fn a_plan_at_80() {
    let text = plan(4, 12, &[2, 3, 9], 1..3).text(&SCREEN);
    assert_eq!(
        text,
        "\
https://example.org/trips.parquet
48.1 MB · 400,000 rows · 4 row groups · 12 columns

  read  200,000 rows · 2 of 4 row groups · 3 of 12 columns
  cost  4 requests + tail · 2 round trips · 6.1 MB of 48.1 MB (13 %) · waste 0 B

        0 B  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
    12.0 MB  ░░░░░░░░░░▒██████████▓░░░░░░░░░░░░░░░░░░░░░░░░░░░▓████▓░░░░░░░░░░░
    24.0 MB  ░░░░░░░░░░▒██████████▓░░░░░░░░░░░░░░░░░░░░░░░░░░░▓████▓░░░░░░░░░░░
    36.0 MB  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░▒
             ░ left out   ▒▓ in part   █ fetched   one block is 182 kB

  row group  columns 0…11              rows read, bytes needed
          0  · · · · · · · · · · · ·
          1  · · █ █ · · · · · █ · ·   100,000 rows, 3.0 MB
          2  · · █ █ · · · · · █ · ·   100,000 rows, 3.0 MB
          3  · · · · · · · · · · · ·
             2 column_2, 3 column_3, 9 column_9

  request  trip  what    bytes   from byte  row groups: columns
        1     1  tail  64.0 kB  48,000,004  the footer
        2     2  data   2.0 MB  14,000,004  1: column_2, column_3
        3     2  data   1.0 MB  21,000,004  1: column_9
        4     2  data   2.0 MB  26,000,004  2: column_2, column_3
        5     2  data   1.0 MB  33,000,004  2: column_9
"
    );
}

#[test]
fn the_cost_in_one_line() {
    let cost = |plan: PlanReport| plan.cost_line();
    assert_eq!(
        cost(plan(10, 30, &[5], 0..1)),
        "1 request + tail · 2 round trips · 1.1 MB of 300 MB (0.4 %) · waste 0 B"
    );
    let mut small = plan(1, 1, &[], 0..0);
    small.known_bytes = 500;
    assert_eq!(cost(small), "the tail alone · 1 round trip · 64.0 kB of 1.1 MB (6.0 %) · waste 0 B");
    let mut known = plan(1, 1, &[], 0..0);
    known.requests.clear();
    assert_eq!(cost(known), "0 requests · 0 round trips · 0 B of 1.1 MB (0 %) · waste 0 B");
}

#[test]
fn the_smallest_part_of_a_huge_file_is_seen() {
    let mut huge = plan(1, 1, &[], 0..0);
    huge.length = u64::MAX;
    huge.requests = vec![PlanRequest { range: 1 << 40..(1 << 40) + 1, round_trip: 2, kind: RequestKind::Data }];
    let text = huge.text(&SCREEN);
    let bar = text.lines().find(|line| line.contains('░')).unwrap();
    assert_eq!(bar.matches('▒').count(), 1, "{text}");
}

#[test]
fn every_block_of_a_whole_read_is_full() {
    let text = plan(10, 30, &(0..30).collect::<Vec<_>>(), 0..10).text(&SCREEN);
    let bars: String = text.lines().filter(|line| line.contains("██")).collect();
    assert!(!bars.contains(['░', '▒', '▓', '·']), "{text}");
    assert!(text.contains("1,000,000 rows · all 10 row groups · all 30 columns"), "{text}");
}

#[test]
fn what_is_fetched_for_nothing_shows() {
    let mut gap = plan(2, 30, &[0, 29], 0..1);
    gap.requests[1].range.end = gap.requests[2].range.end;
    gap.requests.remove(2);
    gap.waste_bytes = 28_000_000;
    for (unicode, mark) in [(true, '▚'), (false, 'x')] {
        let text = gap.text(&Screen { unicode, ..SCREEN });
        assert!(text.matches(mark).count() > 40 && text.contains("mostly waste"), "{text}");
    }
    assert!(!plan(2, 30, &[0, 29], 0..1).text(&SCREEN).contains("waste\n"));
}

#[test]
fn pages_of_a_chunk_are_marked_as_a_part() {
    let mut pages = plan(2, 3, &[1], 0..1);
    let range = pages.cells[0].ranges[0].clone();
    pages.cells[0].ranges[0] = range.start..range.start + 100_000;
    let text = pages.text(&SCREEN);
    assert!(text.contains("0  · ▒ ·"), "{text}");
    assert!(text.contains("1  · · ·\n"), "{text}");
}

#[test]
fn no_size_of_file_or_screen_breaks_a_line() {
    for (groups, columns) in [(0, 0), (1, 1), (10, 30), (500, 30), (3, 2000), (1000, 7)] {
        let chosen: Vec<usize> = (0..columns).step_by(3).collect();
        let plan = plan(groups, columns, &chosen, groups / 3..groups);
        for columns in [40, 60, 80, 120, 200] {
            for unicode in [true, false] {
                let screen = Screen { width: Some(columns), colour: false, unicode };
                let text = plan.text(&screen);
                assert!(text.lines().count() < 80, "{text}");
                for line in text.lines().skip(5) {
                    assert!(width(line) <= columns.max(50), "{columns}: {line}\n{text}");
                }
            }
        }
    }
}

#[test]
fn ascii_has_no_block_characters() {
    let text = plan(4, 12, &[2, 3, 9], 1..3).text(&Screen { unicode: false, ..SCREEN });
    assert!(text.is_ascii(), "{text}");
    assert!(text.contains('#'), "{text}");
}

#[test]
fn json_has_the_summary_and_the_ranges() {
    let json: serde_json::Value = serde_json::from_str(&plan(2, 3, &[1], 0..1).json().unwrap()).unwrap();
    assert_eq!(json["summary"]["requests"], 2);
    assert_eq!(json["summary"]["round_trips"], 2);
    assert_eq!(json["summary"]["bytes"], 1_064_000);
    assert_eq!(json["requests"][1]["kind"], "data");
    assert_eq!(json["requests"][1]["range"], serde_json::json!({"start": 1_000_004, "end": 2_000_004}));
    assert_eq!(json["cells"][0]["column"], 1);
}
