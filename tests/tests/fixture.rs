//! The fixture command, as a shell uses it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::json;

fn fixture() -> Command {
    Command::new(env!("CARGO_BIN_EXE_fixture"))
}

fn sample(out: &Path, more: &[&str]) -> Output {
    fixture().args(["sample", "--rows", "1000", "--row-groups", "2"]).args(more).arg("--out").arg(out).output().unwrap()
}

#[test]
fn it_writes_samples() {
    let dir = tempfile::tempdir().unwrap();
    for (more, columns) in [(&[][..], 30), (&["--codec", "zstd", "--no-page-index"], 30), (&["--wide", "200"], 200)] {
        let path = dir.path().join("s.parquet");
        let done = sample(&path, more);
        assert!(done.status.success(), "{done:?}");
        let file = std::fs::File::open(&path).unwrap();
        let about = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let metadata = about.metadata();
        assert_eq!((metadata.file_metadata().num_rows(), metadata.num_row_groups()), (1000, 2));
        assert_eq!(about.schema().fields().len(), columns);
    }
}

#[test]
fn it_serves_until_its_input_ends_and_sums_up() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.parquet");
    assert!(sample(&path, &[]).status.success());
    let mut child: Child = fixture()
        .args(["serve", "--first-byte", "30ms", "--bandwidth", "80MB/s", "--total", "1.25GB/s", "--connect", "5ms"])
        .arg(&path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut url = String::new();
    out.read_line(&mut url).unwrap();
    let (address, name) = url.trim().strip_prefix("http://").unwrap().split_once('/').unwrap();

    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET /{name} HTTP/1.1\r\nHost: t\r\nRange: bytes=-4\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.ends_with(b"\r\n\r\nPAR1"));

    drop(child.stdin.take());
    let mut summary = String::new();
    out.read_to_string(&mut summary).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(summary.starts_with("1 requests, 1 round trips, 1 at once at most, 4 bytes\n"), "{summary}");
    assert!(summary.contains("GET /s.parquet bytes=-4 -> 206 4 bytes"), "{summary}");
}

/// One command, one answer.
fn ask(child: &mut Child, out: &mut impl BufRead, command: &serde_json::Value) -> serde_json::Value {
    writeln!(child.stdin.as_mut().unwrap(), "{command}").unwrap();
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap()
}

#[test]
fn it_is_controlled_by_lines_of_json() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("sub")).unwrap();
    std::fs::write(dir.path().join("sub/a.js"), "0").unwrap();
    let mut child = fixture().arg("control").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut url = String::new();
    out.read_line(&mut url).unwrap();
    let url: serde_json::Value = serde_json::from_str(&url).unwrap();
    let address = url["url"].as_str().unwrap().trim_start_matches("http://").trim_end_matches('/').to_owned();

    for command in [
        json!({ "do": "putFolder", "under": "www", "path": dir.path() }),
        json!({ "do": "putText", "name": "t", "text": "0123" }),
        json!({ "do": "rule", "name": "t", "when": "head", "fault": { "status": 403 } }),
        json!({ "do": "rule", "name": "t", "when": "get", "times": 1, "fault": { "retryAfter": [503, 2] } }),
        json!({ "do": "cors", "name": "*", "cors": { "expose": "ETag", "preflight": { "answered": { "maxAge": 5 } } } }),
    ] {
        assert_eq!(ask(&mut child, &mut out, &command), json!({}));
    }
    for (request, says) in [
        ("HEAD /t", "403"),
        ("GET /t", "retry-after: 2"),
        ("GET /t", "0123"),
        ("GET /www/sub/a.js", "content-type: text/javascript"),
        ("GET /t", "access-control-expose-headers: ETag"),
    ] {
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(stream, "{request} HTTP/1.1\r\nHost: t\r\nOrigin: http://o\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.contains(says), "{request}: {answer}");
    }
    let log = ask(&mut child, &mut out, &json!({ "do": "log" }));
    assert_eq!((&log["requests"][0]["status"], &log["requests"][2]["bytesSent"]), (&json!(403), &json!(4)));
    assert_eq!(log["requests"][2]["headers"]["origin"], "http://o");
    assert_eq!(ask(&mut child, &mut out, &json!({ "do": "resetLog" })), json!({}));
    assert_eq!(ask(&mut child, &mut out, &json!({ "do": "log" }))["requests"], json!([]));
    for (wrong, says) in [
        (json!({ "do": "dance" }), "unknown variant `dance`"),
        (json!({ "do": "remove", "name": "t", "now": true }), "unknown field `now`"),
        (json!({ "do": "put", "name": "t", "path": "/no/such/file" }), "No such file"),
    ] {
        let answer = ask(&mut child, &mut out, &wrong);
        assert!(answer["error"].as_str().unwrap().contains(says), "{answer}");
    }
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_says_what_it_does_not_understand() {
    for (more, says) in [
        (&["none.parquet"][..], "none.parquet is not a file"),
        (&["f", "--first-byte", "30"], "write it as 30ms or 1.5s"),
        (&["f", "--bandwidth", "fast"], "fast has no number"),
        (&["f", "--bandwidth", "0MB/s"], "nothing would ever arrive"),
    ] {
        let done = fixture().arg("serve").args(more).stdin(Stdio::null()).output().unwrap();
        assert_eq!(done.status.code(), Some(2));
        let error = String::from_utf8_lossy(&done.stderr);
        assert!(error.contains(says), "{error}");
    }
}
