//! What a user sees when a server, a proxy or a line does wrong: rows or one sentence, after how many requests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod reading;

use bytes::Bytes;
use futures_util::StreamExt as _;
use parqlet::core::retry::RetryPolicy;
use parqlet::{Client, ClientBuilder, Error};
use parqlet_tests::sample::{SampleOptions, plain_batches, plain_in_memory};
use parqlet_tests::server::{Fault, Logged, Options, RetryAfter, Rule, Server, When, WrongRange};
use reading::{all, columns, in_time, joined};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

/// 600 KB, so that the tail lacks the one column that is read: opening and reading are one request each.
fn small() -> &'static (Bytes, arrow_array::ArrayRef) {
    static SAMPLE: OnceLock<(Bytes, arrow_array::ArrayRef)> = OnceLock::new();
    SAMPLE.get_or_init(|| sample(SampleOptions { rows: 30_000, row_groups: 1, columns: 3, ..SampleOptions::default() }))
}

/// 10 MB: more than is taken where a server sends all of it. Its columns are short: long requests would be split.
fn large() -> &'static (Bytes, arrow_array::ArrayRef) {
    static SAMPLE: OnceLock<(Bytes, arrow_array::ArrayRef)> = OnceLock::new();
    SAMPLE
        .get_or_init(|| sample(SampleOptions { rows: 50_000, row_groups: 1, columns: 30, ..SampleOptions::default() }))
}

fn sample(options: SampleOptions) -> (Bytes, arrow_array::ArrayRef) {
    let rows = all(plain_batches(&options));
    (plain_in_memory(&options).unwrap(), columns(&rows, &["c0000"]).remove(0))
}

/// Waits are short; how often is tried is as by default.
fn patient(idle: Duration) -> ClientBuilder {
    let retry = RetryPolicy {
        base: Duration::from_millis(5),
        cap: Duration::from_millis(20),
        max_retry_after: Duration::from_secs(10),
        ..RetryPolicy::default()
    };
    Client::builder().idle_timeout(idle).retry(retry)
}

/// For faults that end a connection or an answer by themselves: nothing depends on how busy the machine is.
fn calm() -> Client {
    patient(Duration::from_secs(20)).build().unwrap()
}

/// For faults that are only seen by waiting.
fn hasty() -> Client {
    patient(Duration::from_secs(1)).build().unwrap()
}

/// Stands for a place that the file of the case has moved to.
const MOVED: &str = "moved";
const SECRET: &str = "X-Amz-Signature=5ec2e7";

/// Opens and reads the first column.
async fn load(client: &Client, url: &str) -> Result<arrow_array::ArrayRef, Error> {
    let file = client.open(url).await?;
    let batches = file.read().columns(["c0000"]).collect().await?;
    Ok(joined(&batches).column(0).clone())
}

fn log_of(server: &Server, name: &str) -> Vec<Logged> {
    let of = |request: &Logged| request.path.starts_with(&format!("/{name}"));
    server.log().into_iter().filter(of).collect()
}

/// One line of the table.
struct Case {
    what: &'static str,
    fault: Fault,
    /// Of the 10 MB file.
    large: bool,
    /// Whether it is seen by waiting only.
    waits: bool,
    again: Again,
}

/// Whether a request that met the fault may be sent again as it was.
#[derive(Clone, Copy, PartialEq)]
enum Again {
    /// The trouble may pass.
    Retried,
    /// It would meet the same again.
    Never,
    /// As `Never`, but the object may have changed: the load begins again, once.
    Restarted,
}

