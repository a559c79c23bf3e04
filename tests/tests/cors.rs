//! What the server tells pages of other origins.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod raw;

use std::time::Duration;

use parqlet_tests::server::{Cors, Fault, Options, Preflight, Rule, Server, When};
use raw::{Reply, get, send};

const PAGE: (&str, &str) = ("Origin", "http://page.test");

fn server(cors: impl Into<Option<Cors>>) -> Server {
    let server = Server::start(Options::default());
    server.put("f", &b"0123456789"[..]);
    server.cors("*", cors);
    server
}

fn preflight(server: &Server, name: &str) -> Reply {
    let asks = [PAGE, ("Access-Control-Request-Method", "GET"), ("Access-Control-Request-Headers", "range")];
    send(server, "OPTIONS", name, &asks, usize::MAX)
}

fn allowed(reply: &Reply) -> Option<String> {
    reply.header("access-control-allow-origin")
}

#[test]
fn only_requests_with_an_origin_get_cors_headers() {
    let server = server(Cors { expose: Some("Content-Range, ETag".to_owned()), ..Cors::default() });
    let reply = get(&server, "f", &[PAGE, ("Range", "bytes=0-1")]);
    assert_eq!((reply.status(), allowed(&reply).as_deref()), (206, Some("*")));
    assert_eq!(reply.header("access-control-expose-headers").as_deref(), Some("Content-Range, ETag"));
    assert_eq!(allowed(&get(&server, "f", &[])), None);
    // Errors have them too: without, a page could not tell a 404 from a dead line.
    let missing = get(&server, "none", &[PAGE]);
    assert_eq!((missing.status(), allowed(&missing).as_deref()), (404, Some("*")));
}

#[test]
fn a_server_without_rules_is_silent() {
    let server = server(None);
    assert_eq!(allowed(&get(&server, "f", &[PAGE])), None);
    let refused = preflight(&server, "f");
    assert_eq!((refused.status(), allowed(&refused)), (405, None));
}

#[test]
fn a_preflight_is_answered_or_refused_and_logged() {
    let answered = Preflight::Answered {
        allow_headers: Some("Range, If-Match".to_owned()),
        allow_methods: None,
        max_age: Some(Duration::from_secs(60)),
    };
    let server = server(Cors { preflight: answered, ..Cors::default() });
    server.cors("closed", Cors { preflight: Preflight::Refused(405), ..Cors::default() });
    // No rule for the file may eat the preflight.
    server.rule("f", Rule::always(Fault::Status(500)));

    let reply = preflight(&server, "f");
    assert_eq!((reply.status(), allowed(&reply).as_deref()), (204, Some("*")));
    assert_eq!(reply.header("access-control-allow-methods").as_deref(), Some("GET, HEAD"));
    assert_eq!(reply.header("access-control-allow-headers").as_deref(), Some("Range, If-Match"));
    assert_eq!(reply.header("access-control-max-age").as_deref(), Some("60"));
    assert_eq!(reply.body(), b"");

    let refused = preflight(&server, "closed");
    assert_eq!((refused.status(), allowed(&refused)), (405, None));

    let log = server.log();
    assert_eq!(log.iter().map(|request| request.method.as_str()).collect::<Vec<_>>(), ["OPTIONS", "OPTIONS"]);
    assert_eq!(log[0].header("origin"), Some(PAGE.1));
    assert_eq!(log[0].header("access-control-request-headers"), Some("range"));
}

#[test]
fn one_origin_with_its_cookies() {
    let server = server(Cors { allow_origin: PAGE.1.to_owned(), credentials: true, ..Cors::default() });
    let reply = get(&server, "f", &[PAGE]);
    assert_eq!(allowed(&reply).as_deref(), Some(PAGE.1));
    assert_eq!(reply.header("access-control-allow-credentials").as_deref(), Some("true"));
    assert_eq!(reply.header("vary").as_deref(), Some("Origin"));
}

#[test]
fn an_address_signed_for_get_refuses_head() {
    let server = server(Cors::default());
    server.rule("f", Rule { nth: None, when: When::Head, times: usize::MAX, fault: Fault::Status(403) });
    assert_eq!(send(&server, "HEAD", "f", &[PAGE], usize::MAX).status(), 403);
    assert_eq!(get(&server, "f", &[PAGE]).status(), 200);
}

#[test]
fn pages_scripts_and_modules_have_their_types() {
    let server = server(None);
    for (name, content_type) in [
        ("index.html", "text/html; charset=utf-8"),
        ("dist/index.js", "text/javascript; charset=utf-8"),
        ("parqlet.wasm", "application/wasm"),
        ("a.parquet", "application/vnd.apache.parquet"),
    ] {
        server.put(name, "x");
        assert_eq!(get(&server, name, &[]).header("content-type").as_deref(), Some(content_type));
    }
}
