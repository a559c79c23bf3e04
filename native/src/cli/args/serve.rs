//! The arguments of `parqlet serve`.

use std::time::Duration;

use clap::Args as ArgGroup;

use super::super::parse::{byte_size, duration, header_text, page_origin, positive};
use crate::serve::Pattern;

/// `parqlet serve`.
#[derive(Debug, ArgGroup)]
#[command(after_help = SERVE_HELP)]
pub(crate) struct ServeArgs {
    /// Files that may be asked for, by URL; nothing else is served; may be repeated
    #[arg(long, value_name = "PATTERN", num_args = 1..)]
    pub(crate) allow: Vec<Pattern>,
    /// Where to listen
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: String,
    /// Rows of an answer at most
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_rows: u64,
    /// Bytes fetched for an answer at most
    #[arg(long, value_name = "SIZE", default_value = "32MiB", value_parser = byte_size)]
    pub(crate) max_bytes: u64,
    /// Requests made for an answer at most
    #[arg(long, value_name = "N", default_value = "50", value_parser = positive)]
    pub(crate) max_requests: usize,
    /// The longest wait for the next rows
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub(crate) timeout: Duration,
    /// Answers under way at most; what comes beyond is told to come back
    #[arg(long, value_name = "N", default_value = "32", value_parser = positive)]
    pub(crate) concurrency: usize,
    /// How long a caller may take nothing of an answer, or next to nothing, before it breaks off
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub(crate) idle_timeout: Duration,
    /// How long answers under way may go on when told to stop
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub(crate) grace: Duration,
    /// The Cache-Control of answers [default: no-cache, with --header private, no-cache]
    #[arg(long, value_name = "TEXT", value_parser = header_text)]
    pub(crate) cache_control: Option<String>,
    /// Origin of pages that may read answers, or *; may be repeated
    #[arg(long, value_name = "ORIGIN", num_args = 1.., value_parser = page_origin)]
    pub(crate) cors: Vec<String>,
}

const SERVE_HELP: &str = "Examples:
  parqlet serve --allow https://data.example.org/public/
  parqlet serve --allow 'https://*.example.org/**.parquet' --cors https://www.example.org
  curl 'localhost:8080/?url=https://data.example.org/public/trips.parquet&columns=fare&limit=10&format=csv'

Patterns: an origin, with a path or without; * is any characters of one segment, ** any at all, a path that ends
in / all below, *. at the front of a host one or more labels. Private addresses are served only where a pattern
has that very host, whatever names resolve to. Redirects are held against the patterns too.
Answers: /, /schema, /plan as parqlet/edge of the npm package gives them; /healthz; /metrics for Prometheus.";
