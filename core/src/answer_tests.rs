//! Tables of heads and bodies: what is taken, and the sentence for what isn't.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::*;

const LIMIT: u64 = 1_000;

fn tail(bytes: u64) -> Request {
    Request { span: Span::Tail(bytes), pinned: None, opening: true }
}

fn exact(range: Range<u64>) -> Request {
    Request { span: Span::Exact(range), pinned: None, opening: true }
}

fn length() -> Request {
    Request { span: Span::Length, pinned: None, opening: true }
}

/// With an object of so many bytes and this ETag pinned.
fn pinned(request: Request, length: u64, etag: &str) -> Request {
    Request { pinned: Some(Identity { length, version: Version::from_headers(Some(etag), None) }), ..request }
}

fn part(content_range: &str) -> Head<'_> {
    Head { status: 206, content_range: Some(content_range), ..Head::default() }
}

fn whole(content_length: Option<u64>) -> Head<'static> {
    Head { status: 200, content_length, ..Head::default() }
}

fn status(status: u16) -> Head<'static> {
    Head { status, ..Head::default() }
}

/// Head and a body of so many bytes, judged as a shell does.
fn judge(request: &Request, head: &Head<'_>, body: usize) -> Result<Answer> {
    let expected = check_head(request, head, LIMIT)?;
    if body as u64 > expected.body_limit() {
        return Err(expected.too_long());
    }
    expected.finish(request, Bytes::from(vec![7; body]), Duration::from_millis(3))
}

#[test]
fn an_answer_that_is_what_was_asked_for_is_taken() {
    for (request, head, body, range, object) in [
        (exact(2..7), part("bytes 2-6/10"), 5, 2..7, 10),
        (exact(0..1), part("bytes 0-0/1"), 1, 0..1, 1),
        (exact(2..7), part(" Bytes  2-6/10 "), 5, 2..7, 10),
        (exact(2..7), Head { content_length: Some(5), ..part("bytes 2-6/10") }, 5, 2..7, 10),
        (pinned(exact(2..7), 10, "\"a\""), part("bytes 2-6/*"), 5, 2..7, 10),
        (pinned(exact(2..7), 10, "\"a\""), Head { etag: Some("\"a\""), ..part("bytes 2-6/10") }, 5, 2..7, 10),
        (tail(4), part("bytes 6-9/10"), 4, 6..10, 10),
        // Shorter than the tail that was asked for: all of it.
        (tail(400), part("bytes 0-9/10"), 10, 0..10, 10),
        // A small object, sent whole.
        (tail(4), whole(Some(10)), 10, 0..10, 10),
        (tail(400), whole(None), 10, 0..10, 10),
        (exact(2..7), whole(Some(7)), 7, 0..7, 7),
        (exact(2..7), whole(Some(LIMIT)), 1_000, 0..1_000, 1_000),
        (exact(2..7), whole(None), 10, 0..10, 10),
        (pinned(exact(2..7), 10, "\"a\""), whole(None), 10, 0..10, 10),
        (length(), whole(Some(1 << 40)), 0, 0..0, 1 << 40),
        (tail(4), Head { content_encoding: Some("Identity"), ..part("bytes 6-9/10") }, 4, 6..10, 10),
        (tail(4), Head { content_encoding: Some("aws-chunked"), ..part("bytes 6-9/10") }, 4, 6..10, 10),
    ] {
        let answer = judge(&request, &head, body).unwrap();
        assert_eq!((answer.range, answer.identity.length), (range, object), "{request:?} {head:?}");
        assert_eq!(answer.bytes.len(), body);
        assert_eq!(answer.first_byte, Duration::from_millis(3));
    }
}

#[test]
fn each_status_has_its_kind_and_only_passing_troubles_are_tried_again() {
    for (code, kind, retryable) in [
        (100, ErrorKind::Server, false),
        (201, ErrorKind::Server, false),
        (204, ErrorKind::Server, false),
        (300, ErrorKind::BadAnswer, false),
        (302, ErrorKind::BadAnswer, false),
        (304, ErrorKind::Server, false),
        (400, ErrorKind::Server, false),
        (401, ErrorKind::Forbidden, false),
        (403, ErrorKind::Forbidden, false),
        (404, ErrorKind::NotFound, false),
        (405, ErrorKind::Server, false),
        (408, ErrorKind::Network, true),
        (410, ErrorKind::NotFound, false),
        (412, ErrorKind::Server, false),
        (416, ErrorKind::BadAnswer, false),
        (418, ErrorKind::Server, false),
        (429, ErrorKind::Throttled, true),
        (500, ErrorKind::Server, true),
        (501, ErrorKind::Server, false),
        (502, ErrorKind::Server, true),
        (503, ErrorKind::Throttled, true),
        (504, ErrorKind::Server, true),
        (505, ErrorKind::Server, false),
        (522, ErrorKind::Server, true),
        (599, ErrorKind::Server, true),
        (600, ErrorKind::Server, false),
    ] {
        let error = judge(&exact(2..7), &status(code), 0).unwrap_err();
        assert_eq!((error.kind(), error.is_retryable(), error.status()), (kind, retryable, Some(code)), "{error}");
        assert!(error.message().contains(&code.to_string()), "{code}: {error}");
    }
}

