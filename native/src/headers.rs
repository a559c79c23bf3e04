//! Requests and answers as HTTP headers.

use parqlet_core::answer::Head;
use parqlet_core::fetch::{Request, Span};
use reqwest::StatusCode;
use reqwest::header::{self, HeaderMap, HeaderValue};
use std::time::{Duration, SystemTime};

/// What a request says beside its URL.
pub fn headers(request: &Request) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let range = match &request.span {
        Span::Exact(range) => Some(format!("bytes={}-{}", range.start, range.end.saturating_sub(1))),
        Span::Tail(bytes) => Some(format!("bytes=-{bytes}")),
        Span::Length => None,
    };
    if let Some(range) = range.and_then(|range| HeaderValue::try_from(range).ok()) {
        headers.insert(header::RANGE, range);
    }
    // Ranges of an encoded body would be ranges of something else.
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    // A changed object is then a 412 from the server itself instead of bytes of the new one.
    let tag = request.pinned.as_ref().and_then(|pinned| pinned.version.etag());
    if let Some(tag) = tag.and_then(|tag| HeaderValue::try_from(tag).ok()) {
        headers.insert(header::IF_MATCH, tag);
    }
    headers
}

/// What an answer says before its body.
pub fn head(status: StatusCode, headers: &HeaderMap) -> Head<'_> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    Head {
        status: status.as_u16(),
        content_range: text(header::CONTENT_RANGE),
        // From the header: the client's own idea is of the body that is left, which for HEAD is none.
        content_length: text(header::CONTENT_LENGTH).and_then(|length| length.trim().parse().ok()),
        content_encoding: text(header::CONTENT_ENCODING),
        etag: text(header::ETAG),
        last_modified: text(header::LAST_MODIFIED),
        retry_after: text(header::RETRY_AFTER).and_then(retry_after),
        hidden: false,
    }
}

/// Seconds, or a date (RFC 9110, 10.2.3).
fn retry_after(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_takes_seconds_and_dates() {
        assert_eq!(retry_after("3"), Some(Duration::from_secs(3)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert_eq!(retry_after("soon"), None);
    }
}
