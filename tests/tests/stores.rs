//! What `s3://`, `gs://` and `az://` ask for, request by request, and how they get over what goes wrong: against the
//! loopback server, which takes any signature.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod reading;

use arrow_array::RecordBatch;
use bytes::Bytes;
use parqlet::core::retry::RetryPolicy;
use parqlet::{Client, ClientBuilder, ErrorKind};
use parqlet_tests::sample::{SampleOptions, ride_batches, rides_in_memory};
use parqlet_tests::server::{Fault, Logged, Options, RetryAfter, Rule, Server, When};
use reading::{Asked, all, asked, columns, in_time, joined};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

// One word: Google's store has the key as one part of the path, escaped.
const KEY: &str = "bucket/rides";

fn options() -> SampleOptions {
    SampleOptions { rows: 30_000, row_groups: 4, ..SampleOptions::default() }
}

struct Sample {
    bytes: Bytes,
    rows: RecordBatch,
}

impl Sample {
    fn rides(options: &SampleOptions) -> Self {
        Self { bytes: rides_in_memory(options).unwrap(), rows: all(ride_batches(options)) }
    }
}

fn serve() -> (Server, Sample) {
    let sample = Sample::rides(&options());
    let server = Server::start(Options::default());
    server.put(KEY, sample.bytes.clone());
    (server, sample)
}

fn builder(server: &Server) -> ClientBuilder {
    let (base, cap) = (Duration::from_millis(2), Duration::from_millis(5));
    Client::builder().endpoint(server.url("").trim_end_matches('/')).anonymous(true).retry(RetryPolicy {
        base,
        cap,
        ..RetryPolicy::default()
    })
}

fn client(server: &Server) -> Client {
    builder(server).build().unwrap()
}

