//! Decoding on a rayon pool of our own: a job never runs on a runtime thread, nor on the pool of the host program.

use futures_util::future::BoxFuture;
use parqlet_core::drive::Decode;
use parqlet_core::job::{Decoded, Job};
use parqlet_core::{Error, ErrorKind, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::oneshot;

/// Threads to decode on. Cheap to clone; clones are the same threads.
#[derive(Debug, Clone)]
pub struct Pool(Arc<rayon::ThreadPool>);

impl Pool {
    /// So many threads.
    ///
    /// # Errors
    /// When they can't be started.
    pub fn new(threads: usize) -> Result<Self> {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("parqlet-decode-{index}"))
            .build()
            .map(|pool| Self(Arc::new(pool)))
            .map_err(|error| Error::new(ErrorKind::Memory, "can't start the decoding threads").with_source(error))
    }

    pub(crate) fn threads(&self) -> usize {
        self.0.current_num_threads()
    }

    /// Runs other work that would keep a runtime thread too long; `None` if it panicked.
    pub fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> BoxFuture<'static, Option<T>> {
        let (sender, receiver) = oneshot::channel();
        self.0.spawn(move || {
            // A panic that reaches the pool ends the process.
            let done = catch_unwind(AssertUnwindSafe(|| if sender.is_closed() { None } else { Some(work()) }));
            drop(sender.send(done.ok().flatten()));
        });
        Box::pin(async move { receiver.await.ok().flatten() })
    }
}

impl Decode for Pool {
    type Running = BoxFuture<'static, Decoded>;

    fn decode(&self, job: Job) -> Self::Running {
        let ticket = job.ticket();
        let (sender, receiver) = oneshot::channel();
        self.0.spawn(move || {
            // Nobody waits for it any more: the load was dropped or began anew.
            if sender.is_closed() {
                return;
            }
            let started = Instant::now();
            let mut decoded = job.run();
            decoded.busy = started.elapsed();
            // The receiver may have gone meanwhile; then the batches go too.
            drop(sender.send(decoded));
        });
        Box::pin(async move { receiver.await.unwrap_or_else(|_| Decoded::lost(ticket)) })
    }
}
