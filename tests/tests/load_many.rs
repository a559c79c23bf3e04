//! Many files as one table: what a user gets, and the requests that takes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod reading;

use std::sync::Arc;
use std::time::Duration;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, StructArray};
use arrow_schema::{DataType, TimeUnit};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use parqlet::core::select::Selection;
use parqlet::{Client, ErrorKind, LoadMany};
use parqlet_tests::sample::{SampleOptions, plain_batches, plain_in_memory};
use parqlet_tests::server::{Fault, Link, Options, Rule, Server, When, peak_concurrent, round_trips};
use parquet::arrow::ArrowWriter;
use parquet::data_type::{Int96, Int96Type};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use reading::{all, columns, in_time, joined};

/// 300 KB and more: the footer's tail holds no data of the first row groups.
fn options(seed: u64) -> SampleOptions {
    SampleOptions { rows: 40_000, row_groups: 4, columns: 6, seed, ..SampleOptions::default() }
}

/// A server with so many files, behind a link so long; and the addresses of the files.
fn serve(files: u64, first_byte: Duration) -> (Server, Vec<String>) {
    let server = Server::start(Options { link: Link { first_byte, ..Link::none() }, ..Options::default() });
    let urls = (0..files).map(|seed| {
        let name = format!("{seed:04}");
        server.put(&name, plain_in_memory(&options(seed)).unwrap());
        server.url(&name)
    });
    let urls = urls.collect();
    (server, urls)
}

fn expected(files: impl IntoIterator<Item = u64>) -> Vec<RecordBatch> {
    files.into_iter().map(|seed| all(plain_batches(&options(seed)))).collect()
}

async fn rows(load: LoadMany) -> RecordBatch {
    joined(&in_time(load.collect()).await.unwrap())
}

fn file(columns: Vec<(&str, ArrayRef)>) -> Bytes {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut content = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut content, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    content.into()
}

