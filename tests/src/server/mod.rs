//! A real HTTP/1.1 server on the loopback, for tests, the demo and benches.
//!
//! It keeps the rules for ranges, versions, conditions and other origins ([`Cors`]), logs what it was asked, can seem far away ([`Link`]) and can
//! break any rule on command ([`Fault`]).
//!
//! ```
//! use parqlet_tests::server::{Fault, Options, Rule, Server};
//!
//! let server = Server::start(Options::default());
//! server.put("a.parquet", "PAR1...PAR1");
//! server.rule("a.parquet", Rule::nth(2, Fault::Status(503)));
//! println!("{}", server.url("a.parquet"));
//! assert!(server.log().is_empty());
//! ```

mod answer;
mod body;
mod connection;
mod cors;
mod distort;
mod fault;
mod link;
mod log;
mod range;
mod socket;
mod store;
mod timer;
mod tls;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tempfile::NamedTempFile;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

pub use cors::{Cors, Preflight};
pub use fault::{Fault, RetryAfter, Rule, When, WrongRange};
pub use link::{Late, Link};
pub use log::{Logged, peak_concurrent, round_trips};

use connection::{Shared, serve};
use link::SharedLink;
use log::Journal;
use store::Store;
use tls::Identity;

/// How a server starts.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How far away it seems; [`Link::none`] by default.
    pub link: Link,
    /// HTTPS with a certificate of an authority made for this server; see [`Server::ca_file`].
    pub tls: bool,
    /// Address to listen on; a free port of `127.0.0.1` by default.
    pub listen: Option<SocketAddr>,
}

/// A running server; stops when dropped.
///
/// It has threads of its own, so it serves synchronous tests and benches as well as asynchronous ones, and its timing
/// does not depend on the runtime of the client under test.
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    ca: Option<Authority>,
    refused: Arc<AtomicUsize>,
    /// Only taken out on drop.
    runtime: Option<Runtime>,
}

struct Authority {
    pem: String,
    file: NamedTempFile,
}

/// Connections open at once, at most; the next ones wait to be accepted.
const CONNECTIONS: usize = 4096;

impl Server {
    /// Starts a server.
    ///
    /// # Panics
    ///
    /// If it can't: a test has nothing to do without it. [`Server::try_start`] returns the error.
    #[expect(clippy::expect_used, reason = "tests can't go on without their server")]
    pub fn start(options: Options) -> Self {
        Self::try_start(options).expect("a loopback server starts")
    }

    /// Starts a server.
    ///
    /// # Errors
    ///
    /// No port, no thread or no key to be had.
    pub fn try_start(options: Options) -> io::Result<Self> {
        let address = options.listen.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 0).into());
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (acceptor, ca) = if options.tls {
            let identity = Identity::new().map_err(|error| io::Error::other(error.to_string()))?;
            (Some(identity.acceptor), Some(Authority::new(identity.ca_pem)?))
        } else {
            (None, None)
        };
        let shared = Arc::new(Shared {
            store: Store::new(),
            rules: fault::Rules::default(),
            origins: cors::Origins::default(),
            journal: Journal::new(),
            link: SharedLink::new(options.link)?,
        });
        let refused = Arc::new(AtomicUsize::new(0));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("test-server")
            .enable_all()
            .build()?;
        runtime.spawn(accept(listener, Arc::clone(&shared), acceptor, Arc::clone(&refused)));
        Ok(Self { shared, address, ca, refused, runtime: Some(runtime) })
    }

    /// Registers a file in memory, or a new version of it with a new `ETag`. Slices are sent without a copy.
    pub fn put(&self, name: &str, content: impl Into<Bytes>) {
        self.shared.store.put(name, content.into(), true);
    }

    /// Registers a file on disk: read piece by piece for each request, never loaded. Its length, time and `ETag` are
    /// those it has when it is asked for.
    pub fn put_path(&self, name: &str, path: impl Into<PathBuf>) {
        self.shared.store.put_path(name, path.into());
    }

    /// Forgets a file: 404 from now on.
    pub fn remove(&self, name: &str) {
        self.shared.store.remove(name);
    }

    /// The address of a file, with the port in it.
    pub fn url(&self, name: &str) -> String {
        let scheme = if self.ca.is_some() { "https" } else { "http" };
        format!("{scheme}://{}/{}", self.address, name.trim_start_matches('/'))
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate to trust, as PEM; none for plain HTTP.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca.as_ref().map(|ca| ca.pem.as_str())
    }

    /// The same in a file that lives as long as the server: what `SSL_CERT_FILE` wants.
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca.as_ref().map(|ca| ca.file.path())
    }

    /// Lets a fault happen to the requests of a name that the rule describes. Several rules of a name all count; the
    /// first that applies wins. The name need not be a file.
    pub fn rule(&self, name: &str, rule: Rule) {
        self.shared.rules.add(name, rule);
    }

    /// Lets the first requests of a name meet these faults in turn; the ones after them go well.
    pub fn script(&self, name: &str, faults: impl IntoIterator<Item = Fault>) {
        for (place, fault) in faults.into_iter().enumerate() {
            self.rule(name, Rule::nth(place + 1, fault));
        }
    }

    /// Forgets all rules. What they did to the files stays.
    pub fn clear_rules(&self) {
        self.shared.rules.clear();
    }

    /// Sets what pages of other origins may do with a name, or takes it back. `*` is for every name without rules of
    /// its own. Without any, answers have no CORS headers and `OPTIONS` is a 405, as on a server nobody set up for it.
    pub fn cors(&self, name: &str, cors: impl Into<Option<Cors>>) {
        self.shared.origins.set(name, cors.into());
    }

    /// Closes the next so many connections at once after accept.
    pub fn refuse_connections(&self, count: usize) {
        self.refused.store(count, Ordering::SeqCst);
    }

    /// All requests since the start or the last reset, in the order of arrival. Those under way have no end yet; at
    /// most the first 200,000 are kept.
    pub fn log(&self) -> Vec<Logged> {
        self.shared.journal.read()
    }

    /// Empties the log; requests under way never come back into it.
    pub fn reset_log(&self) {
        self.shared.journal.reset();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Not a plain drop: that one waits, and panics inside another runtime.
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("url", &self.url("")).finish_non_exhaustive()
    }
}

impl Authority {
    fn new(pem: String) -> io::Result<Self> {
        let mut file = tempfile::Builder::new().prefix("test-ca-").suffix(".pem").tempfile()?;
        io::Write::write_all(&mut file, pem.as_bytes())?;
        Ok(Self { pem, file })
    }
}

async fn accept(
    listener: std::net::TcpListener,
    shared: Arc<Shared>,
    tls: Option<TlsAcceptor>,
    refused: Arc<AtomicUsize>,
) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connection = 0;
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        // An error is one client's that left, or no descriptor left: both pass.
        let Ok((tcp, _)) = listener.accept().await else {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            continue;
        };
        let number = connection;
        connection += 1;
        if refused.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            continue;
        }
        let (shared, tls) = (Arc::clone(&shared), tls.clone());
        tokio::spawn(async move {
            serve(shared, tcp, tls, number).await;
            drop(place);
        });
    }
}
