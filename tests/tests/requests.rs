//! The exact list of requests that each file shape and selection costs, and the rows it gives.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod oracle;
mod reading;

use arrow_array::RecordBatch;
use futures_util::TryStreamExt as _;
use oracle::{Sample, TAIL};
use parqlet::core::ErrorKind;
use parqlet::{Client, Read};
use parqlet_tests::sample::{SampleOptions, plain_batches, plain_in_memory};
use parqlet_tests::server::{Fault, Link, Options, Rule, Server, When, peak_concurrent, round_trips};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use reading::{Asked, all, asked, columns, in_time, joined, pinned};
use std::ops::Range;
use std::sync::OnceLock;
use std::time::Duration;

fn total(ranges: &[Range<u64>]) -> u64 {
    ranges.iter().map(|range| range.end - range.start).sum()
}

/// 12 MB of rides: 30 columns, 10 row groups, pages of 1,000 rows.
fn options(page_index: bool) -> SampleOptions {
    SampleOptions { rows: 100_000, page_rows: 1_000, page_index, ..SampleOptions::default() }
}

fn rides(page_index: bool) -> &'static Sample {
    static SAMPLES: [OnceLock<Sample>; 2] = [OnceLock::new(), OnceLock::new()];
    SAMPLES[usize::from(page_index)].get_or_init(|| Sample::rides(&options(page_index)))
}

fn serve(sample: &Sample) -> Server {
    far(sample, Duration::ZERO)
}

/// Behind a link that is long enough to see which requests are under way together.
fn far(sample: &Sample, first_byte: Duration) -> Server {
    let server = Server::start(Options { link: Link { first_byte, ..Link::none() }, ..Options::default() });
    server.put("f", sample.bytes.clone());
    server
}

async fn open(server: &Server) -> parqlet::ParquetFile {
    in_time(Client::new().unwrap().open(&server.url("f"))).await.unwrap()
}

/// Opens, reads, and holds rows and requests against what they must be.
async fn reads(sample: &Sample, narrow: impl Fn(Read) -> Read, expected: RecordBatch, ranges: &[Range<u64>]) {
    let server = serve(sample);
    let file = open(&server).await;
    let batches = in_time(narrow(file.read()).collect()).await.unwrap();
    let names: Vec<_> = expected.schema().fields().iter().map(|field| field.name().clone()).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    assert_eq!(columns(&joined(&batches), &names), expected.columns());
    let mut list = vec![Asked::Tail(TAIL)];
    list.extend(pinned(file.identity().version.etag().unwrap(), ranges));
    assert_eq!(asked(&server), list);
}

