//! Each scripted fault, as bytes on the wire.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod raw;

use std::io::Read;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use parqlet_tests::server::{Fault, Options, RetryAfter, Rule, Server, When, WrongRange};
use raw::{End, Reply, get, send};

const TEXT: &[u8] = b"0123456789";
const RANGE: &[(&str, &str)] = &[("Range", "bytes=2-6")];

fn with(fault: Fault) -> Server {
    let server = Server::start(Options::default());
    server.put("f", TEXT);
    server.rule("f", Rule::always(fault));
    server
}

/// The answer to `bytes=2-6` under a fault.
fn met(fault: Fault) -> Reply {
    get(&with(fault), "f", RANGE)
}

#[test]
fn the_whole_file_comes_in_place_of_the_range() {
    let reply = met(Fault::Whole);
    assert_eq!((reply.status(), reply.body()), (200, TEXT));
    assert_eq!(reply.header("content-range"), None);
}

#[test]
fn a_body_is_cut_under_a_right_length() {
    let reply = met(Fault::Cut(3));
    assert_eq!((reply.status(), reply.body(), &reply.end), (206, &b"234"[..], &End::Closed));
    assert_eq!(reply.header("content-length").as_deref(), Some("5"));
    assert_eq!(met(Fault::Cut(0)).body(), b"");
}

#[test]
fn a_body_is_short_and_its_length_agrees() {
    let reply = met(Fault::Short(3));
    assert_eq!((reply.status(), reply.body()), (206, &b"234"[..]));
    assert_eq!(reply.header("content-length").as_deref(), Some("3"));
    assert_eq!(reply.header("content-range").as_deref(), Some("bytes 2-6/10"));
}

#[test]
fn a_body_is_longer_than_its_range() {
    let reply = met(Fault::Long(2));
    assert_eq!((reply.status(), reply.body()), (206, &b"23456\0\0"[..]));
    assert_eq!(reply.header("content-length").as_deref(), Some("7"));
    assert_eq!(reply.header("content-range").as_deref(), Some("bytes 2-6/10"));
}

#[test]
fn a_content_range_is_wrong_in_each_way() {
    for (how, value) in [
        (WrongRange::Shifted, Some("bytes 3-7/10")),
        (WrongRange::OtherTotal, Some("bytes 2-6/11")),
        (WrongRange::UnknownTotal, Some("bytes 2-6/*")),
        (WrongRange::Missing, None),
        (WrongRange::Unparsable, Some("bytes from here to there")),
    ] {
        let reply = met(Fault::ContentRange(how));
        assert_eq!((reply.status(), reply.body()), (206, &b"23456"[..]));
        assert_eq!(reply.header("content-range").as_deref(), value);
    }
}

#[test]
fn a_header_is_changed_or_left_out() {
    let weak = met(Fault::Header("etag", Some("W/\"a\"".into())));
    assert_eq!(weak.header("etag").as_deref(), Some("W/\"a\""));
    assert_eq!(met(Fault::Header("etag", None)).header("etag"), None);
}

#[test]
fn a_file_is_replaced_from_a_request_on() {
    for (keeps_conditions, status) in [(true, 412), (false, 206)] {
        let server = Server::start(Options::default());
        server.put("f", TEXT);
        let content = Bytes::from_static(b"abcdefghij");
        server.rule("f", Rule::nth(2, Fault::Replaced { content, keeps_conditions }));
        let old = get(&server, "f", RANGE).header("etag").unwrap();
        for _ in 0..2 {
            let reply = get(&server, "f", &[("Range", "bytes=2-6"), ("If-Match", &old)]);
            assert_eq!(reply.status(), status);
            assert_ne!(reply.header("etag").unwrap(), old);
        }
        assert_eq!(get(&server, "f", RANGE).body(), b"cdefg");
    }
}

#[test]
fn a_body_comes_in_chunks_without_a_length() {
    let reply = met(Fault::Chunked);
    assert_eq!(reply.header("content-length"), None);
    assert_eq!(reply.header("transfer-encoding").as_deref(), Some("chunked"));
    assert_eq!(reply.body(), b"5\r\n23456\r\n0\r\n\r\n");
}

#[test]
fn any_status_is_answered() {
    for status in [403, 404, 412, 416, 429, 500, 503] {
        let reply = met(Fault::Status(status));
        assert_eq!((reply.status(), reply.header("content-range")), (status, None));
        assert_eq!(reply.header("retry-after"), None);
    }
}

