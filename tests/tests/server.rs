//! The server keeps the rules: ranges, versions, conditions, the log, TLS and its own end.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod raw;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use parqlet_tests::server::{Late, Link, Options, Server, peak_concurrent, round_trips};
use raw::{get, send};

const TEXT: &[u8] = b"0123456789";

fn server() -> Server {
    let server = Server::start(Options::default());
    server.put("f", TEXT);
    server
}

#[test]
fn a_range_is_answered_with_exactly_its_bytes() {
    let server = server();
    for (range, body, content_range) in [
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=8-100", "89", "bytes 8-9/10"),
        ("bytes=-100", "0123456789", "bytes 0-9/10"),
    ] {
        let reply = get(&server, "f", &[("Range", range)]);
        assert_eq!(reply.status(), 206, "{range}");
        assert_eq!(reply.body(), body.as_bytes(), "{range}");
        assert_eq!(reply.header("content-range").as_deref(), Some(content_range));
        assert_eq!(reply.header("content-length"), Some(body.len().to_string()));
    }
}

#[test]
fn what_is_no_single_range_gets_the_whole_file() {
    let server = server();
    for headers in [&[][..], &[("Range", "bytes=0-1,4-5")], &[("Range", "bytes=4-2")]] {
        let reply = get(&server, "f", headers);
        assert_eq!((reply.status(), reply.body()), (200, TEXT));
        assert_eq!(reply.header("content-range"), None);
    }
}

#[test]
fn a_range_past_the_end_is_refused_with_the_length() {
    let server = server();
    server.put("empty", "");
    for (name, range, length) in
        [("f", "bytes=10-", 10), ("f", "bytes=-0", 10), ("empty", "bytes=0-0", 0), ("empty", "bytes=-8", 0)]
    {
        let reply = get(&server, name, &[("Range", range)]);
        assert_eq!(reply.status(), 416, "{name} {range}");
        assert_eq!(reply.header("content-range"), Some(format!("bytes */{length}")));
    }
    let whole = get(&server, "empty", &[]);
    assert_eq!((whole.status(), whole.body(), whole.header("content-length").as_deref()), (200, &b""[..], Some("0")));
}

#[test]
fn head_has_the_headers_and_no_body() {
    let server = server();
    let reply = send(&server, "HEAD", "f", &[], usize::MAX);
    assert_eq!((reply.status(), reply.body()), (200, &b""[..]));
    assert_eq!(reply.header("content-length").as_deref(), Some("10"));
    assert_eq!(reply.header("accept-ranges").as_deref(), Some("bytes"));
    assert_eq!(send(&server, "HEAD", "none", &[], usize::MAX).status(), 404);
    assert_eq!(send(&server, "POST", "f", &[], usize::MAX).status(), 405);
}

#[test]
fn conditions_tell_one_version_from_the_next() {
    let server = server();
    let first = get(&server, "f", &[]);
    let (etag, date) = (first.header("etag").unwrap(), first.header("last-modified").unwrap());
    let range = ("Range", "bytes=0-1");
    for (name, value, status) in [
        ("If-Match", etag.as_str(), 206),
        ("If-Match", "\"x\", *", 412),
        ("If-Match", "*", 206),
        ("If-Match", "\"x\"", 412),
        ("If-Unmodified-Since", &date, 206),
        ("If-Range", &etag, 206),
        ("If-Range", &date, 206),
        ("If-Range", "\"x\"", 200),
    ] {
        assert_eq!(get(&server, "f", &[range, (name, value)]).status(), status, "{name}: {value}");
    }

    server.put("f", "abcdefghij");
    for (name, value, status) in [
        ("If-Match", etag.as_str(), 412),
        ("If-Match", &format!("W/{etag}"), 412),
        ("If-Unmodified-Since", &date, 412),
        ("If-Range", &etag, 200),
        ("If-Range", &date, 200),
    ] {
        assert_eq!(get(&server, "f", &[range, (name, value)]).status(), status, "{name}: {value}");
    }
    assert_ne!(get(&server, "f", &[]).header("etag"), Some(etag));
    server.remove("f");
    assert_eq!(get(&server, "f", &[range]).status(), 404);
}

