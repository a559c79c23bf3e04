//! The one error type of the core and of both shells.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// What went wrong, in terms a caller can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The question can't be asked of this file: an unknown column, a row group it doesn't have, a bad option.
    Usage,
    /// The object isn't there (404, 410, no such file).
    NotFound,
    /// The server refuses to give it to us (401, 403).
    Forbidden,
    /// The object changed while it was being read, and changed again after the one restart a load is allowed.
    Changed,
    /// The server doesn't serve byte ranges and the object is too large to take whole.
    NoRanges,
    /// An answer that is not what was asked: wrong place, wrong length, encoded, not HTTP.
    BadAnswer,
    /// A browser keeps the answer from the page, because the server doesn't allow the page's origin to read it.
    Cors,
    /// The connection failed, broke or made no progress.
    Network,
    /// The server asks us to slow down (429, 503).
    Throttled,
    /// The server failed (other 5xx) or answered with a status that makes no sense here.
    Server,
    /// The bytes are not a Parquet file.
    NotParquet,
    /// The file is damaged: its own numbers contradict each other or its pages don't decode.
    Corrupt,
    /// The file is valid but uses something this build can't read (encryption, an exotic codec).
    Unsupported,
    /// What the file asks for can't be held in the memory it was given.
    Memory,
}

impl ErrorKind {
    /// A short stable name, for machines.
    pub fn code(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::NotFound => "not_found",
            Self::Forbidden => "forbidden",
            Self::Changed => "changed",
            Self::NoRanges => "no_ranges",
            Self::BadAnswer => "bad_answer",
            Self::Cors => "cors",
            Self::Network => "network",
            Self::Throttled => "throttled",
            Self::Server => "server",
            Self::NotParquet => "not_parquet",
            Self::Corrupt => "corrupt",
            Self::Unsupported => "unsupported",
            Self::Memory => "memory",
        }
    }
}

/// Why a load could not go on: a kind, a sentence, and the facts around it.
///
/// The object is named without its query string, so a signed URL can be shown.
#[derive(Debug, Clone)]
pub struct Error(Box<Facts>);

