//! What `schema`, `info`, `plan` and `head` say of a file whose content is known.

use parqlet_tests::command::run;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;

use super::{folder, rides, serving, text, tiny, wide};

#[test]
fn json_holds_what_the_file_has() {
    let content = rides();
    let server = serving("a.parquet", content.clone());
    let url = server.url("a.parquet");
    let reader = SerializedFileReader::new(content.clone()).unwrap();
    let metadata = reader.metadata();
    let leaves = metadata.file_metadata().schema_descr();

    let schema = run(["schema", &url, "--json"]).json();
    assert_eq!((&schema["url"], &schema["rows"]), (&url.as_str().into(), &20_000.into()));
    assert_eq!(schema["columns"], leaves.num_columns());
    assert_eq!(schema["fields"].as_array().unwrap().len(), 30);
    assert_eq!(schema["fields"][27]["fields"][0]["path"], "pickup.lat");

    let info = run(["info", &url, "--json"]).json();
    assert_eq!((&info["length"], &info["rows"]), (&content.len().into(), &20_000.into()));
    assert_eq!(info["created_by"], metadata.file_metadata().created_by().unwrap());
    assert_eq!(info["codecs"], serde_json::json!(["snappy"]));
    for (place, group) in metadata.row_groups().iter().enumerate() {
        assert_eq!(info["row_groups"][place]["rows"], group.num_rows());
        assert_eq!(info["row_groups"][place]["compressed"], group.compressed_size());
    }
    for place in 0..leaves.num_columns() {
        assert_eq!(info["columns"][place]["path"], leaves.column(place).path().string());
    }

    let plan = run(["plan", &url, "--json", "-c", "fare"]).json();
    assert_eq!((&plan["length"], &plan["rows"]), (&content.len().into(), &20_000.into()));
    let fare = (0..leaves.num_columns()).find(|leaf| leaves.column(*leaf).name() == "fare").unwrap();
    let cells = plan["cells"].as_array().unwrap();
    assert_eq!(cells.len(), metadata.num_row_groups());
    for (cell, group) in cells.iter().zip(metadata.row_groups()) {
        let (start, length) = group.column(fare).byte_range();
        assert_eq!(cell["column"], fare);
        assert_eq!(cell["ranges"], serde_json::json!([{"start": start, "end": start + length}]));
    }
    assert_eq!(plan["requests"][0]["kind"], "tail");
}

#[test]
fn text_into_a_pipe_is_whole() {
    let (_folder, path) = folder("a.parquet", &wide());
    let info = run(["info", text(&path)]).text();
    assert!((0..300).all(|column| info.contains(&format!("  c{column:04} "))), "{info}");
    let head = run(["head", text(&path), "-n", "1"]).text();
    assert!((0..300).all(|column| head.contains(&format!("c{column:04} "))), "{head}");
}

#[test]
fn head_says_where_its_rows_are_from() {
    let (_folder, path) = folder("a.parquet", &tiny());
    let last = |more: &[&str]| {
        let done = run([&["head", text(&path), "-c", "fare"], more].concat());
        assert_eq!((done.status, done.stderr.as_str()), (Some(0), ""), "{more:?}");
        assert!(done.text().contains("fare"), "{}", done.text());
        done.text().lines().last().unwrap().to_owned()
    };
    assert_eq!(last(&[]), "20 rows of 50 · 1 column");
    assert_eq!(last(&["-n", "0"]), "0 rows of 50 · 1 column");
    assert_eq!(last(&["-n", "60"]), "50 rows · 1 column");
    assert_eq!(last(&["--offset", "48"]), "2 rows of 50, from row 48 · 1 column");
    assert_eq!(last(&["--offset", "50"]), "0 rows of 50, offset 50 is past the end · 1 column");
}

#[test]
fn a_plan_of_a_small_file_says_that_all_comes_with_the_footer() {
    let server = serving("a.parquet", tiny());
    let text = run(["plan", &server.url("a.parquet")]).text();
    assert!(text.contains("the tail alone · 1 round trip"), "{text}");
    assert!(text.contains("of the rows come with the footer"), "{text}");
    assert!(text.contains("the whole file"), "{text}");
    assert_eq!(server.log().len(), 1);
}