fn only(batch: &RecordBatch, names: &[&str]) -> RecordBatch {
    let at: Vec<_> = names.iter().map(|name| batch.schema().index_of(name).unwrap()).collect();
    batch.project(&at).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_column_of_thirty_costs_two_round_trips_and_its_own_bytes() {
    for page_index in [true, false] {
        let sample = rides(page_index);
        let server = far(sample, Duration::from_millis(400));
        let file = open(&server).await;
        let mut stream = in_time(file.read().columns(["fare"]).stream()).await.unwrap();
        let mut batches = Vec::new();
        while let Some(batch) = in_time(stream.try_next()).await.unwrap() {
            batches.push(batch);
        }
        assert_eq!(joined(&batches).columns(), columns(&sample.rows, &["fare"]));

        let leaf = sample.leaf("fare");
        let chunks: Vec<_> = (0..10).map(|group| sample.chunk(group, leaf)).collect();
        let wanted = sample.requests(chunks.clone());
        assert_eq!(wanted.len(), 10, "no chunk is near another one");
        let mut list = vec![Asked::Tail(TAIL)];
        list.extend(pinned(file.identity().version.etag().unwrap(), &wanted));
        assert_eq!(asked(&server), list);

        let log = server.log();
        assert_eq!(round_trips(&log), 2);
        assert_eq!(peak_concurrent(&log[1..]), 10, "all data requests are under way together");
        let sent: u64 = log.iter().map(|request| request.bytes_sent).sum();
        assert!(sent as f64 <= 1.03 * total(&chunks) as f64 + TAIL as f64, "{sent} of {}", total(&chunks));
        let (opening, stats) = (file.stats(), stream.stats());
        assert_eq!((opening.requests, opening.round_trips, opening.bytes), (1, 1, TAIL));
        assert_eq!((stats.requests, stats.round_trips, stats.bytes), (10, 1, sent - TAIL));
        assert_eq!((stats.retries, stats.restarts, stats.rows, stats.planned_bytes), (0, 0, 100_000, sent - TAIL));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_smaller_than_the_tail_is_one_request_for_ever() {
    let options = SampleOptions { rows: 700, row_groups: 3, ..SampleOptions::default() };
    let sample = Sample::rides(&options);
    assert!((sample.bytes.len() as u64) < TAIL);
    let server = serve(&sample);
    let file = open(&server).await;
    for _ in 0..2 {
        let mut stream = in_time(file.read().stream()).await.unwrap();
        let batches: Vec<_> = in_time((&mut stream).try_collect()).await.unwrap();
        assert_eq!(joined(&batches).columns(), sample.rows.columns());
        assert_eq!((stream.stats().requests, stream.stats().bytes), (0, 0));
        assert!(stream.stats().known_part_hits > 0);
    }
    in_time(file.read().columns(["fare"]).offset(300).limit(5).collect()).await.unwrap();
    assert_eq!(asked(&server), [Asked::Tail(TAIL)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_tail_costs_exactly_what_it_lacks() {
    let options = SampleOptions { rows: 40, row_groups: 2, columns: 2_000, ..SampleOptions::default() };
    let sample = Sample::new(plain_in_memory(&options).unwrap(), all(plain_batches(&options)));
    let length = sample.bytes.len();
    let size = u32::from_le_bytes(sample.bytes[length - 8..length - 4].try_into().unwrap());
    let footer = length as u64 - 8 - u64::from(size);
    assert!(footer < sample.tail_start(), "the footer is longer than the tail");

    let server = serve(&sample);
    let client = Client::new().unwrap();
    let file = in_time(client.open(&server.url("f"))).await.unwrap();
    let etag = file.identity().version.etag().unwrap().to_owned();
    let mut list = vec![Asked::Tail(TAIL)];
    list.extend(pinned(&etag, std::slice::from_ref(&(footer..sample.tail_start()))));
    assert_eq!(asked(&server), list);
    assert_eq!(file.stats().round_trips, 2);

    server.reset_log();
    let batches = in_time(file.read().columns(["c0003"]).collect()).await.unwrap();
    assert_eq!(joined(&batches).columns(), columns(&sample.rows, &["c0003"]));
    let chunks = (0..2).map(|group| sample.chunk(group, sample.leaf("c0003")));
    assert_eq!(asked(&server), pinned(&etag, &chunks.collect::<Vec<_>>()));

    // The next file of this origin is asked for a tail that is long enough.
    server.reset_log();
    in_time(client.open(&server.url("f"))).await.unwrap();
    let log = asked(&server);
    assert!(matches!(log[..], [Asked::Tail(tail)] if tail >= length as u64 - footer), "{log:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_knows_no_tails_is_asked_for_the_place() {
    let sample = rides(true);
    let length = sample.bytes.len() as u64;
    for (fault, tells_length) in
        [(Fault::Whole, true), (Fault::Status(400), false), (Fault::Status(416), false), (Fault::Status(501), false)]
    {
        let server = serve(sample);
        server.rule("f", Rule { nth: None, when: When::Tail, times: usize::MAX, fault });
        let file = open(&server).await;
        // HEAD tells the version too, and then nothing else is taken.
        let if_match = (!tells_length).then(|| file.identity().version.etag().unwrap().to_owned());
        let mut first = vec![Asked::Tail(TAIL), Asked::Bytes { start: sample.tail_start(), end: length, if_match }];
        first.extend((!tells_length).then(|| Asked::Other("HEAD None".to_owned())));
        assert_eq!(asked(&server), first);
        server.reset_log();
        let batches = in_time(file.read().columns(["fare"]).row_groups([4]).collect()).await.unwrap();
        assert_eq!(joined(&batches).columns(), columns(&sample.rows.slice(40_000, 10_000), &["fare"]));
        assert_eq!(server.log().len(), 1);
    }
}

/// Opens, reads, and holds rows and requests against what they must be: a front of each of `pieces`, of which the first
/// bytes are asked for and `most` bytes of all together, in one round trip.
async fn reads_fronts(
    sample: &Sample,
    narrow: impl Fn(Read) -> Read,
    expected: RecordBatch,
    pieces: Vec<Range<u64>>,
    most: u64,
) {
    let server = serve(sample);
    let file = open(&server).await;
    let mut stream = in_time(narrow(file.read()).stream()).await.unwrap();
    let mut batches = Vec::new();
    while let Some(batch) = in_time(stream.try_next()).await.unwrap() {
        batches.push(batch);
    }
    let names: Vec<_> = expected.schema().fields().iter().map(|field| field.name().clone()).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    assert_eq!(columns(&joined(&batches), &names), expected.columns());

    let asked = asked(&server);
    let bytes = |asked: &Asked| match asked {
        Asked::Bytes { start, end, .. } => Some(*start..*end),
        _ => None,
    };
    let ranges: Vec<_> = asked.iter().filter_map(bytes).collect();
    let mut list = vec![Asked::Tail(TAIL)];
    list.extend(pinned(file.identity().version.etag().unwrap(), &ranges));
    assert_eq!(asked, list);
    for piece in &pieces {
        let has = |range: &&Range<u64>| range.start <= piece.start && piece.start < range.end;
        assert!(ranges.iter().any(|range| has(&range)), "the front of {piece:?} in {ranges:?}");
    }
    let within = |range: &Range<u64>| pieces.iter().any(|piece| piece.start <= range.start && range.start < piece.end);
    assert!(ranges.iter().all(within), "{ranges:?}");
    assert!(total(&ranges) <= most, "{} bytes of {}", total(&ranges), total(&pieces));
    let stats = stream.stats();
    assert_eq!((stats.round_trips, stats.bytes, stats.planned_bytes), (1, total(&ranges), total(&ranges)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_rows_cost_the_front_of_the_first_pages() {
    let names = ["ride_id", "fare", "city"];
    for page_index in [true, false] {
        let sample = rides(page_index);
        // What stands first in a chunk: its dictionary, or its first page of values.
        let chunks = names.iter().map(|name| sample.chunk(0, sample.leaf(name))).collect::<Vec<_>>();
        let expected = only(&sample.rows.slice(0, 100), &names);
        assert!(total(&chunks) > 90_000, "{}", total(&chunks));
        reads_fronts(sample, |read| read.columns(names).limit(100), expected, chunks, 10_000).await;

        // Of all columns.
        let chunks = sample.leaves().map(|leaf| sample.chunk(0, leaf)).collect::<Vec<_>>();
        let expected = sample.rows.slice(0, 100);
        assert!(total(&chunks) > 1_000_000, "{}", total(&chunks));
        reads_fronts(sample, |read| read.limit(100), expected, chunks, 160_000).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_deep_in_the_file_cost_their_pages() {
    // Rows 5,950 to 6,050 of row group 6: two pages of each column.
    let names = ["fare", "note"];
    let sample = rides(true);
    let expected = only(&sample.rows.slice(65_950, 100), &names);
    let pages = names.iter().flat_map(|name| sample.pages(6, sample.leaf(name), 5_950..6_050));
    let deep = |read: Read| read.columns(names).offset(65_950).limit(100);
    reads(sample, deep, expected.clone(), &sample.requests(pages)).await;

    let sample = rides(false);
    let chunks = names.iter().map(|name| sample.chunk(6, sample.leaf(name)));
    reads(sample, deep, expected, &sample.requests(chunks)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_across_row_groups_cost_their_pages_of_both() {
    let sample = rides(true);
    let leaf = sample.leaf("rider_id");
    // The last page of one row group with its dictionary, and the fronts of dictionary and first page of the next.
    let mut pages = sample.pages(2, leaf, 9_990..10_000);
    let most = total(&pages) + 4_000;
    pages.extend(sample.pages(3, leaf, 0..15));
    assert!(total(&pages) > most + 40_000);
    let expected = only(&sample.rows.slice(29_990, 25), &["rider_id"]);
    let narrow = |read: Read| read.columns(["rider_id"]).offset(29_990).limit(25);
    reads_fronts(sample, narrow, expected, pages, most).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_index_before_the_tail_is_fetched_where_it_saves_more_than_it_costs() {
    let options = SampleOptions { rows: 60_000, row_groups: 1, page_rows: 60, ..SampleOptions::default() };
    let sample = Sample::rides(&options);
    let names = ["ride_id", "pickup_at", "dropoff_at", "rider_id", "fare", "note", "pickup"];
    let leaves =
        ["ride_id", "pickup_at", "dropoff_at", "rider_id", "fare", "note", "pickup.lat", "pickup.lon", "pickup.zone"]
            .map(|name| sample.leaf(name));
    let index = |leaf: usize| sample.metadata.row_group(0).column(leaf).offset_index_range().unwrap();
    let indexes = index(leaves[0]).start..index(leaves[8]).end;
    assert!(indexes.start < sample.tail_start(), "the index begins before the tail");

    let server = serve(&sample);
    let file = open(&server).await;
    let batches = in_time(file.read().columns(names).offset(30_000).limit(50).collect()).await.unwrap();
    assert_eq!(joined(&batches).columns(), columns(&sample.rows.slice(30_000, 50), &names));
    let pages = leaves.into_iter().flat_map(|leaf| sample.pages(0, leaf, 30_000..30_050));
    let mut ranges = sample.requests(pages);
    ranges.push(indexes);
    let mut list = vec![Asked::Tail(TAIL)];
    list.extend(pinned(file.identity().version.etag().unwrap(), &ranges));
    assert_eq!(asked(&server), list);
    assert_eq!(round_trips(&server.log()[..3]), 3, "tail, index, then pages");

    // For one small column the index would cost more than the whole of it.
    let chunk = sample.chunk(0, sample.leaf("vendor"));
    let expected = only(&sample.rows.slice(30_000, 50), &["vendor"]);
    let narrow = |read: Read| read.columns(["vendor"]).offset(30_000).limit(50);
    reads(&sample, narrow, expected, &sample.requests([chunk])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_groups_cost_their_chunks_alone() {
    let sample = rides(true);
    let names = ["city", "fare", "pickup"];
    let parts = ["city", "fare", "pickup.lat", "pickup.lon", "pickup.zone"];
    let groups = [3, 7];
    let chunks = groups.iter().flat_map(|group| parts.iter().map(|part| sample.chunk(*group, sample.leaf(part))));
    let rows = joined(&[sample.rows.slice(30_000, 10_000), sample.rows.slice(70_000, 10_000)]);
    let narrow = |read: Read| read.columns(names).row_groups([7, 3]);
    reads(sample, narrow, only(&rows, &names), &sample.requests(chunks)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_columns_and_no_rows_cost_nothing_more_than_the_footer() {
    let sample = rides(true);
    let server = serve(sample);
    let file = open(&server).await;
    let counted = in_time(file.read().columns([""; 0]).collect()).await.unwrap();
    assert_eq!(counted.iter().map(RecordBatch::num_rows).sum::<usize>(), 100_000);
    assert!(counted.iter().all(|batch| batch.num_columns() == 0));
    let none = in_time(file.read().limit(0).collect()).await.unwrap();
    assert_eq!(none.iter().map(RecordBatch::num_rows).sum::<usize>(), 0);
    let past = in_time(file.read().offset(100_000).collect()).await.unwrap();
    assert_eq!(past.iter().map(RecordBatch::num_rows).sum::<usize>(), 0);
    let error = in_time(file.read().columns(["fair"]).collect()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.to_string().ends_with("there is no column `fair`; did you mean `fare`?"), "{error}");
    assert_eq!(asked(&server), [Asked::Tail(TAIL)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_is_what_the_read_then_asks_for() {
    let narrows: [fn(Read) -> Read; 7] = [
        |read| read,
        |read| read.columns(["fare"]),
        |read| read.columns(["note", "ride_id"]).row_groups([0, 9]),
        |read| read.limit(100),
        |read| read.columns(["city"]).offset(12_345).limit(20_000),
        |read| read.columns(["stops"]).offset(99_990),
        |read| read.limit(0),
    ];
    for page_index in [true, false] {
        let sample = rides(page_index);
        for (place, narrow) in narrows.iter().enumerate() {
            let server = serve(sample);
            let file = open(&server).await;
            server.reset_log();
            let plan = in_time(narrow(file.read()).plan()).await.unwrap();
            assert!(server.log().is_empty(), "everything a plan needs is in this tail");
            in_time(narrow(file.read()).collect()).await.unwrap();
            let etag = file.identity().version.etag().unwrap().to_owned();
            assert_eq!(asked(&server), pinned(&etag, &plan.read.requests), "selection {place}");
            let sent: u64 = server.log().iter().map(|request| request.bytes_sent).sum();
            assert_eq!(sent, plan.read.useful - plan.read.known + plan.read.waste, "selection {place}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cap_on_requests_is_kept() {
    let sample = rides(true);
    for cap in [1, 3] {
        let server = serve(sample);
        let client = Client::builder().max_requests(cap).build().unwrap();
        let file = in_time(client.open(&server.url("f"))).await.unwrap();
        server.reset_log();
        let batches = in_time(file.read().columns(["fare"]).collect()).await.unwrap();
        assert_eq!(joined(&batches).columns(), columns(&sample.rows, &["fare"]));
        let log = asked(&server);
        assert_eq!(log.len(), cap, "{log:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prefetched_parts_serve_a_reader_that_knows_nothing_of_us() {
    let sample = rides(true);
    let server = serve(sample);
    let file = open(&server).await;
    let wanted = file.read().columns(["fare", "city"]).row_groups([2, 5]);
    let reader = async |names: &[&str], groups: Vec<usize>| {
        let parts = in_time(wanted.clone().prefetch()).await.unwrap();
        server.reset_log();
        let builder = ParquetRecordBatchReaderBuilder::try_new(parts).unwrap();
        let mask = ProjectionMask::columns(builder.parquet_schema(), names.iter().copied());
        let reader = builder.with_projection(mask).with_row_groups(groups).build()?;
        let batches = reader.collect::<Result<Vec<_>, _>>();
        assert_eq!(asked(&server), [], "the reader sends nothing");
        Ok::<_, parquet::errors::ParquetError>(batches?)
    };
    in_time(wanted.clone().prefetch()).await.unwrap();
    let chunks =
        [2, 5].into_iter().flat_map(|group| ["fare", "city"].map(|name| sample.chunk(group, sample.leaf(name))));
    let mut list = vec![Asked::Tail(TAIL)];
    list.extend(pinned(file.identity().version.etag().unwrap(), &sample.requests(chunks)));
    assert_eq!(asked(&server), list);

    let batches = reader(&["fare", "city"], vec![2, 5]).await.unwrap();
    let rows = joined(&[sample.rows.slice(20_000, 10_000), sample.rows.slice(50_000, 10_000)]);
    assert_eq!(columns(&joined(&batches), &["city", "fare"]), columns(&rows, &["city", "fare"]));
    // Never zeros for what isn't there.
    assert!(reader(&["fare", "tip"], vec![2]).await.is_err());
    assert!(reader(&["fare"], vec![3]).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ranges_of_an_open_file_are_asked_for_as_a_read_would_and_no_known_byte_again() {
    let sample = rides(true);
    let server = serve(sample);
    let file = open(&server).await;
    let end = sample.bytes.len() as u64;
    let chunks: Vec<_> = ["fare", "city"].map(|name| sample.chunk(2, sample.leaf(name))).into();
    // Within the tail, across its edge, none at all, one of the chunks once more in part.
    let mut wanted = vec![end - 8..end, sample.tail_start() - 5..sample.tail_start() + 5, 7..7];
    wanted.extend(chunks.iter().cloned());
    wanted.push(chunks[0].start + 1..chunks[0].end - 1);
    let parts = in_time(file.ranges(&wanted)).await.unwrap();
    for range in wanted {
        let at = |position: u64| usize::try_from(position).unwrap();
        assert_eq!(parts.get(&range).unwrap(), sample.bytes[at(range.start)..at(range.end)], "{range:?}");
    }
    let mut list = vec![Asked::Tail(TAIL)];
    let edge = sample.tail_start() - 5..sample.tail_start();
    list.extend(pinned(file.identity().version.etag().unwrap(), &sample.requests(chunks.into_iter().chain([edge]))));
    assert_eq!(asked(&server), list);

    server.reset_log();
    in_time(file.ranges(&vec![end - 100..end; 1])).await.unwrap();
    assert_eq!(asked(&server), [], "the tail is known");
    let error = in_time(file.ranges(&[0..4, end - 1..end + 1])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.to_string().contains(&format!("no such bytes in an object of {end}")), "{error}");
    assert_eq!(asked(&server), []);
}

#[test]
fn a_local_file_and_the_blocking_twin_give_the_same_rows() {
    let sample = rides(true);
    let server = serve(sample);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b.parquet");
    std::fs::write(&path, &sample.bytes).unwrap();
    let path = path.display().to_string();
    let client = parqlet::blocking::Client::new().unwrap();
    for url in [server.url("f"), path.clone(), format!("file://{}", path.replace(' ', "%20"))] {
        let file = client.open(&url).unwrap();
        assert_eq!(file.row_count(), 100_000);
        let deep = file.read().columns(["note", "fare"]).offset(65_950).limit(100).collect().unwrap();
        assert_eq!(joined(&deep).columns(), columns(&sample.rows.slice(65_950, 100), &["note", "fare"]));
        let batches = file.read().columns(["city"]).stream().unwrap().collect::<Result<Vec<_>, _>>().unwrap();
        assert_eq!(joined(&batches).columns(), columns(&sample.rows, &["city"]));
    }
}
