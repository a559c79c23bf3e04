//! What a server lets pages of other origins see (the Fetch standard's CORS protocol), as object stores have it set up.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::Method;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::answer::Answer;

/// The CORS rules of a file or of a server. Only requests with an `Origin` get its headers, whatever their status.
///
/// The default is what a bucket made public with one line has: every origin, plain requests only, nothing exposed,
/// preflights refused with 403.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    /// `Access-Control-Allow-Origin`: `*` or one origin.
    pub allow_origin: String,
    /// `Access-Control-Allow-Credentials: true`; browsers want an `allow_origin` other than `*` with it.
    pub credentials: bool,
    /// `Access-Control-Expose-Headers`: response headers that scripts may read beyond the few always readable.
    pub expose: Option<String>,
    /// Answer to `OPTIONS`.
    pub preflight: Preflight,
}

/// What becomes of a preflight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preflight {
    /// 204 with what is allowed; the browser compares it with what it wants to send.
    Answered {
        /// `Access-Control-Allow-Headers`; left out if none.
        allow_headers: Option<String>,
        /// `Access-Control-Allow-Methods`; `GET, HEAD` if none.
        allow_methods: Option<String>,
        /// `Access-Control-Max-Age`; left out if none, which browsers take for 5 seconds.
        max_age: Option<Duration>,
    },
    /// This status (403, 405) and no CORS headers.
    Refused(u16),
}

impl Default for Cors {
    fn default() -> Self {
        Self { allow_origin: "*".to_owned(), credentials: false, expose: None, preflight: Preflight::Refused(403) }
    }
}

impl Cors {
    /// The answer to a preflight; without [`Cors::mark`], which comes to it as to any answer.
    pub(crate) fn preflight(&self) -> Answer {
        match &self.preflight {
            Preflight::Refused(status) => Answer::text(*status),
            Preflight::Answered { allow_headers, allow_methods, max_age } => {
                let methods = allow_methods.as_deref().unwrap_or("GET, HEAD");
                let mut answer = Answer::empty(204).with(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
                if let Some(headers) = allow_headers {
                    answer = answer.with(header::ACCESS_CONTROL_ALLOW_HEADERS, headers);
                }
                if let Some(age) = max_age {
                    answer = answer.with(header::ACCESS_CONTROL_MAX_AGE, &age.as_secs().to_string());
                }
                answer
            }
        }
    }

    /// Adds the headers by which a browser shows the answer to the script.
    pub(crate) fn mark(&self, request: &Method, headers: &mut HeaderMap) {
        if *request == Method::OPTIONS && matches!(self.preflight, Preflight::Refused(_)) {
            return;
        }
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        set(header::ACCESS_CONTROL_ALLOW_ORIGIN, &self.allow_origin);
        if self.allow_origin != "*" {
            set(header::VARY, "Origin");
        }
        if self.credentials {
            set(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
        if let Some(expose) = &self.expose {
            set(header::ACCESS_CONTROL_EXPOSE_HEADERS, expose);
        }
    }
}

/// True for a preflight: `OPTIONS` that names an origin and the method to come.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The rules of a server by name, and those of all other names.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    by_name: Mutex<HashMap<String, Cors>>,
}

/// Stands for every name that has no rules of its own.
const EVERY_NAME: &str = "*";

impl Origins {
    pub(crate) fn set(&self, name: &str, cors: Option<Cors>) {
        let name = name.trim_start_matches('/').to_owned();
        match cors {
            Some(cors) => self.lock().insert(name, cors),
            None => self.lock().remove(&name),
        };
    }

    pub(crate) fn of(&self, name: &str) -> Option<Cors> {
        let by_name = self.lock();
        by_name.get(name).or_else(|| by_name.get(EVERY_NAME)).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Cors>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
