//! What tests of whole reads share: the requests a server saw, and rows to compare.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "shared by several test binaries; tests fail by panicking"
)]

use std::future::Future;
use std::ops::Range;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_select::concat::concat_batches;
use parqlet_tests::sample::Batches;
use parqlet_tests::server::{Logged, Server};

/// One request as a list of requests shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Asked {
    /// The last so many bytes.
    Tail(u64),
    /// These bytes, if the object still has this ETag.
    Bytes { start: u64, end: u64, if_match: Option<String> },
    /// Anything else, as text.
    Other(String),
}

/// The requests a server saw, tails first and the others by their place: those of a read go out together.
pub(crate) fn asked(server: &Server) -> Vec<Asked> {
    let mut asked: Vec<_> = server.log().iter().map(of).collect();
    asked.sort();
    asked
}

fn of(request: &Logged) -> Asked {
    let other = || Asked::Other(format!("{} {:?}", request.method, request.range));
    let range = request.range.as_deref().and_then(|range| range.strip_prefix("bytes="));
    let (Some(range), "GET") = (range, request.method.as_str()) else { return other() };
    let if_match = request.header("if-match").map(str::to_owned);
    match range.split_once('-').map(|(first, last)| (first.parse::<u64>(), last.parse::<u64>())) {
        Some((Ok(first), Ok(last))) => Asked::Bytes { start: first, end: last + 1, if_match },
        Some((Err(_), Ok(count))) if if_match.is_none() => Asked::Tail(count),
        _ => other(),
    }
}

/// Requests for these ranges of one version, by place.
pub(crate) fn pinned(etag: &str, ranges: &[Range<u64>]) -> Vec<Asked> {
    let mut asked: Vec<_> = ranges
        .iter()
        .map(|range| Asked::Bytes { start: range.start, end: range.end, if_match: Some(etag.to_owned()) })
        .collect();
    asked.sort();
    asked
}

/// All rows in one batch.
pub(crate) fn joined(batches: &[RecordBatch]) -> RecordBatch {
    let schema = batches.first().expect("at least one batch").schema();
    concat_batches(&schema, batches).unwrap()
}

/// All rows of a sample in one batch.
pub(crate) fn all(batches: Batches) -> RecordBatch {
    joined(&batches.collect::<Result<Vec<_>, _>>().unwrap())
}

/// Some columns of a batch, without what only the schema says.
pub(crate) fn columns(batch: &RecordBatch, names: &[&str]) -> Vec<arrow_array::ArrayRef> {
    names.iter().map(|name| batch.column_by_name(name).expect("the column is there").clone()).collect()
}

/// The end of a future that must not hang: far more than any of them takes, even on a busy machine.
pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(40), future).await.expect("it does not hang")
}
