//! Scripted faults: what a server, a proxy or a line does wrong, one at a time and on command.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use hyper::Method;

use super::range;

/// One thing that goes wrong with one answer. Byte counts are of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing: the right answer. Fills the places of a script that are to go well.
    None,
    /// `Range` is ignored: 200 with the whole file.
    Whole,
    /// `Content-Length` is right, but the connection closes after so many bytes.
    Cut(u64),
    /// A body of so many bytes with a `Content-Length` that agrees with it; `Content-Range` still says what was asked.
    Short(u64),
    /// So many bytes (zeros) more than `Content-Range` says, with a `Content-Length` that agrees with the body.
    Long(u64),
    /// A wrong `Content-Range` over the right bytes.
    ContentRange(WrongRange),
    /// A header is set to a value, or left out. Not for `Content-Length`: see [`Fault::Chunked`].
    Header(&'static str, Option<String>),
    /// The file has new content and a new `ETag` from this request on.
    Replaced {
        /// The new content.
        content: Bytes,
        /// False if from now on the server takes no notice of `If-Match` and `If-Unmodified-Since`, and answers from
        /// the new version where a 412 is due.
        keeps_conditions: bool,
    },
    /// No `Content-Length`: the right bytes in chunks.
    Chunked,
    /// This status with a short text as body.
    Status(u16),
    /// This status (429, 503) with a `Retry-After`.
    RetryAfter(u16, RetryAfter),
    /// TCP reset after so many bytes.
    Reset(u64),
    /// Not one byte more after so many, until the client goes or the server stops.
    Stall(u64),
    /// `Content-Encoding: gzip` though nobody asked, and a body that is really gzipped.
    Gzip,
    /// This status (301, 302, 307, 308) with this `Location`: a path such as `/other`, or a whole URL. A loop is a rule
    /// for all times whose target is its own path.
    Redirect(u16, String),
    /// So much more wait before the first byte.
    Slow(Duration),
    /// Bytes that are no HTTP, then the connection closes.
    Garbage,
    /// The connection closes without one byte of answer.
    Close,
    /// 200 without a length and a body that never ends: the file, then zeros.
    Endless,
    /// A header of so many bytes before the right answer.
    HugeHeader(usize),
}

/// How a `Content-Range` is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongRange {
    /// Start and end one byte further on.
    Shifted,
    /// A file one byte longer.
    OtherTotal,
    /// `*` where the total should be. Legal, but it says less.
    UnknownTotal,
    /// Left out.
    Missing,
    /// Not of the form at all.
    Unparsable,
}

/// The two forms of `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// Seconds from now.
    Seconds(u64),
    /// An HTTP date.
    Date(SystemTime),
}

/// When a fault happens, among the requests of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// From which request on, among those that `when` lets through; the first is 1. None is the same as 1.
    pub nth: Option<usize>,
    /// Which requests count.
    pub when: When,
    /// How many requests get the fault; `usize::MAX` for all from then on.
    pub times: usize,
    /// What goes wrong.
    pub fault: Fault,
}

/// Which requests a rule looks at; never an answered or refused preflight, which [`Cors`](super::Cors) describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// All of them.
    Any,
    /// Only those for a suffix (`bytes=-n`).
    Tail,
    /// Only those for a range with a start (`bytes=a-b`, `bytes=a-`).
    Range,
    /// Only `HEAD`.
    Head,
    /// Only `GET`, with a range or without.
    Get,
}

impl Rule {
    /// The fault on every request.
    pub fn always(fault: Fault) -> Self {
        Self { nth: None, when: When::Any, times: usize::MAX, fault }
    }

    /// The fault on the n-th request only, counted from 1.
    pub fn nth(nth: usize, fault: Fault) -> Self {
        Self { nth: Some(nth), when: When::Any, times: 1, fault }
    }
}

impl When {
    fn takes(self, method: &Method, range: Option<&str>) -> bool {
        match self {
            Self::Any => true,
            Self::Tail => range.is_some_and(range::is_tail),
            Self::Range => range.is_some_and(|header| !range::is_tail(header)),
            Self::Head => *method == Method::HEAD,
            Self::Get => *method == Method::GET,
        }
    }
}

/// All rules of a server, by name.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    by_name: Mutex<HashMap<String, Vec<Counted>>>,
}

#[derive(Debug)]
struct Counted {
    rule: Rule,
    /// Requests that `when` has let through so far.
    seen: usize,
}

impl Rules {
    pub(crate) fn add(&self, name: &str, rule: Rule) {
        let name = name.trim_start_matches('/').to_owned();
        self.lock().entry(name).or_default().push(Counted { rule, seen: 0 });
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// The fault of this request. Every rule of the name counts it; the first that applies wins.
    pub(crate) fn next(&self, name: &str, method: &Method, range: Option<&str>) -> Fault {
        let mut fault = Fault::None;
        if let Some(rules) = self.lock().get_mut(name) {
            for counted in rules.iter_mut().filter(|counted| counted.rule.when.takes(method, range)) {
                counted.seen += 1;
                let first = counted.rule.nth.unwrap_or(1);
                let applies = counted.seen >= first && counted.seen - first < counted.rule.times;
                if applies && fault == Fault::None {
                    fault = counted.rule.fault.clone();
                }
            }
        }
        fault
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<Counted>>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_takes_effect_from_its_request_on_for_its_times() {
        let rules = Rules::default();
        rules.add("f", Rule { nth: Some(2), when: When::Range, times: 2, fault: Fault::Whole });
        let asks = ["bytes=-8", "bytes=0-1", "bytes=2-3", "bytes=-8", "bytes=4-5", "bytes=6-7"];
        let faults: Vec<_> = asks.iter().map(|range| rules.next("f", &Method::GET, Some(range))).collect();
        let none = Fault::None;
        assert_eq!(faults, [none.clone(), none.clone(), Fault::Whole, none.clone(), Fault::Whole, none]);
        assert_eq!(rules.next("other", &Method::GET, None), Fault::None);
    }

    #[test]
    fn the_first_rule_that_applies_wins() {
        let rules = Rules::default();
        rules.add("f", Rule::nth(2, Fault::Close));
        rules.add("f", Rule::always(Fault::Status(500)));
        let faults: Vec<_> = (0..3).map(|_| rules.next("f", &Method::GET, None)).collect();
        assert_eq!(faults, [Fault::Status(500), Fault::Close, Fault::Status(500)]);
    }
}
