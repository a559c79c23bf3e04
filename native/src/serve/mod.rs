//! `parqlet serve`: previews of remote files as a service, which answers as the edge function of the npm package does,
//! byte for byte (its protocol is in `wasm/package/EDGE.md`).
//!
//! ```text
//! request ─► query ─► allow ─► RemoteFile ──────► Answer ─► body, piece by piece
//!                              │  plan, check        └ text and IPC, on the decoding threads
//!                              └ Upstream: each request checked and counted, each hop of a redirect too
//! ```
//!
//! Nothing is shared between answers but connections, threads and counters: no footers, no bytes, nothing learned. The
//! same question has the same answer whatever came before.

mod address;
mod allow;
mod answer;
mod caller;
mod cors;
mod etag;
mod glob;
mod ipc;
mod landing;
mod log;
mod metrics;
mod problem;
mod query;
mod remote;
mod report;
mod resolve;
mod router;
mod settings;
mod text;
mod types;
mod upstream;

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;

use parqlet::shell::Pool;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};

pub(crate) use allow::{AllowList, Pattern};
pub(crate) use settings::{Cors, Settings};

use caller::{Caller, Callers};
use log::Log;
use metrics::Metrics;
use router::{Service, router};
use upstream::Connections;

/// Serves until `stop` resolves, then lets answers under way come to their end. Whether all did within the grace of the
/// settings.
///
/// # Errors
/// When threads or TLS can't be set up, or the listener fails.
pub(crate) async fn serve(
    listener: TcpListener,
    settings: Settings,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<bool> {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let (log, lines) = Log::start()?;
    let (grace, idle) = (settings.grace, settings.idle_timeout);
    let service = Service {
        connections: Connections::new(settings.timeout, resolve::system()).map_err(io::Error::other)?,
        pool: Pool::new(threads).map_err(io::Error::other)?,
        metrics: Arc::new(Metrics::new()),
        log,
        places: Arc::new(Semaphore::new(settings.concurrency)),
        settings: Arc::new(settings),
    };
    let app = router(Arc::new(service)).into_make_service_with_connect_info::<Caller>();
    let (stopping, stopped) = oneshot::channel();
    let server = axum::serve(Callers::new(listener, idle), app).with_graceful_shutdown(async move {
        stop.await;
        // The other end is waited for below, unless the server failed.
        let _ = stopping.send(());
    });
    let deadline = async {
        if stopped.await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(grace).await;
    };
    let whole = tokio::select! {
        served = server => {
            served?;
            true
        }
        () = deadline => false,
    };
    if whole {
        // The log's last lines, now that nobody adds any.
        let _ = tokio::task::spawn_blocking(move || lines.join()).await;
    }
    Ok(whole)
}
