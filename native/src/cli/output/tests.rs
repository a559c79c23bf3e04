//! What stands in a file after a load, and what does not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use arrow_array::builder::{Int32Builder, ListBuilder, MapBuilder, StringBuilder};
use arrow_array::types::Int32Type;
use arrow_array::*;
use arrow_buffer::{IntervalMonthDayNano, i256};
use arrow_schema::{DataType, Field, Schema};

use super::*;

fn write(path: &Path, batches: &[RecordBatch]) {
    let format = Format::from_path(path).unwrap();
    let target = Target::from_path(path);
    let mut output = Output::create(&target, format, &batches[0].schema()).unwrap();
    for batch in batches {
        output.write(batch).unwrap();
    }
    output.finish().unwrap();
}

fn written(name: &str, batch: RecordBatch) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    write(&path, &[batch]);
    fs::read_to_string(path).unwrap()
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

fn numbers() -> RecordBatch {
    batch(vec![("n", Arc::new(Int32Array::from(vec![1, 2, 3])))])
}

fn list() -> ArrayRef {
    let mut list = ListBuilder::new(StringBuilder::new());
    list.append_value([Some("a"), None, Some("c,\"d\"")]);
    list.append_null();
    Arc::new(list.finish())
}

fn integer_map() -> ArrayRef {
    let mut map = MapBuilder::new(None, Int32Builder::new(), StringBuilder::new());
    map.keys().append_value(7);
    map.values().append_value("x");
    map.keys().append_value(8);
    map.values().append_null();
    map.append(true).unwrap();
    map.append(true).unwrap();
    Arc::new(map.finish())
}

/// Two rows of every kind of type the reader can hand over, the second null where it can be.
fn every_type() -> RecordBatch {
    let structure: ArrayRef = Arc::new(StructArray::from(vec![
        (Arc::new(Field::new("a", DataType::Int32, true)), Arc::new(Int32Array::from(vec![Some(1), None])) as ArrayRef),
        (Arc::new(Field::new("b", DataType::Utf8, true)), Arc::new(StringArray::from(vec!["x", "y"])) as ArrayRef),
    ]));
    let dictionary: DictionaryArray<Int32Type> = vec![Some("red"), None].into_iter().collect();
    batch(vec![
        ("bool", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("u64", Arc::new(UInt64Array::from(vec![Some(u64::MAX), None]))),
        ("f16", Arc::new(Float16Array::from(vec![Some(half(1.5)), None]))),
        ("f64", Arc::new(Float64Array::from(vec![f64::NAN, f64::NEG_INFINITY]))),
        ("big", Arc::new(Float64Array::from(vec![1e300, 0.1]))),
        (
            "dec",
            Arc::new(
                Decimal128Array::from(vec![Some(-12_345_678_901_234_567_890_123_456_789_012_345_678), None])
                    .with_precision_and_scale(38, 3)
                    .unwrap(),
            ),
        ),
        (
            "dec256",
            Arc::new(
                Decimal256Array::from(vec![Some(i256::from_i128(5)), None]).with_precision_and_scale(76, 2).unwrap(),
            ),
        ),
        ("text", Arc::new(StringViewArray::from(vec![Some("line\nbreak"), None]))),
        ("empty", Arc::new(StringArray::from(vec![Some(""), None]))),
        ("bin", Arc::new(BinaryArray::from_opt_vec(vec![Some(b"\x00\xff"), None]))),
        ("fixed", Arc::new(FixedSizeBinaryArray::try_from_iter([[1u8, 2], [3, 4]].into_iter()).unwrap())),
        ("date", Arc::new(Date32Array::from(vec![Some(i32::MAX), None]))),
        ("time", Arc::new(Time64MicrosecondArray::from(vec![Some(1_500_000), None]))),
        ("ts", Arc::new(TimestampSecondArray::from(vec![Some(i64::MAX), None]))),
        ("tz", Arc::new(TimestampMillisecondArray::from(vec![Some(1), None]).with_timezone("Not/AZone"))),
        ("dur", Arc::new(DurationMicrosecondArray::from(vec![Some(-1), None]))),
        (
            "iv",
            Arc::new(IntervalMonthDayNanoArray::from(vec![Some(IntervalMonthDayNano::new(1, 2, 3_000_000_000)), None])),
        ),
        ("list", list()),
        ("struct", structure),
        ("map", integer_map()),
        ("dict", Arc::new(dictionary)),
        ("null", Arc::new(NullArray::new(2))),
    ])
}

fn half(value: f32) -> <types::Float16Type as ArrowPrimitiveType>::Native {
    arrow_cast::cast(&Float32Array::from(vec![value]), &DataType::Float16)
        .unwrap()
        .as_any()
        .downcast_ref::<Float16Array>()
        .unwrap()
        .value(0)
}

#[test]
fn csv_takes_every_type() {
    let text = written("all.csv", every_type());
    assert_eq!(
        text,
        "bool,u64,f16,f64,big,dec,dec256,text,empty,bin,fixed,date,time,ts,tz,dur,iv,list,struct,map,dict,null\n\
         true,18446744073709551615,1.5,NaN,1e300,-12345678901234567890123456789012345.678,0.05,\"line\nbreak\",\"\",\
         00ff,0102,+5881580-07-11,00:00:01.500,+292277026596-12-04T15:30:07,1970-01-01T00:00:00.001Z,-PT0.000001S,\
         P1M2DT3S,\"[\"\"a\"\",null,\"\"c,\\\"\"d\\\"\"\"\"]\",\"{\"\"a\"\":1,\"\"b\"\":\"\"x\"\"}\",\
         \"{\"\"7\"\":\"\"x\"\",\"\"8\"\":null}\",red,\n\
         ,,,-inf,0.1,,,,,,0304,,,,,,,,\"{\"\"a\"\":null,\"\"b\"\":\"\"y\"\"}\",{},,\n"
    );
}

#[test]
fn json_lines_take_every_type_and_parse() {
    let text = written("all.jsonl", every_type());
    let rows: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 2);
    assert!(text.contains("\"dec\":-12345678901234567890123456789012345.678,"), "{text}");
    assert_eq!(
        (&rows[0]["u64"], &rows[0]["f64"], &rows[0]["big"]),
        (&u64::MAX.into(), &serde_json::Value::Null, &1e300.into())
    );
    assert_eq!(rows[0]["text"], "line\nbreak");
    assert_eq!(rows[0]["tz"], "1970-01-01T00:00:00.001Z");
    assert_eq!(rows[0]["iv"], "P1M2DT3S");
    assert_eq!(rows[0]["list"], serde_json::json!(["a", null, "c,\"d\""]));
    assert_eq!(rows[0]["map"], serde_json::json!({"7": "x", "8": null}));
    assert_eq!(rows[1]["struct"], serde_json::json!({"a": null, "b": "y"}));
    // A null is spelled out, so that every line has every column.
    assert_eq!(rows[1].as_object().unwrap().len(), 22);
    assert_eq!(rows[1]["dict"], serde_json::Value::Null);
}

