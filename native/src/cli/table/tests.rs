//! The table as it stands on screens of several widths.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::*;
use arrow_schema::Field;

use super::*;

fn screen(width: usize) -> Screen {
    Screen { width: Some(width), colour: false, unicode: true }
}

fn drawn(batch: &RecordBatch, screen: &Screen) -> String {
    render(batch.schema_ref(), std::slice::from_ref(batch), extent(batch), screen).unwrap()
}

/// Of a file of a million rows.
fn extent(batch: &RecordBatch) -> Extent {
    Extent { rows: 1_000_000, offset: 0, columns: batch.num_columns() }
}

fn trips() -> RecordBatch {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("vendor", Arc::new(Int32Array::from(vec![Some(1), None, Some(22)]))),
        (
            "pickup_at",
            Arc::new(TimestampMicrosecondArray::from(vec![0, 1_700_000_000_000_000, -1]).with_timezone("UTC")),
        ),
        ("fare", Arc::new(Decimal128Array::from(vec![1250, -5, 99_999]).with_precision_and_scale(9, 2).unwrap())),
        (
            "note",
            Arc::new(StringArray::from(vec![
                Some("東京 station, north exit, then straight on"),
                Some("tab\there"),
                None,
            ])),
        ),
        ("ok", Arc::new(BooleanArray::from(vec![true, false, true]))),
        ("id", Arc::new(BinaryArray::from(vec![&b"\x00\x01"[..], b"\xff", b""]))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn wide(columns: usize) -> RecordBatch {
    RecordBatch::try_from_iter(
        (0..columns).map(|n| (format!("column_{n}"), Arc::new(Int32Array::from(vec![7])) as ArrayRef)),
    )
    .unwrap()
}

fn widest(text: &str) -> usize {
    text.lines().map(width).max().unwrap_or(0)
}

#[test]
fn at_120_all_is_shown() {
    assert_eq!(
        drawn(&trips(), &screen(120)),
        "\
┌────────┬─────────────────────────────┬──────────────┬────────────────────────────────────────────┬───────┬────────┐
│ vendor │ pickup_at                   │         fare │ note                                       │ ok    │ id     │
│  int32 │ timestamp[us, UTC]          │ decimal(9,2) │ string                                     │ bool  │ binary │
├────────┼─────────────────────────────┼──────────────┼────────────────────────────────────────────┼───────┼────────┤
│      1 │ 1970-01-01T00:00:00Z        │        12.50 │ 東京 station, north exit, then straight on │ true  │ 0001   │
│   null │ 2023-11-14T22:13:20Z        │        -0.05 │ tab\\there                                  │ false │ ff     │
│     22 │ 1969-12-31T23:59:59.999999Z │       999.99 │ null                                       │ true  │        │
└────────┴─────────────────────────────┴──────────────┴────────────────────────────────────────────┴───────┴────────┘
3 rows of 1,000,000 · 6 columns
"
    );
}

#[test]
fn at_81_text_and_types_are_cut_but_no_value_of_a_date_or_number() {
    let text = drawn(&trips(), &screen(81));
    assert_eq!(widest(&text), 81);
    assert!(text.contains("1969-12-31T23:59:59.999999Z") && text.contains("999.99"), "{text}");
    assert!(text.contains("decim…") && text.contains("東京 statio…"), "{text}");
    assert!(text.ends_with("6 columns\n"), "{text}");
    let narrower = drawn(&trips(), &screen(80));
    assert!(narrower.contains("1969-12-31T23:59:59.999999Z") && narrower.contains("(5 shown)"), "{narrower}");
}

#[test]
fn columns_that_no_screen_shows_need_not_be_read() {
    let whole = wide(300);
    let shown = Shown::choose(300, &screen(80));
    let places: Vec<usize> = (0..shown.left).chain(300 - shown.right..300).collect();
    assert!(places.len() < 30);
    let read = whole.project(&places).unwrap();
    let text = render(read.schema_ref(), std::slice::from_ref(&read), extent(&whole), &screen(80)).unwrap();
    assert_eq!(text, drawn(&whole, &screen(80)));
}

#[test]
fn the_last_line_says_where_the_rows_are_from() {
    let last = |rows: usize, offset: u64| {
        let batch = trips().slice(0, rows);
        let text =
            render(batch.schema_ref(), std::slice::from_ref(&batch), Extent { offset, ..extent(&batch) }, &screen(120));
        text.unwrap().lines().last().unwrap().to_owned()
    };
    assert_eq!(last(2, 0), "2 rows of 1,000,000 · 6 columns");
    assert_eq!(last(2, 999_998), "2 rows of 1,000,000, from row 999,998 · 6 columns");
    assert_eq!(last(0, 1_000_000), "0 rows of 1,000,000, offset 1,000,000 is past the end · 6 columns");
}

#[test]
fn at_40_the_middle_is_folded() {
    let text = drawn(&trips(), &screen(40));
    let (frame, _) = text.trim_end().rsplit_once('\n').unwrap();
    assert!(widest(frame) <= 40, "{text}");
    assert!(text.contains("│ … │"), "{text}");
    assert!(text.contains("vendor") && text.contains("id "), "{text}");
    assert!(text.contains("shown)"), "{text}");
}

#[test]
fn no_width_breaks_the_frame() {
    for batch in [trips(), wide(1), wide(30), wide(2000)] {
        for width in 8..200 {
            for unicode in [true, false] {
                let text = drawn(&batch, &Screen { width: Some(width), colour: false, unicode });
                let frame: Vec<_> = text
                    .lines()
                    .filter(|line| {
                        !line.contains(" columns") && !line.contains(" column") || line.starts_with(['│', '|'])
                    })
                    .collect();
                let lines: Vec<_> =
                    frame.iter().filter(|line| line.starts_with(['│', '|', '┌', '└', '├', '+'])).collect();
                assert!(!lines.is_empty());
                for line in lines {
                    assert!(super::width(line) <= width, "{width}: {text}");
                }
            }
        }
    }
}

#[test]
fn thirty_columns_on_80_say_how_many_are_shown() {
    let text = drawn(&wide(30), &screen(80));
    assert!(text.contains("column_0 ") && text.contains("column_29 ") && !text.contains("column_15"), "{text}");
    assert!(text.ends_with("1 row of 1,000,000 · 30 columns (6 shown)\n"), "{text}");
}

#[test]
fn a_pipe_gets_every_column_and_no_colour() {
    let text = drawn(&wide(30), &Screen { width: None, colour: false, unicode: true });
    assert!((0..30).all(|n| text.contains(&format!("column_{n} "))), "{text}");
    assert!(!text.contains('\x1b'));
}

#[test]
fn colour_changes_no_place() {
    let plain = drawn(&trips(), &screen(100));
    let coloured = drawn(&trips(), &Screen { colour: true, ..screen(100) });
    let mut bare = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\x1b[") {
        bare.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    bare.push_str(rest);
    assert_eq!(bare, plain);
    assert!(coloured.contains("\x1b[2mnull"), "{coloured}");
}

#[test]
fn a_long_value_is_cut_before_it_is_written_out() {
    let long = "x".repeat(50_000_000);
    let batch = RecordBatch::try_from_iter([("s", Arc::new(StringArray::from(vec![long])) as ArrayRef)]).unwrap();
    let text = drawn(&batch, &Screen { width: None, colour: false, unicode: true });
    assert!(text.len() < 2000);
    assert!(text.contains("xxx… │"), "{text}");
}

#[test]
fn no_rows_still_have_their_heading() {
    let text = drawn(&trips().slice(0, 0), &screen(120));
    assert!(text.contains("pickup_at"), "{text}");
    assert!(text.ends_with("0 rows of 1,000,000 · 6 columns\n"), "{text}");
}

#[test]
fn nested_values_are_spelled_out() {
    let inner = StructArray::from(vec![
        (Arc::new(Field::new("a", DataType::Int32, true)), Arc::new(Int32Array::from(vec![Some(1), None])) as ArrayRef),
        (Arc::new(Field::new("b", DataType::Utf8, true)), Arc::new(StringArray::from(vec!["x", "y\n"])) as ArrayRef),
    ]);
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), Some(vec![])]);
    let batch =
        RecordBatch::try_from_iter([("s", Arc::new(inner) as ArrayRef), ("l", Arc::new(list) as ArrayRef)]).unwrap();
    assert_eq!(
        drawn(&batch, &Screen { unicode: false, ..screen(80) }),
        "\
+-----------------------------+-------------+
| s                           | l           |
| struct{a: int32, b: string} | list<int32> |
+-----------------------------+-------------+
| {a: 1, b: \"x\"}              | [1, null]   |
| {a: null, b: \"y\\n\"}         | []          |
+-----------------------------+-------------+
2 rows of 1,000,000 | 2 columns
"
    );
}
