//! The one way out: every request to the server of a file is checked and counted here, each hop of a redirect too.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use parqlet::core::answer::check_head;
use parqlet::core::fetch::{Answer, Fetch, Request, Span};
use parqlet::shell::{AbortOnDrop, broken, head, headers, unanswered};
use parqlet::{Error, ErrorKind, Result};
use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, Response};
use url::Url;

use super::allow::Verdict;
use super::landing::Landing;
use super::metrics::Metrics;
use super::problem::{Code, Problem};
use super::resolve::{Lookup, PublicOnly, is_private};
use super::settings::Settings;

/// Hops of one request: nobody needs more than a few.
const HOPS: usize = 5;
const NOT_ALLOWED: &str = "the server of the file redirects to a place that is not allowed";

/// Connections to the servers of files.
#[derive(Debug, Clone)]
pub(super) struct Connections {
    /// For hosts that a pattern names: wherever they are.
    named: reqwest::Client,
    /// For all others: at public addresses only.
    public: reqwest::Client,
}

impl Connections {
    /// With names resolved by `lookup`. They go out directly, whatever proxy the environment names: a proxy would resolve
    /// names by itself.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub(super) fn new(timeout: Duration, lookup: Lookup) -> reqwest::Result<Self> {
        let builder = || {
            reqwest::Client::builder()
                .http1_only()
                .no_proxy()
                .user_agent(concat!("parqlet/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(timeout.min(Duration::from_secs(10)))
                .read_timeout(timeout)
                .tcp_nodelay(true)
        };
        let public = builder().dns_resolver(Arc::new(PublicOnly::new(lookup))).build()?;
        Ok(Self { named: builder().build()?, public })
    }
}

/// The way to one file for one answer. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Upstream(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    home: Url,
    settings: Arc<Settings>,
    connections: Connections,
    metrics: Arc<Metrics>,
    landing: Mutex<Landing>,
    spent: Mutex<Spent>,
    /// The server ever answered: then a refused connection is worth another try.
    answered: AtomicBool,
}

#[derive(Debug, Default)]
struct Spent {
    /// Requests made.
    requests: usize,
    /// Bytes asked for.
    asked: u64,
    /// Bytes that came.
    received: u64,
    /// Why a request was not made, or its answer not taken.
    refusal: Option<Problem>,
}

impl Upstream {
    /// # Errors
    /// If the address isn't allowed.
    pub(super) fn to(
        home: Url,
        settings: Arc<Settings>,
        connections: Connections,
        metrics: Arc<Metrics>,
    ) -> Result<Self, Problem> {
        match settings.allow.judge(&home) {
            Verdict::Allowed { .. } => {}
            Verdict::Private => return Err(private()),
            Verdict::Unknown => {
                return Err(
                    Problem::new(Code::URL_NOT_ALLOWED, "`url`: this service does not read this file").of("url")
                );
            }
        }
        Ok(Self(Arc::new(Inner {
            home,
            settings,
            connections,
            metrics,
            landing: Mutex::default(),
            spent: Mutex::default(),
            answered: AtomicBool::new(false),
        })))
    }

    /// Requests made so far.
    pub(super) fn requests(&self) -> usize {
        self.spent().requests
    }

    /// Bytes that came so far.
    pub(super) fn received(&self) -> u64 {
        self.spent().received
    }

    /// Why a request was not made, or its answer not taken: that ends the load.
    pub(super) fn refusal(&self) -> Option<Problem> {
        self.spent().refusal.clone()
    }

    /// # Errors
    /// If so many bytes are more than an answer may cost.
    pub(super) fn afford(&self, bytes: u64) -> Result<(), Problem> {
        let most = self.0.settings.max_bytes;
        if bytes > most { Err(too_large(most)) } else { Ok(()) }
    }

    async fn ask(&self, request: &Request) -> Result<Answer> {
        let size = size(&request.span);
        self.spend(size)?;
        let started = Instant::now();
        let mut response = self.respond(request).await?;
        let first_byte = started.elapsed();
        let expected = check_head(request, &head(response.status(), response.headers()), request.whole_limit())?;
        // A server without ranges sends the whole object, which may be more than was asked for.
        let most = self.0.settings.max_bytes;
        let limit = expected.body_limit();
        let allowed = limit.min(size.saturating_add(most.saturating_sub(self.spent().asked)));
        let length = expected.body_length().unwrap_or(0).min(allowed);
        let mut body = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        while let Some(chunk) = response.chunk().await.map_err(|error| broken(error, self.0.settings.timeout))? {
            self.0.metrics.upstream_bytes(chunk.len() as u64);
            self.spent().received += chunk.len() as u64;
            if (body.len() + chunk.len()) as u64 > allowed {
                return Err(if allowed < limit { self.refuse(too_large(most)) } else { expected.too_long() });
            }
            body.extend_from_slice(&chunk);
        }
        self.spent().asked += (body.len() as u64).saturating_sub(size);
        expected.finish(request, body.into(), first_byte)
    }

