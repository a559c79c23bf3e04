//! Connections of callers, which end where a caller takes nothing of an answer: it holds a place among those that may be
//! under way.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep, sleep_until};

/// Bytes that are worth a new wait: a caller who takes them one by one is as good as one who takes none. With 30 s that
/// is 0.5 KB/s.
const ENOUGH: usize = 16 << 10;

/// Accepts connections that wait so long for a caller.
pub(super) struct Callers {
    listener: TcpListener,
    patience: Duration,
}

/// Who asks, and whether the connection ended because nothing was taken.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) address: SocketAddr,
    stalled: Arc<AtomicBool>,
}

/// A connection.
pub(super) struct Connection {
    stream: TcpStream,
    patience: Duration,
    /// Since it can't be written: when that is too long, and what was taken meanwhile.
    wait: Option<(Pin<Box<Sleep>>, usize)>,
    stalled: Arc<AtomicBool>,
}

impl Callers {
    pub(super) fn new(listener: TcpListener, patience: Duration) -> Self {
        Self { listener, patience }
    }
}

impl Listener for Callers {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        (Connection { stream, patience: self.patience, wait: None, stalled: Arc::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, Callers>> for Caller {
    fn connect_info(stream: IncomingStream<'_, Callers>) -> Self {
        Self { address: *stream.remote_addr(), stalled: Arc::clone(&stream.io().stalled) }
    }
}

impl Caller {
    /// Whether so little was taken of an answer for so long that the connection was ended.
    pub(super) fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Relaxed)
    }
}

impl Connection {
    /// Notes whether so much could be written; an error where the wait for that is over.
    fn wrote(&mut self, written: Poll<io::Result<usize>>, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(result) = written {
            if let (Ok(bytes), Some((_, taken))) = (&result, &mut self.wait) {
                *taken += bytes;
                if *taken >= ENOUGH {
                    self.wait = None;
                }
            }
            return Poll::Ready(result);
        }
        let patience = self.patience;
        let (over, _) = self.wait.get_or_insert_with(|| (Box::pin(sleep_until(Instant::now() + patience)), 0));
        ready!(over.as_mut().poll(context));
        self.stalled.store(true, Ordering::Relaxed);
        // What the system still holds for the caller goes too, else it would be held for minutes.
        let _ = self.stream.set_zero_linger();
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the caller takes nothing of the answer")))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.wrote(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Asked for when all there was is written: what comes next has its own time.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wait = None;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
