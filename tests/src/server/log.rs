//! What the server was asked, and what the list of requests says about a client.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// One request as the server saw it. Times count from the server's start.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Logged {
    /// `GET`, `HEAD`, ...
    pub method: String,
    /// Path and query as they were sent, with the leading slash.
    pub path: String,
    /// The `Range` header.
    pub range: Option<String>,
    /// All request headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Status of the answer; 0 while there is none and where the fault left none to send.
    pub status: u16,
    /// Bytes of body handed to the connection; some may be lost on the way if the client leaves.
    pub bytes_sent: u64,
    /// When the request's head was read.
    pub started: Duration,
    /// When the answer's head was sent.
    pub first_byte: Option<Duration>,
    /// When the last byte of the body was handed over or the client left; none while it goes on.
    pub ended: Option<Duration>,
    /// Which connection carried it, counted from 0 in the order of accept.
    pub connection: u64,
}

impl Logged {
    /// The value of a request header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    fn end(&self) -> Duration {
        self.ended.unwrap_or(Duration::MAX)
    }
}

/// The length of the longest chain of requests in which each one starts after the one before it has ended: the round
/// trips that the client could not avoid. Requests that overlap in time count as one.
///
/// Use it behind a link with a first byte of some milliseconds: without one, two requests sent together may be
/// answered one after the other.
pub fn round_trips(log: &[Logged]) -> usize {
    // The longest chain of disjoint intervals is found by always taking the one that ends first.
    let mut by_end: Vec<_> = log.iter().collect();
    by_end.sort_by_key(|request| request.end());
    let mut trips = 0;
    let mut free_from = None;
    for request in by_end {
        if free_from.is_none_or(|free| request.started >= free) {
            trips += 1;
            free_from = Some(request.end());
        }
    }
    trips
}

/// How many requests were under way at the same moment, at most.
pub fn peak_concurrent(log: &[Logged]) -> usize {
    let mut events: Vec<(Duration, bool)> = Vec::with_capacity(log.len() * 2);
    for request in log {
        events.push((request.started, true));
        events.push((request.end(), false));
    }
    // At the same instant an end sorts before a start: touching requests don't overlap.
    events.sort();
    let (mut now, mut peak) = (0_usize, 0);
    for (_, starts) in events {
        now = if starts { now + 1 } else { now.saturating_sub(1) };
        peak = peak.max(now);
    }
    peak
}

/// Requests kept; the later ones are only counted out of the log, so that a bench can't fill the memory.
const KEPT: usize = 200_000;

/// The log while it is written.
#[derive(Debug)]
pub(crate) struct Journal {
    start: Instant,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    requests: Vec<Logged>,
    /// Grows with each reset: an entry of an older edition has nowhere to write.
    edition: u64,
}

impl Journal {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { start: Instant::now(), book: Mutex::default() })
    }

    pub(crate) fn read(&self) -> Vec<Logged> {
        self.lock().requests.clone()
    }

    pub(crate) fn reset(&self) {
        let mut book = self.lock();
        book.requests.clear();
        book.edition += 1;
    }

    /// Writes down a request that has just been read.
    pub(crate) fn open(self: &Arc<Self>, mut request: Logged) -> Entry {
        request.started = self.start.elapsed();
        let mut book = self.lock();
        let index = book.requests.len();
        if index < KEPT {
            book.requests.push(request);
        }
        Entry { journal: Arc::clone(self), edition: book.edition, index, bytes_sent: 0, ended: false }
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way; ends itself when dropped.
#[derive(Debug)]
pub(crate) struct Entry {
    journal: Arc<Journal>,
    edition: u64,
    index: usize,
    bytes_sent: u64,
    ended: bool,
}

impl Entry {
    pub(crate) fn answered(&self, status: u16) {
        let now = self.journal.start.elapsed();
        self.change(|request| {
            request.status = status;
            request.first_byte = Some(now);
        });
    }

    pub(crate) fn sent(&mut self, bytes: usize) {
        self.bytes_sent += bytes as u64;
    }

    pub(crate) fn end(&mut self) {
        if self.ended {
            return;
        }
        self.ended = true;
        let (now, bytes_sent) = (self.journal.start.elapsed(), self.bytes_sent);
        self.change(|request| {
            request.bytes_sent = bytes_sent;
            request.ended = Some(now);
        });
    }

    fn change(&self, write: impl FnOnce(&mut Logged)) {
        let mut book = self.journal.lock();
        if book.edition != self.edition {
            return;
        }
        if let Some(request) = book.requests.get_mut(self.index) {
            write(request);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(started: u64, ended: u64) -> Logged {
        Logged {
            method: "GET".into(),
            path: "/f".into(),
            range: None,
            headers: Vec::new(),
            status: 206,
            bytes_sent: 0,
            started: Duration::from_millis(started),
            first_byte: None,
            ended: Some(Duration::from_millis(ended)),
            connection: 0,
        }
    }

    #[test]
    fn requests_that_overlap_are_one_trip() {
        assert_eq!(round_trips(&[]), 0);
        assert_eq!(round_trips(&[span(0, 10), span(1, 30), span(5, 12)]), 1);
        assert_eq!(round_trips(&[span(0, 10), span(10, 20), span(11, 40), span(25, 30)]), 3);
        // One long request beside three short ones in turn: the chain is the three.
        assert_eq!(round_trips(&[span(0, 100), span(0, 10), span(20, 30), span(40, 50)]), 3);
    }

    #[test]
    fn a_request_that_has_not_ended_overlaps_all_later_ones() {
        let mut open = span(0, 0);
        open.ended = None;
        assert_eq!(round_trips(&[open.clone(), span(5, 6)]), 1);
        assert_eq!(peak_concurrent(&[open, span(5, 6), span(6, 7)]), 2);
    }

    #[test]
    fn the_peak_counts_requests_under_way_together() {
        assert_eq!(peak_concurrent(&[]), 0);
        assert_eq!(peak_concurrent(&[span(0, 10), span(10, 20)]), 1);
        assert_eq!(peak_concurrent(&[span(0, 10), span(2, 5), span(4, 8), span(9, 12)]), 3);
    }
}
