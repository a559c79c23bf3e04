//! Between `object_store`, which knows credentials and signs, and our HTTP client, which sends.
//!
//! A request for bytes is taken over once it is signed: its answer goes to whoever waits for it here, and
//! `object_store` is told that there was none. So the core judges the answer as it came, with its status and all its
//! headers (`object_store` hides `Retry-After`, and has its own idea of what an answer must have), and the body is
//! received by the same code as any other. Requests for credentials and listings pass through; of a refused listing the
//! answer is noted.

use http::HeaderMap;
use http::header::{ACCEPT_ENCODING, HeaderValue, RANGE};
use http_body_util::BodyExt;
use object_store::ClientOptions;
use object_store::client::{
    ClientConfigKey, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody,
    HttpService,
};
use reqwest::{Client, Method, Response, StatusCode};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

tokio::task_local! {
    static WAITING: Arc<Waiting>;
}

/// Of a refusal's text no more is read than this: it is a few lines.
const LONGEST_TEXT: usize = 16 << 10;

/// The way for `object_store`'s requests.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    client: Client,
    /// For a cloud machine's metadata, which is near or not there at all. Made when it is needed: that takes reading the
    /// system's certificates again.
    metadata: Arc<OnceLock<Client>>,
}

/// What became of a request of ours.
pub(super) enum Outcome {
    /// It was granted; the body is to come. From sending to the head it took so long.
    Granted(Response, Duration),
    Refused(Refusal),
    Failed(reqwest::Error),
}

/// An answer that is no success.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// The beginning of its body.
    pub(super) text: String,
}

/// Who waits for the answer of a request that `object_store` is making.
#[derive(Default)]
struct Waiting {
    /// Whether the answer is taken over; else only what goes wrong is noted.
    takes: bool,
    outcome: Mutex<Option<Outcome>>,
}

impl Wire {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, metadata: Arc::default() }
    }

    fn metadata(&self) -> Result<Client, reqwest::Error> {
        if let Some(client) = self.metadata.get() {
            return Ok(client.clone());
        }
        let client = Client::builder()
            .http1_only()
            .connect_timeout(Duration::from_secs(1))
            .timeout(Duration::from_secs(10))
            .build()?;
        Ok(self.metadata.get_or_init(|| client).clone())
    }
}

/// Runs a request for an object's bytes; `None` for the outcome where none was sent.
pub(super) async fn taking<T>(request: impl Future<Output = T>) -> (T, Option<Outcome>) {
    within(true, request).await
}

/// Runs a listing, or a part of one; the outcome is there only where it went wrong.
pub(super) async fn noting<T>(request: impl Future<Output = T>) -> (T, Option<Outcome>) {
    within(false, request).await
}

async fn within<T>(takes: bool, request: impl Future<Output = T>) -> (T, Option<Outcome>) {
    let waiting = Arc::new(Waiting { takes, ..Waiting::default() });
    let result = WAITING.scope(Arc::clone(&waiting), request).await;
    let outcome = waiting.outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
    (result, outcome)
}

impl HttpConnector for Wire {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let near = options.get_config_value(&ClientConfigKey::ConnectTimeout).is_some();
        let client = if near { self.metadata() } else { Ok(self.client.clone()) };
        let client = client.map_err(|error| object_store::Error::Generic {
            store: "metadata",
            source: Box::new(error.without_url()),
        })?;
        Ok(HttpClient::new(Line(client)))
    }
}

#[derive(Debug)]
struct Line(Client);

impl HttpService for Line {
    // As `async_trait` writes it.
    fn call<'life0, 'async_trait>(
        &'life0 self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(self.send(request))
    }
}

impl Line {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let waiting = WAITING.try_with(Arc::clone).ok().filter(|_| is_of_store(&parts));
        let url = parts.uri.to_string().parse().map_err(failed)?;
        let mut sent = reqwest::Request::new(parts.method, url);
        *sent.headers_mut() = parts.headers;
        sent.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(bytes) = body.as_bytes().filter(|bytes| !bytes.is_empty()) {
            *sent.body_mut() = Some(bytes.clone().into());
        }
        let started = Instant::now();
        let answered = self.0.execute(sent).await;
        let first_byte = started.elapsed();
        let Some(waiting) = waiting else { return answered.map(passed).map_err(|error| failed(error.without_url())) };
        let outcome = match answered {
            Err(error) => Outcome::Failed(error),
            Ok(response) if !response.status().is_success() => Outcome::Refused(Refusal::read(response).await),
            Ok(response) if waiting.takes => Outcome::Granted(response, first_byte),
            Ok(response) => return Ok(passed(response)),
        };
        *waiting.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        Err(failed(Taken))
    }
}

impl Refusal {
    async fn read(mut response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let mut text = Vec::new();
        // A refusal that breaks off is still one.
        while text.len() < LONGEST_TEXT
            && let Ok(Some(chunk)) = response.chunk().await
        {
            text.extend_from_slice(&chunk);
        }
        text.truncate(LONGEST_TEXT);
        Self { status, headers, text: String::from_utf8_lossy(&text).into_owned() }
    }
}

/// Whether a request is for an object or a listing, and not for credentials.
fn is_of_store(parts: &http::request::Parts) -> bool {
    let listing = |query: &str| query.contains("list-type=2") || query.contains("comp=list");
    parts.method == Method::HEAD || parts.headers.contains_key(RANGE) || parts.uri.query().is_some_and(listing)
}

fn passed(response: Response) -> HttpResponse {
    let (parts, body) = http::Response::<reqwest::Body>::from(response).into_parts();
    HttpResponse::from_parts(parts, HttpResponseBody::new(body.map_err(|error| failed(error.without_url()))))
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> HttpError {
    HttpError::new(HttpErrorKind::Unknown, error)
}

/// What `object_store` is told of an answer that was taken over.
#[derive(Debug)]
struct Taken;

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer was taken over")
    }
}

impl std::error::Error for Taken {}
