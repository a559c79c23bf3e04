//! What JavaScript hands in: who does the requests, and what an answer says before its body.

use crate::object::{count, member, whole};
use parqlet_core::answer;
use std::time::Duration;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// Does requests. It must not call back before the poll that calls it has returned.
    pub type Shell;

    /// Bytes from `start` to before `end`; `etag` goes out as `If-Match` where that costs nothing.
    #[wasm_bindgen(method)]
    pub fn exact(this: &Shell, id: f64, start: f64, end: f64, etag: Option<String>);

    /// The last so many bytes.
    #[wasm_bindgen(method)]
    pub fn tail(this: &Shell, id: f64, bytes: f64);

    /// The length, without bytes.
    #[wasm_bindgen(method)]
    pub fn length(this: &Shell, id: f64);

    /// Drops every request under way.
    #[wasm_bindgen(method)]
    pub fn abandon(this: &Shell);
}

/// The head of an answer, taken out of its JavaScript object.
pub(crate) struct Head {
    status: u16,
    content_range: Option<String>,
    content_length: Option<u64>,
    content_encoding: Option<String>,
    etag: Option<String>,
    last_modified: Option<String>,
    retry_after: Option<Duration>,
    hidden: bool,
}

impl Head {
    pub(crate) fn new(head: &JsValue) -> Self {
        let text = |name| member(head, name).as_string();
        Self {
            status: count(head, "status").and_then(|status| u16::try_from(status).ok()).unwrap_or(0),
            content_range: text("contentRange"),
            content_length: count(head, "contentLength"),
            content_encoding: text("contentEncoding"),
            etag: text("etag"),
            last_modified: text("lastModified"),
            retry_after: member(head, "retryAfter").as_f64().map(time),
            hidden: member(head, "hidden").is_truthy(),
        }
    }

    pub(crate) fn facts(&self) -> answer::Head<'_> {
        answer::Head {
            status: self.status,
            content_range: self.content_range.as_deref(),
            content_length: self.content_length,
            content_encoding: self.content_encoding.as_deref(),
            etag: self.etag.as_deref(),
            last_modified: self.last_modified.as_deref(),
            retry_after: self.retry_after,
            hidden: self.hidden,
        }
    }
}

/// Milliseconds as time; what is no time is none at all.
pub(crate) fn time(milliseconds: f64) -> Duration {
    Duration::from_micros(whole(milliseconds * 1000.0).unwrap_or(0))
}

/// Time as milliseconds.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