    /// The answer's head, from where redirects led before or from the beginning.
    async fn respond(&self, request: &Request) -> Result<Response> {
        let landed = self.landing().url();
        if let Some((url, at_home)) = landed {
            match self.send(&url, request, at_home).await {
                Ok(response) => {
                    if !self.landing().refused(&url, response.status().as_u16()) {
                        return Ok(response);
                    }
                }
                Err(error) => {
                    // Another try begins where the caller said.
                    if self.refusal().is_none() {
                        self.landing().failed(&url);
                    }
                    return Err(error);
                }
            }
        }
        self.follow(request).await
    }

    async fn follow(&self, request: &Request) -> Result<Response> {
        let home = &self.0.home;
        let (mut url, mut at_home) = (home.clone(), true);
        for _ in 0..=HOPS {
            let response = self.send(&url, request, at_home).await?;
            let Some(next) = self.redirected(&url, &response)? else {
                if response.status().is_success() {
                    self.landing().keep(home, &url, at_home);
                }
                return Ok(response);
            };
            let allowed = matches!(self.0.settings.allow.judge(&next), Verdict::Allowed { .. });
            if !allowed || !next.username().is_empty() || next.password().is_some_and(|password| !password.is_empty()) {
                // Where it leads is for the one who signed the redirect to know.
                return Err(self.refuse(Problem::new(Code::REDIRECT_NOT_ALLOWED, NOT_ALLOWED)));
            }
            at_home &= next.origin() == home.origin();
            url = next;
        }
        Err(self.refuse(Problem::new(Code::UPSTREAM_BAD_ANSWER, "the server of the file redirects again and again")))
    }

    /// Where an answer redirects to; `None` for any other.
    fn redirected(&self, from: &Url, response: &Response) -> Result<Option<Url>> {
        if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let location = response.headers().get(LOCATION).map(|location| String::from_utf8_lossy(location.as_bytes()));
        let Some(mut target) = location.and_then(|location| from.join(&location).ok()) else {
            let detail = "the server of the file redirects to no address";
            return Err(self.refuse(Problem::new(Code::UPSTREAM_BAD_ANSWER, detail)));
        };
        target.set_fragment(None);
        Ok(Some(target))
    }

    async fn send(&self, url: &Url, request: &Request, at_home: bool) -> Result<Response> {
        let Inner { settings, connections, metrics, .. } = &*self.0;
        // Held against the patterns once more: nothing goes out without.
        let client = match settings.allow.judge(url) {
            Verdict::Allowed { named: true } => &connections.named,
            Verdict::Allowed { named: false } => &connections.public,
            Verdict::Private | Verdict::Unknown => {
                return Err(self.refuse(Problem::new(Code::REDIRECT_NOT_ALLOWED, NOT_ALLOWED)));
            }
        };
        self.count()?;
        metrics.upstream_request();
        let method = match request.span {
            Span::Length => Method::HEAD,
            Span::Exact(_) | Span::Tail(_) => Method::GET,
        };
        let mut all: HeaderMap = headers(request);
        if at_home && url.origin() == self.0.home.origin() {
            all.extend(settings.headers.clone());
        }
        match client.request(method, url.clone()).headers(all).send().await {
            Ok(response) => {
                self.0.answered.store(true, Ordering::Relaxed);
                Ok(response)
            }
            Err(error) if is_private(&error) => Err(self.refuse(if *url == self.0.home {
                private()
            } else {
                Problem::new(Code::REDIRECT_NOT_ALLOWED, NOT_ALLOWED)
            })),
            Err(error) => Err(unanswered(error, self.0.answered.load(Ordering::Relaxed), settings.timeout)),
        }
    }

