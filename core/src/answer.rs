//! Is an HTTP answer what was asked for? Asked twice: of its head, before a byte of the body is taken, and of the body.

use crate::error::{Error, ErrorKind, Result};
use crate::fetch::{Answer, Request, Span};
use crate::object::{Identity, Version};
use bytes::Bytes;
use std::ops::Range;
use std::time::Duration;

/// The facts of an answer's head, as any HTTP client can tell them.
#[derive(Debug, Clone, Default)]
pub struct Head<'a> {
    /// The status code.
    pub status: u16,
    /// `Content-Range`.
    pub content_range: Option<&'a str>,
    /// `Content-Length`.
    pub content_length: Option<u64>,
    /// `Content-Encoding`.
    pub content_encoding: Option<&'a str>,
    /// `ETag`.
    pub etag: Option<&'a str>,
    /// `Last-Modified`.
    pub last_modified: Option<&'a str>,
    /// `Retry-After`, as time from now.
    pub retry_after: Option<Duration>,
    /// The server may have sent headers that are not shown to us: a browser keeps those of another origin to itself
    /// unless `Access-Control-Expose-Headers` names them. A missing `Content-Range` is no fault then.
    pub hidden: bool,
}

/// A head that was accepted: what the body must be.
#[derive(Debug, Clone)]
pub struct Expected {
    body: Body,
    version: Version,
}

#[derive(Debug, Clone)]
enum Body {
    /// Exactly these bytes of an object of this length.
    Part { range: Range<u64>, length: u64 },
    /// The whole object; its length where the head told it, and how much of it we are ready to take.
    Whole { length: Option<u64>, limit: u64, span: Span },
    /// No body: the length was all that was asked for.
    Nothing { length: u64 },
}

/// Judges the head of an answer to `request`.
///
/// `whole_limit` is how many bytes of an object sent whole (a 200 to a range) are worth taking.
///
/// # Errors
/// Whatever the head alone shows to be wrong, with kind, status and whether a retry makes sense.
pub fn check_head(request: &Request, head: &Head<'_>, whole_limit: u64) -> Result<Expected> {
    let version = Version::from_headers(head.etag, head.last_modified);
    match head.status {
        200 | 206 => {}
        status => return Err(refused(request, head, status)),
    }
    if let Some(encoding) = head.content_encoding.filter(|encoding| !is_plain(encoding)) {
        return Err(bad(format!(
            "the server sent {}-encoded bytes though plain ones were asked for, and ranges of encoded bytes can't be \
             used: switch compression off for Parquet files",
            short(encoding)
        ))
        .with_status(head.status));
    }
    let body = match (&request.span, head.status) {
        (Span::Length, 200) => {
            let length = head.content_length.ok_or_else(|| bad("the server doesn't tell how long the object is"))?;
            Body::Nothing { length }
        }
        (_, 200) => whole(request, head, whole_limit)?,
        _ => part(request, head)?,
    };
    let expected = Expected { body, version };
    if let (Some(length), Some(pinned)) = (expected.object_length(), &request.pinned) {
        same(pinned, &Identity { length, version: expected.version.clone() })?;
    }
    Ok(expected)
}

impl Expected {
    /// The most bytes the body may have; more than that is an error before they are kept.
    pub fn body_limit(&self) -> u64 {
        match &self.body {
            Body::Part { range, .. } => range.end - range.start,
            Body::Whole { length, limit, .. } => length.unwrap_or(*limit),
            Body::Nothing { .. } => 0,
        }
    }

    /// The body's length where it is known, for one allocation of the right size.
    pub fn body_length(&self) -> Option<u64> {
        match &self.body {
            Body::Part { range, .. } => Some(range.end - range.start),
            Body::Whole { length, .. } => *length,
            Body::Nothing { .. } => Some(0),
        }
    }

    /// The error for a body with more bytes than [`Self::body_limit`].
    pub fn too_long(&self) -> Error {
        match &self.body {
            Body::Whole { length: None, limit, .. } => ignores_ranges(None, *limit),
            _ => bad(format!("the server sent more than the {} bytes its answer announced", self.body_limit())),
        }
    }

