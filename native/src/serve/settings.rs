//! How the service behaves.

use std::time::Duration;

use reqwest::header::HeaderMap;

use super::allow::AllowList;

/// What the service is told once. Sizes are in bytes. Each but the last three is an option of `createHandler` in the npm
/// package as well.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Which files may be asked for.
    pub(crate) allow: AllowList,
    /// The most rows of an answer.
    pub(crate) max_rows: u64,
    /// The most bytes fetched for an answer, opening included.
    pub(crate) max_bytes: u64,
    /// The most requests made for an answer, with opening, redirects and retries.
    pub(crate) max_requests: usize,
    /// Bytes held at once for an answer.
    pub(crate) memory: u64,
    /// The longest wait for the next rows.
    pub(crate) timeout: Duration,
    /// The `Cache-Control` of answers.
    pub(crate) cache_control: String,
    /// For the server of a file, such as credentials.
    pub(crate) headers: HeaderMap,
    /// Which pages may read answers.
    pub(crate) cors: Cors,
    /// Answers at a time.
    pub(crate) concurrency: usize,
    /// How long a caller may take nothing of an answer, or next to nothing, before it breaks off.
    pub(crate) idle_timeout: Duration,
    /// How long answers may go on when the service is told to stop.
    pub(crate) grace: Duration,
}

/// Which pages may read answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cors {
    /// All.
    Any,
    /// Those of these origins.
    Origins(Vec<String>),
}
