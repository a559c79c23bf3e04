//! Decoding on a rayon pool of our own: a job never runs on a runtime thread, nor on the pool of the host program.

use futures_util::future::BoxFuture;
use parqlet_core::drive::Decode;
use parqlet_core::job::{Decoded, Job};
use parqlet_core::{Error, ErrorKind, Result};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::oneshot;

/// The pool. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Pool(Arc<rayon::ThreadPool>);

impl Pool {
    pub(crate) fn new(threads: usize) -> Result<Self> {
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