    /// Judges the whole body and makes the answer.
    ///
    /// # Errors
    /// When it is shorter or longer than its head said, or comes from another state of the object.
    pub fn finish(self, request: &Request, bytes: Bytes, first_byte: Duration) -> Result<Answer> {
        let got = bytes.len() as u64;
        if let Some(wanted) = self.body_length()
            && got != wanted
        {
            // The connection ended early (or the server lied once): worth another try.
            return Err(bad(format!("the answer has {got} bytes where it announced {wanted}")).retryable(true));
        }
        let (range, length) = match self.body {
            Body::Part { range, length } => (range, length),
            Body::Whole { span, .. } => {
                within(&span, got)?;
                (0..got, got)
            }
            Body::Nothing { length } => (0..0, length),
        };
        let identity = Identity { length, version: self.version };
        if let Some(pinned) = &request.pinned {
            same(pinned, &identity)?;
        }
        Ok(Answer { range, bytes, identity, first_byte })
    }

    fn object_length(&self) -> Option<u64> {
        match &self.body {
            Body::Part { length, .. } | Body::Nothing { length } => Some(*length),
            Body::Whole { length, .. } => *length,
        }
    }
}

/// The error for an object that is not the one the load began with.
pub fn changed() -> Error {
    Error::new(ErrorKind::Changed, "the object changed while it was being read")
}

fn same(pinned: &Identity, seen: &Identity) -> Result<()> {
    if pinned.agrees_with(seen) { Ok(()) } else { Err(changed()) }
}

fn bad(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::BadAnswer, message)
}

/// A range that was asked for must lie in the object that came whole.
fn within(span: &Span, length: u64) -> Result<()> {
    match span {
        Span::Exact(range) if range.end > length => {
            Err(bad(format!("the object ends at byte {length}, before the range that was asked for")))
        }
        _ => Ok(()),
    }
}

/// A 200 to a range: the server ignores ranges. Worth taking when small.
fn whole(request: &Request, head: &Head<'_>, limit: u64) -> Result<Body> {
    match head.content_length {
        Some(length) if length > limit => Err(ignores_ranges(Some(length), limit)),
        length => {
            if let Some(length) = length {
                within(&request.span, length)?;
            }
            Ok(Body::Whole { length, limit, span: request.span.clone() })
        }
    }
}

fn ignores_ranges(length: Option<u64>, limit: u64) -> Error {
    let size = match length {
        Some(length) => format!("{length} bytes"),
        None => format!("more than {limit} bytes"),
    };
    Error::new(
        ErrorKind::NoRanges,
        format!(
            "the server answers a byte range with the whole object ({size}): it doesn't serve ranges, so reading it \
             would download all of it; use a server or host that supports `Range` requests"
        ),
    )
    .with_status(200)
    .with_object_length(length)
}

/// A 206: its `Content-Range` must be what was asked for.
fn part(request: &Request, head: &Head<'_>) -> Result<Body> {
    let bad = |message: String| bad(message).with_status(head.status);
    let Some(text) = head.content_range else {
        return match (&request.span, &request.pinned) {
            _ if !head.hidden => {
                Err(bad("the server sent part of the object (206) without Content-Range to say which".to_owned()))
            }
            // Nothing but the body's length can be checked then.
            (Span::Exact(range), Some(pinned)) => Ok(Body::Part { range: range.clone(), length: pinned.length }),
            _ => Err(bad("the browser doesn't show how long the object is: the server must name Content-Range in \
                          Access-Control-Expose-Headers, or answer HEAD"
                .to_owned())),
        };
    };
    let (range, length) = parse_content_range(text)
        .ok_or_else(|| bad(format!("the server's Content-Range {:?} can't be understood", short(text))))?;
    // Some servers leave the length out of later answers (`/*`); then the pinned one holds.
    let length = length.or_else(|| request.pinned.as_ref().map(|pinned| pinned.length)).ok_or_else(|| {
        bad(format!("the server's Content-Range {:?} doesn't tell how long the object is", short(text)))
    })?;
    let asked = match &request.span {
        // A longer answer would have been cut at the object's end: the pinned length says where that is.
        Span::Exact(range) => range.clone(),
        Span::Tail(count) => length.saturating_sub(*count)..length,
        Span::Length => {
            return Err(bad("the server sent part of the object (206) where its length was asked for".to_owned()));
        }
    };
    if range != asked || range.end > length {
        if let Some(pinned) = &request.pinned
            && pinned.length != length
        {
            return Err(changed());
        }
        return Err(bad(format!(
            "the server sent other bytes than it was asked for: bytes {} to {} were asked for, its Content-Range is {:?}",
            asked.start,
            asked.end.saturating_sub(1),
            short(text)
        )));
    }
    if let Some(announced) = head.content_length
        && announced != range.end - range.start
    {
        return Err(bad(format!(
            "the server contradicts itself: Content-Length is {announced}, Content-Range is {:?}",
            short(text)
        )));
    }
    Ok(Body::Part { range, length })
}

