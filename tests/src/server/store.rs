//! The files a server knows, in memory or on disk.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

/// Names and what they stand for.
#[derive(Debug)]
pub(crate) struct Store {
    files: Mutex<HashMap<String, Stored>>,
    /// `Last-Modified` of the first version; each later one is a second younger, the header's resolution.
    epoch: SystemTime,
}

#[derive(Debug, Clone)]
struct Stored {
    kind: Kind,
    version: u32,
    /// False if the server takes no notice of `If-Match` and `If-Unmodified-Since`.
    keeps_conditions: bool,
}

#[derive(Debug, Clone)]
enum Kind {
    Memory(Bytes),
    Disk(PathBuf),
}

impl Store {
    pub(crate) fn new() -> Self {
        let day = Duration::from_secs(24 * 60 * 60);
        Self { files: Mutex::default(), epoch: SystemTime::now() - day }
    }

    pub(crate) fn put(&self, name: &str, bytes: Bytes, keeps_conditions: bool) {
        self.insert(name, Kind::Memory(bytes), keeps_conditions);
    }

    pub(crate) fn put_path(&self, name: &str, path: PathBuf) {
        self.insert(name, Kind::Disk(path), true);
    }

    pub(crate) fn remove(&self, name: &str) {
        self.lock().remove(name.trim_start_matches('/'));
    }

    /// The file as it is now; not found if the name is unknown.
    pub(crate) fn open(&self, name: &str) -> io::Result<Open> {
        let stored = self.lock().get(name).cloned().ok_or(io::ErrorKind::NotFound)?;
        let (content, length, modified, stamp) = match stored.kind {
            Kind::Memory(bytes) => {
                let length = bytes.len() as u64;
                let modified = self.epoch + Duration::from_secs(stored.version.into());
                (Content::Memory(bytes), length, modified, u128::from(stored.version))
            }
            Kind::Disk(path) => {
                let file = File::open(path)?;
                let about = file.metadata()?;
                let modified = about.modified()?;
                let stamp = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
                (Content::Disk(Arc::new(file)), about.len(), modified, stamp)
            }
        };
        let etag = format!("\"{length:x}-{stamp:x}\"");
        let (content_type, keeps_conditions) = (content_type(name), stored.keeps_conditions);
        Ok(Open { content, length, etag, modified, content_type, keeps_conditions })
    }

    fn insert(&self, name: &str, kind: Kind, keeps_conditions: bool) {
        let mut files = self.lock();
        let name = name.trim_start_matches('/').to_owned();
        let version = files.get(&name).map_or(1, |old| old.version + 1);
        files.insert(name, Stored { kind, version, keeps_conditions });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Stored>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One version of a file, ready to be read.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    pub(crate) content: Content,
    pub(crate) length: u64,
    pub(crate) etag: String,
    pub(crate) modified: SystemTime,
    pub(crate) content_type: &'static str,
    pub(crate) keeps_conditions: bool,
}

/// Where bytes of a body come from.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Memory(Bytes),
    Disk(Arc<File>),
    /// Zeros without end.
    Zeros,
}

/// Read from disk at a time: large enough that a piece costs little against its slices.
const PIECE: usize = 1 << 20;

impl Content {
    /// Bytes from `at`, at least one and at most `limit`, without a copy where they are in memory.
    ///
    /// # Errors
    ///
    /// Unexpected end if there are none, for example because the file on disk was cut.
    pub(crate) async fn piece(&self, at: u64, limit: u64) -> io::Result<Bytes> {
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let bytes = match self {
            Self::Memory(bytes) => {
                let start = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                let end = start.saturating_add(wanted).min(bytes.len());
                bytes.slice(start..end)
            }
            Self::Disk(file) => {
                let file = Arc::clone(file);
                let read = move || read_at(&file, at, wanted.min(PIECE));
                tokio::task::spawn_blocking(read).await.map_err(io::Error::other)??
            }
            Self::Zeros => {
                static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
                Bytes::from_static(&ZEROS).slice(..wanted.min(ZEROS.len()))
            }
        };
        if bytes.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
    }

    /// All of a range in one buffer; for answers that have to be changed as a whole.
    pub(crate) async fn all(&self, mut at: u64, end: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while at < end {
            let piece = self.piece(at, end - at).await?;
            at += piece.len() as u64;
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }
}

/// By the name's ending; browsers run scripts and stream modules of the right type only.
fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json" | "map") => "application/json",
        _ => "application/vnd.apache.parquet",
    }
}

fn read_at(file: &File, at: u64, length: usize) -> io::Result<Bytes> {
    let mut buffer = vec![0; length];
    loop {
        match file.read_at(&mut buffer, at) {
            Ok(read) => {
                buffer.truncate(read);
                return Ok(buffer.into());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