fn cases() -> Vec<Case> {
    let case = |what, fault| Case { what, fault, large: false, waits: false, again: Again::Retried };
    let never = |what, fault| Case { again: Again::Never, ..case(what, fault) };
    let restarted = |what, fault| Case { again: Again::Restarted, ..case(what, fault) };
    let header = |name, value: Option<&str>| Fault::Header(name, value.map(str::to_owned));
    let replaced = |keeps_conditions| Fault::Replaced { content: small().0.clone(), keeps_conditions };
    let soon = std::time::SystemTime::now() + Duration::from_secs(2);
    vec![
        case("none", Fault::None),
        case("200 with the whole object, 0.6 MB", Fault::Whole),
        Case { large: true, ..never("200 with the whole object, 10 MB", Fault::Whole) },
        never("200 without a length and a body that never ends", Fault::Endless),
        case("body cut, connection closed", Fault::Cut(1_000)),
        case("connection reset in the body", Fault::Reset(1_000)),
        case("connection closed before the answer", Fault::Close),
        Case { waits: true, ..case("body stalls", Fault::Stall(1_000)) },
        Case { waits: true, ..case("first byte later than the idle timeout", Fault::Slow(Duration::from_secs(3))) },
        case("first byte late", Fault::Slow(Duration::from_millis(300))),
        never("not HTTP", Fault::Garbage),
        case("a header of 100 KB", Fault::HugeHeader(100_000)),
        never("a header of 4 MB", Fault::HugeHeader(4_000_000)),
        never("body shorter than its range, `Content-Length` of the body", Fault::Short(1_000)),
        never("body longer than its range, `Content-Length` of the body", Fault::Long(1_000)),
        case("no `Content-Length`", Fault::Chunked),
        never("`Content-Range` of other bytes", Fault::ContentRange(WrongRange::Shifted)),
        restarted("`Content-Range` of a longer object", Fault::ContentRange(WrongRange::OtherTotal)),
        never("`Content-Range` without the object's length", Fault::ContentRange(WrongRange::UnknownTotal)),
        never("no `Content-Range`", Fault::ContentRange(WrongRange::Missing)),
        never("`Content-Range` that is none", Fault::ContentRange(WrongRange::Unparsable)),
        never("gzip, unasked", Fault::Gzip),
        case("no `ETag`", header("etag", None)),
        case("weak `ETag`", header("etag", Some("W/\"a\""))),
        restarted("another `ETag`", header("etag", Some("\"another\""))),
        restarted("object replaced, `If-Match` kept", replaced(true)),
        restarted("object replaced, `If-Match` ignored", replaced(false)),
        case("redirect to the object", Fault::Redirect(302, MOVED.to_owned())),
        never("redirect in a circle", Fault::Redirect(302, format!("?{SECRET}"))),
        never("redirect to another protocol", Fault::Redirect(302, "ftp://127.0.0.1/f".to_owned())),
        never("redirect to nowhere", Fault::Status(302)),
        never("204", Fault::Status(204)),
        never("304", Fault::Status(304)),
        never("400", Fault::Status(400)),
        never("401", Fault::Status(401)),
        never("403", Fault::Status(403)),
        never("404", Fault::Status(404)),
        never("405", Fault::Status(405)),
        case("408", Fault::Status(408)),
        never("410", Fault::Status(410)),
        restarted("412", Fault::Status(412)),
        never("416", Fault::Status(416)),
        case("429", Fault::Status(429)),
        case("429, `Retry-After` in 1 s", Fault::RetryAfter(429, RetryAfter::Seconds(1))),
        never("429, `Retry-After` in an hour", Fault::RetryAfter(429, RetryAfter::Seconds(3_600))),
        case("500", Fault::Status(500)),
        never("501", Fault::Status(501)),
        case("502", Fault::Status(502)),
        case("503", Fault::Status(503)),
        case("503, `Retry-After` as a date", Fault::RetryAfter(503, RetryAfter::Date(soon))),
        case("504", Fault::Status(504)),
    ]
}

/// Where and how often a fault happens: the columns of the table.
const PLACES: [(&str, When, usize); 4] = [
    ("opening", When::Any, 1),
    ("reading", When::Range, 1),
    ("always-opening", When::Any, usize::MAX),
    ("always-reading", When::Range, usize::MAX),
];

/// What a load came to: a cell of the table.
async fn outcome(server: &Server, line: usize, case: &Case, place: usize) -> String {
    let (place, when, times) = PLACES[place];
    let name = format!("{line}-{place}.parquet");
    let (content, column) = if case.large { large() } else { small() };
    let fault = match &case.fault {
        Fault::Redirect(status, to) if to == MOVED => {
            server.put(&format!("{name}.moved"), content.clone());
            Fault::Redirect(*status, format!("/{name}.moved?{SECRET}"))
        }
        fault => fault.clone(),
    };
    server.put(&name, content.clone());
    server.rule(&name, Rule { nth: None, when, times, fault });
    let client = if case.waits { hasty() } else { calm() };
    let result = in_time(load(&client, &format!("{}?{SECRET}", server.url(&name)))).await;
    let log = log_of(server, &name);
    let context = format!("{} ({place})", case.what);
    let seen = match result {
        Ok(rows) => {
            assert_eq!(&rows, column, "{context}: the rows are right");
            "rows".to_owned()
        }
        Err(error) => sentence(&error, &context),
    };
    let limit = match case.again {
        Again::Retried => RetryPolicy::default().attempts as usize,
        Again::Never => 1,
        Again::Restarted => 2,
    };
    for request in &log {
        let is_same = |other: &&Logged| {
            (&other.method, &other.path, &other.range) == (&request.method, &request.path, &request.range)
        };
        assert!(log.iter().filter(is_same).count() <= limit, "{context}: {log:#?}");
    }
    assert!(log.len() <= 10, "{context}: {} requests", log.len());
    format!("{seen} · {}", log.len())
}

