//! A file on an object store in the same region: this crate against the asynchronous reader of the `parquet` crate over
//! `object_store`.
//!
//! ```sh
//! cargo bench -p parqlet --bench remote [-- --quick] [-- --pairs 15] [-- CASE..]
//! ```
//!
//! The store is a server on the loopback behind an emulated link: 30 ms to the first byte, 5 ms for a new connection,
//! 80 MB/s a connection, 1.25 GB/s in all. Every run begins cold: no connection, no footer. The crate runs twice: with
//! its defaults, and with what its documentation offers (a footer hint of our size, the offset index).
//!
//! Runs are interleaved; every value is compared before any time is taken. Ratios are ours / theirs, pair by pair.

#![allow(deprecated, reason = "what its users have today; the crate will drop this reader")]

mod common;

use arrow_array::RecordBatch;
use common::{BATCH_ROWS, Kind, Outcome, Run};
use futures_util::TryStreamExt;
use object_store::http::HttpBuilder;
use object_store::{ClientOptions, ObjectStore};
use parqlet_tests::sample::SampleOptions;
use parqlet_tests::server::{Link, Logged, Options, Server, round_trips};
use parquet::arrow::ProjectionMask;
use parquet::arrow::async_reader::{ParquetObjectReader, ParquetRecordBatchStreamBuilder};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// One question to one file.
struct Case {
    name: &'static str,
    path: PathBuf,
    columns: &'static [&'static str],
    limit: Option<usize>,
}

/// A reader under test.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    Ours,
    CrateDefaults,
    CrateTuned,
}

const READERS: [Reader; 3] = [Reader::Ours, Reader::CrateDefaults, Reader::CrateTuned];

impl Reader {
    fn name(self) -> &'static str {
        match self {
            Self::Ours => "parqlet",
            Self::CrateDefaults => "crate, defaults",
            Self::CrateTuned => "crate, footer hint + offset index",
        }
    }
}

fn main() -> Outcome<()> {
    let rides = |rows, row_groups| SampleOptions { rows, row_groups, ..SampleOptions::default() };
    let large = common::sample_file("rides-7m.parquet", Kind::Rides, &rides(7_500_000, 10))?;
    let small = common::sample_file("rides-600k.parquet", Kind::Rides, &rides(600_000, 10))?;
    let many = common::sample_file("rides-1m-500-groups.parquet", Kind::Rides, &rides(1_000_000, 500))?;
    let case = |name, path: &PathBuf, columns, limit| Case { name, path: path.clone(), columns, limit };
    let five = &["ride_id", "city", "distance_km", "fare", "payment_type"];
    let cases = [
        case("(a) 1 column of 30, 10 row groups", &large, &["fare"], None),
        case("(b) 5 columns of 30, 10 row groups", &large, five, None),
        case("(c) first 100 rows", &large, &[], Some(100)),
        case("(d) whole small file", &small, &[], None),
        case("(e) 1 column of 30, 500 row groups", &many, &["fare"], None),
    ];
    let pairs = common::pairs();
    println!("{pairs} interleaved runs each, cold; ratios are parqlet / that reader: median (least to most)\n");
    println!("| case | file MB | reader | requests | bytes | round trips | s | ratio |");
    println!("|---|---|---|---|---|---|---|---|");
    let server = Server::start(Options { link: Link::object_store(), ..Options::default() });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    for case in cases.iter().filter(|case| common::chosen(case.name)) {
        server.put_path("bench.parquet", case.path.clone());
        run(case, &server, &runtime, pairs)?;
    }
    Ok(())
}

