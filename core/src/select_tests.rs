//! Selections held against schemas of each shape.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

use super::*;
use parquet::file::metadata::{ColumnChunkMetaData, FileMetaData, RowGroupMetaData};
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

const RIDES: &str = "message rides {
    REQUIRED INT64 id;
    REQUIRED GROUP pickup { REQUIRED DOUBLE lat; REQUIRED GROUP zone { REQUIRED BYTE_ARRAY name (UTF8); REQUIRED INT32 code; } }
    OPTIONAL GROUP stops (LIST) { REPEATED GROUP list { OPTIONAL GROUP element { REQUIRED INT32 zone; REQUIRED INT32 wait; } } }
    OPTIONAL GROUP old_stops (LIST) { REPEATED INT32 array; }
    OPTIONAL GROUP old_pairs (LIST) { REPEATED GROUP array { REQUIRED INT32 left; REQUIRED INT32 right; } }
    OPTIONAL GROUP tags (MAP) { REPEATED GROUP key_value { REQUIRED BYTE_ARRAY key (UTF8); OPTIONAL GROUP value { REQUIRED INT32 weight; } } }
    REQUIRED INT64 fare.total;
    REPEATED INT32 numbers;
}";
const NAMES: [&str; 14] = [
    "id",
    "pickup.lat",
    "pickup.zone.name",
    "pickup.zone.code",
    "stops.list.element.zone",
    "stops.list.element.wait",
    "old_stops.array",
    "old_pairs.array.left",
    "old_pairs.array.right",
    "tags.key_value.key",
    "tags.key_value.value.weight",
    "fare.total",
    "numbers",
    "",
];

fn file(schema: &str, rows: &[i64]) -> ParquetMetaData {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let descriptor = Arc::new(SchemaDescriptor::new(schema));
    let group = |rows: &i64| {
        let columns =
            descriptor.columns().iter().map(|column| ColumnChunkMetaData::builder(column.clone()).build().unwrap());
        RowGroupMetaData::builder(descriptor.clone())
            .set_num_rows(*rows)
            .set_column_metadata(columns.collect())
            .build()
            .unwrap()
    };
    let groups = rows.iter().map(group).collect();
    ParquetMetaData::new(FileMetaData::new(1, 0, None, None, descriptor.clone(), None), groups)
}

fn columns(names: &[&str]) -> Result<Resolved> {
    Selection::all().columns(names.iter().copied()).resolve(&file(RIDES, &[10]))
}

fn leaves(names: &[&str]) -> Vec<&'static str> {
    columns(names).unwrap().leaves.into_iter().map(|leaf| NAMES[leaf]).collect()
}

fn refusal(names: &[&str]) -> String {
    let error = columns(names).unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Usage, false));
    error.message().to_owned()
}

/// Index and rows of each row group.
fn rows(selection: &Selection, groups: &[i64]) -> Vec<(usize, Range<u64>)> {
    let resolved = selection.resolve(&file("message m { REQUIRED INT64 a; }", groups)).unwrap();
    resolved.rows.into_iter().map(|rows| (rows.index, rows.rows)).collect()
}

#[test]
fn no_list_of_names_is_every_column_and_an_empty_one_is_none() {
    let all = Selection::all().resolve(&file(RIDES, &[10])).unwrap();
    assert_eq!((all.leaves, all.order), ((0..13).collect(), None));
    let none = columns(&[]).unwrap();
    assert_eq!((none.leaves.len(), none.order, none.rows.len()), (0, None, 1));
}

#[test]
fn a_name_selects_all_that_is_below_it() {
    assert_eq!(leaves(&["id"]), ["id"]);
    assert_eq!(leaves(&["pickup"]), ["pickup.lat", "pickup.zone.name", "pickup.zone.code"]);
    assert_eq!(leaves(&["pickup.zone"]), ["pickup.zone.name", "pickup.zone.code"]);
    assert_eq!(leaves(&["pickup.zone.code"]), ["pickup.zone.code"]);
    assert_eq!(leaves(&["numbers"]), ["numbers"]);
}

