//! The same rows in every format.

use std::fs::File;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::Schema;
use arrow_select::concat::concat_batches;
use parqlet_tests::command::run;
use parqlet_tests::sample::ride_batches;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use super::{folder, names, options, rides, text, tiny};

const FORMATS: [&str; 5] = ["arrow", "arrows", "parquet", "csv", "jsonl"];

/// All batches as one, without what a format adds to the schema.
fn joined(batches: impl IntoIterator<Item = RecordBatch>) -> RecordBatch {
    let batches: Vec<RecordBatch> = batches.into_iter().collect();
    let joined = concat_batches(&batches[0].schema(), &batches).unwrap();
    let plain = Schema::new(joined.schema().fields().clone());
    RecordBatch::try_new(plain.into(), joined.columns().to_vec()).unwrap()
}

fn arrow(path: &Path) -> RecordBatch {
    let file = File::open(path).unwrap();
    match path.extension().unwrap().to_str().unwrap() {
        "arrow" => joined(FileReader::try_new(file, None).unwrap().map(Result::unwrap)),
        "arrows" => joined(StreamReader::try_new(file, None).unwrap().map(Result::unwrap)),
        _ => joined(ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().map(Result::unwrap)),
    }
}

#[test]
fn all_formats_hold_the_rows_of_the_file() {
    let (folder, path) = folder("a.parquet", &rides());
    let expected = joined(ride_batches(&options()).map(Result::unwrap));
    for format in FORMATS {
        let output = folder.path().join(format!("out.{format}"));
        let done = run(["load", text(&path), "-o", text(&output)]);
        assert_eq!((done.status, done.stdout.len(), done.stderr.as_str()), (Some(0), 0, ""), "{format}");
    }
    for format in ["arrow", "arrows", "parquet"] {
        let read = arrow(&folder.path().join(format!("out.{format}")));
        assert_eq!(read.num_rows(), 20_000, "{format}");
        assert!(read == expected, "{format} holds other rows");
    }

    let column = |name: &str| expected.column_by_name(name).unwrap();
    let ids = column("ride_id").as_primitive::<Int64Type>();
    let fares = column("fare").as_primitive::<Float64Type>();
    let lats = column("pickup").as_struct().column_by_name("lat").unwrap().as_primitive::<Float64Type>();
    let lines = std::fs::read_to_string(folder.path().join("out.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 20_000);
    for (row, line) in lines.lines().enumerate() {
        let object: Value = serde_json::from_str(line).unwrap();
        assert_eq!(object["ride_id"], ids.value(row));
        assert_eq!(object["fare"], fares.value(row));
        assert_eq!(object["pickup"]["lat"], lats.value(row));
    }
    let csv = std::fs::read_to_string(folder.path().join("out.csv")).unwrap();
    let mut lines = csv.lines();
    assert!(lines.next().unwrap().starts_with("ride_id,pickup_at,"));
    // Before the first free text no field holds a comma.
    for (row, line) in lines.enumerate() {
        let fields: Vec<_> = line.split(',').collect();
        assert_eq!(fields[0], ids.value(row).to_string());
        assert_eq!(fields[11].parse(), Ok(fares.value(row)));
    }
    assert_eq!(csv.lines().count(), 20_001);
}

#[test]
fn standard_output_takes_every_format() {
    let (folder, path) = folder("a.parquet", &tiny());
    for format in FORMATS {
        let output = folder.path().join(format!("out.{format}"));
        assert_eq!(run(["load", text(&path), "-o", text(&output)]).status, Some(0));
        let piped = run(["load", text(&path), "-o", "-", "--format", format]);
        assert!(piped.stdout == std::fs::read(&output).unwrap(), "{format}");
        assert_eq!(run(["load", text(&path), "-o", "/dev/null", "--format", format]).status, Some(0));
    }
}

#[test]
fn no_rows_are_a_valid_file() {
    let (folder, path) = folder("a.parquet", &tiny());
    for format in FORMATS {
        let output = folder.path().join(format!("none.{format}"));
        let done = run(["load", text(&path), "--offset", "50", "-o", text(&output)]);
        assert_eq!((done.status, done.stderr.as_str()), (Some(0), ""), "{format}");
        let file = File::open(&output).unwrap();
        let columns = match format {
            "arrow" => FileReader::try_new(file, None).unwrap().schema().fields().len(),
            "arrows" => StreamReader::try_new(file, None).unwrap().schema().fields().len(),
            "parquet" => ParquetRecordBatchReaderBuilder::try_new(file).unwrap().schema().fields().len(),
            "csv" => std::fs::read_to_string(&output).unwrap().trim_end().split(',').count(),
            _ => 30 + std::fs::read(&output).unwrap().len(),
        };
        assert_eq!(columns, 30, "{format}");
    }
    // What was written can be read again.
    let again = run(["head", text(&folder.path().join("none.parquet"))]);
    assert!(again.text().ends_with("0 rows · 30 columns\n"), "{}", again.text());
}

#[test]
fn several_files_and_the_same_one_twice_make_one_output() {
    let (folder, path) = folder("a.parquet", &tiny());
    let output = folder.path().join("out.arrow");
    let done = run(["load", text(&path), text(&path), "-c", "fare,ride_id", "-o", text(&output)]);
    assert_eq!(done.status, Some(0), "{}", done.stderr);
    let read = arrow(&output);
    assert_eq!((read.num_rows(), read.schema().field(0).name().as_str()), (100, "fare"));
    assert_eq!(read.slice(0, 50), read.slice(50, 50));
    assert_eq!(names(folder.path()), ["a.parquet", "out.arrow"]);
}
