//! How true the emulated link is. The figures are printed by
//! `cargo test --release -p parqlet-tests --test link -- --ignored --nocapture`; they need a quiet machine.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use parqlet_tests::server::{Link, Options, Server};

/// A client on one kept connection.
struct Client(TcpStream);

impl Client {
    fn new(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address()).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    /// Reads a range of `f`; how long its first byte and all of it took.
    fn read(&mut self, length: usize) -> (Duration, Duration) {
        let started = Instant::now();
        let last = length - 1;
        write!(self.0, "GET /f HTTP/1.1\r\nHost: test\r\nRange: bytes=0-{last}\r\n\r\n").unwrap();
        let mut buffer = vec![0; 1 << 20];
        let mut read = self.0.read(&mut buffer).unwrap();
        let first = started.elapsed();
        let head = buffer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let mut body = read - head;
        while body < length {
            read = self.0.read(&mut buffer).unwrap();
            assert!(read > 0);
            body += read;
        }
        (first, started.elapsed())
    }
}

fn server(link: Link) -> Server {
    let server = Server::start(Options { link, ..Options::default() });
    server.put("f", vec![7_u8; 80_000_000]);
    server
}

/// Seconds for so many connections to read so much each, all at once.
fn together(server: &Server, connections: usize, bytes: usize) -> f64 {
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| Client::new(server).read(bytes));
        }
    });
    started.elapsed().as_secs_f64()
}

#[test]
#[ignore = "prints figures; needs a quiet machine"]
fn figures() {
    println!("object store link: seconds expected, measured");
    let store = server(Link::object_store());
    for (connections, bytes) in
        [(1, 80_000_000), (4, 80_000_000), (8, 40_000_000), (15, 40_000_000), (32, 40_000_000), (64, 20_000_000)]
    {
        let all = (connections * bytes) as f64;
        let expected = 0.035 + (all / 1.25e9).max(bytes as f64 / 80e6);
        let took = together(&store, connections, bytes);
        println!(
            "{connections:>3} x {:>3} MB  {expected:.3}  {took:.3}  {:+.1} %",
            bytes / 1_000_000,
            (took / expected - 1.0) * 100.0
        );
    }
    let mut client = Client::new(&store);
    client.read(1);
    for bytes in [100, 40_000, 400_000, 4_000_000] {
        let times: Vec<_> = (0..40).map(|_| client.read(bytes)).collect();
        let mean = |pick: fn(&(Duration, Duration)) -> Duration| {
            times.iter().map(pick).sum::<Duration>().as_secs_f64() / 40.0 * 1e3
        };
        let expected = 30.0 + bytes as f64 / 80e3;
        println!(
            "{bytes:>8} bytes  first byte 30 ms {:.2}  all {expected:.2} ms {:.2}",
            mean(|time| time.0),
            mean(|time| time.1)
        );
    }
    let bare = server(Link::none());
    for connections in [1, 2, 8] {
        let took = together(&bare, connections, 80_000_000);
        println!("bare, {connections} connections: {:.2} GB/s", connections as f64 * 0.08 / took);
    }
}
