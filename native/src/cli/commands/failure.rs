//! Why a command could not, and what that looks like.

use std::process::ExitCode;

use super::super::output::{OutputError, is_broken_pipe};
use super::super::screen::{fit, printable};

/// Columns of the longest sentence that is told.
const LONGEST: usize = 600;

/// What ends a command early.
#[derive(Debug)]
pub(super) enum Failure {
    /// The read failed.
    Read(parqlet::Error),
    /// The output failed.
    Output(OutputError),
    /// The arguments contradict each other or the file.
    Usage(String),
    /// Some of several files failed, each with its sentence.
    Partly(Vec<String>),
    /// The service could not begin or go on.
    Service(String),
}

impl Failure {
    /// Says it in one line on standard error; the exit status.
    pub(super) fn report(self) -> ExitCode {
        match self {
            Self::Output(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
            Self::Usage(text) => told(&text, 2),
            Self::Service(text) => told(&text, 1),
            Self::Read(error) if error.kind() == parqlet::ErrorKind::Usage => told(&error.to_string(), 2),
            Self::Read(error) => told(&format!("{error}{}", hint(&error)), 1),
            Self::Output(error) => told(&error.to_string(), 1),
            Self::Partly(sentences) => {
                for sentence in sentences {
                    told(&sentence, 1);
                }
                ExitCode::from(1)
            }
        }
    }
}

/// What a missing file's name looks like, where it looks like a URL.
fn hint(error: &parqlet::Error) -> &'static str {
    let Some(name) = error.object().filter(|_| error.kind() == parqlet::ErrorKind::NotFound) else { return "" };
    let host = name.split(['/', ':']).next().unwrap_or_default();
    let scheme = matches!(host.to_ascii_lowercase().as_str(), "http" | "https" | "file" | "s3") && name.contains(':');
    let looks_like_host = name.contains('/') && host.contains('.') && !host.starts_with('.');
    if name.starts_with("s3://") || name.starts_with("gs://") || name.starts_with("az://") {
        // A prefix that was taken for a file.
        let taken = !name.ends_with('/') && error.message().starts_with("there is no such object");
        return if taken { "; a prefix ends in /" } else { "" };
    }
    match error.status() {
        None if !name.contains("://") && (scheme || looks_like_host) => {
            "; a URL begins with https://, http:// or s3://"
        }
        _ => "",
    }
}

fn told(text: &str, status: u8) -> ExitCode {
    // Names in it may come from the file, and a type may be pages long.
    let text = printable(text);
    eprintln!("parqlet: {}", fit(&text, LONGEST, "…"));
    ExitCode::from(status)
}

impl From<parqlet::Error> for Failure {
    fn from(error: parqlet::Error) -> Self {
        Self::Read(error)
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        Self::Output(error)
    }
}

impl From<arrow_schema::ArrowError> for Failure {
    fn from(error: arrow_schema::ArrowError) -> Self {
        Self::Output(error.into())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        debug_assert!(!is_broken_pipe(&error), "JSON is made in memory");
        Self::Output(arrow_schema::ArrowError::JsonError(error.to_string()).into())
    }
}