/// An error as a user sees it, without what differs from run to run.
fn sentence(error: &Error, context: &str) -> String {
    let shown = error.to_string();
    let (_, said) = shown.split_once(".parquet: ").unwrap_or_else(|| panic!("{context}: no object in {shown:?}"));
    for text in [&shown, &format!("{error:?}")] {
        assert!(!text.contains("5ec2e7") && !text.contains("Signature"), "{context}: {text}");
    }
    assert!(said.len() < 300, "{context}: {said}");
    let said = match (said.split_once(" (bytes "), error.range()) {
        (Some((said, more)), Some(range)) => {
            format!("{said} (bytes {}", more.replacen(&format!("{}..{}", range.start, range.end), "a..b", 1))
        }
        _ => said.to_owned(),
    };
    // Numbers of the operating system.
    let said = match said.split_once(" (os error ") {
        Some((before, after)) => format!("{before}{}", after.split_once(')').unwrap().1),
        None => said,
    };
    format!("`{}` {said}", error.kind().code())
}

const HEAD: &str = "\
# What a load does about faults

Written by the test `every_fault_ends_in_rows_or_one_sentence` (`tests/tests/faults.rs`); the test fails when this page is
out of date, and `PARQLET_WRITE_DOCS=1 cargo test -p parqlet-tests --test faults` writes it anew.

Each fault meets a load that costs two requests where all goes well: one to open a file, one to read a column of it.
It happens once or each time, in the requests that open or in those that read. A cell says what the user sees, rows or an
error (kind and sentence; the file's address before it is left out), and how many requests the load sent. Waits between
tries are cut short for the test; `a..b` stands for the bytes that were asked for.

| fault | once while opening | once while reading | always, from the opening on | always while reading |
|---|---|---|---|---|
";

/// What is seen where there is no server to log a request.
async fn unreached() -> Vec<(&'static str, String)> {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = Server::start(Options { tls: true, ..Options::default() });
    server.put("f.parquet", small().0.clone());
    let mut seen = Vec::new();
    for (what, url) in [
        ("nobody listens", format!("http://{nobody}/f.parquet")),
        ("a certificate of an unknown authority", server.url("f.parquet")),
        ("plain HTTP to an HTTPS port", server.url("f.parquet").replacen("https:", "http:", 1)),
    ] {
        let error = in_time(load(&calm(), &format!("{url}?{SECRET}"))).await.unwrap_err();
        seen.push((what, sentence(&error, what)));
    }
    assert!(server.log().is_empty());
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_ends_in_rows_or_one_sentence() {
    let server = Server::start(Options::default());
    let cases = cases();
    let all = (0..cases.len()).flat_map(|line| (0..PLACES.len()).map(move |place| (line, place)));
    let (server, lines) = (&server, &cases);
    let cells: Vec<String> = futures_util::stream::iter(all)
        .map(|(line, place)| async move { outcome(server, line, &lines[line], place).await })
        .buffered(24)
        .collect()
        .await;
    let mut page = HEAD.to_owned();
    for (case, cells) in cases.iter().zip(cells.chunks(PLACES.len())) {
        let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        writeln!(page, "| {} | {} |", case.what, cells.join(" | ")).unwrap();
    }
    page.push_str("\nWhere no request gets through:\n\n| fault | what the user sees |\n|---|---|\n");
    for (what, sentence) in unreached().await {
        writeln!(page, "| {what} | {sentence} |").unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/faults.md");
    if std::env::var_os("PARQLET_WRITE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    for (line, (kept, page)) in kept.lines().zip(page.lines()).enumerate() {
        assert_eq!(kept, page, "line {} of docs/faults.md", line + 1);
    }
    assert!(kept == page, "docs/faults.md has other lines than the test");
}
