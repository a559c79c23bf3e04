//! What is said of a file.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::cli::sample::{file, metadata};
use crate::cli::screen::Screen;

const SCREEN: Screen = Screen { width: Some(100), colour: false, unicode: true };

fn report() -> InfoReport {
    InfoReport::new("trips.parquet", file().len() as u64, &metadata())
}

#[test]
fn the_facts_of_a_file() {
    let text = report().text(&SCREEN);
    for line in [
        "6 rows · 2 row groups · 4 columns",
        "created by     a test",
        "codecs         zstd",
        "page index     on all 8 column chunks",
        "bloom filters  on 2 of 8 column chunks",
        "ARROW:schema  the schema as Arrow has it",
        "  note          x\\nx\\nx",
        "… (800 B)",
        "  row group  rows  compressed",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("footer says"));
}

#[test]
fn json_sums_agree_with_the_parts() {
    let json = serde_json::to_value(report()).unwrap();
    let total = |list: &str, field: &str| -> u64 {
        json[list].as_array().unwrap().iter().map(|item| item[field].as_u64().unwrap()).sum()
    };
    for field in ["compressed", "uncompressed"] {
        assert_eq!(json[field].as_u64().unwrap(), total("row_groups", field));
        assert_eq!(json[field].as_u64().unwrap(), total("columns", field));
    }
    assert_eq!(total("row_groups", "rows"), 6);
    assert_eq!(json["key_value_metadata"][0]["value"].as_str().unwrap().len(), 800);
    assert_eq!(json["columns"][3]["path"], "tags.list.element");
    assert_eq!(json["row_groups"][0]["range"]["start"], 4);
}

#[test]
fn a_footer_that_counts_wrong_is_told_on() {
    let honest = metadata();
    let file = honest.file_metadata();
    let lying = parquet::file::metadata::FileMetaData::new(2, 0, None, None, file.schema_descr_ptr(), None);
    let lying = ParquetMetaData::new(lying, honest.row_groups().to_vec());
    let text = InfoReport::new("f", 1000, &lying).text(&SCREEN);
    assert!(text.contains("6 rows · "), "{text}");
    assert!(text.contains("the footer says 0 rows, its row groups hold 6"), "{text}");
    assert!(text.contains("created by     unknown"), "{text}");
}
