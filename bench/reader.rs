//! One read in a process of its own, for `make bench`: this crate, or the asynchronous reader of the `parquet` crate.
//!
//! ```sh
//! bench_reader parqlet|parqlet-unhedged|parqlet-stream|crate [--columns a,b] [--footer] [--rows] URL..
//! ```
//!
//! The clock runs from the making of the client to the last batch; starting the process is left out, as it is for the
//! readers in Python. The report is one JSON object on standard error. With `--rows` the rows follow on standard output
//! as an Arrow stream, after everything was measured.

#![allow(deprecated, reason = "the crate's reader that its users have today; the crate will drop it")]

use std::collections::HashMap;
use std::error::Error;
use std::time::Instant;
use std::{fs, io};

use arrow_array::{Array, RecordBatch};
use arrow_ipc::writer::StreamWriter;
use futures_util::TryStreamExt;
use object_store::ClientOptions;
use object_store::http::HttpBuilder;
use parqlet::{Client, Selection};
use parquet::arrow::ProjectionMask;
use parquet::arrow::async_reader::{ParquetObjectReader, ParquetRecordBatchStreamBuilder};
use std::sync::Arc;

/// The one that the `parqlet` binary has.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Rows a batch of the `parquet` crate: what this crate makes of narrow rows. Its default of 1,024 takes twice as long.
const BATCH_ROWS: usize = 64 * 1024;
/// What the crate is told to ask for first: as much as this crate does.
const FOOTER_HINT: usize = 256 * 1024;

struct Job {
    reader: String,
    columns: Option<Vec<String>>,
    footer: bool,
    rows: bool,
    urls: Vec<String>,
}

/// What a reader gives: rows, or their number where they were dropped on the way or never read.
#[derive(Default)]
struct Table {
    batches: Vec<RecordBatch>,
    rows: u64,
    columns: usize,
}

fn main() -> Outcome<()> {
    let job = Job::from_arguments()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (cpu, start) = (processor_ticks(), Instant::now());
    let table = runtime.block_on(read(&job))?;
    let seconds = start.elapsed().as_secs_f64();
    let cpu = processor_ticks() - cpu;
    let report = serde_json::json!({
        "seconds": seconds,
        // Ticks are hundredths of a second on Linux.
        "cpu": cpu as f64 / 100.0,
        "peak": peak_memory(),
        "rows": table.rows,
        "columns": table.columns,
        "bytes": byte_size(&table.batches),
    });
    eprintln!("{report}");
    if let (true, Some(first)) = (job.rows, table.batches.first()) {
        let mut out = StreamWriter::try_new_buffered(io::stdout().lock(), &first.schema())?;
        for batch in &table.batches {
            out.write(batch)?;
        }
        out.finish()?;
    }
    Ok(())
}

impl Job {
    fn from_arguments() -> Outcome<Self> {
        let mut arguments = std::env::args().skip(1);
        let reader = arguments.next().ok_or("which reader?")?;
        let mut job = Self { reader, columns: None, footer: false, rows: false, urls: Vec::new() };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--columns" => {
                    let list = arguments.next().ok_or("which columns?")?;
                    job.columns = Some(list.split(',').map(str::to_owned).collect());
                }
                "--footer" => job.footer = true,
                "--rows" => job.rows = true,
                _ => job.urls.push(argument),
            }
        }
        if job.urls.is_empty() { Err("which file?".into()) } else { Ok(job) }
    }
}

async fn read(job: &Job) -> Outcome<Table> {
    match job.reader.as_str() {
        "parqlet" | "parqlet-unhedged" if job.footer => {
            let file = client(job)?.open(&job.urls[0]).await?;
            Ok(Table { rows: file.row_count(), columns: file.schema()?.fields().len(), ..Table::default() })
        }
        "parqlet" | "parqlet-unhedged" => Ok(Table::of(ours(job).await?.try_collect().await?)),
        "parqlet-stream" => {
            let mut table = Table::default();
            let mut stream = ours(job).await?;
            while let Some(batch) = stream.try_next().await? {
                table.rows += batch.num_rows() as u64;
                table.columns = batch.num_columns();
            }
            Ok(table)
        }
        "crate" => crates(job).await,
        other => Err(format!("no reader is called {other}").into()),
    }
}

fn client(job: &Job) -> parqlet::Result<Client> {
    match job.reader.as_str() {
        "parqlet-unhedged" => Client::builder().hedge(None).build(),
        _ => Client::new(),
    }
}

async fn ours(job: &Job) -> Outcome<parqlet::ManyStream> {
    let selection = Selection::all();
    let selection = match &job.columns {
        Some(columns) => selection.columns(columns.iter().cloned()),
        None => selection,
    };
    Ok(client(job)?.load_many(job.urls.iter().map(String::as_str), &selection).stream().await?)
}

/// Each file is a task of its own, all at once: what a careful user of the crate would write.
async fn crates(job: &Job) -> Outcome<Table> {
    if job.footer {
        let builder = ParquetRecordBatchStreamBuilder::new(object(&job.urls[0])?).await?;
        let rows = builder.metadata().file_metadata().num_rows();
        return Ok(Table { rows: rows.try_into()?, columns: builder.schema().fields().len(), ..Table::default() });
    }
    let tasks: Vec<_> = job.urls.iter().map(|url| tokio::spawn(one_file(url.clone(), job.columns.clone()))).collect();
    let mut batches = Vec::new();
    for task in tasks {
        batches.extend(task.await??);
    }
    Ok(Table::of(batches))
}

async fn one_file(url: String, columns: Option<Vec<String>>) -> Outcome<Vec<RecordBatch>> {
    let builder = ParquetRecordBatchStreamBuilder::new(object(&url)?).await?;
    let mask = match &columns {
        Some(columns) => ProjectionMask::columns(builder.parquet_schema(), columns.iter().map(String::as_str)),
        None => ProjectionMask::all(),
    };
    Ok(builder.with_projection(mask).with_batch_size(BATCH_ROWS).build()?.try_collect().await?)
}

fn object(url: &str) -> Outcome<ParquetObjectReader> {
    let (place, name) = url.rsplit_once('/').ok_or("a URL has a slash")?;
    let options = ClientOptions::new().with_allow_http(true);
    let store = Arc::new(HttpBuilder::new().with_url(place).with_client_options(options).build()?);
    Ok(ParquetObjectReader::new(store, name.into()).with_footer_size_hint(FOOTER_HINT).with_preload_offset_index(true))
}

impl Table {
    fn of(batches: Vec<RecordBatch>) -> Self {
        let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        let columns = batches.first().map_or(0, RecordBatch::num_columns);
        Self { batches, rows, columns }
    }
}

/// Bytes that the rows hold in memory; what several arrays share is counted once.
fn byte_size(batches: &[RecordBatch]) -> usize {
    let mut seen = HashMap::new();
    for column in batches.iter().flat_map(RecordBatch::columns) {
        let mut left = vec![column.to_data()];
        while let Some(data) = left.pop() {
            let validity = data.nulls().map(|nulls| nulls.buffer());
            for buffer in data.buffers().iter().chain(validity) {
                seen.insert(buffer.data_ptr(), buffer.capacity());
            }
            left.extend(data.child_data().iter().cloned());
        }
    }
    seen.values().sum()
}

/// User and system time of this process and all its threads.
fn processor_ticks() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}

/// The most bytes that were resident so far.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().map_or(0, |kilobytes: u64| kilobytes * 1024)
}