#[test]
fn a_file_on_disk_is_read_piece_by_piece() {
    let server = Server::start(Options::default());
    let content: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&content).unwrap();
    server.put_path("dir/f", file.path());
    assert!(get(&server, "dir/f", &[]).body() == content);
    let reply = get(&server, "dir/f", &[("Range", "bytes=1000000-2999998")]);
    assert!(reply.body() == &content[1_000_000..2_999_999]);
    assert_eq!(reply.header("content-range").as_deref(), Some("bytes 1000000-2999998/3000000"));

    let etag = reply.header("etag").unwrap();
    file.write_all(b"more").unwrap();
    assert_eq!(get(&server, "dir/f", &[("If-Match", &etag)]).status(), 412);
}

#[test]
fn the_log_tells_who_asked_what_and_when() {
    let server = Server::start(Options {
        link: Link { first_byte: Duration::from_millis(40), ..Link::none() },
        ..Options::default()
    });
    server.put("f", TEXT);
    get(&server, "f?x=1", &[("Range", "bytes=2-4"), ("Authorization", "Bearer t"), ("If-Match", "*")]);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| get(&server, "none", &[]));
        }
    });
    let log = server.log();
    let first = &log[0];
    assert_eq!((first.method.as_str(), first.path.as_str()), ("GET", "/f?x=1"));
    assert_eq!((first.range.as_deref(), first.status, first.bytes_sent), (Some("bytes=2-4"), 206, 3));
    assert_eq!((first.header("authorization"), first.header("if-match")), (Some("Bearer t"), Some("*")));
    let wait = first.first_byte.unwrap() - first.started;
    assert!(wait >= Duration::from_millis(40), "{wait:?}");
    assert!(first.ended >= first.first_byte);
    assert!(log[1..].iter().all(|request| request.status == 404 && request.connection > first.connection));
    assert_eq!((log.len(), round_trips(&log), peak_concurrent(&log)), (4, 2, 3));
    server.reset_log();
    assert!(server.log().is_empty());
}

#[test]
fn a_connection_is_kept_for_the_next_request() {
    let server = server();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    for _ in 0..2 {
        stream.write_all(b"GET /f HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(TEXT) {
            let mut buffer = [0; 1024];
            let read = stream.read(&mut buffer).unwrap();
            assert!(read > 0);
            seen.extend_from_slice(&buffer[..read]);
        }
    }
    let connections: Vec<_> = server.log().iter().map(|request| request.connection).collect();
    assert_eq!(connections, [0, 0]);
}

#[test]
fn late_answers_wait_longer() {
    let by = Duration::from_millis(150);
    let link = Link { late: Some(Late { fraction: 1.0, by }), ..Link::none() };
    let server = Server::start(Options { link, ..Options::default() });
    server.put("f", TEXT);
    get(&server, "f", &[]);
    let request = &server.log()[0];
    assert!(request.first_byte.unwrap() - request.started >= by);
}

#[test]
fn a_body_comes_at_the_rate_of_the_link() {
    let link = Link { connection_bandwidth: Some(20_000_000), ..Link::none() };
    let server = Server::start(Options { link, ..Options::default() });
    server.put("f", vec![0_u8; 4_000_000]);
    let started = Instant::now();
    get(&server, "f", &[]);
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(199), "4 MB at 20 MB/s took {took:?}");
}

#[test]
fn a_client_that_trusts_the_authority_reads_over_tls() {
    let server = Server::start(Options { tls: true, ..Options::default() });
    server.put("f", TEXT);
    assert!(server.url("f").starts_with("https://127.0.0.1:"));
    assert!(server.ca_pem().unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    let curl = |trust: bool| {
        let mut command = Command::new("curl");
        command.args(["-s", "-r", "2-4", &server.url("f")]);
        if trust {
            command.arg("--cacert").arg(server.ca_file().unwrap());
        }
        command.output()
    };
    let Ok(trusting) = curl(true) else {
        eprintln!("skipped: no curl on this machine");
        return;
    };
    assert_eq!(trusting.stdout, b"234");
    let wary = curl(false).unwrap();
    assert!(!wary.status.success() && wary.stdout.is_empty());
}

#[test]
fn a_dropped_server_is_gone() {
    let server = server();
    let address = server.address();
    let mut open = TcpStream::connect(address).unwrap();
    open.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    get(&server, "f", &[]);
    drop(server);
    let ended = open.read(&mut [0; 8]);
    assert!(matches!(ended, Ok(0)) || ended.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset));
    let refused = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        TcpStream::connect(address).is_err()
    });
    assert!(refused);
}

#[tokio::test]
async fn a_server_can_end_inside_a_runtime() {
    drop(server());
}
