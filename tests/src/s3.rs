//! A real S3 server on the loopback, with real signatures: SeaweedFS, from the package registry.

use std::fs::File;
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{ObjectStoreExt, RetryConfig};
use serde_json::json;
use tempfile::TempDir;

use crate::command::until;
use crate::tools::installed;

/// The one user's access key.
pub const ACCESS_KEY: &str = "parqlet-tests";
/// The one user's secret key.
pub const SECRET_KEY: &str = "a secret of the tests";

/// Ports the server listens on, for itself and for others.
const PORTS: usize = 8;

/// Watches the server: ends it when its own standard input ends, which is when the test process does, however it ends.
/// The objects stay only where that was asked for.
const GUARD: &str = r#"folder=$1; shift; "$@" & server=$!
read -r word; kill -9 $server; wait $server 2>/dev/null; [ "$word" = keep ] || rm -rf "$folder""#;

/// A running server with its objects; ends when dropped.
#[derive(Debug)]
pub struct S3Server {
    program: PathBuf,
    folder: TempDir,
    ports: Vec<u16>,
    guard: Option<Child>,
}

impl S3Server {
    /// The server of this test process, started when it is first asked for.
    pub fn shared() -> &'static Self {
        static SERVER: OnceLock<S3Server> = OnceLock::new();
        SERVER.get_or_init(Self::start)
    }

    /// A server of its own.
    ///
    /// # Panics
    ///
    /// If it can't be installed or doesn't start: a test has nothing to do without it.
    #[expect(clippy::expect_used, clippy::panic, reason = "tests can't go on without their server")]
    pub fn start() -> Self {
        let program = installed("s3-server.sh");
        // A port may be taken between the moment it was free and the server's start.
        for _ in 0..3 {
            let folder = tempfile::tempdir().expect("a folder for objects");
            let ports = free_ports().expect("free ports");
            let mut server = Self { program: program.clone(), folder, ports, guard: None };
            if server.run() {
                return server;
            }
        }
        panic!("the S3 server ({}) doesn't start", program.display());
    }

    /// Its address.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[0])
    }

    /// Ends it at once, as a crash would. Its objects stay.
    pub fn kill(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            if let Some(mut words) = guard.stdin.take() {
                let _ = words.write_all(b"keep\n");
            }
            let _ = guard.wait();
        }
        for port in &self.ports {
            for service in ["master", "volume", "filer", "s3"] {
                let _ = std::fs::remove_file(format!("/tmp/seaweedfs-{service}-grpc-{port}.sock"));
            }
        }
    }

    /// Starts it again, at the same address with the same objects.
    ///
    /// # Panics
    ///
    /// If it doesn't start.
    pub fn restart(&mut self) {
        self.kill();
        assert!(self.run(), "the S3 server doesn't start again: {}", self.said());
    }

    /// Writes an object; the bucket is made where there is none.
    ///
    /// # Panics
    ///
    /// If the server doesn't take it.
    #[expect(clippy::expect_used, reason = "tests can't go on without their objects")]
    pub async fn put(&self, bucket: &str, key: &str, content: impl Into<Bytes>) {
        let path = object_store::path::Path::parse(key).expect("a key");
        self.bucket(bucket).put(&path, content.into().into()).await.expect("the server takes an object");
    }

    /// A bucket, as `object_store` reaches it.
    #[expect(clippy::expect_used, reason = "tests can't go on without their server")]
    fn bucket(&self, name: &str) -> Arc<AmazonS3> {
        let store = AmazonS3Builder::new()
            .with_endpoint(self.endpoint())
            .with_allow_http(true)
            .with_access_key_id(ACCESS_KEY)
            .with_secret_access_key(SECRET_KEY)
            .with_retry(RetryConfig { retry_timeout: Duration::from_secs(20), ..RetryConfig::default() })
            .with_bucket_name(name);
        Arc::new(store.build().expect("settings for a bucket"))
    }

    /// Starts the program; whether it came to be ready.
    #[expect(clippy::expect_used, reason = "tests can't go on without their server")]
    fn run(&mut self) -> bool {
        let folder = self.folder.path();
        let config = json!({ "identities": [{
            "name": "tests",
            "credentials": [{ "accessKey": ACCESS_KEY, "secretKey": SECRET_KEY }],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }]});
        std::fs::write(folder.join("s3.json"), config.to_string()).expect("a file can be written");
        let log = File::create(folder.join("log")).expect("a file can be written");
        let names = ["s3.port", "s3.port.grpc", "filer.port", "filer.port.grpc", "master.port", "master.port.grpc"];
        let names = names.into_iter().chain(["volume.port", "volume.port.grpc"]);
        let guard = Command::new("sh")
            .args(["-c", GUARD, "sh"])
            .arg(folder)
            .arg(&self.program)
            .args(["server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-master.telemetry=false"])
            .args(["-s3.port.iceberg=0", "-s3.port.lance=0", "-master.electionTimeout=1s", "-volume.max=400"])
            .args(["-master.volumeSizeLimitMB=64", "-volume.minFreeSpace=0"])
            .arg(format!("-dir={}", folder.display()))
            .arg(format!("-s3.config={}", folder.join("s3.json").display()))
            .arg(format!("-filer.localSocket={}", folder.join("filer.sock").display()))
            .args(names.zip(&self.ports).map(|(name, port)| format!("-{name}={port}")))
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a descriptor is left"))
            .stderr(log)
            .spawn();
        self.guard = Some(guard.expect("sh starts"));
        // Ready is who takes an object, signed.
        let ready = until(|| self.is_over() || self.takes_objects()) && !self.is_over();
        if !ready {
            eprintln!("the S3 server said:\n{}", self.said());
            self.kill();
        }
        ready
    }

    fn takes_objects(&self) -> bool {
        if std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.ports[0])).is_err() {
            return false;
        }
        let bucket = self.bucket("ready");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        // In a thread of its own: the test may run in a runtime.
        let put = std::thread::spawn(move || {
            runtime.is_ok_and(|runtime| runtime.block_on(bucket.put(&"ready".into(), "yes".into())).is_ok())
        });
        put.join().unwrap_or(false)
    }

    /// Whether the program ended by itself.
    fn is_over(&self) -> bool {
        // The guard waits for its input even then; the log tells.
        self.said().contains("address already in use")
    }

    /// The end of its log.
    fn said(&self) -> String {
        let text = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Ports that nobody listens on.
fn free_ports() -> io::Result<Vec<u16>> {
    // All are held before any is given away, so that none comes twice.
    let held: Vec<TcpListener> =
        (0..PORTS).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).collect::<io::Result<_>>()?;
    held.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}
