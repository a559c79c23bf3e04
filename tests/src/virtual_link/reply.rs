//! An answer on the wire, and a shell's judgement of it.

use super::fault::Fault;
use bytes::Bytes;
use parqlet_core::answer::{Expected, Head};
use parqlet_core::fetch::{Answer, Request};
use parqlet_core::{Error, ErrorKind, Result};
use std::time::Duration;

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Whole,
    Reset,
    Stall,
}

/// Head and body as a server sends them.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_range: Option<String>,
    pub(super) content_length: Option<u64>,
    pub(super) content_encoding: Option<String>,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Bytes,
    pub(super) end: End,
}

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Self {
            status,
            content_range: None,
            content_length: None,
            content_encoding: None,
            etag: None,
            last_modified: None,
            retry_after: None,
            body: Bytes::new(),
            end: End::Whole,
        }
    }

    pub(super) fn head(&self) -> Head<'_> {
        Head {
            status: self.status,
            content_range: self.content_range.as_deref(),
            content_length: self.content_length,
            content_encoding: self.content_encoding.as_deref(),
            etag: self.etag.as_deref(),
            last_modified: self.last_modified.as_deref(),
            retry_after: self.retry_after,
            hidden: false,
        }
    }

    /// Applies a fault of the body or of a header.
    pub(super) fn spoil(&mut self, fault: Option<&Fault>) {
        let (keep, end) = match fault {
            // Without any length in the head it is the framing of the body that tells, and a shell's client with it.
            Some(Fault::Short(keep)) if self.status == 200 && self.content_length.is_none() => (*keep, End::Reset),
            Some(Fault::Short(keep)) => (*keep, End::Whole),
            Some(Fault::Reset(keep)) => (*keep, End::Reset),
            Some(Fault::Stall(keep)) => (*keep, End::Stall),
            Some(Fault::Shifted) => {
                self.content_range = self.content_range.as_deref().map(shifted);
                return;
            }
            Some(Fault::Encoded) => {
                self.content_encoding = Some("gzip".to_owned());
                return;
            }
            _ => return,
        };
        // At least one byte is missing, or nothing would be wrong.
        let keep = usize::try_from(keep).unwrap_or(usize::MAX).min(self.body.len().saturating_sub(1));
        self.body.truncate(keep);
        self.end = end;
    }

    /// What a shell makes of it once the body is over.
    pub(super) fn judge(self, request: &Request, expected: Expected, first_byte: Duration) -> Result<Answer> {
        if self.body.len() as u64 > expected.body_limit() {
            return Err(expected.too_long());
        }
        match self.end {
            End::Whole => expected.finish(request, self.body, first_byte),
            End::Reset => Err(Error::new(ErrorKind::Network, "the connection broke in the middle of an answer")),
            End::Stall => Err(Error::new(ErrorKind::Network, "the server sent nothing for too long")),
        }
    }
}

/// `bytes a-b/n` with both positions one further.
fn shifted(place: &str) -> String {
    let moved = place.strip_prefix("bytes ").and_then(|rest| {
        let (range, total) = rest.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        Some(format!("bytes {}-{}/{total}", first + 1, last + 1))
    });
    moved.unwrap_or_else(|| place.to_owned())
}
