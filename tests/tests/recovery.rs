//! How a load gets over what goes wrong on its way: waits, redirects, objects that change.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod reading;

use arrow_array::ArrayRef;
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use parqlet::core::hedge::HedgePolicy;
use parqlet::core::retry::RetryPolicy;
use parqlet::{Client, ClientBuilder, ErrorKind};
use parqlet_tests::sample::{SampleOptions, plain_batches, plain_in_memory};
use parqlet_tests::server::{Fault, Logged, Options, RetryAfter, Rule, Server, When};
use reading::{Asked, all, asked, columns, in_time, joined};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

/// 6 MB in 10 row groups, so that one column is nine requests and what the tail holds.
fn options(seed: u64) -> SampleOptions {
    SampleOptions { rows: 300_000, columns: 3, seed, ..SampleOptions::default() }
}

/// Two versions of one file, of equal length.
fn version(which: usize) -> (Bytes, ArrayRef) {
    static VERSIONS: [OnceLock<(Bytes, ArrayRef)>; 2] = [OnceLock::new(), OnceLock::new()];
    let sample = VERSIONS[which].get_or_init(|| {
        let options = options(which as u64);
        let rows = all(plain_batches(&options));
        (plain_in_memory(&options).unwrap(), columns(&rows, &["c0000"]).remove(0))
    });
    sample.clone()
}

fn serve(name: &str) -> Server {
    let server = Server::start(Options::default());
    server.put(name, version(0).0);
    server
}

/// Waits of our own choice are short; those a server asks for are obeyed.
fn builder() -> ClientBuilder {
    let (base, cap) = (Duration::from_millis(2), Duration::from_millis(5));
    Client::builder().retry(RetryPolicy { base, cap, ..RetryPolicy::default() })
}

fn client() -> Client {
    builder().build().unwrap()
}

async fn open(server: &Server, name: &str) -> parqlet::ParquetFile {
    in_time(client().open(&server.url(name))).await.unwrap()
}

async fn first_column(file: &parqlet::ParquetFile) -> parqlet::Result<ArrayRef> {
    let batches = in_time(file.read().columns(["c0000"]).collect()).await?;
    Ok(joined(&batches).column(0).clone())
}

