//! A data set in splits: what each of them gives, that they are the whole, and the requests that takes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod reading;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::DataType;
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use parqlet::core::select::Selection;
use parqlet::{Client, Cut, ErrorKind, Split, Splits};
use parqlet_tests::sample::{SampleOptions, plain_batches, plain_in_memory};
use parqlet_tests::server::{Fault, Options, Rule, Server, When};
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::ParquetMetaDataReader;
use parquet::file::properties::WriterProperties;
use reading::{all, in_time, joined};

/// 300 KB and more in 4 row groups: the footer's tail holds no data of the first ones.
fn options(seed: u64) -> SampleOptions {
    SampleOptions { rows: 40_000, row_groups: 4, columns: 6, seed, ..SampleOptions::default() }
}

fn serve(files: u64) -> (Server, Vec<String>) {
    let server = Server::start(Options::default());
    let urls = (0..files).map(|seed| {
        let name = format!("{seed:04}");
        server.put(&name, plain_in_memory(&options(seed)).unwrap());
        server.url(&name)
    });
    let urls = urls.collect();
    (server, urls)
}

fn column(values: impl arrow_array::Array + 'static) -> ArrayRef {
    Arc::new(values)
}

/// A file with so many rows a row group.
fn file(columns: Vec<(&str, ArrayRef)>, row_group: usize) -> Bytes {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut content = Vec::new();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(row_group)).build();
    let mut writer = ArrowWriter::try_new(&mut content, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    content.into()
}

fn put(folder: &Path, name: &str, content: &Bytes) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// Through JSON, as a machine that didn't plan them has them.
fn handed_over(splits: &Splits) -> Splits {
    Splits::from_json(&splits.to_json()).unwrap()
}

async fn rows(client: &Client, split: &Split) -> Vec<RecordBatch> {
    in_time(client.load_split(split).collect()).await.unwrap()
}

/// What all splits give, in order, each held against what it says of itself.
async fn together(client: &Client, splits: &Splits) -> RecordBatch {
    let mut batches = Vec::new();
    for split in splits.iter() {
        let of_split = rows(client, &split).await;
        assert_eq!(of_split.iter().map(|batch| batch.num_rows() as u64).sum::<u64>(), split.rows());
        assert!(of_split.iter().all(|batch| batch.schema() == splits.schema()), "another schema");
        batches.extend(of_split);
    }
    joined(&batches)
}

/// Where the chunks of these columns are, by row groups.
fn chunks(content: &Bytes, columns: Range<usize>) -> Vec<Vec<Range<u64>>> {
    let metadata = ParquetMetaDataReader::new().parse_and_finish(content).unwrap();
    let chunk = |(start, length): (u64, u64)| start..start + length;
    let of_group = |group: &parquet::file::metadata::RowGroupMetaData| {
        columns.clone().map(|column| chunk(group.column(column).byte_range())).collect()
    };
    metadata.row_groups().iter().map(of_group).collect()
}