#[test]
fn a_null_alone_on_its_line_is_no_blank_line() {
    let one = batch(vec![("n", Arc::new(Int32Array::from(vec![Some(1), None])))]);
    assert_eq!(written("one.csv", one), "n\n1\n\"\"\n");
}

#[test]
fn names_from_the_file_are_quoted() {
    let odd =
        batch(vec![("a,\"b\"\n", Arc::new(Int32Array::from(vec![1]))), ("", Arc::new(Int32Array::from(vec![2])))]);
    assert_eq!(written("odd.csv", odd.clone()), "\"a,\"\"b\"\"\n\",\"\"\n1,2\n");
    assert_eq!(written("odd.jsonl", odd), "{\"a,\\\"b\\\"\\n\":1,\"\":2}\n");
}

#[test]
fn parquet_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.parquet");
    write(&path, &[numbers(), numbers()]);
    let reader = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(path).unwrap()).unwrap();
    assert!(reader.metadata().file_metadata().created_by().unwrap().starts_with("parqlet"));
    let batches: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
    assert_eq!(arrow_select_rows(&batches), [1, 2, 3, 1, 2, 3]);
}

#[test]
fn arrow_files_and_streams_read_back_though_each_batch_has_its_own_dictionary() {
    let colours = |names: [&str; 2]| {
        let dictionary: DictionaryArray<Int32Type> = names.into_iter().collect();
        let nested = StructArray::from(vec![(
            Arc::new(Field::new("d", dictionary.data_type().clone(), true)),
            Arc::new(dictionary.clone()) as ArrayRef,
        )]);
        batch(vec![("d", Arc::new(dictionary)), ("s", Arc::new(nested))])
    };
    let batches = [colours(["red", "green"]), colours(["blue", "red"])];
    let folder = tempfile::tempdir().unwrap();
    let (file, stream) = (folder.path().join("out.arrow"), folder.path().join("out.arrows"));
    write(&file, &batches);
    write(&stream, &batches);
    let reader = arrow_ipc::reader::FileReader::try_new(fs::File::open(file).unwrap(), None).unwrap();
    assert_eq!(*reader.schema().field(0).data_type(), DataType::Utf8);
    let from_file: Vec<_> = reader.map(Result::unwrap).collect();
    let reader = arrow_ipc::reader::StreamReader::try_new(fs::File::open(stream).unwrap(), None).unwrap();
    let from_stream: Vec<_> = reader.map(Result::unwrap).collect();
    for (column, place) in [("d", 0), ("d", 1), ("s", 0), ("s", 1)] {
        let shown = |batch: &RecordBatch| {
            let array = batch.column_by_name(column).unwrap();
            let values = crate::cli::value::Values::new(array).unwrap();
            let mut out = String::new();
            values.write(place, crate::cli::value::Style::Json, &mut out).unwrap();
            out
        };
        for batch in 0..2 {
            assert_eq!(shown(&from_file[batch]), shown(&batches[batch]));
            assert_eq!(shown(&from_stream[batch]), shown(&batches[batch]));
        }
    }
}

