//! HTTPS, and what must never be printed.

use parqlet_tests::command::{finish, parqlet, run};
use parqlet_tests::server::{Options, Server};

use super::{serving, tiny};

#[test]
fn https_needs_an_authority_that_is_trusted() {
    let server = Server::start(Options { tls: true, ..Options::default() });
    server.put("a.parquet", tiny());
    let url = server.url("a.parquet");
    let mut trusting = parqlet(["head", &url, "-c", "fare", "-n", "1"]);
    trusting.env("SSL_CERT_FILE", server.ca_file().unwrap());
    let done = finish(trusting);
    assert_eq!((done.status, done.stderr.as_str()), (Some(0), ""));
    assert!(done.text().contains("1 row of 50"));

    let done = run(["head", &url]);
    assert_eq!((done.status, done.text().as_str()), (Some(1), ""));
    assert_eq!(done.stderr.lines().count(), 1);
    assert!(done.stderr.contains("certificate"), "{}", done.stderr);
}

#[test]
fn a_signed_url_and_a_header_are_never_printed() {
    let server = serving("a.parquet", tiny());
    let address = server.address();
    let signed = format!("http://user:SECRET@{address}/a.parquet?X-Signature=SECRET#SECRET");
    let missing = format!("http://{address}/b.parquet?X-Signature=SECRET");
    let unreachable = "http://127.0.0.1:1/a.parquet?X-Signature=SECRET";
    let misspelt = "htps://host/a.parquet?X-Signature=SECRET";
    let header = "Authorization: Bearer SECRET";
    for arguments in [
        vec!["schema", &signed, "--json"],
        vec!["schema", &signed],
        vec!["info", &signed, "--json"],
        vec!["info", &signed],
        vec!["head", &signed, "--stats", "--header", header],
        vec!["plan", &signed, "--json", "--stats"],
        vec!["plan", &signed, "--header", header],
        vec!["load", &signed, "-o", "-", "--format", "csv"],
        vec!["load", &signed, "-o", "-", "-c", "nothing"],
        vec!["plan", &signed, "--row-groups", "7"],
        vec!["head", &missing, "--header", header],
        vec!["head", unreachable],
        vec!["head", misspelt],
        vec!["head", "http://in valid/?SECRET"],
        vec!["head", &signed, &signed],
        vec!["head", &signed, "--header", "Authorization=SECRET"],
        vec!["head", &signed, "--header", "Author ization: SECRET"],
        vec!["head", &signed, "--header", "Authorization: SECRET\u{7}"],
    ] {
        let done = run(&arguments);
        assert!(done.status.is_some());
        let printed = format!("{}{}", done.text(), done.stderr);
        assert!(!printed.is_empty() && !printed.contains("SECRET"), "{arguments:?}: {printed}");
    }
    // And yet it was sent.
    assert!(server.log().iter().any(|request| request.path.ends_with("X-Signature=SECRET")));
    let sent = |request: &parqlet_tests::server::Logged| {
        request.headers.iter().any(|(name, value)| name == "authorization" && value == "Bearer SECRET")
    };
    assert!(server.log().iter().any(sent));
}
