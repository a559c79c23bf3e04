//! Fetching over HTTP: one request for each range, judged by the core before and after its body.

use crate::fetch::AbortOnDrop;
use crate::headers::{head, headers};
use bytes::{Bytes, BytesMut};
use parqlet_core::answer::check_head;
use parqlet_core::fetch::{Answer, Request, Span};
use parqlet_core::{Error, ErrorKind, Result};
use reqwest::header::{self, HeaderMap};
use reqwest::{Method, Response, StatusCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use url::Url;

/// Redirects that are followed for one request: what browsers and curl are content with is 20 to 50, and nobody needs
/// more than a few.
const REDIRECTS: usize = 10;

/// The way to one URL.
#[derive(Debug, Clone)]
pub(crate) struct HttpFetch {
    /// Follows no redirects itself: what may be sent where is decided here.
    client: reqwest::Client,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    url: Url,
    /// The user's own headers. They may hold secrets, so they go to the origin the user named and nowhere else.
    headers: HeaderMap,
    /// Where redirects led: each request would be redirected again, at the cost of a round trip.
    landed: Mutex<Option<Url>>,
    /// Whether the server ever answered.
    answered: AtomicBool,
    /// A wait without a single byte that is too long.
    patience: Duration,
}

impl HttpFetch {
    pub(crate) fn new(client: reqwest::Client, url: Url, headers: HeaderMap, patience: Duration) -> Self {
        let shared = Shared { url, headers, landed: Mutex::new(None), answered: AtomicBool::new(false), patience };
        Self { client, shared: Arc::new(shared) }
    }

    /// Runs in a task of its own, so that bodies of many requests are received side by side.
    pub(crate) fn fetch(&self, request: Request) -> impl Future<Output = Result<Answer>> + Send + use<> {
        let this = self.clone();
        let task = AbortOnDrop(tokio::spawn(async move { this.ask(&request).await }));
        async move {
            task.await.unwrap_or_else(|error| {
                Err(Error::new(ErrorKind::Network, "the request was stopped").with_source(error))
            })
        }
    }

    async fn ask(&self, request: &Request) -> Result<Answer> {
        let started = Instant::now();
        let response = self.respond(request).await?;
        let first_byte = started.elapsed();
        self.shared.answered.store(true, Ordering::Relaxed);
        receive(response, request, first_byte, self.shared.patience).await
    }

    /// The answer's head, from where redirects led before or from the beginning.
    async fn respond(&self, request: &Request) -> Result<Response> {
        let landed = self.landed().clone();
        if let Some(url) = landed {
            let response = self.send(&url, request).await;
            // A signed address that a redirect led to may have expired: begin where the user began.
            match response {
                Ok(response) if !is_gone(response.status()) => return Ok(response),
                Ok(_) => *self.landed() = None,
                Err(error) => {
                    *self.landed() = None;
                    return Err(error);
                }
            }
        }
        let mut url = self.shared.url.clone();
        let mut seen = Vec::new();
        loop {
            let response = self.send(&url, request).await?;
            let Some(next) = redirect(&url, &response)? else {
                if !seen.is_empty() && response.status().is_success() {
                    *self.landed() = Some(url);
                }
                return Ok(response);
            };
            seen.push(url);
            if seen.contains(&next) || seen.len() > REDIRECTS {
                let message = if seen.contains(&next) { "in a circle" } else { "again and again" };
                return Err(Error::new(
                    ErrorKind::BadAnswer,
                    format!("the server redirects {message}: the address leads to no object"),
                )
                .with_status(response.status().as_u16()));
            }
            url = next;
        }
    }

    async fn send(&self, url: &Url, request: &Request) -> Result<Response> {
        let method = match request.span {
            Span::Length => Method::HEAD,
            Span::Exact(_) | Span::Tail(_) => Method::GET,
        };
        let at_home = url.origin() == self.shared.url.origin();
        let mut all = if at_home { self.shared.headers.clone() } else { HeaderMap::new() };
        all.extend(headers(request));
        self.client
            .request(method, url.clone())
            .headers(all)
            .send()
            .await
            .map_err(|error| unanswered(error, self.shared.answered.load(Ordering::Relaxed), self.shared.patience))
    }

    fn landed(&self) -> std::sync::MutexGuard<'_, Option<Url>> {
        self.shared.landed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Judges an answer's head, takes its body and judges that.
pub(crate) async fn receive(
    mut response: Response,
    request: &Request,
    first_byte: Duration,
    patience: Duration,
) -> Result<Answer> {
    let expected = check_head(request, &head(response.status(), response.headers()), request.whole_limit())?;
    let mut body = Body::new(expected.body_length());
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(error, patience))? {
        if body.length() + chunk.len() as u64 > expected.body_limit() {
            return Err(expected.too_long());
        }
        body.push(&chunk);
    }
    let answer = expected.finish(request, body.bytes(), first_byte)?;
    Ok(if request.opening { answer } else { trimmed(answer, &request.span) })
}

/// No answer came. `known_before` says whether this server ever answered: then a refused connection is worth another
/// try.
pub fn unanswered(error: reqwest::Error, known_before: bool, patience: Duration) -> Error {
    let error = error.without_url();
    let cause = root_cause(&error);
    let failure = if error.is_builder() {
        Error::new(ErrorKind::Usage, format!("this request can't be made: {cause}"))
    } else if error.is_timeout() && error.is_connect() {
        Error::new(ErrorKind::Network, "there was no connection to the server in time: check the address")
            .retryable(known_before)
    } else if error.is_timeout() {
        stalled(patience)
    } else if error.is_connect() && known_before {
        Error::new(
            ErrorKind::Network,
            format!("the server answered before and now takes no connection ({cause}): try again later"),
        )
    } else if error.is_connect() {
        // A host that was never reached is more likely misspelt than restarting.
        let advice = if cause.contains("certificate") {
            "if its authority is your own, name it in SSL_CERT_FILE"
        } else {
            "check the address"
        };
        Error::new(ErrorKind::Network, format!("can't connect to the server ({cause}): {advice}")).retryable(false)
    } else if is_not_http(&error) {
        Error::new(
            ErrorKind::BadAnswer,
            format!("what the server answers is no HTTP ({cause}): check the address and its port"),
        )
    } else {
        broke_off(&cause)
    };
    failure.with_source(error)
}

/// The body broke off.
pub fn broken(error: reqwest::Error, patience: Duration) -> Error {
    let error = error.without_url();
    let failure = if error.is_timeout() { stalled(patience) } else { broke_off(&root_cause(&error)) };
    failure.with_source(error)
}

fn stalled(patience: Duration) -> Error {
    Error::new(ErrorKind::Network, format!("the server sent nothing for {} s: try again later", patience.as_secs_f32()))
}

/// A body on its way: one allocation where its length is known.
enum Body {
    Known(Vec<u8>),
    Unknown(BytesMut),
}

impl Body {
    fn new(length: Option<u64>) -> Self {
        // The length was held against what was asked for, or against what an object sent whole may have.
        match length.and_then(|length| usize::try_from(length).ok()) {
            Some(length) => Self::Known(Vec::with_capacity(length)),
            None => Self::Unknown(BytesMut::new()),
        }
    }

    fn push(&mut self, chunk: &[u8]) {
        match self {
            Self::Known(bytes) => bytes.extend_from_slice(chunk),
            Self::Unknown(bytes) => bytes.extend_from_slice(chunk),
        }
    }

    fn length(&self) -> u64 {
        match self {
            Self::Known(bytes) => bytes.len() as u64,
            Self::Unknown(bytes) => bytes.len() as u64,
        }
    }

    fn bytes(self) -> Bytes {
        match self {
            Self::Known(bytes) => Bytes::from(bytes),
            Self::Unknown(bytes) => bytes.freeze(),
        }
    }
}

/// An answer with nothing but what was asked for, in memory of its own: a slice would keep alive what nobody counts.
fn trimmed(answer: Answer, span: &Span) -> Answer {
    let Span::Exact(range) = span else { return answer };
    let within = |position: u64| position.checked_sub(answer.range.start).and_then(|at| usize::try_from(at).ok());
    match (within(range.start), within(range.end)) {
        (Some(from), Some(to)) if *range != answer.range => match answer.bytes.get(from..to) {
            Some(bytes) => Answer { range: range.clone(), bytes: Bytes::copy_from_slice(bytes), ..answer },
            None => answer,
        },
        _ => answer,
    }
}

/// One sentence whether before or after the head: which of both a reset meets is chance.
fn broke_off(cause: &str) -> Error {
    Error::new(
        ErrorKind::Network,
        format!("the connection broke before the answer was whole ({cause}): try again later"),
    )
}

/// Where a redirect leads; `None` for any other answer.
fn redirect(from: &Url, response: &Response) -> Result<Option<Url>> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = response.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
    let Some(target) = location.and_then(|location| from.join(location).ok()) else {
        return Ok(None);
    };
    if !matches!(target.scheme(), "http" | "https") {
        return Err(Error::new(
            ErrorKind::BadAnswer,
            format!("the server redirects to `{}://`, which can't be followed", target.scheme()),
        )
        .with_status(response.status().as_u16()));
    }
    Ok(Some(target))
}

/// What a store says to a signed address that has expired: 400 is what some say to expired temporary credentials.
fn is_gone(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::GONE
    ) || status.is_redirection()
}

/// Whether the other side doesn't speak HTTP, or without measure: asked again, it would again.
fn is_not_http(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The innermost error: the outer ones say "error sending request".
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
