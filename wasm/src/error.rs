//! The core's errors as JavaScript's: an `Error` whose own properties say what a program can act on.

use crate::object::{array, number, set};
use parqlet_core::{Error, ErrorKind};
use wasm_bindgen::JsValue;

/// `code`, `retryable` and, where there are any, `status`, `attempts`, `range` and `object`.
pub(crate) fn thrown(error: &Error) -> JsValue {
    let thrown = js_sys::Error::new(&error.to_string());
    set(&thrown, "code", &error.kind().code().into());
    set(&thrown, "retryable", &error.is_retryable().into());
    if let Some(status) = error.status() {
        set(&thrown, "status", &status.into());
    }
    if error.attempts() > 0 {
        set(&thrown, "attempts", &error.attempts().into());
    }
    if let Some(range) = error.range() {
        set(&thrown, "range", &array([number(range.start), number(range.end)]));
    }
    if let Some(object) = error.object() {
        set(&thrown, "object", &object.into());
    }
    thrown.into()
}

/// The kind a code means. JavaScript reports what became of a request in these.
pub(crate) fn kind(code: &str) -> ErrorKind {
    const FROM_SHELL: [ErrorKind; 9] = [
        ErrorKind::Usage,
        ErrorKind::NotFound,
        ErrorKind::Forbidden,
        ErrorKind::Changed,
        ErrorKind::NoRanges,
        ErrorKind::BadAnswer,
        ErrorKind::Cors,
        ErrorKind::Server,
        ErrorKind::Throttled,
    ];
    FROM_SHELL.into_iter().find(|kind| kind.code() == code).unwrap_or(ErrorKind::Network)
}
