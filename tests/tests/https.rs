//! HTTPS with verification on, against an authority of the server's own.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod reading;

use parqlet::{Client, ErrorKind};
use parqlet_tests::sample::{SampleOptions, rides_in_memory};
use parqlet_tests::server::{Options, Server};
use reading::in_time;
use std::process::Command;

const URL: &str = "PARQLET_TEST_HTTPS_URL";

fn serve() -> Server {
    let server = Server::start(Options { tls: true, ..Options::default() });
    server.put("f", rides_in_memory(&SampleOptions { rows: 20_000, ..SampleOptions::default() }).unwrap());
    server
}

/// Authorities are read from the environment when a client is built, and an environment belongs to a whole process:
/// so the client is this program once more.
#[test]
fn an_authority_of_ones_own_is_trusted_by_name() {
    let server = serve();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "client", "--ignored", "--nocapture"])
        .env("SSL_CERT_FILE", server.ca_file().unwrap())
        .env(URL, server.url("f"))
        .status()
        .unwrap();
    assert!(status.success());
    assert!(server.log().len() > 1, "the file was read");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the other half of the test above"]
async fn client() {
    let Ok(url) = std::env::var(URL) else { return };
    let file = in_time(Client::new().unwrap().open(&url)).await.unwrap();
    let batches = in_time(file.read().columns(["fare"]).collect()).await.unwrap();
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 20_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_authority_is_refused_with_what_to_do() {
    let server = serve();
    let error = in_time(Client::new().unwrap().open(&server.url("f"))).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Network, false));
    assert!(error.message().contains("certificate"), "{error}");
    assert!(error.message().ends_with("if its authority is your own, name it in SSL_CERT_FILE"), "{error}");
    assert!(server.log().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_http_to_an_https_port_is_refused_with_what_to_check() {
    let server = serve();
    let url = server.url("f").replace("https://", "http://");
    let error = in_time(Client::new().unwrap().open(&url)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadAnswer);
    assert!(error.message().ends_with("check the address and its port"), "{error}");
}
