//! The right answer to a request: range, conditions and headers as RFC 9110 has them.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};

use super::range::{Asked, asked};
use super::store::{Content, Open, Store};

/// An answer before it is sent, so that a fault can still change it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// What the body is made of, in order.
    pub(crate) parts: VecDeque<Part>,
    pub(crate) ending: Ending,
    /// More wait before the first byte.
    pub(crate) wait: Duration,
    pub(crate) wire: Wire,
}

/// Bytes of a body: so many of some content from a position on.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) content: Content,
    pub(crate) at: u64,
    pub(crate) left: u64,
}

/// What comes after the last byte of the parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Complete,
    Close,
    Reset,
    Stall,
}

/// What happens to the answer as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    Http,
    Garbage,
    Nothing,
}

/// Answers from the store.
pub(crate) fn answer(store: &Store, method: &Method, name: &str, headers: &HeaderMap) -> Answer {
    if method != Method::GET && method != Method::HEAD {
        return Answer::text(StatusCode::METHOD_NOT_ALLOWED.as_u16());
    }
    let file = match store.open(name) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Answer::text(404),
        Err(_) => return Answer::text(500),
    };
    if file.keeps_conditions && !conditions_hold(&file, headers) {
        return Answer::text(412).about(&file);
    }
    let range = if method == Method::GET && if_range_holds(&file, headers) {
        asked(text(headers, &header::RANGE), file.length)
    } else {
        Asked::Whole
    };
    let answer = match range {
        Asked::Whole => Answer::of(200, &file, 0..file.length),
        Asked::Part(part) => {
            let value = format!("bytes {}-{}/{}", part.start, part.end.saturating_sub(1), file.length);
            Answer::of(206, &file, part).with(header::CONTENT_RANGE, &value)
        }
        Asked::Nothing => Answer::text(416).with(header::CONTENT_RANGE, &format!("bytes */{}", file.length)),
    };
    answer.about(&file).with(header::ACCEPT_RANGES, "bytes")
}

impl Answer {
    /// A status and its name as the body.
    pub(crate) fn text(status: u16) -> Self {
        let known = StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
        let body = Bytes::from(format!("{}\n", known.unwrap_or("?")));
        let length = body.len() as u64;
        Self::new(status, Content::Memory(body), 0, length).with(header::CONTENT_TYPE, "text/plain")
    }

    /// A status without a body.
    pub(crate) fn empty(status: u16) -> Self {
        let mut answer = Self::new(status, Content::Memory(Bytes::new()), 0, 0);
        answer.headers.clear();
        answer
    }

    fn of(status: u16, file: &Open, range: std::ops::Range<u64>) -> Self {
        Self::new(status, file.content.clone(), range.start, range.end - range.start)
            .with(header::CONTENT_TYPE, file.content_type)
    }

    fn new(status: u16, content: Content, at: u64, left: u64) -> Self {
        let answer = Self {
            status,
            headers: HeaderMap::new(),
            parts: VecDeque::from([Part { content, at, left }]),
            ending: Ending::Complete,
            wait: Duration::ZERO,
            wire: Wire::Http,
        };
        answer.with(header::CONTENT_LENGTH, &left.to_string())
    }

    fn about(self, file: &Open) -> Self {
        self.with(header::ETAG, &file.etag).with(header::LAST_MODIFIED, &httpdate::fmt_http_date(file.modified))
    }

    /// Sets a header; a value that can't be one is left out.
    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// The length of the body as planned.
    pub(crate) fn length(&self) -> u64 {
        self.parts.iter().fold(0, |sum, part| sum.saturating_add(part.left))
    }

    /// Cuts the body, not its headers.
    pub(crate) fn cut(&mut self, length: u64) {
        let mut left = length;
        for part in &mut self.parts {
            part.left = part.left.min(left);
            left -= part.left;
        }
    }
}

/// `If-Match` and, where there is none, `If-Unmodified-Since`.
fn conditions_hold(file: &Open, headers: &HeaderMap) -> bool {
    if let Some(list) = text(headers, &header::IF_MATCH) {
        // Strong comparison: a weak tag never matches.
        return list.trim() == "*" || list.split(',').any(|tag| tag.trim() == file.etag);
    }
    let since = text(headers, &header::IF_UNMODIFIED_SINCE).and_then(|date| httpdate::parse_http_date(date).ok());
    since.is_none_or(|since| seconds(file.modified) <= seconds(since))
}

/// True if the range may be honoured: no `If-Range`, or one that names this very version.
fn if_range_holds(file: &Open, headers: &HeaderMap) -> bool {
    let Some(value) = text(headers, &header::IF_RANGE) else {
        return true;
    };
    match httpdate::parse_http_date(value) {
        Ok(date) => seconds(file.modified) == seconds(date),
        Err(_) => value.trim() == file.etag,
    }
}

/// HTTP dates have no fractions.
fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
