//! Damaged files never end the process, hang, or take memory out of proportion.
//!
//! A short run of the `mutate` binary, always the same cases; run the binary itself for more.

#![allow(clippy::expect_used, reason = "tests")]

use std::process::Command;

#[test]
fn damaged_files_are_read_or_refused_in_proportion() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mutate"));
    command.args(["--cases", "12000", "--seconds", "20"]);
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus/files");
    if std::env::var_os("PARQLET_CORPUS").is_none() && std::path::Path::new(corpus).is_dir() {
        command.args(["--corpus", corpus]);
    }
    let report = command.output().expect("the binary runs");
    let report = String::from_utf8_lossy(&report.stdout);
    println!("{report}");
    assert!(report.ends_with("\n0 bad\n"), "{report}");
}
