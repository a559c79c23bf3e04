//! The fixture command, as a shell uses it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

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
