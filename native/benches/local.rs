//! A local file: this crate, decoding on one thread, against the synchronous reader of the `parquet` crate.
//!
//! ```sh
//! cargo bench -p parqlet --bench local [-- --quick] [-- --pairs 15] [-- CASE..]
//! ```
//!
//! Runs are interleaved; every value is compared before any time is taken. Ratios are ours / theirs, pair by pair.

mod common;

use common::{BATCH_ROWS, Kind, Outcome, Run};
use parqlet::blocking::Client;
use parqlet_tests::sample::SampleOptions;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, ZstdLevel};
use std::fs::File;
use std::path::Path;

fn main() -> Outcome<()> {
    let rides = SampleOptions { rows: 2_000_000, ..SampleOptions::default() };
    let zstd = SampleOptions { codec: Compression::ZSTD(ZstdLevel::default()), ..rides };
    let numbers = SampleOptions { rows: 2_000_000, codec: Compression::UNCOMPRESSED, ..SampleOptions::default() };
    let files = [
        ("rides, snappy", common::sample_file("rides-2m-snappy.parquet", Kind::Rides, &rides)?),
        ("rides, zstd", common::sample_file("rides-2m-zstd.parquet", Kind::Rides, &zstd)?),
        ("numbers, no codec", common::sample_file("numbers-2m.parquet", Kind::Numbers, &numbers)?),
    ];
    let pairs = common::pairs();
    println!("{pairs} pairs each; ratios are ours / the parquet crate's sync reader: median (least to most)\n");
    println!("| file | columns | MB | ours s | crate s | wall ratio | ours CPU s | crate CPU s | CPU ratio |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for (name, path) in &files {
        let few: &[&str] = if name.starts_with("rides") {
            &["ride_id", "city", "fare", "pickup", "stops"]
        } else {
            &["c0000", "c0001", "c0002"]
        };
        for (which, columns) in [("all", None), ("few", Some(few))] {
            if common::chosen(&format!("{name} {which}")) {
                case(&format!("{name} | {which}"), path, columns, pairs)?;
            }
        }
    }
    Ok(())
}

fn case(name: &str, path: &Path, columns: Option<&[&str]>, pairs: usize) -> Outcome<()> {
    let client = Client::with(parqlet::Client::builder().threads(1))?;
    let known = read(&client, path, columns)?.collect::<Result<Vec<_>, _>>()?;
    let expected = theirs(path, columns)?.collect::<Result<Vec<_>, _>>()?;
    common::check_same(&known, &expected)?;
    drop((known, expected));
    let (mut ours, mut other): (Vec<Run>, Vec<Run>) = (Vec::new(), Vec::new());
    for _ in 0..pairs {
        ours.push(common::timed(|| {
            let mut rows = 0;
            for batch in read(&client, path, columns)? {
                rows += batch?.num_rows();
            }
            Ok(rows)
        })?);
        other.push(common::timed(|| {
            let mut rows = 0;
            for batch in theirs(path, columns)? {
                rows += batch?.num_rows();
            }
            Ok(rows)
        })?);
    }
    if ours.iter().chain(&other).any(|run| Some(run.rows) != other.first().map(|run| run.rows)) {
        return Err("a run gave another number of rows".into());
    }
    let wall = (common::seconds(&ours), common::seconds(&other));
    let cpu = (common::processor_seconds(&ours), common::processor_seconds(&other));
    println!(
        "| {name} | {:.0} | {:.3} | {:.3} | {} | {:.2} | {:.2} | {} |",
        std::fs::metadata(path)?.len() as f64 / 1e6,
        common::median(wall.0.clone()),
        common::median(wall.1.clone()),
        common::ratios(&wall.0, &wall.1),
        common::median(cpu.0.clone()),
        common::median(cpu.1.clone()),
        common::ratios(&cpu.0, &cpu.1),
    );
    Ok(())
}

fn read(client: &Client, path: &Path, columns: Option<&[&str]>) -> Outcome<parqlet::blocking::Batches> {
    let read = client.open(&path.to_string_lossy())?.read();
    Ok(match columns {
        Some(columns) => read.columns(columns.iter().copied()).stream()?,
        None => read.stream()?,
    })
}

fn theirs(path: &Path, columns: Option<&[&str]>) -> Outcome<ParquetRecordBatchReader> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?;
    let mask = columns.map(|columns| ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied()));
    Ok(builder.with_projection(mask.unwrap_or_else(ProjectionMask::all)).with_batch_size(BATCH_ROWS).build()?)
}
