//! The paths of the service, and one answer from its request to its head.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{self, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use parqlet::shell::Pool;
use tokio::sync::Semaphore;
use url::Url;

use super::answer::Answer;
use super::caller::Caller;
use super::cors::{allow_origin, allow_request};
use super::etag::{entity_tag, is_known};
use super::log::{Entry, Log, Outcome};
use super::metrics::{self, Metrics};
use super::problem::{Code, Problem};
use super::query::{Format, Path, Question, question};
use super::remote::RemoteFile;
use super::report;
use super::settings::Settings;
use super::upstream::{Connections, Upstream};

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// Rows that become text at once, as at the edge: what a batch has in it shows where an answer breaks off.
const TEXT_ROWS: usize = 4096;

/// What all answers share.
pub(super) struct Service {
    pub(super) settings: Arc<Settings>,
    pub(super) connections: Connections,
    pub(super) pool: Pool,
    pub(super) metrics: Arc<Metrics>,
    pub(super) log: Log,
    /// The answers that may be under way.
    pub(super) places: Arc<Semaphore>,
}

/// The paths.
pub(super) fn router(service: Arc<Service>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/metrics", get(counts))
        .fallback(handle)
        .with_state(service)
}

async fn counts(State(service): State<Arc<Service>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], service.metrics.text())
}

async fn handle(
    State(service): State<Arc<Service>>,
    ConnectInfo(caller): ConnectInfo<Caller>,
    request: Request,
) -> Response {
    let method = request.method().clone();
    // Paths and queries are taken as browsers and the edge function spell them.
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let address = Url::parse(&format!("http://service{target}")).ok();
    let path = address.as_ref().and_then(|address| Path::parse(address.path()));
    let (log, metrics) = (service.log.clone(), Arc::clone(&service.metrics));
    let entry = Entry::begin(log, metrics, caller, method.clone(), path.map_or("other", Path::text));
    let mut headers = HeaderMap::new();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    allow_origin(&mut headers, request.headers().get(header::ORIGIN), &service.settings.cors);
    let (Some(address), Some(path)) = (address, path) else {
        return refusal(&method, headers, Problem::new(Code::NO_SUCH_PATH, "there are /, /schema and /plan"), entry);
    };
    if method == Method::OPTIONS {
        headers.insert(header::ALLOW, METHODS);
        allow_request(&mut headers);
        return finished(StatusCode::NO_CONTENT, headers, String::new(), entry);
    }
    if method != Method::GET && method != Method::HEAD {
        headers.insert(header::ALLOW, METHODS);
        let detail = format!("a file is read with GET, not {method}");
        return refusal(&method, headers, Problem::new(Code::METHOD_NOT_ALLOWED, detail), entry);
    }
    let asked =
        Asked { service: &service, method: &method, headers, known: request.headers().get(header::IF_NONE_MATCH) };
    asked.answer(&address, path, entry).await
}

/// A request for a file.
struct Asked<'a> {
    service: &'a Service,
    method: &'a Method,
    /// Of every answer to it.
    headers: HeaderMap,
    known: Option<&'a HeaderValue>,
}

impl Asked<'_> {
    async fn answer(self, address: &Url, path: Path, mut entry: Entry) -> Response {
        let opened = self.open(address, path, &mut entry).await;
        let (url, question, file) = match opened {
            Ok(opened) => opened,
            Err(problem) => return refusal(self.method, self.headers, problem, entry),
        };
        entry.spent(file.spent(), 0);
        let settings = &self.service.settings;
        let tag = entity_tag(file.identity(), &url, &question, settings);
        let mut kept = self.headers.clone();
        if let Ok(value) = HeaderValue::from_str(&settings.cache_control) {
            kept.insert(header::CACHE_CONTROL, value);
        }
        if let Some(tag) = tag {
            let known = self.known.is_some_and(|known| known.to_str().is_ok_and(|known| is_known(&tag, known)));
            if let Ok(value) = HeaderValue::from_str(&tag) {
                kept.insert(header::ETAG, value);
            }
            if known {
                return finished(StatusCode::NOT_MODIFIED, kept, String::new(), entry);
            }
        }
        match question {
            Question::Rows { format, rows } => {
                kept.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
                let mut file = file;
                let checked = if self.method == Method::HEAD {
                    file.check(&rows)
                } else {
                    file.read(&rows, (format != Format::Arrow).then_some(TEXT_ROWS))
                };
                match checked {
                    Err(problem) => refusal(self.method, self.headers, problem, entry),
                    Ok(()) if self.method == Method::HEAD => finished(StatusCode::OK, kept, String::new(), entry),
                    Ok(()) => self.rows(file, format, kept, entry).await,
                }
            }
            Question::Schema => self.report(report::schema(file.opened()), kept, entry),
            Question::Plan { rows } => {
                let plan = file.plan(&rows).and_then(|plan| report::plan(&plan, file.opening));
                self.report(plan, kept, entry)
            }
        }
    }

    async fn open(&self, address: &Url, path: Path, entry: &mut Entry) -> Result<(Url, Question, RemoteFile), Problem> {
        let Service { settings, connections, pool, metrics, places, .. } = self.service;
        let (url, question) = question(address, path, settings.max_rows)?;
        entry.file(&url);
        let upstream = Upstream::to(url.clone(), Arc::clone(settings), connections.clone(), Arc::clone(metrics))?;
        let place = Arc::clone(places).try_acquire_owned();
        entry.permit = Some(place.map_err(|_| {
            Problem::new(Code::BUSY, "this service gives as many answers as it may at once: try again later")
        })?);
        let opened = RemoteFile::open(&url, upstream.clone(), Arc::clone(settings), pool.clone()).await;
        entry.spent((upstream.requests(), upstream.received()), 0);
        Ok((url, question, opened?))
    }

    async fn rows(self, file: RemoteFile, format: Format, kept: HeaderMap, mut entry: Entry) -> Response {
        entry.answered(StatusCode::OK, None);
        match Answer::new(file, format, self.service.pool.clone(), entry).body().await {
            Ok(body) => response(StatusCode::OK, kept, body),
            Err((problem, entry)) => refusal(self.method, self.headers, problem, entry),
        }
    }

    fn report(self, report: Result<String, Problem>, mut kept: HeaderMap, entry: Entry) -> Response {
        match report {
            Ok(report) => {
                kept.insert(header::CONTENT_TYPE, JSON);
                let report = if self.method == Method::HEAD { String::new() } else { report };
                finished(StatusCode::OK, kept, report, entry)
            }
            Err(problem) => refusal(self.method, self.headers, problem, entry),
        }
    }
}

fn refusal(method: &Method, mut headers: HeaderMap, problem: Problem, mut entry: Entry) -> Response {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if problem.code == Code::BUSY {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    entry.answered(status, Some(problem.code));
    let body = if method == Method::HEAD { String::new() } else { problem.json() };
    ended(status, headers, body, entry)
}

fn finished(status: StatusCode, headers: HeaderMap, body: String, mut entry: Entry) -> Response {
    entry.answered(status, None);
    ended(status, headers, body, entry)
}

fn ended(status: StatusCode, headers: HeaderMap, body: String, mut entry: Entry) -> Response {
    entry.sent(body.len() as u64);
    entry.end(Outcome::Whole);
    response(status, headers, Body::from(body))
}

fn response(status: StatusCode, headers: HeaderMap, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