#[test]
fn a_failed_condition_is_a_changed_object_only_where_there_was_a_condition() {
    let error = judge(&pinned(exact(2..7), 10, "\"a\""), &status(412), 0).unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Changed, false));
    assert_eq!(judge(&tail(4), &status(412), 0).unwrap_err().kind(), ErrorKind::Server);
}

#[test]
fn an_object_that_was_there_is_gone() {
    let error = judge(&pinned(exact(2..7), 10, "\"a\""), &status(404), 0).unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::NotFound, false));
    assert_eq!(error.message(), "the object is gone (404): it was still there when it was opened");
}

#[test]
fn a_content_range_that_is_not_the_one_asked_for_is_refused() {
    for (request, content_range) in [
        (exact(2..7), "bytes 3-7/10"),
        (exact(2..7), "bytes 2-5/10"),
        (exact(2..7), "bytes 2-7/10"),
        (exact(2..7), "bytes 0-9/10"),
        // The end lies past the object the header itself describes.
        (exact(2..7), "bytes 2-6/6"),
        // Cut at the end of the object: nothing may be asked there.
        (exact(2..17), "bytes 2-9/10"),
        (tail(4), "bytes 0-3/10"),
        (tail(4), "bytes 5-9/10"),
        (tail(4), "bytes 6-8/10"),
        (tail(400), "bytes 1-9/10"),
        (tail(4), "bytes 18446744073709551611-18446744073709551614/18446744073709551615"),
    ] {
        let verdict = judge(&request, &part(content_range), 5);
        if content_range.starts_with("bytes 18") {
            // Right in form, if absurd: the body is what is held to it.
            assert_eq!(verdict.unwrap_err().message(), "the server sent more than the 4 bytes its answer announced");
            continue;
        }
        let error = verdict.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable(), error.status()), (ErrorKind::BadAnswer, false, Some(206)));
        assert!(error.message().contains(content_range), "{error}");
    }
}

#[test]
fn a_content_range_without_sense_is_refused() {
    for content_range in [
        "",
        "bytes",
        "bytes ",
        "bytes2-6/10",
        "bytes=2-6/10",
        "bytes */10",
        "bytes 2-6",
        "bytes 6-2/10",
        "bytes -6/10",
        "bytes 2-/10",
        "bytes 2-6/ten",
        "bytes 2-6/-1",
        "bytes 2-18446744073709551615/18446744073709551615",
        "bytes 2-18446744073709551616/10",
        "lines 2-6/10",
        "bytes from here to there",
    ] {
        let error = check_head(&exact(2..7), &part(content_range), LIMIT).unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::BadAnswer, false), "{content_range}");
        assert!(error.message().contains("can't be understood"), "{error}");
    }
    let error = check_head(&exact(2..7), &status(206), LIMIT).unwrap_err();
    assert!(error.message().contains("without Content-Range"), "{error}");
    let error = check_head(&exact(2..7), &part("bytes 2-6/*"), LIMIT).unwrap_err();
    assert!(error.message().contains("doesn't tell how long the object is"), "{error}");
    let error = check_head(&length(), &part("bytes 2-6/10"), LIMIT).unwrap_err();
    assert!(error.message().contains("where its length was asked for"), "{error}");
}

#[test]
fn a_huge_header_does_not_become_a_huge_sentence() {
    let huge = "x".repeat(300_000);
    for head in [part(&huge), Head { content_encoding: Some(&huge), ..part("bytes 2-6/10") }] {
        let error = check_head(&exact(2..7), &head, LIMIT).unwrap_err();
        assert!(error.to_string().len() < 300, "{}", error.to_string().len());
    }
}

#[test]
fn lengths_that_contradict_each_other_are_refused() {
    for announced in [0, 4, 6, u64::MAX] {
        let head = Head { content_length: Some(announced), ..part("bytes 2-6/10") };
        let error = judge(&exact(2..7), &head, 5).unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::BadAnswer, false));
        assert!(error.message().contains("contradicts itself"), "{error}");
    }
}

#[test]
fn a_body_of_another_length_is_refused_and_a_short_one_may_be_tried_again() {
    let short = judge(&exact(2..7), &part("bytes 2-6/10"), 4).unwrap_err();
    assert_eq!((short.kind(), short.is_retryable()), (ErrorKind::BadAnswer, true));
    assert_eq!(short.message(), "the answer has 4 bytes where it announced 5");
    let long = judge(&exact(2..7), &part("bytes 2-6/10"), 6).unwrap_err();
    assert_eq!((long.kind(), long.is_retryable()), (ErrorKind::BadAnswer, false));
    let short = judge(&exact(2..7), &whole(Some(10)), 9).unwrap_err();
    assert_eq!((short.kind(), short.is_retryable()), (ErrorKind::BadAnswer, true));
}