fn of_ranges(fault: Fault, times: usize) -> Rule {
    Rule { nth: None, when: When::Range, times, fault }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_asks_to_wait_is_not_asked_before() {
    let server = serve("seconds");
    server.rule("seconds", Rule::nth(1, Fault::RetryAfter(503, RetryAfter::Seconds(1))));
    open(&server, "seconds").await;
    let log = server.log();
    assert_eq!(log.len(), 2);
    assert!(log[1].started - log[0].started >= Duration::from_secs(1));

    let date = SystemTime::now() + Duration::from_secs(2);
    server.put("date", version(0).0);
    server.rule("date", Rule::nth(1, Fault::RetryAfter(429, RetryAfter::Date(date))));
    open(&server, "date").await;
    // Dates in headers have whole seconds.
    let whole = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    assert!(whole(SystemTime::now()) >= whole(date));
    assert_eq!(server.log().len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_asks_for_too_long_a_wait_is_an_error_at_once() {
    let server = serve("f");
    server.rule("f", Rule::always(Fault::RetryAfter(503, RetryAfter::Seconds(86_400))));
    let error = in_time(client().open(&server.url("f"))).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Throttled, Some(503)));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(86_400)));
    assert!(error.message().ends_with("the server asks to wait 86400 s"), "{error}");
    assert_eq!(server.log().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retries_stop_before_they_become_a_storm() {
    let server = serve("f");
    let policy = RetryPolicy {
        attempts: 1_000,
        base: Duration::from_millis(1),
        cap: Duration::from_millis(2),
        ..RetryPolicy::default()
    };
    let client = Client::builder().retry(policy).build().unwrap();
    let file = in_time(client.open(&server.url("f"))).await.unwrap();
    server.reset_log();
    server.rule("f", Rule::always(Fault::Status(503)));
    let error = first_column(&file).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled);
    assert!(error.message().ends_with("too many requests of this load failed"), "{error}");
    let asked = server.log().len();
    assert!(asked <= 10 + policy.budget as usize, "{asked} requests");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_survives_a_fault_in_every_one_of_its_requests() {
    for fault in [Fault::Status(500), Fault::Cut(1_000), Fault::Reset(1_000), Fault::Close] {
        let server = serve("f");
        let file = open(&server, "f").await;
        let wanted = in_time(file.read().columns(["c0000"]).plan()).await.unwrap().read.requests.len();
        assert_eq!(wanted, 10);
        server.reset_log();
        server.rule("f", of_ranges(fault, wanted));
        let mut stream = in_time(file.read().columns(["c0000"]).stream()).await.unwrap();
        let batches: Vec<_> = in_time((&mut stream).try_collect()).await.unwrap();
        assert_eq!(joined(&batches).column(0), &version(0).1);
        assert_eq!((server.log().len(), stream.stats().requests, stream.stats().retries), (20, 20, 10));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_that_is_dropped_stops_its_requests() {
    let server = serve("f");
    let file = open(&server, "f").await;
    server.reset_log();
    server.rule("f", Rule::always(Fault::Stall(1_000)));
    let stream = in_time(file.read().columns(["c0000"]).stream()).await.unwrap();
    let asked = async |count: fn(&Logged) -> bool| {
        while server.log().iter().filter(|request| count(request)).count() < 10 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    in_time(asked(|request| request.first_byte.is_some())).await;
    assert!(server.log().iter().all(|request| request.ended.is_none()));
    drop(stream);
    in_time(asked(|request| request.ended.is_some())).await;
    assert_eq!(server.log().len(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_close_at_once_are_made_again_and_a_port_nobody_listens_on_is_not() {
    let server = serve("f");
    server.refuse_connections(2);
    let file = open(&server, "f").await;
    assert_eq!(&first_column(&file).await.unwrap(), &version(0).1);

    let url = server.url("f?X-Amz-Signature=5ec2e7");
    let address = server.address();
    drop(server);
    // The server's threads let go of the port in their own time.
    while std::net::TcpStream::connect(address).is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let error = in_time(client().open(&url)).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable(), error.attempts()), (ErrorKind::Network, false, 1));
    assert!(
        error.message().starts_with("can't connect to the server (")
            && error.message().ends_with("): check the address"),
        "{error}"
    );
    assert!(!format!("{error} {error:?}").contains("5ec2e7"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_is_followed_once_and_remembered() {
    let (home, store) = (serve("f"), serve("g"));
    home.rule("f", Rule::always(Fault::Redirect(307, store.url("g?sig=1"))));
    let file = open(&home, "f").await;
    assert_eq!(&first_column(&file).await.unwrap(), &version(0).1);
    assert_eq!(home.log().len(), 1);
    assert_eq!(store.log().len(), 1 + 10);
    assert!(store.log().iter().all(|request| request.path == "/g?sig=1"));
    assert_eq!(&*file.object(), home.url("f"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_that_has_expired_is_asked_for_anew() {
    let (home, store) = (serve("f"), serve("g"));
    store.put("h", version(0).0);
    home.script("f", [Fault::Redirect(302, store.url("g")), Fault::Redirect(302, store.url("h"))]);
    let file = open(&home, "f").await;
    store.rule("g", Rule::always(Fault::Status(403)));
    let row = file.read().columns(["c0000"]).row_groups([2]);
    let batches = in_time(row.collect()).await.unwrap();
    assert_eq!(joined(&batches).column(0), &version(0).1.slice(60_000, 30_000));
    let paths: Vec<_> = store.log().iter().map(|request| (request.path.clone(), request.status)).collect();
    assert_eq!(paths, [("/g".into(), 206), ("/g".into(), 403), ("/h".into(), 206)]);
    assert_eq!(home.log().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_of_the_user_go_to_the_origin_the_user_named_and_nowhere_else() {
    let (home, store) = (serve("f"), serve("g"));
    home.put("moved", version(0).0);
    home.script("f", [Fault::Redirect(302, store.url("g"))]);
    let client =
        builder().header("Authorization", "Bearer 5ec2e7").unwrap().header("X-Key", "5ec2e7").unwrap().build().unwrap();
    let file = in_time(client.open(&home.url("f"))).await.unwrap();
    first_column(&file).await.unwrap();
    for name in ["authorization", "x-key"] {
        assert!(home.log().iter().all(|request| request.header(name).is_some()));
        assert!(store.log().iter().all(|request| request.header(name).is_none()), "{name} left its origin");
    }
    // Within the origin they are needed.
    home.reset_log();
    home.rule("f", Rule::always(Fault::Redirect(302, "/moved".into())));
    let file = in_time(client.open(&home.url("f"))).await.unwrap();
    first_column(&file).await.unwrap();
    assert!(home.log().iter().all(|request| request.header("x-key").is_some()));
    assert_eq!(home.log().len(), 2 + 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_of_redirects_ends() {
    let server = serve("f");
    for step in 0..30 {
        server.rule(&format!("{step}"), Rule::always(Fault::Redirect(302, format!("/{}", step + 1))));
    }
    server.rule("a", Rule::always(Fault::Redirect(302, "/b".into())));
    server.rule("b", Rule::always(Fault::Redirect(302, "/a".into())));
    for (name, sentence, requests) in [
        ("0", "the server redirects again and again: the address leads to no object", 11),
        ("a", "the server redirects in a circle: the address leads to no object", 2),
    ] {
        server.reset_log();
        let error = in_time(client().open(&server.url(name))).await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::BadAnswer, sentence));
        assert_eq!(server.log().len(), requests);
    }
}

/// A way in which the object turns from version 0 into version 1.
fn replaced(keeps_conditions: bool) -> Fault {
    Fault::Replaced { content: version(1).0, keeps_conditions }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_changes_mid_load_gives_the_rows_of_the_new_one() {
    for keeps_conditions in [true, false] {
        let server = serve("f");
        let file = open(&server, "f").await;
        let old = file.identity();
        server.rule("f", of_ranges(replaced(keeps_conditions), 1));
        assert_eq!(&first_column(&file).await.unwrap(), &version(1).1);
        assert_ne!(file.identity(), old, "the open file goes over to the new version");

        // Natively the condition is sent with every request but the first ones.
        for request in server.log() {
            let is_tail = request.range.as_deref().is_some_and(|range| range.starts_with("bytes=-"));
            assert_eq!(request.header("if-match").is_some(), !is_tail);
        }
        assert_eq!(asked(&server).iter().filter(|asked| matches!(asked, Asked::Tail(_))).count(), 2);
        // And the next read is of the new version without another restart.
        server.reset_log();
        assert_eq!(&first_column(&file).await.unwrap(), &version(1).1);
        assert_eq!(server.log().len(), 10);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_changes_at_every_request_is_an_error() {
    for keeps_conditions in [true, false] {
        let server = serve("f");
        let file = open(&server, "f").await;
        server.rule("f", of_ranges(replaced(keeps_conditions), usize::MAX));
        let error = first_column(&file).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Changed, false));
        assert!(error.message().ends_with("it is being written to; read it when that is done"), "{error}");
        assert!(server.log().len() <= 2 + 20, "{} requests", server.log().len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_changes_after_the_first_rows_is_an_error() {
    let server = serve("f");
    // Not all of it fits into the budget at once: what is left is asked for after the change.
    let client = builder().memory(1 << 20).build().unwrap();
    let file = in_time(client.open(&server.url("f"))).await.unwrap();
    let mut stream = in_time(file.read().stream()).await.unwrap();
    assert!(in_time(stream.try_next()).await.unwrap().is_some());
    server.put("f", version(1).0);
    let error = loop {
        match in_time(stream.try_next()).await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("two versions were mixed, or all of the old one was fetched"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Changed);
    assert!(error.message().ends_with("after the first rows were handed out: read it again"), "{error}");
    assert!(stream.stats().peak_memory < 4 << 20, "peak {}", stream.stats().peak_memory);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_changes_its_columns_can_be_read_again() {
    let server = serve("f");
    let file = open(&server, "f").await;
    let wider = SampleOptions { columns: 4, ..options(1) };
    let content = plain_in_memory(&wider).unwrap();
    server.rule("f", of_ranges(Fault::Replaced { content, keeps_conditions: true }, 1));
    let error = in_time(file.read().collect()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Changed);
    assert!(error.message().ends_with("now has other columns: read it again"), "{error}");
    let batches = in_time(file.read().collect()).await.unwrap();
    assert_eq!(joined(&batches).columns(), all(plain_batches(&wider)).columns());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prefetch_that_began_again_is_of_one_version() {
    let server = serve("f");
    let file = open(&server, "f").await;
    server.rule("f", Rule { nth: Some(3), ..of_ranges(replaced(true), 1) });
    let parts = in_time(file.read().columns(["c0000"]).prefetch()).await.unwrap();
    let builder = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(parts).unwrap();
    let mask = parquet::arrow::ProjectionMask::columns(builder.parquet_schema(), ["c0000"]);
    let batches: Result<Vec<_>, _> = builder.with_projection(mask).build().unwrap().collect();
    assert_eq!(joined(&batches.unwrap()).column(0), &version(1).1);
    server.reset_log();
    assert_eq!(&first_column(&file).await.unwrap(), &version(1).1);
    assert_eq!(server.log().len(), 10, "the open file is the new version");
}

/// Where the bytes of another version lie tells nothing of this one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ranges_are_never_of_a_later_version() {
    let server = serve("f");
    let file = open(&server, "f").await;
    server.rule("f", Rule { nth: Some(2), ..of_ranges(replaced(true), 1) });
    let error = in_time(file.ranges(&[0..100, 400_000..400_100, 800_000..800_100])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Changed);
    assert!(error.message().ends_with("its bytes are others now: open it again"), "{error}");
    assert!(in_time(file.ranges(std::slice::from_ref(&(0..100)))).await.is_err(), "the open file stays what it was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_local_file_that_changes_gives_the_rows_of_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.parquet");
    std::fs::write(&path, version(0).0).unwrap();
    let file = in_time(client().open(path.to_str().unwrap())).await.unwrap();
    std::fs::write(&path, version(1).0).unwrap();
    std::fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(SystemTime::now() + Duration::from_secs(9))
        .unwrap();
    assert_eq!(&first_column(&file).await.unwrap(), &version(1).1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_file_is_refused_without_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("empty"), "").unwrap();
    std::fs::write(at("text"), "hello, I am a text\n").unwrap();
    assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
    for (name, kind, sentence) in [
        ("none", ErrorKind::NotFound, "there is no such file: check the path"),
        ("", ErrorKind::Usage, "this is not a file: name one, or a URL"),
        ("pipe", ErrorKind::Usage, "this is not a file: name one, or a URL"),
        ("empty", ErrorKind::NotParquet, "0 bytes are too few for a Parquet file (at least 12)"),
        ("text", ErrorKind::NotParquet, "this is not a Parquet file: it doesn't end with the magic bytes PAR1"),
    ] {
        let error = in_time(client().open(&at(name))).await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (kind, sentence), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_object_and_one_that_is_no_parquet_are_said_to_be() {
    let server = Server::start(Options::default());
    server.put("empty", "");
    server.put("page", "<html>Please sign in</html>");
    for (name, requests) in [("empty", 1), ("page", 1)] {
        server.reset_log();
        let error = in_time(client().open(&server.url(name))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotParquet, "{error}");
        assert_eq!(server.log().len(), requests);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_is_late_with_is_asked_a_second_time() {
    let server = serve("late");
    // On a busy machine more may seem late than is.
    let generous = HedgePolicy { saved: 20, ..HedgePolicy::default() };
    for (hedge, late) in [(Some(generous), Duration::from_secs(25)), (None, Duration::from_millis(300))] {
        let client = Client::builder().hedge(hedge).build().unwrap();
        let file = in_time(client.open(&server.url("late"))).await.unwrap();
        // Nine answers: what is usual here is known from now on.
        in_time(file.read().columns(["c0000"]).collect()).await.unwrap();
        server.reset_log();
        server.rule("late", of_ranges(Fault::Slow(late), 1));
        let mut stream = in_time(file.read().columns(["c0001"]).stream()).await.unwrap();
        let mut batches = Vec::new();
        while let Some(batch) = in_time(stream.try_next()).await.unwrap() {
            batches.push(batch);
        }
        let wanted = all(plain_batches(&options(0)));
        assert_eq!(joined(&batches).column(0), &columns(&wanted, &["c0001"])[0]);
        let (log, stats) = (server.log(), stream.stats());
        let twice = log.iter().filter(|one| log.iter().filter(|other| other.range == one.range).count() == 2).count();
        assert_eq!((stats.requests, stats.hedges, stats.retries), (log.len() as u64, twice as u64 / 2, 0), "{log:?}");
        assert_eq!(stats.hedges > 0, hedge.is_some());
    }
}
