//! A client that hides nothing: sends one request as text and keeps every byte that comes back.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "shared by several test binaries; tests fail by panicking"
)]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use parqlet_tests::server::Server;

/// How the server's side of a connection ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Reset,
    /// Nothing came for 300 ms.
    Silence,
    /// The client had read as much as it wanted.
    Enough,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: End,
}

impl Reply {
    fn split(&self) -> (String, &[u8]) {
        let at = self.bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
        (String::from_utf8_lossy(&self.bytes[..at]).into_owned(), &self.bytes[at..])
    }

    pub(crate) fn status(&self) -> u16 {
        let (head, _) = self.split();
        head.strip_prefix("HTTP/1.1 ").unwrap()[..3].parse().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let (head, _) = self.split();
        head.lines().skip(1).find_map(|line| {
            let (own, value) = line.split_once(": ")?;
            own.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    }

    /// What follows the head, chunk sizes and all.
    pub(crate) fn body(&self) -> &[u8] {
        self.split().1
    }
}

/// `GET /name` with these headers on a connection of its own, read to its end.
pub(crate) fn get(server: &Server, name: &str, headers: &[(&str, &str)]) -> Reply {
    send(server, "GET", name, headers, usize::MAX)
}

pub(crate) fn send(server: &Server, method: &str, name: &str, headers: &[(&str, &str)], enough: usize) -> Reply {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let mut request = format!("{method} /{name} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    // A refused connection may be gone already: what there is to see comes from the read.
    let _ = stream.write_all(request.as_bytes());
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    let end = loop {
        if bytes.len() >= enough {
            break End::Enough;
        }
        match stream.read(&mut buffer) {
            Ok(0) => break End::Closed,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break End::Reset,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                break End::Silence;
            }
            Err(error) => panic!("{error}"),
        }
    };
    Reply { bytes, end }
}
