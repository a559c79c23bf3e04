//! What goes wrong, as the caller is told: RFC 9457 problem details with a stable code. The table is in EDGE.md of the
//! npm package, which answers the same.

use std::fmt;

use parqlet::{Error, ErrorKind};
use serde::Serialize;

/// A stable name of what went wrong, with the status it is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code(&'static str, u16);

impl Code {
    pub(super) const BAD_PARAMETER: Self = Self("bad_parameter", 400);
    pub(super) const BAD_URL: Self = Self("bad_url", 400);
    pub(super) const BAD_SELECTION: Self = Self("bad_selection", 400);
    pub(super) const TOO_MANY_ROWS: Self = Self("too_many_rows", 400);
    pub(super) const URL_NOT_ALLOWED: Self = Self("url_not_allowed", 403);
    pub(super) const PRIVATE_ADDRESS: Self = Self("private_address", 403);
    pub(super) const REDIRECT_NOT_ALLOWED: Self = Self("redirect_not_allowed", 403);
    pub(super) const FILE_FORBIDDEN: Self = Self("file_forbidden", 403);
    pub(super) const NO_SUCH_PATH: Self = Self("no_such_path", 404);
    pub(super) const FILE_NOT_FOUND: Self = Self("file_not_found", 404);
    pub(super) const METHOD_NOT_ALLOWED: Self = Self("method_not_allowed", 405);
    pub(super) const QUERY_TOO_LONG: Self = Self("query_too_long", 414);
    pub(super) const NOT_PARQUET: Self = Self("not_parquet", 422);
    pub(super) const FILE_CORRUPT: Self = Self("file_corrupt", 422);
    pub(super) const FILE_UNSUPPORTED: Self = Self("file_unsupported", 422);
    pub(super) const TOO_MANY_BYTES: Self = Self("too_many_bytes", 422);
    pub(super) const TOO_MANY_SUBREQUESTS: Self = Self("too_many_subrequests", 422);
    pub(super) const TOO_MUCH_MEMORY: Self = Self("too_much_memory", 422);
    pub(super) const INTERNAL: Self = Self("internal", 500);
    pub(super) const UPSTREAM_BAD_ANSWER: Self = Self("upstream_bad_answer", 502);
    pub(super) const UPSTREAM_FAILED: Self = Self("upstream_failed", 502);
    pub(super) const UPSTREAM_NO_RANGES: Self = Self("upstream_no_ranges", 502);
    pub(super) const UPSTREAM_UNREACHABLE: Self = Self("upstream_unreachable", 502);
    pub(super) const BUSY: Self = Self("busy", 503);
    pub(super) const FILE_CHANGED: Self = Self("file_changed", 503);
    pub(super) const UPSTREAM_BUSY: Self = Self("upstream_busy", 503);
    pub(super) const UPSTREAM_TIMEOUT: Self = Self("upstream_timeout", 504);

    /// The name.
    pub(super) fn name(self) -> &'static str {
        self.0
    }

    /// The status.
    pub(super) fn status(self) -> u16 {
        self.1
    }
}

/// Why a request gets no rows. Its sentence is for the caller: it holds no secret and nothing the file's server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) code: Code,
    detail: String,
    /// The parameter that is at fault.
    parameter: Option<String>,
    /// With `too_many_rows`: how many an answer may have.
    max_rows: Option<u64>,
}

#[derive(Serialize)]
struct Details<'a> {
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<&'a str>,
    #[serde(rename = "maxRows", skip_serializing_if = "Option::is_none")]
    max_rows: Option<u64>,
}

impl Problem {
    pub(super) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), parameter: None, max_rows: None }
    }

    /// With the parameter that is at fault.
    pub(super) fn of(mut self, parameter: &str) -> Self {
        self.parameter = Some(parameter.to_owned());
        self
    }

    /// With the rows that an answer may have.
    pub(super) fn with_max_rows(mut self, rows: u64) -> Self {
        self.max_rows = Some(rows);
        self
    }

    /// The problem details, on a line.
    pub(super) fn json(&self) -> String {
        let (status, code) = (self.code.status(), self.code.name());
        let (parameter, max_rows) = (self.parameter.as_deref(), self.max_rows);
        let details = Details { title: title(status), status, detail: &self.detail, code, parameter, max_rows };
        let mut text = serde_json::to_string(&details).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Problem {}

/// Sentences about the file's own content are passed on; what is about its server is said in words of our own.
impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (code, detail) = match error.kind() {
            ErrorKind::Usage => (Code::BAD_SELECTION, None),
            ErrorKind::NotFound => (Code::FILE_NOT_FOUND, Some("there is no such file: check the address")),
            ErrorKind::Forbidden => (Code::FILE_FORBIDDEN, Some("the server of the file refuses to give it")),
            ErrorKind::Changed => (Code::FILE_CHANGED, Some("the file changes while it is read: try again")),
            ErrorKind::NoRanges => (
                Code::UPSTREAM_NO_RANGES,
                Some("the server of the file does not serve byte ranges, and the file is too large to take whole"),
            ),
            ErrorKind::BadAnswer => (
                Code::UPSTREAM_BAD_ANSWER,
                Some("the server of the file gave an answer that is not what was asked for"),
            ),
            ErrorKind::Network => {
                (Code::UPSTREAM_UNREACHABLE, Some("no whole answer came from the server of the file"))
            }
            ErrorKind::Throttled => {
                (Code::UPSTREAM_BUSY, Some("the server of the file asks for fewer requests: try again later"))
            }
            ErrorKind::Server => (Code::UPSTREAM_FAILED, Some("the server of the file failed")),
            ErrorKind::NotParquet => (Code::NOT_PARQUET, Some("the file is no Parquet file")),
            ErrorKind::Corrupt => (Code::FILE_CORRUPT, None),
            ErrorKind::Unsupported => (Code::FILE_UNSUPPORTED, None),
            ErrorKind::Memory => (
                Code::TOO_MUCH_MEMORY,
                Some("these rows need more memory than this service gives: ask for fewer columns or rows"),
            ),
            _ => (Code::INTERNAL, Some("the service failed, which is a defect of Parqlet")),
        };
        Self::new(code, detail.map_or_else(|| without_object(&error), str::to_owned))
    }
}

/// The sentence without the file's name, which the caller knows, and which may be a secret.
fn without_object(error: &Error) -> String {
    let text = error.to_string();
    let rest = error.object().and_then(|object| text.strip_prefix(object)?.strip_prefix(": "));
    rest.map(str::to_owned).unwrap_or(text)
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        414 => "URI Too Long",
        422 => "Unprocessable Content",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Internal Server Error",
    }
}
