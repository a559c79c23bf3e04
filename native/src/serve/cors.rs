//! Which pages may read the answers.

use axum::http::HeaderMap;
use axum::http::header::{self, HeaderValue};

use super::settings::Cors;

/// What a preflight is told to remember, in seconds: Chromium keeps it for two hours at most.
const PREFLIGHT_AGE: HeaderValue = HeaderValue::from_static("7200");

/// Adds to the headers of an answer what its page needs to be let through. `origin` is the page's.
pub(super) fn allow_origin(headers: &mut HeaderMap, origin: Option<&HeaderValue>, cors: &Cors) {
    let allowed = match cors {
        Cors::Any => Some(HeaderValue::from_static("*")),
        Cors::Origins(origins) if origins.is_empty() => None,
        Cors::Origins(origins) => {
            // Shared caches must not give one page's answer to another.
            headers.append(header::VARY, HeaderValue::from_static("origin"));
            origin.filter(|origin| origins.iter().any(|known| known.as_bytes() == origin.as_bytes())).cloned()
        }
    };
    if let Some(allowed) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("etag"));
    }
}

/// Adds the answer to a preflight.
pub(super) fn allow_request(headers: &mut HeaderMap) {
    if !headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        return;
    }
    headers.remove(header::ACCESS_CONTROL_EXPOSE_HEADERS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("if-none-match"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_AGE);
}
