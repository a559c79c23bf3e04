//! What the tests share: sample files behind an emulated link, and the single-machine answer to hold a query against.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "shared by test binaries that take different parts; tests fail by panicking"
)]

#[path = "../../examples/stores/mod.rs"]
pub(crate) mod stores;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int32Type};
use datafusion::arrow::array::{Array as _, AsArray as _, RecordBatch};
use datafusion::arrow::datatypes::{Float64Type as Float, Int64Type as Int};
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::error::Result;
use datafusion::prelude::SessionContext;
use parqlet::Selection;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::future::Future;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tempfile::TempDir;

/// An aggregate over a filter: four of 34 columns.
pub(crate) const QUERY: &str = "SELECT city, count(*) AS rides, sum(fare) AS fares, max(distance_km) AS longest
    FROM rides WHERE passengers > 2 GROUP BY city ORDER BY city";

/// The files that most tests query.
pub(crate) const FILES: [&str; 4] = ["rides-1.parquet", "rides-2.parquet", "rides-3.parquet", "rides-4.parquet"];

/// Four files of 12 MB each: 100,000 rides in 10 row groups of 34 columns.
pub(crate) fn files() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        for (seed, name) in FILES.iter().enumerate() {
            sample(&folder.path().join(name), 100_000, 10, seed);
        }
        folder
    });
    folder.path()
}

/// A sample file; other seeds are other rides.
pub(crate) fn sample(path: &Path, rows: u64, row_groups: u64, seed: usize) {
    let (rows, row_groups, seed) = (rows.to_string(), row_groups.to_string(), seed.to_string());
    let numbers = ["sample", "--rows", &rows, "--row-groups", &row_groups, "--seed", &seed];
    let made = Command::new(binary()).args(numbers).arg("--out").arg(path).status().unwrap();
    assert!(made.success());
}

/// The fixture binary of the main workspace.
fn binary() -> PathBuf {
    let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/debug/fixture");
    let path = std::env::var_os("PARQLET_FIXTURE").map_or_else(built, PathBuf::from);
    assert!(path.exists(), "build it (cargo build -p parqlet-tests --bin fixture) or say where (PARQLET_FIXTURE)");
    path
}

/// A server of files behind an emulated link: 100 ms to the first byte, so that waiting for it counts even beside an engine
/// that was built without optimisation, 5 ms a connection, 80 MB/s each. Ends with this.
pub(crate) struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    pub(crate) url: String,
}

impl Server {
    /// One with [`FILES`].
    pub(crate) fn of_files() -> Self {
        let mut server = Self::start();
        for name in FILES {
            server.put(name, &files().join(name));
        }
        server
    }

    pub(crate) fn start() -> Self {
        let link = ["control", "--first-byte", "100ms", "--connect", "5ms", "--bandwidth", "80MB/s"];
        let mut child = Command::new(binary()).args(link).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut server = Self { child, input, output, url: String::new() };
        server.url = server.answer()["url"].as_str().unwrap().to_owned();
        server
    }

    pub(crate) fn put(&mut self, name: &str, path: &Path) {
        self.say(&json!({ "do": "put", "name": name, "path": path }));
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        FILES.iter().map(|name| format!("{}{name}", self.url)).collect()
    }

    /// What was asked since the last call.
    pub(crate) fn asked(&mut self) -> Asked {
        let log = self.say(&json!({ "do": "log" }));
        self.say(&json!({ "do": "resetLog" }));
        let requests = log["requests"].as_array().unwrap().clone();
        let bytes = requests.iter().map(|request| request["bytesSent"].as_u64().unwrap()).sum();
        Asked { requests, bytes, at_once: log["peakConcurrent"].as_u64().unwrap() }
    }

    fn say(&mut self, command: &Value) -> Value {
        writeln!(self.input, "{command}").unwrap();
        let answer = self.answer();
        assert!(answer.get("error").is_none(), "{answer}");
        answer
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The requests that a server saw.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) requests: Vec<Value>,
    pub(crate) bytes: u64,
    /// The most requests that were under way together.
    pub(crate) at_once: u64,
}

