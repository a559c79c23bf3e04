//! Ballista as it runs on a cluster: a scheduler and two executors, each a process of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod common;

use ballista::prelude::{SessionConfigExt as _, SessionContextExt as _};
use ballista_core::utils::default_session_builder;
use common::stores::Stores;
use common::{Asked, FILES, QUERY, Server, assert_same, in_time, on_one_machine, register};
use datafusion::prelude::{SessionConfig, SessionContext};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The processes; they end with this.
struct Cluster {
    processes: Vec<Child>,
    scheduler: u16,
    work: [TempDir; 2],
}

impl Cluster {
    /// Whose processes read through `store`.
    async fn start(store: &str) -> Self {
        let [scheduler, ports @ ..] = free_ports::<5>();
        let work = [TempDir::new().unwrap(), TempDir::new().unwrap()];
        let mut cluster = Self { processes: Vec::new(), scheduler, work };
        let port = scheduler.to_string();
        in_time(listening(scheduler, cluster.run("scheduler", &[&port, store]))).await;
        for (executor, own) in ports.chunks(2).enumerate() {
            let folder = cluster.work[executor].path().to_str().unwrap().to_owned();
            let ports = [own[0].to_string(), own[1].to_string()];
            let process = cluster.run("executor", &[&folder, &ports[0], &ports[1], &port, store]);
            in_time(listening(own[0], process)).await;
        }
        cluster
    }

    fn run(&mut self, example: &str, arguments: &[&str]) -> &mut Child {
        let process = Command::new(built(example)).args(arguments).stdin(Stdio::null()).spawn().unwrap();
        self.processes.push(process);
        self.processes.last_mut().unwrap()
    }

    /// A client that plans through the same store.
    async fn connect(&self, store: &str) -> SessionContext {
        // One task for each file.
        let stores = Stores::named(store).unwrap();
        let config = stores.settings(SessionConfig::new_with_ballista().with_target_partitions(4)).unwrap();
        let state = stores.within(default_session_builder(config).unwrap()).unwrap();
        let url = format!("df://127.0.0.1:{}", self.scheduler);
        SessionContext::remote_with_state(&url, state).await.unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for process in &mut self.processes {
            // One that ended early has failed its test already.
            drop(process.kill());
            drop(process.wait());
        }
    }
}

/// Where cargo puts an example.
fn built(example: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let path = tests.parent().and_then(Path::parent).unwrap().join("examples").join(example);
    assert!(path.exists(), "cargo test builds {}", path.display());
    path
}

fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// Waits until somebody answers at a port.
async fn listening(port: u16, process: &mut Child) {
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(process.try_wait().unwrap().is_none(), "the process for port {port} has ended");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Files under a folder, however deep.
fn count_files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { count_files(&path) } else { 1 }).sum()
}

/// Runs the query on a cluster of its own and holds its answer against that of one machine.
async fn measure(store: &str) -> Asked {
    let mut server = Server::of_files();
    let expected = on_one_machine(&server.urls()).await;
    server.asked();
    let cluster = Cluster::start(store).await;
    let begun = Instant::now();
    let context = cluster.connect(store).await;
    in_time(register(&context, "rides", &server.urls())).await.unwrap();
    let table = context.sql(QUERY).await.unwrap();
    let batches = in_time(table.collect()).await.unwrap();
    let took = begun.elapsed();
    assert_same(&batches, &expected);
    for folder in &cluster.work {
        assert!(count_files(folder.path()) > 0, "both executors took part");
    }
    let asked = server.asked();
    println!("Ballista through {store}: {}, {} ms", asked.summary(), took.as_millis());
    asked
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_on_two_executors_gives_the_rows_of_a_load_on_one_machine() {
    let ours = measure("parqlet").await;
    let theirs = measure("datafusion").await;
    assert!(ours.bytes < theirs.bytes, "{} against {}", ours.summary(), theirs.summary());

    // Each process opens each file that it reads once; what it reads of it then is pinned to that.
    assert!(ours.openings() <= 4 * FILES.len(), "{}: a client, a scheduler, two executors", ours.openings());
}
