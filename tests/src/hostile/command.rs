//! The command line over a file.

use super::End;
use parqlet_core::error::ErrorKind;
use std::path::Path;
use std::process::Command;

/// Every command that looks at a file, in the forms that look at most of it.
const COMMANDS: &[&[&str]] = &[
    &["schema"],
    &["schema", "--json"],
    &["info"],
    &["info", "--json"],
    &["plan"],
    &["plan", "--json", "--offset", "300", "--limit", "10"],
    &["plan", "--columns", "number", "--row-groups", "0"],
    &["head"],
];

/// Runs the command line at `binary` over the file at `path`: it ends with 0, 1 or 2, and without a panic.
pub fn run_commands(binary: &Path, path: &Path) -> End {
    let mut done = 0;
    let mut refused = None;
    for words in COMMANDS {
        let Some((command, options)) = words.split_first() else { continue };
        let output = match Command::new(binary).arg(command).arg(path).args(options).output() {
            Ok(output) => output,
            Err(error) => return End::Broken(error.to_string()),
        };
        let said = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) if !said.contains("panicked") => done += 1,
            Some(1 | 2) if !said.contains("panicked") => refused = Some(said.into_owned()),
            _ => return End::Broken(format!("{words:?}: {}: {said}", output.status)),
        }
    }
    refused.map_or(End::Read(done), |said| End::Failed(ErrorKind::Corrupt, said))
}
