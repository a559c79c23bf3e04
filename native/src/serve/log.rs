//! The access log: one line a request on standard error, when its answer is over. A file is named without the query of its
//! address, which may hold secrets.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::http::{Method, StatusCode};
use parqlet::core::object::shown;
use tokio::sync::OwnedSemaphorePermit;
use url::Url;

use super::caller::Caller;
use super::metrics::{End, Metrics};
use super::problem::Code;
use crate::cli::temporal::write_timestamp;

/// Lines that wait for a slow reader of standard error; what is more is lost, for no answer shall wait for it.
const WAITING: usize = 4096;
/// The caller went away before there was a status.
const GONE: u16 = 499;

/// Writes lines in a thread of its own, since standard error may block.
#[derive(Debug, Clone)]
pub(super) struct Log(SyncSender<String>);

impl Log {
    /// Starts it. The thread ends when the last clone is gone.
    ///
    /// # Errors
    /// When the thread can't be started.
    pub(super) fn start() -> std::io::Result<(Self, JoinHandle<()>)> {
        let (sender, lines) = sync_channel::<String>(WAITING);
        let thread = std::thread::Builder::new().name("parqlet-log".to_owned()).spawn(move || {
            for line in lines {
                // Nobody reads it: that is no reason to stop.
                let _ = std::io::stderr().write_all(line.as_bytes());
            }
        })?;
        Ok((Self(sender), thread))
    }
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is whole.
    Whole,
    /// It broke off after it had begun.
    Broken(Code),
}

/// One request. Dropping it writes the line: an answer that ended without a word was not taken to its end.
#[derive(Debug)]
pub(super) struct Entry {
    log: Log,
    metrics: Arc<Metrics>,
    began: Instant,
    caller: Caller,
    method: Method,
    path: &'static str,
    file: Option<String>,
    status: Option<StatusCode>,
    code: Option<Code>,
    outcome: Option<Outcome>,
    sent: u64,
    rows: u64,
    upstream: (usize, u64),
    /// The answer's place among those that may be under way.
    pub(super) permit: Option<OwnedSemaphorePermit>,
}

impl Entry {
    /// A request that came just now. `path` is one of the service's own.
    pub(super) fn begin(log: Log, metrics: Arc<Metrics>, caller: Caller, method: Method, path: &'static str) -> Self {
        metrics.begin();
        Self {
            log,
            metrics,
            began: Instant::now(),
            caller,
            method,
            path,
            file: None,
            status: None,
            code: None,
            outcome: None,
            sent: 0,
            rows: 0,
            upstream: (0, 0),
            permit: None,
        }
    }

    /// The file that is asked for.
    pub(super) fn file(&mut self, url: &Url) {
        self.file = Some(shown(url.as_str()));
    }

    /// The status of the answer, and the code of its problem.
    pub(super) fn answered(&mut self, status: StatusCode, code: Option<Code>) {
        self.status = Some(status);
        self.code = code;
    }

    /// Requests made and bytes received, and rows read so far.
    pub(super) fn spent(&mut self, upstream: (usize, u64), rows: u64) {
        self.upstream = upstream;
        self.rows = rows;
    }

    /// Bytes were handed on.
    pub(super) fn sent(&mut self, bytes: u64) {
        self.sent += bytes;
    }

    /// It is over.
    pub(super) fn end(&mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }

    fn line(&self, status: u16) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut line = String::from("time=");
        // Writing to a string does not fail.
        let _ = write_timestamp(&mut line, i64::try_from(now.as_millis()).unwrap_or(0), 1000, true);
        let Self { method, path, .. } = self;
        let client = self.caller.address;
        let _ = write!(line, " client={client} method={method} path={path} status={status}");
        if let Some(code) = self.code {
            let _ = write!(line, " code={}", code.name());
        }
        let end = match self.outcome {
            Some(Outcome::Whole) => "whole".to_owned(),
            Some(Outcome::Broken(code)) => format!("broken:{}", code.name()),
            None if self.caller.is_stalled() => "stalled".to_owned(),
            None => "gone".to_owned(),
        };
        let (requests, bytes) = self.upstream;
        let took = self.began.elapsed().as_millis();
        let _ = write!(
            line,
            " end={end} ms={took} bytes={} rows={} upstream_requests={requests} upstream_bytes={bytes}",
            self.sent, self.rows
        );
        if let Some(file) = &self.file {
            let _ = write!(line, " file={file}");
        }
        line.push('\n');
        line
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let status = self.status.map_or(GONE, |status| status.as_u16());
        let end = match self.outcome {
            Some(Outcome::Whole) => End::Whole,
            None if self.caller.is_stalled() => End::Stalled,
            Some(Outcome::Broken(_)) | None => End::Broken,
        };
        self.metrics.end(self.path, status, end, self.began.elapsed(), self.sent, self.rows);
        // Full: nobody reads it fast enough.
        let _ = self.log.0.try_send(self.line(status));
    }
}