#[test]
fn a_file_stands_under_its_name_only_when_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    fs::write(&path, "old").unwrap();
    let mut output = Output::create(&Target::Path(path.clone()), Format::Csv, &numbers().schema()).unwrap();
    output.write(&numbers()).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    drop(output);
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    write(&path, &[numbers()]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "n\n1\n2\n3\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_new_file_has_the_permissions_any_new_file_has_and_an_old_one_keeps_its_own() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let (plain, ours) = (folder.path().join("plain"), folder.path().join("out.csv"));
    fs::write(&plain, "").unwrap();
    write(&ours, &[numbers()]);
    assert_eq!(mode(&ours), mode(&plain));
    fs::set_permissions(&ours, fs::Permissions::from_mode(0o640)).unwrap();
    write(&ours, &[numbers()]);
    assert_eq!(mode(&ours), 0o640);
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real.csv"), folder.path().join("link.csv"));
    fs::write(&real, "old").unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    write(&link, &[numbers()]);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap(), "n\n1\n2\n3\n");
}

#[cfg(unix)]
#[test]
fn a_device_is_written_in_place_and_stays_a_device() {
    let device = Target::from_path(Path::new("/dev/null"));
    for format in [Format::Arrow, Format::Arrows, Format::Parquet, Format::Csv, Format::Jsonl] {
        let mut output = Output::create(&device, format, &numbers().schema()).unwrap();
        output.write(&numbers()).unwrap();
        output.finish().unwrap();
    }
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_that_is_no_broken_pipe() {
    let mut output = Output::create(&Target::Path("/dev/full".into()), Format::Csv, &numbers().schema()).unwrap();
    output.write(&numbers()).unwrap();
    let error = output.finish().unwrap_err();
    assert!(error.to_string().contains("space"), "{error}");
    assert!(!error.is_broken_pipe());
}

#[test]
fn a_folder_or_a_missing_one_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |path: &Path| {
        let target = Target::Path(path.to_owned());
        let Err(error) = Output::create(&target, Format::Csv, &numbers().schema()) else { panic!("opened") };
        error.to_string()
    };
    assert!(refused(folder.path()).contains("it is a folder"));
    assert!(refused(&folder.path().join("none/out.csv")).contains("out.csv"));
}

#[test]
fn a_broken_pipe_is_known_through_every_wrapping() {
    let broken = || io::Error::from(io::ErrorKind::BrokenPipe);
    let arrow = || ArrowError::from(broken());
    assert!(is_broken_pipe(&broken()));
    assert!(OutputError::from(arrow()).is_broken_pipe());
    assert!(OutputError::from(ParquetError::External(Box::new(broken()))).is_broken_pipe());
    assert!(OutputError::from(ArrowError::ExternalError(Box::new(io::Error::other(broken())))).is_broken_pipe());
    assert!(!OutputError::from(ArrowError::CsvError("x".into())).is_broken_pipe());
}

#[test]
fn every_format_meets_a_closed_pipe_with_the_same_error() {
    struct Closed;
    impl io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for format in [Format::Arrow, Format::Arrows, Format::Parquet, Format::Csv, Format::Jsonl] {
        let pipe: Pipe = io::BufWriter::with_capacity(1, Box::new(Closed));
        let outcome = sink(format, &numbers().schema(), pipe).and_then(|mut sink| {
            sink.write(&numbers())?;
            sink.finish()
        });
        let error = outcome.unwrap_err();
        assert!(error.is_broken_pipe(), "{format}: {error:?}");
    }
}

#[test]
fn rows_without_columns_keep_their_number() {
    let options = RecordBatchOptions::new().with_row_count(Some(2));
    let empty = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &options).unwrap();
    assert_eq!(written("none.jsonl", empty), "{}\n{}\n");
}

fn arrow_select_rows(batches: &[RecordBatch]) -> Vec<i32> {
    batches
        .iter()
        .flat_map(|batch| batch.column(0).as_any().downcast_ref::<Int32Array>().unwrap().values().to_vec())
        .collect()
}
