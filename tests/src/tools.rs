//! Programs of others that tests need, from the package registries.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a script of this crate's folder installs, if it isn't there yet, and says the path of.
///
/// # Panics
///
/// If it can't be installed.
#[expect(clippy::expect_used, reason = "tests can't go on without what they need")]
pub fn installed(script: &str) -> PathBuf {
    // <target>/<profile>/deps/<test>; the Makefile's tools are in <target>/tools.
    let test = std::env::current_exe().expect("this test has a path");
    let target = test.ancestors().nth(3).expect("a test lies in a target folder");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
    let done = Command::new(path).arg(target.join("tools")).output().expect("bash starts");
    let _ = io::stderr().write_all(&done.stderr);
    assert!(done.status.success(), "tests/{script} failed: it needs python3 with venv, and the package registry");
    PathBuf::from(String::from_utf8_lossy(&done.stdout).trim())
}