#[test]
fn a_wait_is_asked_for_in_seconds_or_by_date() {
    let reply = met(Fault::RetryAfter(503, RetryAfter::Seconds(7)));
    assert_eq!((reply.status(), reply.header("retry-after").as_deref()), (503, Some("7")));
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    let reply = met(Fault::RetryAfter(429, RetryAfter::Date(date)));
    assert_eq!(reply.status(), 429);
    assert_eq!(reply.header("retry-after").as_deref(), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
}

#[test]
fn a_connection_is_reset_in_the_middle_of_a_body() {
    let server = with(Fault::Reset(3));
    let reply = get(&server, "f", RANGE);
    assert_eq!((reply.status(), reply.body(), &reply.end), (206, &b"234"[..], &End::Reset));
    assert_eq!(server.log()[0].bytes_sent, 3);
}

#[test]
fn a_body_stalls_until_the_client_goes() {
    let server = with(Fault::Stall(3));
    let reply = get(&server, "f", RANGE);
    assert_eq!((reply.body(), &reply.end), (&b"234"[..], &End::Silence));
    let ended = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        server.log()[0].ended.is_some()
    });
    assert!(ended, "the server saw the client go");
}

#[test]
fn a_body_is_gzipped_unasked() {
    let reply = met(Fault::Gzip);
    assert_eq!(reply.header("content-encoding").as_deref(), Some("gzip"));
    assert_eq!(reply.header("content-length"), Some(reply.body().len().to_string()));
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(reply.body()).read_to_end(&mut plain).unwrap();
    assert_eq!(plain, b"23456");
}

#[test]
fn a_redirect_names_its_target() {
    for status in [302, 307, 308] {
        let reply = met(Fault::Redirect(status, "/g?x=1".into()));
        assert_eq!((reply.status(), reply.header("location").as_deref()), (status, Some("/g?x=1")));
    }
    let other = Server::start(Options::default());
    let reply = met(Fault::Redirect(302, other.url("f")));
    assert_eq!(reply.header("location"), Some(other.url("f")));
    let server = with(Fault::Redirect(302, "/f".into()));
    for _ in 0..3 {
        assert_eq!(get(&server, "f", RANGE).header("location").as_deref(), Some("/f"));
    }
}

#[test]
fn a_first_byte_is_slow() {
    let server = with(Fault::Slow(Duration::from_millis(120)));
    assert_eq!(get(&server, "f", RANGE).body(), b"23456");
    let request = &server.log()[0];
    assert!(request.first_byte.unwrap() - request.started >= Duration::from_millis(120));
}

#[test]
fn garbage_comes_in_place_of_http() {
    let reply = met(Fault::Garbage);
    assert!(!reply.bytes.is_empty() && !reply.bytes.starts_with(b"HTTP"));
    assert_eq!(reply.end, End::Closed);
}

#[test]
fn a_connection_closes_without_an_answer() {
    let server = with(Fault::Close);
    let reply = get(&server, "f", RANGE);
    assert_eq!((reply.bytes.len(), reply.end), (0, End::Closed));
    let log = server.log();
    assert_eq!((log.len(), log[0].status), (1, 0));
}

#[test]
fn a_connection_closes_at_once_after_accept() {
    let server = with(Fault::None);
    server.refuse_connections(2);
    for _ in 0..2 {
        let reply = get(&server, "f", RANGE);
        assert!(reply.bytes.is_empty() && matches!(reply.end, End::Closed | End::Reset));
    }
    assert!(server.log().is_empty());
    assert_eq!(get(&server, "f", RANGE).status(), 206);
}

#[test]
fn a_body_never_ends() {
    let server = with(Fault::Endless);
    let reply = send(&server, "GET", "f", RANGE, 20_000_000);
    assert_eq!((reply.status(), &reply.end), (200, &End::Enough));
    assert_eq!(reply.header("content-length"), None);
}

#[test]
fn a_header_is_huge() {
    let reply = met(Fault::HugeHeader(300_000));
    assert_eq!(reply.header("x-padding").unwrap().len(), 300_000);
    assert_eq!((reply.status(), reply.body()), (206, &b"23456"[..]));
}

#[test]
fn faults_come_in_the_order_of_the_script() {
    let server = Server::start(Options::default());
    server.put("f", TEXT);
    server.script("f", [Fault::Status(503), Fault::None, Fault::Whole]);
    let statuses: Vec<_> = (0..4).map(|_| get(&server, "f", RANGE).status()).collect();
    assert_eq!(statuses, [503, 206, 200, 206]);
    server.rule("f", Rule { nth: None, when: When::Tail, times: 1, fault: Fault::Status(416) });
    assert_eq!(get(&server, "f", RANGE).status(), 206);
    assert_eq!(get(&server, "f", &[("Range", "bytes=-2")]).status(), 416);
    server.rule("f", Rule::always(Fault::Status(500)));
    server.clear_rules();
    assert_eq!(get(&server, "f", RANGE).status(), 206);
}