#[test]
fn the_structure_of_lists_and_maps_may_be_named_or_left_out() {
    let zone = ["stops.list.element.zone"];
    for name in ["stops.list.element.zone", "stops.zone"] {
        assert_eq!(leaves(&[name]), zone, "{name}");
    }
    for name in ["stops", "stops.list", "stops.list.element"] {
        assert_eq!(leaves(&[name]), ["stops.list.element.zone", "stops.list.element.wait"], "{name}");
    }
    // The two-level form of old writers.
    for name in ["old_stops", "old_stops.array"] {
        assert_eq!(leaves(&[name]), ["old_stops.array"], "{name}");
    }
    for name in ["old_pairs.array.left", "old_pairs.left"] {
        assert_eq!(leaves(&[name]), ["old_pairs.array.left"], "{name}");
    }
    for name in ["tags.key_value.key", "tags.key"] {
        assert_eq!(leaves(&[name]), ["tags.key_value.key"], "{name}");
    }
    for name in ["tags.key_value.value.weight", "tags.value.weight", "tags.value"] {
        assert_eq!(leaves(&[name]), ["tags.key_value.value.weight"], "{name}");
    }
}

#[test]
fn a_dot_in_a_name_is_found_and_an_exact_name_wins_over_a_path() {
    assert_eq!(leaves(&["fare.total"]), ["fare.total"]);
    let both = file(
        "message m { REQUIRED GROUP a { REQUIRED INT32 b; } REQUIRED INT32 a.b; REQUIRED GROUP x.y { REQUIRED INT32 z; } }",
        &[1],
    );
    let found = |name: &str| Selection::all().columns([name]).resolve(&both).unwrap().leaves;
    assert_eq!(found("a.b"), [1]);
    assert_eq!(found("a"), [0]);
    assert_eq!(found("x.y"), [2]);
    assert_eq!(found("x.y.z"), [2]);
}

#[test]
fn a_part_of_a_name_is_not_a_name() {
    for name in ["pick", "pickup.", "pickup.la", "pickup.lat.", ".id", "id.", "i", "", ".", "fare", "pickup..lat", "ID"]
    {
        refusal(&[name]);
    }
}

#[test]
fn columns_come_in_the_order_asked_for() {
    // Where each wanted top-level column stands in the decoded batch.
    assert_eq!(columns(&["id", "pickup"]).unwrap().order, None);
    assert_eq!(columns(&["pickup", "id"]).unwrap().order, Some(vec![1, 0]));
    assert_eq!(columns(&["numbers", "id", "stops"]).unwrap().order, Some(vec![2, 0, 1]));
    // Named twice, it stands where it was named first; two parts of one column are one column.
    assert_eq!(columns(&["numbers", "id", "numbers"]).unwrap().order, Some(vec![1, 0]));
    let split = columns(&["pickup.zone.code", "id", "pickup.lat"]).unwrap();
    assert_eq!((split.leaves, split.order), (vec![0, 1, 3], Some(vec![1, 0])));
}

#[test]
fn an_unknown_name_lists_the_near_ones() {
    assert_eq!(refusal(&["id", "pikcup"]), "there is no column `pikcup`; did you mean `pickup`?");
    assert_eq!(refusal(&["FARE.TOTAL"]), "there is no column `FARE.TOTAL`; did you mean `fare.total`?");
    assert!(refusal(&["pickup.zone.nme"]).contains("`pickup.zone.name`"));
    assert!(refusal(&["weight"]).contains("`tags.value.weight`"), "{}", refusal(&["weight"]));
    let few = file("message m { REQUIRED INT64 a; REQUIRED INT64 b; }", &[]);
    let error = Selection::all().columns(["something"]).resolve(&few).unwrap_err();
    assert_eq!(error.message(), "there is no column `something`; the file has `a`, `b`");
    let many: String = (0..40).map(|column| format!("REQUIRED INT64 c{column};")).collect();
    let error =
        Selection::all().columns(["something"]).resolve(&file(&format!("message m {{ {many} }}"), &[])).unwrap_err();
    assert_eq!(error.message(), "there is no column `something`; the file has 40 columns, `schema` lists them");
}

#[test]
fn an_absurd_name_is_refused_quickly_and_shortly() {
    let error = columns(&[&"x".repeat(100_000)]).unwrap_err();
    assert!(error.message().len() < 500, "{}", error.message().len());
    assert_eq!(columns(&[&".".repeat(10_000)]).unwrap_err().kind(), ErrorKind::Usage);
    // The file's own names may be as absurd.
    let long = "y".repeat(1_000_000);
    let error = Selection::all().columns(["x"]).resolve(&file(&format!("message m {{ REQUIRED INT64 {long}; }}"), &[]));
    assert!(error.unwrap_err().message().len() < 200);
}

