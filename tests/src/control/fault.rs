//! [`Fault`] as JSON.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::server::{Fault, RetryAfter, WrongRange};

/// `"whole"`, `{"status":403}`, `{"redirect":[302,"/b"]}`, ...: the variants of [`Fault`] that pages meet.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(super) enum SaidFault {
    /// [`Fault::None`].
    None,
    /// [`Fault::Whole`].
    Whole,
    /// [`Fault::Cut`].
    Cut(u64),
    /// [`Fault::Short`].
    Short(u64),
    /// [`Fault::Long`].
    Long(u64),
    /// [`Fault::ContentRange`]: `shifted`, `otherTotal`, `unknownTotal`, `missing`, `unparsable`.
    ContentRange(SaidRange),
    /// [`Fault::Header`]: one of [`HEADERS`], and its value or null to leave it out.
    Header(String, Option<String>),
    /// [`Fault::Replaced`] by a file's content.
    Replaced {
        /// The file, read now.
        path: PathBuf,
        /// As in [`Fault::Replaced`].
        keeps_conditions: bool,
    },
    /// [`Fault::Chunked`].
    Chunked,
    /// [`Fault::Status`].
    Status(u16),
    /// [`Fault::RetryAfter`] in seconds.
    RetryAfter(u16, u64),
    /// [`Fault::Reset`].
    Reset(u64),
    /// [`Fault::Stall`].
    Stall(u64),
    /// [`Fault::Gzip`].
    Gzip,
    /// [`Fault::Redirect`].
    Redirect(u16, String),
    /// [`Fault::Slow`] in milliseconds.
    Slow(u64),
    /// [`Fault::Close`].
    Close,
}

/// [`WrongRange`] as JSON.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum SaidRange {
    /// [`WrongRange::Shifted`].
    Shifted,
    /// [`WrongRange::OtherTotal`].
    OtherTotal,
    /// [`WrongRange::UnknownTotal`].
    UnknownTotal,
    /// [`WrongRange::Missing`].
    Missing,
    /// [`WrongRange::Unparsable`].
    Unparsable,
}

/// Headers that a line can change: names in code are static.
const HEADERS: [&str; 4] = ["accept-ranges", "content-type", "etag", "last-modified"];

impl TryFrom<SaidFault> for Fault {
    type Error = io::Error;

    /// Fails for a header that isn't in [`HEADERS`] and a file that can't be read.
    fn try_from(said: SaidFault) -> io::Result<Self> {
        Ok(match said {
            SaidFault::None => Self::None,
            SaidFault::Whole => Self::Whole,
            SaidFault::Cut(bytes) => Self::Cut(bytes),
            SaidFault::Short(bytes) => Self::Short(bytes),
            SaidFault::Long(bytes) => Self::Long(bytes),
            SaidFault::ContentRange(how) => Self::ContentRange(how.into()),
            SaidFault::Header(name, value) => {
                let known = HEADERS.into_iter().find(|known| *known == name);
                let known = known.ok_or_else(|| io::Error::other(format!("header must be one of {HEADERS:?}")))?;
                Self::Header(known, value)
            }
            SaidFault::Replaced { path, keeps_conditions } => {
                Self::Replaced { content: std::fs::read(path)?.into(), keeps_conditions }
            }
            SaidFault::Chunked => Self::Chunked,
            SaidFault::Status(status) => Self::Status(status),
            SaidFault::RetryAfter(status, seconds) => Self::RetryAfter(status, RetryAfter::Seconds(seconds)),
            SaidFault::Reset(bytes) => Self::Reset(bytes),
            SaidFault::Stall(bytes) => Self::Stall(bytes),
            SaidFault::Gzip => Self::Gzip,
            SaidFault::Redirect(status, to) => Self::Redirect(status, to),
            SaidFault::Slow(ms) => Self::Slow(Duration::from_millis(ms)),
            SaidFault::Close => Self::Close,
        })
    }
}

impl From<SaidRange> for WrongRange {
    fn from(said: SaidRange) -> Self {
        match said {
            SaidRange::Shifted => Self::Shifted,
            SaidRange::OtherTotal => Self::OtherTotal,
            SaidRange::UnknownTotal => Self::UnknownTotal,
            SaidRange::Missing => Self::Missing,
            SaidRange::Unparsable => Self::Unparsable,
        }
    }
}
