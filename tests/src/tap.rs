//! Between a client and a real server on the loopback: passes requests and answers on as they are, except where a test
//! says otherwise.
//!
//! Signatures hold: a server is told the name that the client asked for. Each request has a connection of its own.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What becomes of a request.
pub enum Act {
    /// It is passed on, and its answer back.
    Pass,
    /// It is passed on, and its answer back up to so many bytes of the body; then the connection closes.
    Cut(usize),
    /// It is answered here, as S3 refuses: with this status, and this word for it.
    Refuse(u16, &'static str),
    /// When all requests before it are answered, something happens; then it is passed on. Those behind it wait.
    After(Box<dyn FnOnce() + Send>),
}

/// A request as it came, and what it got.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its head, without the empty line at the end.
    pub head: String,
    /// Of the answer; 0 where there was none.
    pub status: u16,
}

/// The one in between; takes no more requests when it is dropped.
pub struct Tap {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    server: String,
    script: Mutex<Box<Script>>,
    log: Mutex<Vec<Request>>,
    /// Requests that are being answered.
    busy: Mutex<usize>,
    less_busy: Condvar,
    over: Mutex<bool>,
}

/// Says of each request, counted from 1, what becomes of it.
type Script = dyn FnMut(usize, &Request) -> Act + Send;

impl Tap {
    /// In front of the server at this address (`http://host:port`).
    ///
    /// # Panics
    ///
    /// If there is no port: a test has nothing to do without it.
    #[expect(clippy::expect_used, reason = "tests can't go on without it")]
    pub fn start(server: &str, script: impl FnMut(usize, &Request) -> Act + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("a bound port").port();
        let shared = Arc::new(Shared {
            server: server.trim_start_matches("http://").to_owned(),
            script: Mutex::new(Box::new(script)),
            log: Mutex::default(),
            busy: Mutex::default(),
            less_busy: Condvar::new(),
            over: Mutex::default(),
        });
        let all = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if *lock(&all.over) {
                    return;
                }
                let Ok(client) = client else { continue };
                let shared = Arc::clone(&all);
                // What breaks between the two ends is what either of them sees.
                std::thread::spawn(move || shared.serve(client));
            }
        });
        Self { port, shared }
    }

    /// Its address.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// All requests so far, in the order of arrival.
    pub fn log(&self) -> Vec<Request> {
        lock(&self.shared.log).clone()
    }

    /// The statuses of all answers so far, in the order of the requests.
    pub fn statuses(&self) -> Vec<u16> {
        lock(&self.shared.log).iter().map(|request| request.status).collect()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        *lock(&self.shared.over) = true;
        // Wakes the thread that listens.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Shared {
    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let request = Request { head: head(&mut client)?, status: 0 };
        let (number, act) = {
            let mut script = lock(&self.script);
            let number = {
                let mut log = lock(&self.log);
                log.push(request.clone());
                log.len()
            };
            let act = script(number, &request);
            if let Act::After(happens) = act {
                let mut busy = lock(&self.busy);
                while *busy > 0 {
                    busy = self.less_busy.wait(busy).unwrap_or_else(PoisonError::into_inner);
                }
                drop(busy);
                happens();
                *lock(&self.busy) += 1;
                (number, Act::Pass)
            } else {
                *lock(&self.busy) += 1;
                (number, act)
            }
        };
        let done = self.answer(&mut client, number, &request, &act);
        *lock(&self.busy) -= 1;
        self.less_busy.notify_all();
        done
    }

    fn answer(&self, client: &mut TcpStream, number: usize, request: &Request, act: &Act) -> io::Result<()> {
        let mut answer = match act {
            Act::Refuse(status, code) => refusal(*status, code),
            Act::Pass | Act::Cut(_) | Act::After(_) => self.passed(request)?,
        };
        if let Some(status) = answer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok()) {
            lock(&self.log)[number - 1].status = status;
        }
        if let Act::Cut(bytes) = act {
            let body = answer.windows(4).position(|end| end == b"\r\n\r\n").map_or(0, |at| at + 4);
            answer.truncate(body + bytes);
        }
        client.write_all(&answer)?;
        client.shutdown(Shutdown::Write)?;
        // Until the client has taken it all: an end with something unread would be a reset.
        io::copy(client, &mut io::sink()).map(drop)
    }

    /// The server's answer, to its end.
    fn passed(&self, request: &Request) -> io::Result<Vec<u8>> {
        let mut server = TcpStream::connect(&self.server)?;
        write!(server, "{}\r\nConnection: close\r\n\r\n", request.head)?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "Pass",
            Self::Cut(_) => "Cut",
            Self::Refuse(..) => "Refuse",
            Self::After(_) => "After",
        })
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap").field("endpoint", &self.endpoint()).finish_non_exhaustive()
    }
}

/// A request's head; nobody sends a body here.
fn head(client: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    head.truncate(head.len() - 4);
    String::from_utf8(head).map_err(io::Error::other)
}

/// As S3 says it.
fn refusal(status: u16, code: &str) -> Vec<u8> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>In the server's words.</Message>\
         <RequestId>4442587FB7D0A2F9</RequestId><HostId>x/y=</HostId></Error>"
    );
    let head = format!(
        "HTTP/1.1 {status} {code}\r\nContent-Type: application/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
