//! A file appears under its name only when it is whole; a load that is stopped leaves nothing.

use std::fs;
use std::process::{Child, Stdio};
use std::time::Duration;

use parqlet_tests::command::{INTERRUPT, TERMINATE, parqlet, signal, until, wait};
use parqlet_tests::server::{Fault, Rule, Server, When};
use tempfile::TempDir;

use super::{names, rides, serving, text};

/// A load whose later data requests meet a fault, caught when its output has a temporary name.
fn caught(server: &Server, fault: Fault, format: &str) -> (TempDir, Child) {
    server.rule("a.parquet", Rule { nth: Some(2), when: When::Range, times: usize::MAX, fault });
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join(format!("out.{format}"));
    let url = server.url("a.parquet");
    let child = parqlet(["load", &url, "-o", text(&output), "-c", "fare"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    assert!(until(|| !names(folder.path()).is_empty()), "no output was begun");
    (folder, child)
}

#[test]
fn a_signal_leaves_no_file() {
    for (sent, status, format) in [(INTERRUPT, 130, "csv"), (TERMINATE, 143, "parquet"), (INTERRUPT, 130, "arrow")] {
        let server = serving("a.parquet", rides());
        let (folder, mut child) = caught(&server, Fault::Stall(1000), format);
        let begun = names(folder.path());
        assert!(begun.len() == 1 && begun[0].ends_with(".part"), "{begun:?}");
        signal(&child, sent).unwrap();
        assert_eq!(wait(&mut child).code(), Some(status));
        assert_eq!(names(folder.path()), [""; 0]);
    }
}

#[test]
fn a_pipe_that_nobody_reads_does_not_keep_it_alive() {
    let server = serving("a.parquet", rides());
    let url = server.url("a.parquet");
    let mut command = parqlet(["load", &url, "-o", "-", "--format", "csv"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut rows = child.stdout.take().unwrap();
    std::io::Read::read_exact(&mut rows, &mut [0]).unwrap();
    signal(&child, TERMINATE).unwrap();
    assert_eq!(wait(&mut child).code(), Some(143));
    drop(rows);
}

#[test]
fn a_load_that_fails_leaves_no_file_and_the_old_one_in_place() {
    let server = serving("a.parquet", rides());
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.csv");
    fs::write(&output, "old").unwrap();
    server.rule("a.parquet", Rule { nth: Some(3), when: When::Range, times: usize::MAX, fault: Fault::Status(403) });
    let mut child = parqlet(["load", &server.url("a.parquet"), "-o", text(&output), "-c", "fare"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    assert_eq!(wait(&mut child).code(), Some(1));
    assert_eq!(names(folder.path()), ["out.csv"]);
    assert_eq!(fs::read_to_string(&output).unwrap(), "old");
}

#[test]
fn the_file_has_its_name_only_when_it_is_whole() {
    let server = serving("a.parquet", rides());
    let (folder, mut child) = caught(&server, Fault::Slow(Duration::from_millis(400)), "csv");
    let output = folder.path().join("out.csv");
    let mut early = None;
    until(|| {
        // In this order: what ends between the two looks is whole by then.
        let content = fs::read_to_string(&output).ok();
        let ended = child.try_wait().unwrap().is_some();
        if !ended && content.is_some() {
            early = content;
        }
        ended
    });
    assert_eq!(wait(&mut child).code(), Some(0));
    let whole = fs::read_to_string(&output).unwrap();
    assert_eq!(whole.lines().count(), 20_001);
    assert!(early.is_none_or(|early| early == whole), "a part of the rows was seen under the final name");
    assert_eq!(names(folder.path()), ["out.csv"]);
}
