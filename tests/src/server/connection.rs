//! One connection: requests in, answers out, with the link's waits and the script's faults.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::answer::{Answer, Wire, answer};
use super::body::{self, Body};
use super::cors::{Origins, is_preflight};
use super::distort::{beforehand, distort};
use super::fault::Rules;
use super::link::SharedLink;
use super::log::{Journal, Logged};
use super::socket::{Damage, Socket, Stream};
use super::store::Store;

/// What all connections of a server share.
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) rules: Rules,
    pub(crate) origins: Origins,
    pub(crate) journal: Arc<Journal>,
    pub(crate) link: Arc<SharedLink>,
}

/// Serves a connection until either side ends it.
pub(crate) async fn serve(shared: Arc<Shared>, tcp: TcpStream, tls: Option<TlsAcceptor>, connection: u64) {
    shared.link.until(Instant::now() + shared.link.connect()).await;
    // Slices are timed here; the kernel must not hold them back.
    let _ = tcp.set_nodelay(true);
    let stream = match tls {
        None => Stream::Plain(tcp),
        Some(acceptor) => match acceptor.accept(tcp).await {
            Ok(stream) => Stream::Tls(Box::new(stream)),
            Err(_) => return,
        },
    };
    let damage = Arc::new(Damage::default());
    let socket = TokioIo::new(Socket::new(stream, Arc::clone(&damage)));
    let service = service_fn(|request| respond(Arc::clone(&shared), Arc::clone(&damage), connection, request));
    // An error here is the client's leaving or a scripted break: both are in the log.
    let _ = http1::Builder::new().serve_connection(socket, service).await;
}

async fn respond(
    shared: Arc<Shared>,
    damage: Arc<Damage>,
    connection: u64,
    request: Request<Incoming>,
) -> io::Result<Response<Body>> {
    let arrived = Instant::now();
    let logged = logged(&request, connection);
    let range = logged.range.clone();
    let entry = shared.journal.open(logged);

    let name = request.uri().path().trim_start_matches('/').to_owned();
    let mut headers = request.headers().clone();
    let cors = shared.origins.of(&name).filter(|_| headers.contains_key(hyper::header::ORIGIN));
    let mut answer = match &cors {
        Some(cors) if is_preflight(request.method(), &headers) => cors.preflight(),
        _ => {
            let fault = shared.rules.next(&name, request.method(), range.as_deref());
            beforehand(&fault, &shared.store, &name, &mut headers);
            let right = answer(&shared.store, request.method(), &name, &headers);
            distort(fault, right).await.unwrap_or_else(|_| Answer::text(500))
        }
    };
    if let Some(cors) = cors {
        cors.mark(request.method(), &mut answer.headers);
    }

    let start = arrived + shared.link.first_byte() + answer.wait;
    shared.link.until(start).await;
    match answer.wire {
        Wire::Http => entry.answered(answer.status),
        Wire::Garbage => damage.garbage(),
        Wire::Nothing => return Err(io::Error::other("scripted silence")),
    }
    let mut response = Response::builder().status(StatusCode::from_u16(answer.status).unwrap_or_default());
    if let Some(headers) = response.headers_mut() {
        *headers = answer.headers.clone();
    }
    let body = if request.method() == Method::HEAD {
        body::empty(entry)
    } else {
        body::shaped(answer, shared.link.pace(start), entry, damage)
    };
    response.body(body).map_err(io::Error::other)
}

fn logged(request: &Request<Incoming>, connection: u64) -> Logged {
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    Logged {
        method: request.method().to_string(),
        path: path.to_owned(),
        range: request.headers().get(hyper::header::RANGE).map(text),
        headers: request.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        status: 0,
        bytes_sent: 0,
        started: std::time::Duration::ZERO,
        first_byte: None,
        ended: None,
        connection,
    }
}