    /// Counts a request.
    fn count(&self) -> Result<()> {
        let most = self.0.settings.max_requests;
        let mut spent = self.spent();
        if spent.requests >= most {
            drop(spent);
            return Err(self.refuse(too_many(most)));
        }
        spent.requests += 1;
        Ok(())
    }

    /// Counts bytes before they are asked for.
    fn spend(&self, bytes: u64) -> Result<()> {
        let most = self.0.settings.max_bytes;
        let mut spent = self.spent();
        if let Some(problem) = &spent.refusal {
            return Err(refused(problem));
        }
        if spent.asked.saturating_add(bytes) > most {
            drop(spent);
            return Err(self.refuse(too_large(most)));
        }
        spent.asked += bytes;
        Ok(())
    }

    /// Keeps the reason, which the load's own errors have no place for.
    fn refuse(&self, problem: Problem) -> Error {
        let error = refused(&problem);
        self.spent().refusal.get_or_insert(problem);
        error
    }

    fn spent(&self) -> MutexGuard<'_, Spent> {
        self.0.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn landing(&self) -> MutexGuard<'_, Landing> {
        self.0.landing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fetch for Upstream {
    type Response = BoxFuture<'static, Result<Answer>>;

    /// Nothing is sent before the future is polled, so that what was planned can be judged first. Then it runs in a task of
    /// its own: bodies of many requests are received side by side.
    fn fetch(&self, request: Request) -> Self::Response {
        let this = self.clone();
        Box::pin(async move {
            let task = AbortOnDrop(tokio::spawn(async move { this.ask(&request).await }));
            task.await.unwrap_or_else(|error| {
                Err(Error::new(ErrorKind::Network, "the request was stopped").with_source(error))
            })
        })
    }
}

/// What is answered where `max_requests` don't do.
pub(super) fn too_many(most: usize) -> Problem {
    Problem::new(
        Code::TOO_MANY_SUBREQUESTS,
        format!("this takes more than {most} requests to the server of the file: ask for fewer columns or rows"),
    )
}

/// What is answered where `max_bytes` don't do.
pub(super) fn too_large(most: u64) -> Problem {
    Problem::new(
        Code::TOO_MANY_BYTES,
        format!("this takes more than {most} bytes of the file: ask for fewer columns or rows"),
    )
}

fn private() -> Problem {
    Problem::new(Code::PRIVATE_ADDRESS, "`url`: this service reads no loopback, private or link-local address")
        .of("url")
}

fn refused(problem: &Problem) -> Error {
    Error::new(ErrorKind::Usage, problem.to_string())
}

fn size(span: &Span) -> u64 {
    match span {
        Span::Exact(range) => range.end - range.start,
        Span::Tail(bytes) => *bytes,
        Span::Length => 0,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::serve::{AllowList, Cors};

    fn settings(pattern: &str) -> Arc<Settings> {
        Arc::new(Settings {
            allow: AllowList::new(vec![pattern.parse().unwrap()]),
            max_rows: 1,
            max_bytes: 1 << 20,
            max_requests: 5,
            memory: 1 << 20,
            timeout: Duration::from_secs(20),
            cache_control: String::new(),
            headers: HeaderMap::new(),
            cors: Cors::Any,
            concurrency: 1,
            idle_timeout: Duration::ZERO,
            grace: Duration::ZERO,
        })
    }

    /// Asks for a file at a name that leads to this machine, where somebody listens.
    async fn refusal(pattern: &str, home: &str) -> (Option<Problem>, bool) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let lookup: Lookup =
            Arc::new(move |_| Box::pin(async move { Ok(vec![address, ([169, 254, 169, 254], 80).into()]) }));
        let with_port = |text: &str| text.replace("PORT", &address.port().to_string());
        let settings = settings(&with_port(pattern));
        let connections = Connections::new(settings.timeout, lookup).unwrap();
        let home = Url::parse(&with_port(home)).unwrap();
        let upstream = Upstream::to(home, settings, connections, Arc::new(Metrics::new())).unwrap();
        let request = Request { span: Span::Tail(8), pinned: None, opening: true };
        assert!(upstream.fetch(request).await.is_err());
        let connected = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await.is_ok();
        (upstream.refusal(), connected)
    }

    #[tokio::test]
    async fn a_public_name_that_leads_into_a_private_network_is_refused_before_it_connects() {
        let (refusal, connected) = refusal("http://*.example.org:PORT/", "http://inside.example.org:PORT/a").await;
        assert_eq!((refusal, connected), (Some(private()), false));
    }
}