fn run(case: &Case, server: &Server, runtime: &Runtime, pairs: usize) -> Outcome<()> {
    let reference = runtime.block_on(collect(READERS[0], case, server))?;
    for reader in &READERS[1..] {
        common::check_same(&reference, &runtime.block_on(collect(*reader, case, server))?)?;
    }
    drop(reference);
    let mut runs: [Vec<Run>; 3] = Default::default();
    let mut logs: [Vec<Logged>; 3] = Default::default();
    for _ in 0..pairs {
        for ((reader, runs), log) in READERS.iter().zip(&mut runs).zip(&mut logs) {
            server.reset_log();
            runs.push(measured(*reader, case, server, runtime)?);
            *log = server.log();
        }
    }
    let ours = common::seconds(&runs[0]);
    for ((reader, runs), log) in READERS.iter().zip(&runs).zip(&logs) {
        let theirs = common::seconds(runs);
        let ratio = if *reader == Reader::Ours { "1".to_owned() } else { common::ratios(&ours, &theirs) };
        println!(
            "| {} | {:.0} | {} | {} | {} | {} | {:.3} | {ratio} |",
            case.name,
            std::fs::metadata(&case.path)?.len() as f64 / 1e6,
            reader.name(),
            log.len(),
            log.iter().map(|request| request.bytes_sent).sum::<u64>(),
            round_trips(log),
            common::median(theirs),
        );
    }
    Ok(())
}

/// One run with a client of its own, which is made before the clock starts.
fn measured(reader: Reader, case: &Case, server: &Server, runtime: &Runtime) -> Outcome<Run> {
    if reader == Reader::Ours {
        let client = parqlet::Client::new()?;
        common::timed(|| {
            runtime.block_on(async {
                ours(&client, case, server)
                    .await?
                    .try_fold(0, |rows, batch| async move { Ok(rows + batch.num_rows()) })
                    .await
                    .map_err(Into::into)
            })
        })
    } else {
        let store = store(server)?;
        common::timed(|| {
            runtime.block_on(async {
                theirs(store, reader, case)
                    .await?
                    .try_fold(0, |rows, batch| async move { Ok(rows + batch.num_rows()) })
                    .await
                    .map_err(Into::into)
            })
        })
    }
}

async fn collect(reader: Reader, case: &Case, server: &Server) -> Outcome<Vec<RecordBatch>> {
    if reader == Reader::Ours {
        Ok(ours(&parqlet::Client::new()?, case, server).await?.try_collect().await?)
    } else {
        Ok(theirs(store(server)?, reader, case).await?.try_collect().await?)
    }
}

async fn ours(client: &parqlet::Client, case: &Case, server: &Server) -> Outcome<parqlet::BatchStream> {
    let mut read = client.open(&server.url("bench.parquet")).await?.read();
    if !case.columns.is_empty() {
        read = read.columns(case.columns.iter().copied());
    }
    if let Some(limit) = case.limit {
        read = read.limit(limit as u64);
    }
    Ok(read.stream().await?)
}

fn store(server: &Server) -> Outcome<Arc<dyn ObjectStore>> {
    let options = ClientOptions::new().with_allow_http(true);
    Ok(Arc::new(HttpBuilder::new().with_url(server.url("")).with_client_options(options).build()?))
}

#[expect(deprecated, reason = "the way its users have today; its successor is an example to copy")]
async fn theirs(
    store: Arc<dyn ObjectStore>,
    reader: Reader,
    case: &Case,
) -> Outcome<parquet::arrow::async_reader::ParquetRecordBatchStream<ParquetObjectReader>> {
    let mut object = ParquetObjectReader::new(store, "bench.parquet".into());
    if reader == Reader::CrateTuned {
        object = object.with_footer_size_hint(256 * 1024).with_preload_offset_index(true);
    }
    let builder = ParquetRecordBatchStreamBuilder::new(object).await?;
    let mask = match case.columns {
        [] => ProjectionMask::all(),
        columns => ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied()),
    };
    let builder = builder.with_projection(mask).with_batch_size(BATCH_ROWS);
    let builder = match case.limit {
        Some(limit) => builder.with_limit(limit),
        None => builder,
    };
    Ok(builder.build()?)
}
