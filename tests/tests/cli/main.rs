//! The `parqlet` command as a user meets it: what it prints, where, with which status, and what it leaves behind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod cost;
mod formats;
mod secrets;
mod shown;
mod splits;
mod status;
mod stop;
mod terminal;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use parqlet_tests::sample::{SampleOptions, plain_in_memory, rides_in_memory};
use parqlet_tests::server::{Options, Server};
use tempfile::TempDir;

/// Enough rows for a second batch and several row groups, few enough to be made at once.
fn options() -> SampleOptions {
    SampleOptions { rows: 20_000, row_groups: 5, ..SampleOptions::default() }
}

fn rides() -> Bytes {
    rides_in_memory(&options()).unwrap()
}

/// Small enough to come whole with the tail.
fn tiny() -> Bytes {
    rides_in_memory(&SampleOptions { rows: 50, row_groups: 1, ..options() }).unwrap()
}

/// 300 columns.
fn wide() -> Bytes {
    plain_in_memory(&SampleOptions { rows: 2_000, row_groups: 2, columns: 300, ..options() }).unwrap()
}

/// A folder with a file in it.
fn folder(name: &str, content: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

fn serving(name: &str, content: Bytes) -> Server {
    let server = Server::start(Options::default());
    server.put(name, content);
    server
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The names in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
