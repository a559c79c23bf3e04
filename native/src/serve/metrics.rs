//! What the service did so far, for Prometheus.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// The `Content-Type` of the text.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// From answers out of a file that is near to reads that take as long as they may.
const SECONDS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    path: &'static str,
    status: u16,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It was whole.
    Whole,
    /// It broke off, or its caller went away.
    Broken,
    /// Its caller took nothing of it for too long.
    Stalled,
}

/// Counters of all answers.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Kind, Counter>,
    broken: Counter,
    stalled: Counter,
    in_flight: Gauge,
    seconds: Histogram,
    sent: Counter,
    rows: Counter,
    upstream_requests: Counter,
    upstream_bytes: Counter<u64, AtomicU64>,
}

impl Metrics {
    /// All at zero.
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("parqlet");
        let this = Self {
            requests: Family::default(),
            broken: Counter::default(),
            stalled: Counter::default(),
            in_flight: Gauge::default(),
            seconds: Histogram::new(SECONDS),
            sent: Counter::default(),
            rows: Counter::default(),
            upstream_requests: Counter::default(),
            upstream_bytes: Counter::default(),
            registry: Registry::default(),
        };
        registry.register("requests", "Answers by path and status", this.requests.clone());
        registry.register("broken", "Answers that broke off after they had begun", this.broken.clone());
        let help = "Those of them whose caller took nothing for too long";
        registry.register("stalled", help, this.stalled.clone());
        registry.register("in_flight", "Answers under way", this.in_flight.clone());
        let help = "Time from a request to the end of its answer";
        registry.register_with_unit("request", help, Unit::Seconds, this.seconds.clone());
        registry.register_with_unit("sent", "Bytes of answers", Unit::Bytes, this.sent.clone());
        registry.register("rows", "Rows of answers", this.rows.clone());
        let help = "Requests to the servers of files";
        registry.register("upstream_requests", help, this.upstream_requests.clone());
        let help = "Bytes from the servers of files";
        registry.register_with_unit("upstream", help, Unit::Bytes, this.upstream_bytes.clone());
        Self { registry, ..this }
    }

    /// All counts as text.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// A request came.
    pub(super) fn begin(&self) {
        self.in_flight.inc();
    }

    /// Its answer is over. `path` is one of the service's own.
    pub(super) fn end(&self, path: &'static str, status: u16, end: End, took: Duration, sent: u64, rows: u64) {
        self.in_flight.dec();
        self.requests.get_or_create(&Kind { path, status }).inc();
        self.broken.inc_by(u64::from(end != End::Whole));
        self.stalled.inc_by(u64::from(end == End::Stalled));
        self.seconds.observe(took.as_secs_f64());
        self.sent.inc_by(sent);
        self.rows.inc_by(rows);
    }

    /// A request goes to the server of a file.
    pub(super) fn upstream_request(&self) {
        self.upstream_requests.inc();
    }

    /// Bytes came from there.
    pub(super) fn upstream_bytes(&self, bytes: u64) {
        self.upstream_bytes.inc_by(bytes);
    }
}