#[test]
fn a_large_object_sent_whole_is_refused_with_what_to_do() {
    for (head, body, length) in [
        (whole(Some(LIMIT + 1)), 0, Some(LIMIT + 1)),
        (whole(None), 1_001, None),
        (whole(Some(u64::MAX)), 0, Some(u64::MAX)),
    ] {
        let error = judge(&tail(4), &head, body).unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::NoRanges, false));
        assert_eq!((error.status(), error.object_length()), (Some(200), length));
        assert!(error.message().contains("use a server or host that supports `Range`"), "{error}");
    }
}

#[test]
fn a_small_object_sent_whole_must_hold_the_range() {
    for (head, body) in [(whole(Some(6)), 6), (whole(None), 6), (whole(Some(0)), 0)] {
        let error = judge(&exact(2..7), &head, body).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadAnswer, "{error}");
    }
    let empty = judge(&tail(4), &whole(Some(0)), 0).unwrap();
    assert_eq!((empty.range, empty.identity.length), (0..0, 0));
}

#[test]
fn a_length_that_is_not_told_is_an_error_where_it_was_asked_for() {
    let error = check_head(&length(), &whole(None), LIMIT).unwrap_err();
    assert_eq!(error.message(), "the server doesn't tell how long the object is");
}

#[test]
fn encoded_bytes_are_refused() {
    for encoding in ["gzip", "br", "GZIP", "identity, gzip"] {
        for head in [part("bytes 2-6/10"), whole(Some(10))] {
            let head = Head { content_encoding: Some(encoding), ..head };
            let error = check_head(&exact(2..7), &head, LIMIT).unwrap_err();
            assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::BadAnswer, false));
            assert!(error.message().contains(&format!("{encoding}-encoded")), "{error}");
        }
    }
}

#[test]
fn another_version_is_a_change_whatever_tells_it() {
    let request = pinned(exact(2..7), 10, "\"a\"");
    let answered = |etag, content_range| judge(&request, &Head { etag, ..part(content_range) }, 5);
    for (etag, content_range) in
        [(Some("\"b\""), "bytes 2-6/10"), (Some("\"b\""), "bytes 2-6/*"), (None, "bytes 2-6/11"), (None, "bytes 2-4/5")]
    {
        let error = answered(etag, content_range).unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Changed, false), "{etag:?} {content_range}");
    }
    // Weak tags and no tags say nothing about bytes.
    assert!(answered(Some("W/\"b\""), "bytes 2-6/10").is_ok());
    assert!(answered(None, "bytes 2-6/10").is_ok());
    // Sent whole, with and without its length told before the body.
    for head in [whole(Some(11)), whole(None)] {
        assert_eq!(judge(&request, &head, 11).unwrap_err().kind(), ErrorKind::Changed);
    }
    let dated = |date| Identity { length: 10, version: Version::from_headers(Some("W/\"a\""), Some(date)) };
    let request = Request { pinned: Some(dated("Mon")), ..exact(2..7) };
    let head = Head { etag: Some("W/\"a\""), last_modified: Some("Tue"), ..part("bytes 2-6/10") };
    assert_eq!(judge(&request, &head, 5).unwrap_err().kind(), ErrorKind::Changed);
}

#[test]
fn a_weak_tag_is_not_kept_and_a_strong_one_is() {
    let version =
        |etag| judge(&tail(4), &Head { etag: Some(etag), ..part("bytes 6-9/10") }, 4).unwrap().identity.version;
    assert_eq!(version("\"a\"").etag(), Some("\"a\""));
    for weak in ["W/\"a\"", "w/\"a\"", "a", "\"", ""] {
        assert_eq!(version(weak).etag(), None, "{weak}");
    }
}

#[test]
fn a_range_past_the_end_tells_the_length_where_the_server_does() {
    let refused = |request: &Request, content_range| {
        check_head(request, &Head { content_range, ..status(416) }, LIMIT).unwrap_err()
    };
    for (content_range, length) in [
        (Some("bytes */10"), Some(10)),
        (Some("Bytes */10"), Some(10)),
        (Some("bytes */x"), None),
        (Some("bytes */*"), None),
        (Some("bytes 0-9/10"), None),
        (None, None),
    ] {
        let error = refused(&tail(4), content_range);
        assert_eq!((error.kind(), error.object_length()), (ErrorKind::BadAnswer, length), "{content_range:?}");
    }
    assert_eq!(refused(&tail(4), Some("bytes */0")).kind(), ErrorKind::NotParquet);
    let request = pinned(exact(2..7), 10, "\"a\"");
    assert_eq!(refused(&request, Some("bytes */5")).kind(), ErrorKind::Changed);
    assert_eq!(refused(&request, Some("bytes */10")).kind(), ErrorKind::BadAnswer);
}

#[test]
fn retry_after_is_passed_on() {
    let wait = Some(Duration::from_secs(7));
    for code in [429, 503, 500, 403] {
        let head = Head { retry_after: wait, ..status(code) };
        assert_eq!(check_head(&tail(4), &head, LIMIT).unwrap_err().retry_after(), wait);
    }
    assert_eq!(check_head(&tail(4), &status(503), LIMIT).unwrap_err().retry_after(), None);
}