fn column(values: impl arrow_array::Array + 'static) -> ArrayRef {
    Arc::new(values)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_files_are_under_way_together_and_their_rows_come_in_order() {
    let (server, urls) = serve(12, Duration::from_millis(300));
    let selection = Selection::all().columns(["c0001", "c0000"]);
    let mut stream = in_time(Client::new().unwrap().load_many(&urls, &selection).stream()).await.unwrap();
    let mut batches = Vec::new();
    while let Some(batch) = in_time(stream.try_next()).await.unwrap() {
        batches.push(batch);
    }
    let wanted = joined(&expected(0..12));
    assert_eq!(joined(&batches).columns(), columns(&wanted, &["c0001", "c0000"]));
    let log = server.log();
    assert_eq!(round_trips(&log), 2, "all footers, then all data");
    assert!(peak_concurrent(&log) >= 12 && peak_concurrent(&log) <= 256, "{}", peak_concurrent(&log));
    let tails = log.iter().filter(|request| request.range.as_deref().is_some_and(|range| range.contains("=-"))).count();
    assert_eq!(tails, 12);
    let stats = stream.stats();
    let sent: u64 = log.iter().map(|request| request.bytes_sent).sum();
    assert_eq!((stats.requests, stats.bytes, stats.rows), (log.len() as u64, sent, 12 * 40_000));
    assert_eq!((stats.round_trips, stats.planned_bytes, stats.planned_rows), (2, sent, 12 * 40_000));
    assert!(stream.byte_length() > sent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_far_on_leave_the_memory_to_those_whose_footers_come_late() {
    let (server, urls) = serve(40, Duration::ZERO);
    for name in (0..36).map(|seed| format!("{seed:04}")) {
        let fault = Fault::Slow(Duration::from_millis(400));
        server.rule(&name, Rule { nth: None, when: When::Tail, times: 1, fault });
    }
    let client = Client::builder().memory(48 << 20).hedge(None).build().unwrap();
    let loaded = in_time(client.load_many(&urls, &Selection::all()).collect()).await.unwrap();
    assert_eq!(joined(&loaded).columns(), joined(&expected(0..40)).columns());
    let log = server.log();
    let of_data = log.iter().filter(|request| !request.range.as_deref().unwrap_or_default().contains("=-"));
    let in_turn: Vec<&str> = of_data.map(|request| request.path.trim_start_matches('/')).collect();
    let first = in_turn.iter().position(|name| *name < "0036").unwrap();
    assert!(first <= 4, "{in_turn:?}");
    // No footer is fetched twice because memory is full of other files' data.
    assert_eq!(log.len() - in_turn.len(), 40);
    let lengths = (0..40).map(|seed| plain_in_memory(&options(seed)).unwrap().len() as u64).sum::<u64>();
    let sent = log.iter().map(|request| request.bytes_sent).sum::<u64>();
    assert!(sent <= lengths, "{sent} of {lengths}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_than_the_window_is_under_way_however_many_files_there_are() {
    let (server, urls) = serve(1, Duration::from_millis(5));
    let urls = vec![urls[0].clone(); 300];
    let selection = Selection::all().columns(["c0002"]);
    let batches = in_time(Client::new().unwrap().load_many(&urls, &selection).collect()).await.unwrap();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 300 * 40_000);
    assert!(peak_concurrent(&server.log()) <= 256);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_budget_is_kept_and_footers_that_have_no_room_are_fetched_again() {
    let server = Server::start(Options::default());
    let content = plain_in_memory(&options(0)).unwrap();
    let length = content.len();
    let names: Vec<String> = (0..40).map(|at| format!("{at:04}")).collect();
    names.iter().for_each(|name| server.put(name, content.clone()));
    let memory = 4 << 20;
    let client = Client::builder().memory(memory).build().unwrap();
    let load = client.load_many(names.iter().map(|name| server.url(name)), &Selection::all());
    let mut stream = in_time(load.stream()).await.unwrap();
    let mut batches = Vec::new();
    while let Some(batch) = in_time(stream.try_next()).await.unwrap() {
        batches.push(batch);
    }
    assert_eq!(joined(&batches).columns(), joined(&expected([0; 40])).columns());
    // The file in front may go past the budget by what its next batch needs.
    let most = memory + (8 << 20);
    assert!(stream.stats().peak_memory <= most, "{}", stream.stats().peak_memory);
    let of_end = |range: &str| range.contains("=-") || range.ends_with(&format!("-{}", length - 1));
    let ends = server.log().iter().filter(|request| request.range.as_deref().is_some_and(of_end)).count();
    assert!((41..=80).contains(&ends), "{ends} requests for the footers of 40 files");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offset_and_limit_count_the_rows_of_all_files_and_open_no_more_of_them_than_they_need() {
    let (server, urls) = serve(5, Duration::ZERO);
    let client = Client::new().unwrap();
    let wanted = joined(&expected(0..5));
    for (offset, limit, opened) in
        [(0, 10, 1), (39_990, 20, 2), (100_000, 50_000, 4), (0, 200_000, 5), (190_000, 99_999, 5)]
    {
        server.reset_log();
        let batch = rows(client.load_many(&urls, &Selection::all().offset(offset as u64).limit(limit as u64))).await;
        assert_eq!(batch.columns(), wanted.slice(offset, limit.min(200_000 - offset)).columns());
        let mut paths: Vec<_> = server.log().into_iter().map(|request| request.path).collect();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), opened, "offset {offset}, limit {limit}");
    }
    let none = in_time(client.load_many(&urls, &Selection::all().limit(0)).stream()).await.unwrap();
    assert_eq!(none.schema().fields().len(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_are_put_together_by_name() {
    let server = Server::start(Options::default());
    let inner = |name: &str, values: ArrayRef| column(StructArray::try_from(vec![(name, values)]).unwrap());
    server.put(
        "a",
        file(vec![
            ("id", column(Int32Array::from(vec![1, 2]))),
            ("name", column(StringArray::from(vec!["one", "two"]))),
            ("at", inner("x", column(Int32Array::from(vec![7, 8])))),
        ]),
    );
    server.put(
        "b",
        file(vec![
            ("score", column(Float64Array::from(vec![0.5]))),
            ("at", inner("y", column(StringArray::from(vec!["east"])))),
            ("id", column(Int64Array::from(vec![1 << 40]))),
        ]),
    );
    let urls = ["a", "b"].map(|name| server.url(name));
    let client = Client::new().unwrap();
    let batch = rows(client.load_many(&urls, &Selection::all())).await;
    let names: Vec<_> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["id", "name", "at", "score"]);
    let ids = batch.column(0).as_primitive::<Int64Type>();
    assert_eq!(ids.values(), &[1, 2, 1 << 40]);
    let at = batch.column(2).as_struct();
    assert_eq!(at.column(0).as_primitive::<Int32Type>(), &Int32Array::from(vec![Some(7), Some(8), None]));
    assert_eq!(at.column(1).as_string::<i32>(), &StringArray::from(vec![None, None, Some("east")]));
    assert_eq!(batch.column(1).as_string::<i32>(), &StringArray::from(vec![Some("one"), Some("two"), None]));
    assert_eq!(batch.column(3).as_primitive::<Float64Type>(), &Float64Array::from(vec![None, None, Some(0.5)]));

    // A name has to be in one of them.
    let batch = rows(client.load_many(&urls, &Selection::all().columns(["score", "id"]))).await;
    assert_eq!(batch.schema().field(0).name(), "score");
    assert_eq!(batch.column(0).null_count(), 2);
    let error =
        in_time(client.load_many(&urls, &Selection::all().columns(["id", "scores"])).collect()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.message().starts_with("there is no column `scores`"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_that_do_not_go_together_name_both_files() {
    let server = Server::start(Options::default());
    server.put("a", file(vec![("id", column(Int32Array::from(vec![1])))]));
    server.put("b", file(vec![("id", column(StringArray::from(vec!["1"])))]));
    let urls = ["a", "b"].map(|name| server.url(name));
    let error = in_time(Client::new().unwrap().load_many(&urls, &Selection::all()).collect()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    let says = format!("column `id` is Int32 in {} and Utf8 in {}", urls[0], urls[1]);
    assert!(error.to_string().contains(&says), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_fails_ends_the_load_or_is_left_out_as_a_whole() {
    let (server, mut urls) = serve(6, Duration::ZERO);
    urls[1] = server.url("missing");
    server.put("0003", "no Parquet file");
    // The last row groups of one are damaged.
    let mut damaged = plain_in_memory(&options(4)).unwrap().to_vec();
    let length = damaged.len();
    damaged[length * 6 / 10..length * 9 / 10].fill(0xff);
    server.put("0004", damaged);
    let client = Client::new().unwrap();
    let error = in_time(client.load_many(&urls, &Selection::all()).collect()).await.unwrap_err();
    assert!(urls.iter().any(|url| error.to_string().contains(url.as_str())), "{error}");

    let mut stream = in_time(client.load_many(&urls, &Selection::all()).skip_failed().stream()).await.unwrap();
    let mut batches = Vec::new();
    while let Some(batch) = in_time(stream.try_next()).await.unwrap() {
        batches.push(batch);
    }
    assert_eq!(joined(&batches).columns(), joined(&expected([0, 2, 5])).columns());
    let mut skipped: Vec<_> =
        stream.skipped().iter().map(|error| (error.object().unwrap().to_owned(), error.kind())).collect();
    skipped.sort_by(|one, other| one.0.cmp(&other.0));
    let left_out = [(3, ErrorKind::NotParquet), (4, ErrorKind::Corrupt), (1, ErrorKind::NotFound)];
    assert_eq!(skipped, left_out.map(|(at, kind)| (urls[at].clone(), kind)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_many_row_groups_and_more_than_memory_are_read_where_failed_ones_are_left_out() {
    let server = Server::start(Options::default());
    let options = SampleOptions { row_groups: 50, rows: 400_000, ..options(1) };
    server.put("large", plain_in_memory(&options).unwrap());
    let urls = [server.url("large"), server.url("missing"), server.url("large")];
    for memory in [256 << 20, 4 << 20] {
        let client = Client::builder().memory(memory).build().unwrap();
        let batches = in_time(client.load_many(&urls, &Selection::all()).skip_failed().collect()).await.unwrap();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 800_000);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_can_be_read_is_the_first_error() {
    let server = Server::start(Options::default());
    let urls = ["a", "b"].map(|name| server.url(name));
    let error =
        in_time(Client::new().unwrap().load_many(&urls, &Selection::all()).skip_failed().collect()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let none: [String; 0] = [];
    let error = in_time(Client::new().unwrap().load_many(none, &Selection::all()).collect()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unordered_rows_do_not_wait_for_a_slow_file() {
    let (server, urls) = serve(4, Duration::ZERO);
    // All of its ranges: requests side by side reach the server in any order, so one of them could be of any row group.
    let slow = Fault::Slow(Duration::from_secs(2));
    server.rule("0000", Rule { nth: None, when: When::Range, times: usize::MAX, fault: slow });
    let selection = Selection::all().columns(["c0000"]);
    let batches = in_time(Client::new().unwrap().load_many(&urls, &selection).unordered().collect()).await.unwrap();
    let sorted = |batch: &RecordBatch| {
        let mut values = batch.column_by_name("c0000").unwrap().as_primitive::<Int64Type>().values().to_vec();
        values.sort_unstable();
        values
    };
    let wanted = joined(&expected(0..4));
    assert_eq!(sorted(&joined(&batches)), sorted(&wanted));
    let first = batches[0].column(0).as_primitive::<Int64Type>().value(0);
    let first_of_all = wanted.column(0).as_primitive::<Int64Type>().value(0);
    assert_ne!(first, first_of_all, "the rows of another file came first");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_file_is_of_one_version() {
    let (server, urls) = serve(3, Duration::ZERO);
    let content = plain_in_memory(&options(9)).unwrap();
    let fault = Fault::Replaced { content, keeps_conditions: true };
    server.rule("0001", Rule { nth: None, when: When::Range, times: 1, fault });
    let batch = rows(Client::new().unwrap().load_many(&urls, &Selection::all())).await;
    assert_eq!(batch.columns(), joined(&expected([0, 9, 2])).columns());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn local_files_are_one_table_too() {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<String> = (0..20)
        .map(|seed| {
            let path = folder.path().join(format!("{seed}.parquet"));
            std::fs::write(&path, plain_in_memory(&options(seed)).unwrap()).unwrap();
            path.to_str().unwrap().to_owned()
        })
        .collect();
    let batch = rows(Client::new().unwrap().load_many(&paths, &Selection::all())).await;
    assert_eq!(batch.columns(), joined(&expected(0..20)).columns());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partitions_are_columns_and_those_that_are_not_wanted_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    for (year, city, id) in [(2023, "Oslo", 1), (2024, "Oslo", 2), (2024, "Rome", 3)] {
        let place = folder.path().join(format!("year={year}/city={city}"));
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join("a.parquet"), file(vec![("id", column(Int32Array::from(vec![id])))])).unwrap();
    }
    let client = Client::new().unwrap();
    let listing = parqlet::Listing::from(folder.path().to_str().unwrap()).partition("year", "2024");
    let files = in_time(client.list(listing)).await.unwrap();
    let batch = rows(client.load_many(files.clone(), &Selection::all())).await;
    let names: Vec<_> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["id", "year", "city"]);
    assert_eq!(batch.column(0).as_primitive::<Int32Type>().values(), &[2, 3]);
    assert_eq!(batch.column(1).as_primitive::<Int64Type>().values(), &[2024, 2024]);
    assert_eq!(batch.column(2).as_string::<i32>(), &StringArray::from(vec!["Oslo", "Rome"]));
    let batch = rows(client.load_many(files, &Selection::all().columns(["city"]))).await;
    assert_eq!(batch.column(0).as_string::<i32>(), &StringArray::from(vec!["Oslo", "Rome"]));
}

/// A file of INT96 timestamps, by their Julian days.
fn int96(days: &[u32]) -> Bytes {
    let schema = Arc::new(parse_message_type("message m { required int96 t; }").unwrap());
    let mut content = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut content, schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let values: Vec<Int96> = days.iter().map(|day| Int96::from(vec![0, 0, *day])).collect();
    column.typed::<Int96Type>().write_batch(&values, None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    content.into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn int96_gets_the_unit_that_holds_its_values() {
    /// 1970 and 1399: the second is no number of nanoseconds of 64 bits.
    const DAYS: [u32; 2] = [2_440_588, 2_232_400];
    let micros = |day: u32| (i64::from(day) - 2_440_588) * 86_400_000_000;
    let server = Server::start(Options::default());
    server.put("old", int96(&DAYS));
    server.put("new", int96(&DAYS[..1]));
    let client = Client::new().unwrap();
    for (names, wanted) in [
        (vec!["new", "new"], Ok((TimeUnit::Nanosecond, vec![0, 0]))),
        (vec!["old"], Ok((TimeUnit::Microsecond, DAYS.map(micros).to_vec()))),
        (vec!["new", "old"], Err(ErrorKind::Unsupported)),
    ] {
        let load = client.load_many(names.iter().map(|name| server.url(name)), &Selection::all());
        let got = in_time(load.collect()).await.map(|batches| {
            let batch = joined(&batches);
            let DataType::Timestamp(unit, _) = batch.schema().field(0).data_type().clone() else { panic!() };
            let numbers = arrow_cast::cast(batch.column(0), &DataType::Int64).unwrap();
            (unit, numbers.as_primitive::<Int64Type>().values().to_vec())
        });
        assert_eq!(got.map_err(|error| error.kind()), wanted);
    }
}