/// `bytes 0-99/1234` or `bytes 0-99/*` (RFC 9110, 14.4) as a half-open range and the length.
fn parse_content_range(text: &str) -> Option<(Range<u64>, Option<u64>)> {
    let (range, length) = bytes_unit(text)?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let first: u64 = first.trim().parse().ok()?;
    let last: u64 = last.trim().parse().ok()?;
    let end = last.checked_add(1).filter(|end| *end > first)?;
    let length = match length.trim() {
        "*" => None,
        digits => Some(digits.parse().ok()?),
    };
    Some((first..end, length))
}

/// The length in the `Content-Range: bytes */1234` of a 416.
fn unsatisfied_length(head: &Head<'_>) -> Option<u64> {
    bytes_unit(head.content_range?)?.strip_prefix("*/")?.trim().parse().ok()
}

/// What follows the unit; units are case-insensitive (RFC 9110, 14.1).
fn bytes_unit(text: &str) -> Option<&str> {
    let (unit, rest) = text.trim().split_once(' ')?;
    unit.eq_ignore_ascii_case("bytes").then(|| rest.trim_start())
}

/// Whether a `Content-Encoding` leaves the bytes as they are. `aws-chunked` names a way of uploading that some stores
/// keep as if it were the content's.
fn is_plain(encoding: &str) -> bool {
    ["", "identity", "aws-chunked"].iter().any(|plain| encoding.trim().eq_ignore_ascii_case(plain))
}

/// A header's value as it fits into a sentence: a server may send megabytes of it.
fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

fn refused(request: &Request, head: &Head<'_>, status: u16) -> Error {
    let error = match status {
        401 => Error::new(
            ErrorKind::Forbidden,
            "the server wants credentials (401): send them in a header such as Authorization",
        ),
        403 => Error::new(
            ErrorKind::Forbidden,
            "the server refuses access (403): check the credentials, or whether a signed URL has expired",
        ),
        404 | 410 if request.pinned.is_some() => Error::new(
            ErrorKind::NotFound,
            format!("the object is gone ({status}): it was still there when it was opened"),
        ),
        404 | 410 => Error::new(ErrorKind::NotFound, format!("there is no such object ({status}): check the address")),
        // Without a version in the question there was no condition that could have failed.
        412 if request.pinned.is_some() => changed(),
        416 => {
            let length = unsatisfied_length(head);
            let error = match (length, &request.pinned) {
                (Some(0), None) => {
                    Error::new(ErrorKind::NotParquet, "the object is empty, so it is not a Parquet file")
                }
                (Some(length), Some(pinned)) if length != pinned.length => changed(),
                _ => bad("the server says the object doesn't have the bytes that were asked for (416)"),
            };
            error.with_object_length(length)
        }
        429 => Error::new(ErrorKind::Throttled, "the server asks for fewer requests (429): try again later"),
        503 => Error::new(ErrorKind::Throttled, "the server is overloaded (503): try again later"),
        408 => Error::new(ErrorKind::Network, "the server gave up waiting for the request (408): try again later"),
        // What it will never do: not implemented, this version of HTTP.
        501 | 505 => Error::new(ErrorKind::Server, format!("the server can't do this ({status})")).retryable(false),
        500..=599 => Error::new(ErrorKind::Server, format!("the server failed ({status}): try again later")),
        300 | 301 | 302 | 303 | 307 | 308 => bad(format!("the server redirects ({status}) without a place to go to")),
        400 => Error::new(
            ErrorKind::Server,
            "the server finds the request wrong (400): check the address, or whether a signed URL has expired",
        )
        .retryable(false),
        405 => Error::new(ErrorKind::Server, "the server doesn't let this be read (405): check the address")
            .retryable(false),
        _ => Error::new(
            ErrorKind::Server,
            format!("the server answered with status {status}, which makes no sense here"),
        )
        .retryable(false),
    };
    error.with_status(status).with_retry_after(head.retry_after)
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
