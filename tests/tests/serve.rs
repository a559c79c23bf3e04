//! `parqlet serve` as its callers and its operator meet it. That it answers as the edge function does is shown by the tests
//! of the npm package, which ask both.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use parqlet_tests::command::{INTERRUPT, TERMINATE, parqlet, run, signal, until, wait};
use parqlet_tests::sample::{SampleOptions, rides_in_memory};
use parqlet_tests::server::{Options, Server};

const SECRET: &str = "5ec2e7";

/// A file of 50,000 rows, whose rows as text are far more than sockets hold.
fn large() -> Server {
    let options = SampleOptions { rows: 50_000, row_groups: 10, ..SampleOptions::default() };
    let server = Server::start(Options::default());
    server.put("large.parquet", rides_in_memory(&options).unwrap());
    server
}

fn small() -> Server {
    let options = SampleOptions { rows: 100, row_groups: 1, ..SampleOptions::default() };
    let server = Server::start(Options::default());
    server.put("small.parquet", rides_in_memory(&options).unwrap());
    server
}

/// The program, and what it says on standard error.
struct Service {
    child: Child,
    address: String,
    said: Arc<Mutex<String>>,
}

impl Service {
    fn start(files: &Server, options: &[&str]) -> Self {
        let allow = format!("--allow=http://{}", files.address());
        let limits = ["--max-rows=1000000", "--max-bytes=1GiB", "--max-requests=1000", "--memory=1MiB"];
        let arguments = ["serve", "--listen=127.0.0.1:0", &allow].into_iter().chain(limits);
        let mut child = parqlet(arguments.chain(options.iter().copied())).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut first = String::new();
        lines.read_line(&mut first).unwrap();
        let address = first.trim_end().strip_prefix("parqlet: listening on http://").expect(&first).to_owned();
        let said = Arc::new(Mutex::new(String::new()));
        let more = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                more.lock().unwrap().push_str(&format!("{line}\n"));
            }
        });
        Self { child, address, said }
    }

    /// Sends a request without waiting for its answer.
    fn send(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: service\r\nConnection: close\r\n\r\n").unwrap();
        stream
    }

    /// The whole answer, head and all.
    fn get(&self, path: &str) -> String {
        rest(self.send(path))
    }

    fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits for a line of the log.
    fn told(&self, what: &str) {
        assert!(until(|| self.said().contains(what)), "{what} is not in {}", self.said());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A connection that is reset ends here as one that is closed.
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An answer of 30 MB of which the head is read.
fn begun(service: &Service, files: &Server) -> TcpStream {
    let path = format!("/?url={}&limit=50000&format=jsonl", files.url("large.parquet"));
    let mut stream = service.send(&path);
    let mut head = [0; 15];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    stream
}

/// What ends a body in chunks.
const END: &str = "\r\n0\r\n\r\n";

#[test]
fn told_to_stop_it_finishes_what_it_began_and_takes_nothing_new() {
    let files = large();
    for told in [TERMINATE, INTERRUPT] {
        let mut service = Service::start(&files, &[]);
        let answer = begun(&service, &files);
        signal(&service.child, told).unwrap();
        assert!(until(|| TcpStream::connect(&service.address).is_err()), "it still listens");
        let body = rest(answer);
        assert!(body.ends_with(END), "{}", &body[body.len() - 100..]);
        assert_eq!(body.matches("\"ride_id\":").count(), 50_000);
        assert_eq!(wait(&mut service.child).code(), Some(0));
        service.told("end=whole");
    }
}

#[test]
fn what_is_not_finished_in_time_breaks_off() {
    let files = large();
    let mut service = Service::start(&files, &["--grace=200ms"]);
    let answer = begun(&service, &files);
    signal(&service.child, TERMINATE).unwrap();
    assert_eq!(wait(&mut service.child).code(), Some(1));
    assert!(!rest(answer).ends_with(END));
    // Told twice it waits for nothing.
    let mut service = Service::start(&files, &[]);
    let _answer = begun(&service, &files);
    signal(&service.child, TERMINATE).unwrap();
    assert!(until(|| TcpStream::connect(&service.address).is_err()), "it still listens");
    signal(&service.child, TERMINATE).unwrap();
    assert_eq!(wait(&mut service.child).code(), Some(143));
}

#[test]
fn answers_beyond_the_limit_are_told_to_come_back() {
    let files = large();
    let service = Service::start(&files, &["--concurrency=1"]);
    let first = begun(&service, &files);
    let path = format!("/?url={}&limit=1", files.url("large.parquet"));
    let before = files.log().len();
    let busy = service.get(&path);
    assert!(busy.starts_with("HTTP/1.1 503 "), "{busy}");
    assert!(busy.contains("retry-after: 1\r\n") && busy.contains("\"code\":\"busy\""), "{busy}");
    assert!(service.get("/healthz").starts_with("HTTP/1.1 200 OK"));
    assert!(service.get("/metrics").contains("parqlet_in_flight 1\n"));
    drop(first);
    assert!(until(|| service.get(&path).starts_with("HTTP/1.1 200 ")), "the place is not free again");
    assert!(files.log().len() > before);
}

#[test]
fn a_caller_who_takes_nothing_loses_the_place() {
    let files = large();
    let service = Service::start(&files, &["--concurrency=1", "--idle-timeout=500ms"]);
    let stalled = begun(&service, &files);
    let path = format!("/?url={}&limit=1", files.url("large.parquet"));
    assert!(service.get(&path).starts_with("HTTP/1.1 503 "));
    service.told("path=/ status=200 end=stalled ");
    assert!(service.get(&path).starts_with("HTTP/1.1 200 "), "the place is not free again");
    let metrics = service.get("/metrics");
    for line in ["parqlet_stalled_total 1", "parqlet_broken_total 1", "parqlet_in_flight 0"] {
        assert!(metrics.lines().any(|known| known == line), "{line} is not in {metrics}");
    }
    assert!(!rest(stalled).ends_with(END), "what was cut off looks whole");
}

#[test]
fn a_caller_who_takes_an_answer_slowly_gets_all_of_it() {
    let files = large();
    let service = Service::start(&files, &["--idle-timeout=2s"]);
    let mut answer = begun(&service, &files);
    // Longer in all than it may take nothing.
    for _ in 0..25 {
        answer.read_exact(&mut vec![0; 400_000]).unwrap();
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(rest(answer).ends_with(END));
    service.told("end=whole");
}

#[test]
fn nothing_more_is_fetched_for_a_caller_who_has_gone() {
    let files = large();
    let service = Service::start(&files, &[]);
    drop(begun(&service, &files));
    service.told("status=200 end=gone");
    assert!(until(|| files.log().iter().all(|request| request.ended.is_some())), "a request goes on");
    let sent: u64 = files.log().iter().map(|request| request.bytes_sent).sum();
    let plan = service.get(&format!("/schema?url={}", files.url("large.parquet")));
    let length = plan.split("\"byteLength\":").nth(1).and_then(|rest| rest.split(',').next()).unwrap();
    assert!(sent < length.parse().unwrap(), "{sent} bytes of {length} were sent");
}

#[test]
fn the_log_has_a_line_a_request_and_no_secret() {
    let files = small();
    let service = Service::start(&files, &["--header", &format!("Authorization: Bearer {SECRET}")]);
    let url = format!("{}%3Fsignature={SECRET}", files.url("small.parquet"));
    for (path, line) in [
        (format!("/?url={url}&limit=3&columns=ride_id"), "path=/ status=200 end=whole "),
        (format!("/schema?url={url}"), "path=/schema status=200 end=whole "),
        (format!("/plan?url={url}&{SECRET}=1"), "path=/plan status=400 code=bad_parameter end=whole "),
        (format!("/{SECRET}"), "path=other status=404 code=no_such_path end=whole "),
        (format!("/?url=http://user:{SECRET}@127.0.0.1/"), "status=400 code=bad_url "),
        (format!("/?url=http://127.0.0.1:9/{SECRET}x/%3F{SECRET}"), "status=403 code=private_address "),
    ] {
        let answer = service.get(&path);
        assert!(!answer.contains(&format!("signature={SECRET}")), "{answer}");
        service.told(line);
    }
    let said = service.said();
    assert_eq!(said.lines().count(), 6, "{said}");
    assert!(said.contains(&format!("file={}\n", files.url("small.parquet"))), "{said}");
    assert!(said.lines().next().unwrap().contains(" rows=3 upstream_requests=1 "), "{said}");
    // A path belongs to the file's name: only its query is kept out.
    assert_eq!(said.matches(SECRET).count(), 1, "{said}");
    assert_eq!(files.log()[0].header("authorization"), Some(format!("Bearer {SECRET}").as_str()));
}

#[test]
fn metrics_count_what_was_done() {
    let files = small();
    let service = Service::start(&files, &[]);
    let path = format!("/?url={}&limit=7", files.url("small.parquet"));
    let answer = service.get(&path);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    service.get("/?url=x");
    service.told("code=bad_url");
    let metrics = service.get("/metrics");
    let requests = files.log().len();
    let bytes: u64 = files.log().iter().map(|request| request.bytes_sent).sum();
    for line in [
        "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8\r".to_owned(),
        "parqlet_requests_total{path=\"/\",status=\"200\"} 1".to_owned(),
        "parqlet_requests_total{path=\"/\",status=\"400\"} 1".to_owned(),
        "parqlet_rows_total 7".to_owned(),
        format!("parqlet_upstream_requests_total {requests}"),
        format!("parqlet_upstream_bytes_total {bytes}"),
        "parqlet_in_flight 0".to_owned(),
        "parqlet_request_seconds_count 2".to_owned(),
        "# EOF".to_owned(),
    ] {
        assert!(metrics.lines().any(|known| known == line.trim_end_matches('\r')), "{line} is not in {metrics}");
    }
}

#[test]
fn a_star_allows_no_name_of_this_machine() {
    let files = small();
    let port = files.address().port();
    let service = Service::start(&files, &["--allow", &format!("http://*:{port}/")]);
    for host in ["localhost", "localhost.", "LOCALHOST", "a.localhost", "2130706433", "[::1]", "[::ffff:127.0.0.1]"] {
        // Of 127.0.0.1 the very host is allowed, however it is spelt.
        let (status, code) = if host == "2130706433" { ("200", "") } else { ("403", "private_address") };
        let answer = service.get(&format!("/schema?url=http://{host}:{port}/small.parquet"));
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(code), "{host}: {answer}");
    }
    assert_eq!(files.log().len(), 1);
    let named = Service::start(&files, &["--allow", &format!("http://localhost:{port}/")]);
    let answer = named.get(&format!("/schema?url=http://localhost:{port}/small.parquet"));
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[test]
fn options_that_make_no_sense_are_wrong_usage() {
    for wrong in [
        ["--allow", "example.org"],
        ["--allow", "https://a.*.org/"],
        ["--cors", "https://example.org/"],
        ["--timeout", "30"],
        ["--max-rows", "0"],
        ["--concurrency", "0"],
    ] {
        let done = run(["serve"].into_iter().chain(wrong));
        assert_eq!(done.status, Some(2), "{wrong:?}: {}", done.stderr);
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let done = run(["serve", "--listen", &address]);
    assert_eq!(done.status, Some(1));
    assert!(done.stderr.starts_with(&format!("parqlet: can't listen on {address}: ")), "{}", done.stderr);
}

#[test]
fn the_readme_shows_what_works() {
    let files = small();
    let public = files.url("public/");
    files.put(
        "public/rides.parquet",
        rides_in_memory(&SampleOptions { rows: 10, row_groups: 1, ..SampleOptions::default() }).unwrap(),
    );
    let readme = include_str!("../../README.md").replace("https://example.org/public/", &public);
    let block = readme.split("```console\n$ parqlet ").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let (serve, curl) = block.split_once("\n$ curl 'http://127.0.0.1:8080").unwrap();
    let options: Vec<&str> = serve.split(' ').skip(1).collect();
    let answer = Service::start(&files, &options).get(curl.trim_end().trim_end_matches('\''));
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\r\ncity,fare\n"), "{answer}");
}