impl Asked {
    /// How many had this method.
    pub(crate) fn count(&self, method: &str) -> usize {
        self.requests.iter().filter(|request| request["method"] == method).count()
    }

    /// Reads of whatever version there is: those that open a file.
    pub(crate) fn openings(&self) -> usize {
        let opens = |request: &&Value| request["method"] == "GET" && request["headers"].get("if-match").is_none();
        self.requests.iter().filter(opens).count()
    }

    /// One line for whoever measures.
    pub(crate) fn summary(&self) -> String {
        let (all, heads) = (self.requests.len(), self.count("HEAD"));
        format!("{all} requests ({heads} HEAD), {:.1} MB", self.bytes as f64 / 1e6)
    }
}

/// Makes a table of these files.
pub(crate) async fn register(context: &SessionContext, name: &str, urls: &[String]) -> Result<()> {
    let urls = urls.iter().map(ListingTableUrl::parse).collect::<Result<Vec<_>>>()?;
    let format = ParquetFormat::default().with_options(context.state().default_table_options().parquet);
    let options = ListingOptions::new(Arc::new(format)).with_file_extension(".parquet");
    let config = ListingTableConfig::new_with_multi_paths(urls).with_listing_options(options);
    let config = config.infer_schema(&context.state()).await?;
    context.register_table(name, Arc::new(ListingTable::try_new(config)?))?;
    Ok(())
}

/// By city: how many rides, the sum of their fares, the longest.
pub(crate) type Answer = BTreeMap<String, (i64, f64, f64)>;

/// [`QUERY`] by a load of the columns into this process and a loop over them.
pub(crate) async fn on_one_machine(urls: &[String]) -> Answer {
    let wanted = Selection::all().columns(["city", "passengers", "fare", "distance_km"]);
    let batches = parqlet::Client::new().unwrap().load_many(urls.to_vec(), &wanted).collect().await.unwrap();
    let mut answer = Answer::new();
    for batch in batches {
        let cities = batch.column(0).as_string::<i32>();
        let passengers = batch.column(1).as_primitive::<Int32Type>();
        let (fares, lengths) =
            (batch.column(2).as_primitive::<Float64Type>(), batch.column(3).as_primitive::<Float64Type>());
        for row in 0..batch.num_rows() {
            if passengers.value(row) > 2 {
                let (rides, fare, longest) = answer.entry(cities.value(row).to_owned()).or_default();
                *rides += 1;
                *fare += fares.value(row);
                *longest = longest.max(lengths.value(row));
            }
        }
    }
    answer
}

/// Holds the answer of an engine against the other one. Engines add in another order, so sums differ in their last
/// digits.
pub(crate) fn assert_same(batches: &[RecordBatch], expected: &Answer) {
    let mut rows = 0;
    for batch in batches {
        let cities = datafusion::arrow::compute::cast(batch.column(0), &datafusion::arrow::datatypes::DataType::Utf8);
        let cities = cities.unwrap();
        for row in 0..batch.num_rows() {
            let city = cities.as_string::<i32>().value(row);
            let (rides, fares, longest) = expected[city];
            assert_eq!(batch.column(1).as_primitive::<Int>().value(row), rides, "{city}");
            let sum = batch.column(2).as_primitive::<Float>().value(row);
            assert!((sum - fares).abs() <= 1e-9 * fares.abs(), "{city}: {sum} and {fares}");
            assert!(batch.column(3).as_primitive::<Float>().value(row) == longest, "{city}");
            assert!(!batch.column(0).is_null(row));
            rows += 1;
        }
    }
    assert_eq!(rows, expected.len());
    assert!(rows > 3, "the sample has several cities");
}

/// The end of a future that must not hang: far more than any of them takes, even on a busy machine.
pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(120), future).await.expect("it does not hang")
}
