//! The server's side: the states of an object over time, and the server's manners.

use super::fault::Fault;
use super::reply::{End, Reply};
use bytes::Bytes;
use parqlet_core::fetch::{Request, Span};
use std::ops::Range;
use std::time::Duration;

/// One state of the object.
#[derive(Debug, Clone)]
pub struct Content {
    /// The bytes.
    pub bytes: Bytes,
    /// The `ETag` header.
    pub etag: Option<String>,
    /// The `Last-Modified` header.
    pub last_modified: Option<String>,
}

impl Content {
    /// Bytes with a strong `ETag`.
    pub fn tagged(bytes: Bytes, etag: &str) -> Self {
        Self { bytes, etag: Some(format!("\"{etag}\"")), last_modified: None }
    }
}

/// How a server keeps the rules.
#[derive(Debug, Clone)]
pub struct Manners {
    /// Whether `bytes=a-b` is understood; if not, every answer is the whole object.
    pub ranges: bool,
    /// The status for `bytes=-n` where that isn't understood.
    pub refuses_suffix: Option<u16>,
    /// The status for `HEAD` where that isn't allowed.
    pub refuses_head: Option<u16>,
    /// Whether the shell sends `If-Match` and the server obeys it (a 412 for an object that changed).
    pub if_match: bool,
    /// Whether `Content-Range` tells the object's length; a `*` stands there if not, save in answers to a suffix.
    pub tells_length: bool,
    /// Whether there is a `Content-Length`.
    pub content_length: bool,
}

impl Default for Manners {
    /// A server that does all that it should.
    fn default() -> Self {
        Self {
            ranges: true,
            refuses_suffix: None,
            refuses_head: None,
            if_match: true,
            tells_length: true,
            content_length: true,
        }
    }
}

/// An object whose content changes at known times.
#[derive(Debug, Clone)]
pub struct Server {
    /// Its states, each with the time from which it holds; the first holds from the beginning.
    pub states: Vec<(Duration, Content)>,
    /// How the server keeps the rules.
    pub manners: Manners,
}

impl Server {
    /// One object that stays as it is, on a server that does all that it should.
    pub fn new(content: Content) -> Self {
        Self { states: vec![(Duration::ZERO, content)], manners: Manners::default() }
    }

    /// The number of the state that holds at a time.
    pub fn state_at(&self, now: Duration) -> usize {
        self.states.iter().rposition(|(from, _)| *from <= now).unwrap_or(0)
    }

    pub(super) fn reply(&self, request: &Request, now: Duration, fault: Option<&Fault>) -> Reply {
        let Some((_, content)) = self.states.get(self.state_at(now)) else {
            return Reply::status(404);
        };
        if let Some(Fault::Status(status)) = fault {
            return Reply::status(*status);
        }
        if let Some(Fault::RetryAfter(status, after)) = fault {
            return Reply { retry_after: Some(*after), ..Reply::status(*status) };
        }
        let tag = request.pinned.as_ref().and_then(|pinned| pinned.version.etag());
        let mut reply = match tag {
            Some(tag) if self.manners.if_match && content.etag.as_deref() != Some(tag) => Reply::status(412),
            _ => self.content(request, content, matches!(fault, Some(Fault::Whole))),
        };
        reply.etag.clone_from(&content.etag);
        reply.last_modified.clone_from(&content.last_modified);
        reply.spoil(fault);
        reply
    }

    fn content(&self, request: &Request, content: &Content, whole: bool) -> Reply {
        let manners = &self.manners;
        let length = content.bytes.len() as u64;
        let range = match &request.span {
            Span::Length => {
                let status = manners.refuses_head.unwrap_or(200);
                return Reply { content_length: Some(length), ..Reply::status(status) };
            }
            _ if whole || !manners.ranges => return self.body(200, content, 0..length),
            Span::Tail(bytes) => match manners.refuses_suffix {
                Some(200) => return self.body(200, content, 0..length),
                Some(status) => return Reply::status(status),
                None => length.saturating_sub(*bytes)..length,
            },
            Span::Exact(range) => range.start..range.end.min(length),
        };
        if range.is_empty() {
            return Reply { content_range: Some(format!("bytes */{length}")), ..Reply::status(416) };
        }
        let total = match (&request.span, manners.tells_length || request.pinned.is_none()) {
            (Span::Exact(_), false) => "*".to_owned(),
            _ => length.to_string(),
        };
        let place = format!("bytes {}-{}/{total}", range.start, range.end - 1);
        Reply { content_range: Some(place), ..self.body(206, content, range) }
    }

    fn body(&self, status: u16, content: &Content, range: Range<u64>) -> Reply {
        let whole = content.bytes.len();
        let at = |position: u64| usize::try_from(position).unwrap_or(whole).min(whole);
        let body = content.bytes.slice(at(range.start)..at(range.end));
        let content_length = self.manners.content_length.then_some(body.len() as u64);
        Reply { content_length, body, end: End::Whole, ..Reply::status(status) }
    }
}