#[derive(Debug, Clone)]
struct Facts {
    kind: ErrorKind,
    message: String,
    object: Option<Arc<str>>,
    range: Option<Range<u64>>,
    attempts: u32,
    status: Option<u16>,
    retryable: bool,
    general: bool,
    retry_after: Option<Duration>,
    object_length: Option<u64>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// What most functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of this kind. `message` is one sentence without the object's name.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let retryable = matches!(kind, ErrorKind::Network | ErrorKind::Throttled | ErrorKind::Server);
        Self(Box::new(Facts {
            kind,
            message: message.into(),
            object: None,
            range: None,
            attempts: 0,
            status: None,
            retryable,
            general: false,
            retry_after: None,
            object_length: None,
            source: None,
        }))
    }

    /// Says whether the same request may succeed later, where the kind alone doesn't tell.
    #[must_use]
    pub fn retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    /// Says that it isn't about this object: the next one will fail in the same way. A load that leaves out what it can't
    /// read ends all the same.
    #[must_use]
    pub fn general(mut self) -> Self {
        self.0.general = true;
        self
    }

    /// Adds to the sentence why no more was tried.
    #[must_use]
    pub fn with_reason(mut self, reason: &str) -> Self {
        self.0.message.push_str("; ");
        self.0.message.push_str(reason);
        self
    }

    /// Adds the HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Adds how long the server asked us to wait.
    #[must_use]
    pub fn with_retry_after(mut self, after: Option<Duration>) -> Self {
        self.0.retry_after = after;
        self
    }

    /// Adds the object's length where a refused answer told it: the next way of asking can use it.
    #[must_use]
    pub fn with_object_length(mut self, length: Option<u64>) -> Self {
        self.0.object_length = length;
        self
    }

    /// Adds the byte range that was asked for.
    #[must_use]
    pub fn with_range(mut self, range: Range<u64>) -> Self {
        self.0.range = Some(range);
        self
    }

    /// Adds how often the request was made.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Adds the object's name, which must not hold a secret (see [`crate::object::shown`]).
    #[must_use]
    pub fn with_object(mut self, object: Arc<str>) -> Self {
        self.0.object = Some(object);
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The sentence alone, without object, range and attempts.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Whether the next object will fail in the same way.
    pub fn is_general(&self) -> bool {
        self.0.general
    }

    /// How long the server asked us to wait before the next try.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The object's name, without query string.
    pub fn object(&self) -> Option<&str> {
        self.0.object.as_deref()
    }

    /// The byte range that was asked for.
    pub fn range(&self) -> Option<Range<u64>> {
        self.0.range.clone()
    }

    /// How often the request was made; 0 where no request was.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The HTTP status, where there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The object's length, where a refused answer told it.
    pub fn object_length(&self) -> Option<u64> {
        self.0.object_length
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = &self.0;
        if let Some(object) = &facts.object {
            write!(f, "{object}: ")?;
        }
        f.write_str(&facts.message)?;
        if let Some(range) = &facts.range {
            write!(f, " (bytes {}..{}", range.start, range.end)?;
            if facts.attempts > 1 {
                write!(f, ", {} attempts", facts.attempts)?;
            }
            f.write_str(")")?;
        } else if facts.attempts > 1 {
            write!(f, " ({} attempts)", facts.attempts)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

impl From<parquet::errors::ParquetError> for Error {
    /// The decoding crate tells what it can't do (`NYI`) from what is broken; so do we.
    fn from(error: parquet::errors::ParquetError) -> Self {
        use parquet::errors::ParquetError;
        let decoded = match &error {
            ParquetError::NYI(text) => {
                Self::new(ErrorKind::Unsupported, format!("the file uses what can't be read here: {}", bare(text)))
            }
            other => Self::new(ErrorKind::Corrupt, format!("the file is damaged: {}", bare(&other.to_string()))),
        };
        decoded.with_source(error)
    }
}

impl From<arrow_schema::ArrowError> for Error {
    /// An error of the decoding crate that came by way of a batch.
    fn from(error: arrow_schema::ArrowError) -> Self {
        Self::new(ErrorKind::Corrupt, format!("the file is damaged: {}", bare(&error.to_string()))).with_source(error)
    }
}

/// A sentence of the decoding crates without the names of their own error variants, which say nothing to a user.
fn bare(text: &str) -> &str {
    const NAMES: [&str; 8] = [
        "Parquet error: ",
        "Parquet argument error: ",
        "Arrow: ",
        "EOF: ",
        "External: ",
        "Invalid argument error: ",
        "Not yet implemented: ",
        "NYI: ",
    ];
    let mut text = text;
    while let Some(rest) = NAMES.iter().find_map(|name| text.strip_prefix(name)) {
        text = rest;
    }
    text
}

impl From<crate::vet::Damage> for Error {
    fn from(damage: crate::vet::Damage) -> Self {
        Self::new(ErrorKind::Corrupt, format!("the file is damaged: {damage}")).with_source(damage)
    }
}

impl From<crate::parts::OutOfBounds> for Error {
    /// Only an answer or an index that lies about its place can lead there.
    fn from(error: crate::parts::OutOfBounds) -> Self {
        Self::new(ErrorKind::BadAnswer, error.to_string()).with_source(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decoding_crates_own_names_for_errors_are_left_out() {
        let wrapped = arrow_schema::ArrowError::ParquetError("Parquet error: EOF: too few bytes".to_owned());
        assert_eq!(Error::from(wrapped).to_string(), "the file is damaged: too few bytes");
    }

    #[test]
    fn an_error_names_object_range_and_attempts() {
        let error = Error::new(ErrorKind::Network, "the connection was reset")
            .with_object("https://host/file.parquet".into())
            .with_range(10..20)
            .with_attempts(3);
        assert_eq!(error.to_string(), "https://host/file.parquet: the connection was reset (bytes 10..20, 3 attempts)");
        assert!(error.is_retryable());
        assert_eq!(error.kind().code(), "network");
    }
}
