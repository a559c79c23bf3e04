//! The abstract fetch: one verb, and no word about threads.

use crate::error::Result;
use crate::object::Identity;
use bytes::Bytes;
use std::future::Future;
use std::ops::Range;
use std::time::Duration;

/// Which bytes of the object a request asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Span {
    /// Exactly these bytes; never empty.
    Exact(Range<u64>),
    /// The last so many bytes, or all of a shorter object. Its answer tells the length.
    Tail(u64),
    /// No bytes, only length and version (HTTP `HEAD`).
    Length,
}

/// One request of a load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is asked for.
    pub span: Span,
    /// The state of the object the answer must come from; `None` before the first answer.
    ///
    /// A shell that can make it a precondition at no extra cost does (`If-Match` natively; a browser would pay a
    /// preflight). Every answer is compared either way.
    pub pinned: Option<Identity>,
    /// Whether the object is being opened: what comes then may stay known for the whole load.
    pub opening: bool,
}

impl Request {
    /// How many bytes of an object that a server sends whole instead of a range (a 200) are worth taking: one request's
    /// worth of bytes. Once the object is open many requests are under way together, and each would hold all of it.
    pub fn whole_limit(&self) -> u64 {
        if self.opening { 8 << 20 } else { 1 << 20 }
    }
}

/// What came back, checked: the bytes stand at `range` of the object that `identity` names.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Where the bytes stand. At least what was asked for; all of the object where the server sent it whole; empty for
    /// [`Span::Length`].
    pub range: Range<u64>,
    /// The bytes, as many as `range` is long.
    pub bytes: Bytes,
    /// Length and version of the object.
    pub identity: Identity,
    /// From sending the request to the first byte of the answer.
    pub first_byte: Duration,
}

/// Gets byte ranges of one object.
///
/// The future is an associated type without a `Send` bound, so one trait serves a thread pool, which asks for
/// `F: Fetch<Response: Send>`, and a browser, whose futures can't leave their thread.
///
/// Dropping the future cancels the request. An implementation makes each request once: retrying is decided by the
/// load. It checks each answer with [`crate::answer`].
///
/// ```
/// use parqlet_core::{error::Result, fetch::{Answer, Fetch, Request}};
/// use std::{future::Future, pin::Pin, rc::Rc};
///
/// /// A browser's fetch holds things that can't be sent to another thread.
/// struct Local(Rc<Answer>);
///
/// impl Fetch for Local {
///     type Response = Pin<Box<dyn Future<Output = Result<Answer>>>>;
///     fn fetch(&self, _request: Request) -> Self::Response {
///         let answer = self.0.clone();
///         Box::pin(async move { Ok((*answer).clone()) })
///     }
/// }
/// ```
pub trait Fetch {
    /// The pending answer.
    type Response: Future<Output = Result<Answer>>;

    /// Starts a request.
    fn fetch(&self, request: Request) -> Self::Response;
}

/// Sleeps, so that the core need not know a clock.
pub trait Sleep {
    /// Completes when the time is over.
    type Timer: Future<Output = ()>;

    /// The time since some fixed moment; never goes back.
    fn now(&self) -> Duration;

    /// A timer that ends at `until`, on the scale of [`Sleep::now`].
    fn sleep_until(&self, until: Duration) -> Self::Timer;
}