fn bytes_of(ranges: &[Vec<Range<u64>>]) -> u64 {
    ranges.iter().flatten().map(|range| range.end - range.start).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_splits_in_order_are_the_whole_and_even_in_bytes_of_the_selected_columns() {
    let (server, urls) = serve(5);
    let client = Client::new().unwrap();
    let selection = Selection::all().columns(["c0001", "c0000"]);
    let whole = joined(&in_time(client.load_many(&urls, &selection).collect()).await.unwrap());
    server.reset_log();
    let splits = in_time(client.split(&urls, &selection, Cut::Count(3))).await.unwrap();
    assert_eq!(server.log().len(), urls.len(), "the footers and nothing else");
    assert_eq!(splits.stats().requests, 5);
    assert_eq!(splits.len(), 3);
    assert_eq!(together(&client, &handed_over(&splits)).await.columns(), whole.columns());

    let selected: u64 = (0..5).map(|seed| bytes_of(&chunks(&plain_in_memory(&options(seed)).unwrap(), 0..2))).sum();
    let bytes: Vec<u64> = splits.iter().map(|split| split.bytes()).collect();
    assert_eq!(bytes.iter().sum::<u64>(), selected);
    let mean = selected / 3;
    assert!(bytes.iter().all(|bytes| *bytes < mean * 106 / 100), "{bytes:?}: 20 row groups, at most 7 in each");

    let mut seen = Vec::new();
    for split in splits.iter() {
        for file in split.files() {
            seen.extend(file.row_groups.iter().map(|row_group| (file.url.clone(), *row_group)));
        }
    }
    let wanted: Vec<_> = urls.iter().flat_map(|url| (0..4).map(|group| (url.clone(), group))).collect();
    assert_eq!(seen, wanted, "each row group once, in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_split_fetches_its_own_files_footers_and_its_own_row_groups() {
    let (server, urls) = serve(4);
    let client = Client::new().unwrap();
    let splits = in_time(client.split(&urls, &Selection::all(), Cut::Count(5))).await.unwrap();
    for split in handed_over(&splits).iter() {
        server.reset_log();
        rows(&client, &split).await;
        let log = server.log();
        let mut fetched = 0;
        for file in split.files() {
            let name = file.url.rsplit('/').next().unwrap();
            let content = plain_in_memory(&options(name.parse().unwrap())).unwrap();
            let of_groups = chunks(&content, 0..6);
            let mut tails = 0;
            for request in log.iter().filter(|request| request.path.ends_with(name)) {
                let range = request.range.as_deref().unwrap().trim_start_matches("bytes=");
                let (start, end) = range.split_once('-').unwrap();
                if start.is_empty() {
                    tails += 1;
                    continue;
                }
                let asked: Range<u64> = start.parse().unwrap()..end.parse::<u64>().unwrap() + 1;
                let wanted = file.row_groups.iter().flat_map(|group| &of_groups[*group]);
                let (first, last) =
                    (wanted.clone().map(|range| range.start).min(), wanted.map(|range| range.end).max());
                assert!(Some(asked.start) >= first && Some(asked.end) <= last, "{name}: {asked:?} of {split:?}");
            }
            assert_eq!(tails, 1, "{name}");
            fetched += log.iter().filter(|request| request.path.ends_with(name)).count();
        }
        assert_eq!(fetched, log.len(), "a request to a file of another split: {log:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_split_has_the_schema_of_the_whole_whatever_its_own_files_have() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = |count: i32| column(Int32Array::from_iter_values(0..count));
    put(folder.path(), "t/year=2023/city=Oslo/a.parquet", &file(vec![("id", numbers(30)), ("old", numbers(30))], 10));
    put(folder.path(), "t/year=2024/city=7/b.parquet", &file(vec![("id", numbers(20))], 10));
    let wide = column(Int64Array::from_iter_values((0..10).map(|at| at << 40)));
    let names = column(StringArray::from_iter_values((0..10).map(|at| at.to_string())));
    put(folder.path(), "t/year=2024/city=7/c.parquet", &file(vec![("name", names), ("id", wide)], 10));
    let client = Client::new().unwrap();
    let files = in_time(client.list(folder.path().to_str().unwrap())).await.unwrap();
    let selections = [
        (Selection::all(), "id old name year city"),
        (Selection::all().columns(["city", "name", "old"]), "city name old"),
        (Selection::all().columns(["year"]), "year"),
        (Selection::all().columns(["name"]), "name"),
    ];
    for (selection, names) in selections {
        let whole = joined(&in_time(client.load_many(files.clone(), &selection).collect()).await.unwrap());
        let splits = in_time(client.split(files.clone(), &selection, Cut::Count(6))).await.unwrap();
        assert_eq!(splits.len(), 6);
        let together = together(&client, &handed_over(&splits)).await;
        assert_eq!(together, whole);
        let fields: Vec<_> = splits.schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(fields.join(" "), names);
    }
    let splits = in_time(client.split(files, &Selection::all(), Cut::Size(1))).await.unwrap();
    let schema = splits.get(5).unwrap().schema();
    assert_eq!(schema.field_with_name("id").unwrap().data_type(), &DataType::Int64);
    assert_eq!(schema.field_with_name("year").unwrap().data_type(), &DataType::Int64);
    assert_eq!(schema.field_with_name("city").unwrap().data_type(), &DataType::Utf8, "7 is text beside Oslo");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_changed_since_is_an_error_and_never_rows() {
    let (server, urls) = serve(2);
    let client = Client::new().unwrap();
    let splits = in_time(client.split(&urls, &Selection::all(), Cut::Count(2))).await.unwrap();
    let split = splits.get(1).unwrap();
    assert_eq!(split.files().len(), 1);
    // While it is read: the footer is still the old one.
    let content = plain_in_memory(&options(8)).unwrap();
    let fault = Fault::Replaced { content, keeps_conditions: true };
    server.rule("0001", Rule { nth: Some(1), when: When::Range, times: 1, fault });
    for when in ["during", "before"] {
        server.reset_log();
        let error = in_time(client.load_split(&split).collect()).await.unwrap_err();
        assert_eq!((error.kind(), error.object()), (ErrorKind::Changed, Some(urls[1].as_str())), "{when}: {error}");
        assert!(error.message().contains("plan them again"), "{error}");
        assert!(when == "during" || server.log().len() == 1, "no data of another version");
    }
    let error = in_time(client.load_split(&split).skip_failed().collect()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Changed, "nothing is left of it");
    let whole = in_time(client.split(&urls, &Selection::all(), Cut::Count(1))).await.unwrap();
    server.put("0001", plain_in_memory(&options(7)).unwrap());
    let mut stream = in_time(client.load_split(&whole.get(0).unwrap()).skip_failed().stream()).await.unwrap();
    let mut batches = Vec::new();
    while let Some(batch) = in_time(stream.try_next()).await.unwrap() {
        batches.push(batch);
    }
    assert_eq!(
        joined(&batches).columns(),
        all(plain_batches(&options(0))).columns(),
        "the file is left out as a whole"
    );
    assert_eq!(stream.skipped().first().map(|error| error.kind()), Some(ErrorKind::Changed));
    let first = rows(&client, &splits.get(0).unwrap()).await;
    assert_eq!(joined(&first).columns(), all(plain_batches(&options(0))).columns(), "other splits are as they were");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_split_is_empty_and_a_large_row_group_is_one_of_its_own() {
    let server = Server::start(Options::default());
    let values =
        |count| column(Int64Array::from_iter_values((0..count).map(|at: i64| at.wrapping_mul(0x9e37_79b9_7f4a))));
    server.put("small", file(vec![("a", values(300))], 100));
    server.put("none", file(vec![("a", values(0))], 100));
    server.put("large", file(vec![("a", values(100_000))], 100_000));
    let urls = ["small", "none", "large", "small"].map(|name| server.url(name));
    let client = Client::new().unwrap();
    let groups = |splits: &Splits| -> Vec<usize> {
        splits.iter().map(|split| split.files().iter().map(|file| file.row_groups.len()).sum()).collect()
    };
    let by_count = in_time(client.split(&urls, &Selection::all(), Cut::Count(100))).await.unwrap();
    assert_eq!(groups(&by_count), [1; 7], "there are no more row groups");
    let by_size = in_time(client.split(&urls, &Selection::all(), Cut::Size(100_000))).await.unwrap();
    assert_eq!(groups(&by_size), [3, 1, 3]);
    let some = Selection::all().row_groups([0]);
    let of_some = in_time(client.split(&urls[2..], &some, Cut::Count(2))).await.unwrap();
    assert_eq!(groups(&of_some), [1, 1]);
    let none = in_time(client.split(&urls[1..2], &Selection::all(), Cut::Count(2))).await.unwrap();
    assert!(none.is_empty() && handed_over(&none).get(0).is_none());
    assert_eq!(none.schema().fields().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_not_be_planned_says_why() {
    let (server, mut urls) = serve(2);
    let client = Client::new().unwrap();
    let split = async |urls: &[String], selection: Selection| {
        in_time(client.split(urls, &selection, Cut::Count(2))).await.unwrap_err()
    };
    let error = split(&urls, Selection::all().limit(5)).await;
    assert!(error.kind() == ErrorKind::Usage && error.message().contains("offset and limit"), "{error}");
    let error = split(&urls, Selection::all().columns(["c0009"])).await;
    assert!(error.kind() == ErrorKind::Usage && error.message().contains("`c0009`"), "{error}");
    let error = split(&[], Selection::all()).await;
    assert_eq!(error.kind(), ErrorKind::Usage);
    urls.push(server.url("missing"));
    let error = split(&urls, Selection::all()).await;
    assert_eq!((error.kind(), error.object()), (ErrorKind::NotFound, Some(urls[2].as_str())));
}

#[test]
fn the_client_that_waits_has_them_too() {
    let (_server, urls) = serve(2);
    let client = parqlet::blocking::Client::new().unwrap();
    let splits = client.split(&urls, &Selection::all().columns(["c0000"]), Cut::Count(2)).unwrap();
    let batches = client.load_split(&splits.get(1).unwrap()).collect().unwrap();
    assert_eq!(joined(&batches).column(0), all(plain_batches(&options(1))).column_by_name("c0000").unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_that_is_no_splits_says_so() {
    let (_server, urls) = serve(1);
    let splits = in_time(Client::new().unwrap().split(&urls, &Selection::all(), Cut::Count(2))).await.unwrap();
    let text = splits.to_json();
    let newer = text.replace("\"version\": 1", "\"version\": 2");
    let start = text.find("\"schema\": \"").unwrap() + 11;
    let end = start + text[start..].find('"').unwrap();
    let no_schema = format!("{}AAAA{}", &text[..start], &text[end..]);
    let no_partition = text.replace("\"partitions\": []", "\"partitions\": [\"year\"]");
    for (text, says) in [
        ("", "no splits"),
        ("{}", "missing field `format`"),
        (&newer, "of version 2"),
        (&text.replace("parqlet-splits", "other"), "another one"),
        (&no_schema, "no Arrow schema"),
        (&no_partition, "partition `year`"),
        (&text[..text.len() / 2], "no splits"),
    ] {
        let error = Splits::from_json(text).unwrap_err();
        assert!(error.kind() == ErrorKind::Usage && error.message().contains(says), "{says}: {error}");
    }
    // Whatever half of it is damaged: an error, no panic.
    for at in (0..text.len()).step_by(7) {
        let mut damaged = text.clone().into_bytes();
        damaged[at] ^= 1;
        if let Ok(text) = String::from_utf8(damaged) {
            drop(Splits::from_json(&text));
        }
    }
}