async fn fare(file: &parqlet::ParquetFile) -> parqlet::Result<Vec<arrow_array::ArrayRef>> {
    let batches = in_time(file.read().columns(["fare"]).collect()).await?;
    Ok(joined(&batches).columns().to_vec())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_are_asked_for_what_a_web_server_is_asked_for() {
    let (server, sample) = serve();
    let mut requests = Vec::new();
    for url in [server.url(KEY), format!("s3://{KEY}"), format!("gs://{KEY}")] {
        server.reset_log();
        let file = in_time(client(&server).open(&url)).await.unwrap();
        assert!(matches!(asked(&server)[..], [Asked::Tail(_)]), "{url}");
        assert_eq!(fare(&file).await.unwrap(), columns(&sample.rows, &["fare"]));
        requests.push(asked(&server));
    }
    assert!(requests[0].len() > 1);
    assert_eq!(requests[1], requests[0]);
    assert_eq!(requests[2], requests[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn azure_is_asked_for_the_length_first() {
    let (server, sample) = serve();
    let file = in_time(client(&server).open(&format!("az://{KEY}"))).await.unwrap();
    let methods: Vec<String> = server.log().iter().map(|request| request.method.to_string()).collect();
    assert_eq!(methods, ["HEAD", "GET"]);
    assert_eq!(fare(&file).await.unwrap(), columns(&sample.rows, &["fare"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_signed_and_only_to_the_store() {
    let (server, _) = serve();
    let signed = Client::builder()
        .endpoint(server.url("").trim_end_matches('/'))
        .region("eu-north-1")
        .store_option("aws_access_key_id", "KEY")
        .store_option("aws_secret_access_key", "SECRET")
        .header("X-Own", "1")
        .unwrap();
    assert!(!format!("{signed:?}").contains("SECRET"));
    in_time(signed.build().unwrap().open(&format!("s3://{KEY}"))).await.unwrap();
    let request: &Logged = &server.log()[0];
    let authorization = request.header("authorization").unwrap();
    assert!(authorization.contains("Credential=KEY/") && authorization.contains("/eu-north-1/s3/"), "{authorization}");
    assert!(!authorization.contains("SECRET"));
    assert_eq!(request.header("accept-encoding"), Some("identity"));
    assert_eq!(request.header("x-own"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_store_is_asked_again_when_it_said() {
    let (server, _) = serve();
    server.rule(KEY, Rule::nth(1, Fault::RetryAfter(503, RetryAfter::Seconds(1))));
    in_time(client(&server).open(&format!("s3://{KEY}"))).await.unwrap();
    let log = server.log();
    assert_eq!(log.len(), 2);
    assert!(log[1].started - log[0].started >= Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_breaks_is_asked_for_again_and_what_stalls_is_given_up() {
    let (server, sample) = serve();
    let file = in_time(client(&server).open(&format!("s3://{KEY}"))).await.unwrap();
    let of_ranges = |fault, times| Rule { nth: None, when: When::Range, times, fault };
    server.rule(KEY, of_ranges(Fault::Cut(1_000), 2));
    assert_eq!(fare(&file).await.unwrap(), columns(&sample.rows, &["fare"]));

    let hasty = builder(&server).idle_timeout(Duration::from_millis(200)).build().unwrap();
    let file = in_time(hasty.open(&format!("gs://{KEY}"))).await.unwrap();
    server.rule(KEY, of_ranges(Fault::Stall(1_000), usize::MAX));
    let error = fare(&file).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Network, 5), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_changes_in_the_middle_of_a_load_is_read_anew() {
    let (server, _) = serve();
    let file = in_time(client(&server).open(&format!("s3://{KEY}"))).await.unwrap();
    let other = Sample::rides(&SampleOptions { seed: 7, ..options() });
    let content = other.bytes.clone();
    let fault = Fault::Replaced { content, keeps_conditions: true };
    // With the first of them: after a later one rows of the old object may be out.
    server.rule(KEY, Rule { nth: Some(1), when: When::Range, times: 1, fault });
    assert_eq!(fare(&file).await.unwrap(), columns(&other.rows, &["fare"]));
}

/// A store that gives these answers, one for each request, and keeps the requests' heads.
fn scripted(answers: Vec<String>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let heads = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&heads);
    std::thread::spawn(move || {
        for (answer, stream) in answers.into_iter().zip(listener.incoming()) {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                head.push(byte[0]);
            }
            kept.lock().unwrap().push(String::from_utf8(head).unwrap());
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (endpoint, heads)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
}

/// A page of a list; `next` says that there is more.
fn page(keys: &[&str], next: Option<&str>) -> String {
    let mut body = format!("<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>{}</IsTruncated>", next.is_some());
    if let Some(next) = next {
        body.push_str(&format!("<NextContinuationToken>{next}</NextContinuationToken>"));
    }
    for key in keys {
        body.push_str(&format!(
            "<Contents><Key>{key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>\"e\"</ETag><Size>9\
             </Size></Contents>"
        ));
    }
    answer("200 OK", "", &format!("{body}</ListBucketResult>"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_in_another_region_is_asked_there() {
    let moved = answer(
        "301 Moved Permanently",
        "x-amz-bucket-region: eu-west-1\r\n",
        "<Error><Code>PermanentRedirect</Code></Error>",
    );
    let (endpoint, heads) = scripted(vec![moved, page(&["t/a.parquet"], None), page(&["t/a.parquet"], None)]);
    let client = Client::builder()
        .endpoint(&endpoint)
        .store_option("aws_access_key_id", "KEY")
        .store_option("aws_secret_access_key", "SECRET")
        .build()
        .unwrap();
    for _ in 0..2 {
        assert_eq!(in_time(client.list("s3://bucket/t/")).await.unwrap().len(), 1);
    }
    let heads = heads.lock().unwrap();
    let region = |head: &String| if head.contains("/eu-west-1/s3/") { "new" } else { "old" };
    assert_eq!(heads.iter().map(region).collect::<Vec<_>>(), ["old", "new", "new"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_goes_on_after_the_page_that_failed() {
    let busy = answer("503 Slow Down", "", "<Error><Code>SlowDown</Code></Error>");
    let (endpoint, heads) = scripted(vec![page(&["t/a", "t/b"], Some("more")), busy, page(&["t/c", "t/d"], None)]);
    let client = Client::builder().endpoint(&endpoint).anonymous(true).build().unwrap();
    let files = in_time(client.list("s3://bucket/t/")).await.unwrap();
    let urls: Vec<&str> = files.iter().map(|file| file.url.as_str()).collect();
    assert_eq!(urls, ["s3://bucket/t/a", "s3://bucket/t/b", "s3://bucket/t/c", "s3://bucket/t/d"]);
    let heads = heads.lock().unwrap();
    assert!(heads[1].contains("continuation-token=more") && heads[2].contains("start-after=t%2Fb"), "{heads:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listing_that_is_refused_says_so() {
    let refused = answer("403 Forbidden", "", "<Error><Code>AccessDenied</Code></Error>");
    let (endpoint, _) = scripted(vec![refused, answer("200 OK", "", "<html>hello</html>")]);
    let client = Client::builder().endpoint(&endpoint).anonymous(true).build().unwrap();
    let error = in_time(client.list("s3://bucket/t/")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status(), error.object()),
        (ErrorKind::Forbidden, Some(403), Some("s3://bucket/t/"))
    );
    let error = in_time(client.list("s3://bucket/t/")).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::BadAnswer | ErrorKind::NotFound), "{error}");
}

#[test]
fn settings_that_can_not_be_are_refused_when_the_client_is_built() {
    for builder in [Client::builder().endpoint("minio:9000"), Client::builder().store_option("aws_nothing", "x")] {
        assert_eq!(builder.build().unwrap_err().kind(), ErrorKind::Usage);
    }
}
