//! A whole load on one thread with things that can't leave it, as in a browser: that this compiles is half of the test.

use crate::shape::{Form, Shape, joined};
use futures_util::future::{Ready, ready};
use parqlet_core::answer::{Head, check_head};
use parqlet_core::drive::{Decode, Drive};
use parqlet_core::error::Result;
use parqlet_core::fetch::{Answer, Fetch, Request, Sleep, Span};
use parqlet_core::job::{Decoded, Job};
use parqlet_core::link::Link;
use parqlet_core::load::{Goal, Load, Options};
use parqlet_core::plan::Limits;
use parqlet_core::select::Selection;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

type Local<T> = Pin<Box<dyn Future<Output = T>>>;

/// An object, and what was asked of it.
struct Object {
    shape: Shape,
    asked: RefCell<Vec<Span>>,
}

#[derive(Clone)]
struct LocalFetch(Rc<Object>);

impl Fetch for LocalFetch {
    type Response = Local<Result<Answer>>;

    fn fetch(&self, request: Request) -> Self::Response {
        let object = Rc::clone(&self.0);
        Box::pin(async move {
            Turn(false).await;
            object.asked.borrow_mut().push(request.span.clone());
            // The second answer asks for patience, so that the timer is used.
            if object.asked.borrow().len() == 2 {
                let head = Head { status: 503, retry_after: Some(Duration::from_secs(3)), ..Head::default() };
                return Err(check_head(&request, &head, 0).unwrap_err());
            }
            let length = object.shape.length();
            let range = match &request.span {
                Span::Exact(range) => range.clone(),
                Span::Tail(bytes) => length.saturating_sub(*bytes)..length,
                Span::Length => 0..0,
            };
            let place = format!("bytes {}-{}/{length}", range.start, range.end - 1);
            let head = Head { status: 206, content_range: Some(&place), etag: Some("\"a\""), ..Head::default() };
            let bytes = object.shape.file.slice(range.start as usize..range.end as usize);
            check_head(&request, &head, 0)?.finish(&request, bytes, Duration::ZERO)
        })
    }
}

/// A clock that stands still until somebody has waited for it.
#[derive(Clone, Default)]
struct LocalClock(Rc<Cell<Duration>>);

impl Sleep for LocalClock {
    type Timer = Local<()>;

    fn now(&self) -> Duration {
        self.0.get()
    }

    fn sleep_until(&self, until: Duration) -> Self::Timer {
        let clock = Rc::clone(&self.0);
        Box::pin(async move {
            // Whatever else can go on goes on first.
            for _ in 0..3 {
                Turn(false).await;
            }
            clock.set(until);
        })
    }
}

struct Inline(Rc<Cell<usize>>);

impl Decode for Inline {
    type Running = Ready<Decoded>;

    fn decode(&self, job: Job) -> Self::Running {
        self.0.set(self.0.get() + 1);
        ready(job.run())
    }
}

/// Pending once.
struct Turn(bool);

impl Future for Turn {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Runs a future on this thread. Everything here wakes itself, so polling again is all there is to do.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..10_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
    panic!("the load hangs");
}

#[test]
fn a_load_needs_no_second_thread_and_nothing_that_could_go_there() {
    let form = Form { rows: 3_000, row_group: 700, page: 100, columns: 4, ..crate::scene::table_form() };
    let shape = Shape::numbers(&form, 5);
    let object = Rc::new(Object { shape: shape.clone(), asked: RefCell::default() });
    let limits =
        Limits { link: Link { tail: 4_000, ..Link::object_store() }, memory: 8 << 20, max_requests: None, files: 1 };
    let options = Options { seed: 3, ..Options::new(limits) };
    let load = Load::new("object".into(), Goal::Read(Selection::all()), options);
    let (clock, jobs) = (LocalClock::default(), Rc::new(Cell::new(0)));
    let mut drive = Drive::new(load, LocalFetch(Rc::clone(&object)), clock.clone(), Inline(Rc::clone(&jobs)));
    let batches = block_on(async {
        let mut batches = Vec::new();
        while let Some(batch) = drive.next().await.unwrap() {
            batches.push(batch);
        }
        batches
    });
    assert_eq!(joined(drive.load().schema().unwrap(), &batches), shape.rows);
    assert_eq!(jobs.get(), 5, "one job a row group");
    assert_eq!(drive.load().stats().retries, 1);
    assert!(clock.now() >= Duration::from_secs(3), "the timer was waited for: {:?}", clock.now());
    assert_eq!(object.asked.borrow()[0], Span::Tail(4_000));
}