#[test]
fn row_groups_are_read_once_and_in_file_order() {
    let groups = [10, 20, 30];
    assert_eq!(rows(&Selection::all(), &groups), [(0, 0..10), (1, 0..20), (2, 0..30)]);
    assert_eq!(rows(&Selection::all().row_groups([2, 0, 2]), &groups), [(0, 0..10), (2, 0..30)]);
    assert_eq!(rows(&Selection::all().row_groups([]), &groups), []);
    let ranges = [(1, None), (0, Some(1)), (1, Some(2))];
    assert_eq!(rows(&Selection::all().row_group_ranges(ranges), &groups), [(0, 0..10), (1, 0..20), (2, 0..30)]);
}

#[test]
fn a_huge_range_of_row_groups_is_refused_before_anything_is_counted_out() {
    for (ranges, index) in [((0, Some(usize::MAX)), 1), ((1, None), 1), ((usize::MAX, None), usize::MAX)] {
        let error = Selection::all()
            .row_group_ranges([ranges])
            .resolve(&file("message m { REQUIRED INT64 a; }", &[10]))
            .unwrap_err();
        let sentence = format!("there is no row group {index}: the file has one row group, number 0");
        assert_eq!((error.kind(), error.message()), (ErrorKind::Usage, sentence.as_str()));
    }
}

#[test]
fn a_row_group_the_file_lacks_is_an_error_that_says_which_there_are() {
    for (groups, index, sentence) in [
        (&[10, 20, 30][..], 3, "there is no row group 3: the file has 3 row groups, 0 to 2"),
        (&[10], usize::MAX, "there is no row group 18446744073709551615: the file has one row group, number 0"),
        (&[], 0, "there is no row group 0: the file has no row groups"),
    ] {
        let error = Selection::all()
            .row_groups([0, index])
            .resolve(&file("message m { REQUIRED INT64 a; }", groups))
            .unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Usage, sentence));
    }
}

#[test]
fn offset_and_limit_count_over_all_row_groups() {
    let groups = [10, 0, 20, 30];
    let read = |offset, limit| rows(&Selection::all().offset(offset).limit(limit), &groups);
    assert_eq!(read(0, 10), [(0, 0..10)]);
    assert_eq!(read(0, 11), [(0, 0..10), (2, 0..1)]);
    assert_eq!(read(9, 2), [(0, 9..10), (2, 0..1)]);
    assert_eq!(read(10, 5), [(2, 0..5)]);
    assert_eq!(read(12, 25), [(2, 2..20), (3, 0..7)]);
    assert_eq!(read(59, 100), [(3, 29..30)]);
    // Of the selected row groups, where some are selected.
    let some = Selection::all().row_groups([0, 3]).offset(8).limit(5);
    assert_eq!(rows(&some, &groups), [(0, 8..10), (3, 0..3)]);
}

#[test]
fn no_rows_are_a_legal_wish() {
    for (offset, limit) in [(0, 0), (5, 0), (60, 1), (1_000, 10), (u64::MAX, u64::MAX)] {
        assert_eq!(rows(&Selection::all().offset(offset).limit(limit), &[10, 20, 30]), [], "{offset} {limit}");
    }
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    let groups = [1, i64::MAX, i64::MAX];
    let most = i64::MAX.unsigned_abs();
    assert_eq!(rows(&Selection::all().limit(u64::MAX), &groups), [(0, 0..1), (1, 0..most), (2, 0..most)]);
    assert_eq!(rows(&Selection::all().offset(1).limit(u64::MAX), &groups), [(1, 0..most), (2, 0..most)]);
    assert_eq!(rows(&Selection::all().offset(u64::MAX - 1).limit(u64::MAX), &groups), [(2, most - 1..most)]);
    assert_eq!(rows(&Selection::all().offset(u64::MAX), &groups), []);
    assert_eq!(rows(&Selection::all().offset(u64::MAX), &[10, 20]), []);
}

#[test]
fn row_counts_that_cannot_be_are_a_damaged_file() {
    for groups in [&[10, -1][..], &[i64::MIN], &[2, i64::MAX, i64::MAX]] {
        let error = Selection::all().resolve(&file("message m { REQUIRED INT64 a; }", groups)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{groups:?}");
    }
}

#[test]
fn a_batch_has_at_least_one_row() {
    let resolved = Selection::all().batch_rows(0).resolve(&file("message m { REQUIRED INT64 a; }", &[10])).unwrap();
    assert_eq!(resolved.batch_rows, Some(1));
}
