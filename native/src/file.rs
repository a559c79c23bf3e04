//! Fetching from a local file: positioned reads, on tokio's blocking threads.

use crate::buffers::Buffers;
use bytes::Bytes;
use parqlet_core::answer::changed;
use parqlet_core::fetch::{Answer, Request, Span};
use parqlet_core::object::{Identity, Version};
use parqlet_core::{Error, ErrorKind, Result};
use std::fs::{File, Metadata};
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, UNIX_EPOCH};

/// One file. If it is open, it stays the file that was opened, whatever is renamed over it; a change in place shows in its
/// modification time.
#[derive(Debug, Clone)]
pub(crate) struct FileFetch {
    handle: Handle,
    buffers: Buffers,
}

#[derive(Debug, Clone)]
enum Handle {
    Open(Arc<File>),
    /// Opened for each read: of many files only so many may be open at a time. Identity tells a file that was put in its
    /// place.
    Named(Arc<Path>),
}

impl FileFetch {
    /// Opens a file, to be read into these buffers.
    pub(crate) fn open(path: &Path, buffers: Buffers) -> Result<Self> {
        Ok(Self { handle: Handle::Open(Arc::new(opened(path)?)), buffers })
    }

    /// The same without keeping it open.
    pub(crate) fn named(path: &Path, buffers: Buffers) -> Self {
        Self { handle: Handle::Named(path.into()), buffers }
    }

    pub(crate) fn fetch(&self, request: Request) -> impl Future<Output = Result<Answer>> + Send + use<> {
        let Self { handle, buffers } = self.clone();
        async move {
            let read = move || match handle {
                Handle::Open(file) => read(&file, &buffers, &request),
                Handle::Named(path) => read(&opened(&path)?, &buffers, &request),
            };
            tokio::task::spawn_blocking(read)
                .await
                .unwrap_or_else(|error| Err(Error::new(ErrorKind::Network, "the read was stopped").with_source(error)))
        }
    }
}

fn opened(path: &Path) -> Result<File> {
    // Before it is opened: opening a pipe waits for somebody to write to it.
    if !std::fs::metadata(path).map_err(unopened)?.is_file() {
        return Err(Error::new(ErrorKind::Usage, "this is not a file: name one, or a URL"));
    }
    File::open(path).map_err(unopened)
}

fn read(file: &File, buffers: &Buffers, request: &Request) -> Result<Answer> {
    let started = Instant::now();
    let identity = identity(&file.metadata().map_err(unread)?);
    if request.pinned.as_ref().is_some_and(|pinned| !pinned.agrees_with(&identity)) {
        return Err(changed());
    }
    let range = match &request.span {
        Span::Exact(range) => range.clone(),
        Span::Tail(bytes) => identity.length.saturating_sub(*bytes)..identity.length,
        Span::Length => 0..0,
    };
    if range.end > identity.length {
        return Err(Error::new(ErrorKind::BadAnswer, format!("the file ends at byte {}", identity.length)));
    }
    // What follows is bandwidth.
    let first_byte = started.elapsed();
    let bytes = read_range(file, buffers, &range).map_err(unread)?;
    Ok(Answer { range, bytes, identity, first_byte })
}

fn read_range(file: &File, buffers: &Buffers, range: &Range<u64>) -> io::Result<Bytes> {
    let length = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
    // The range was held against the file's length, so this allocation is no larger than the file.
    buffers.filled(length, |buffer| read_exact_at(file, buffer, range.start))
}

#[cfg(unix)]
fn read_exact_at(file: &File, buffer: &mut [u8], position: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, position)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut buffer: &mut [u8], mut position: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, buffer, position)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer = &mut buffer[read..];
        position += read as u64;
    }
    Ok(())
}

/// Length and, in the place of an ETag, the time of the last change.
fn identity(metadata: &Metadata) -> Identity {
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let tag = modified.map(|time| format!("\"{}\"", time.as_nanos()));
    Identity { length: metadata.len(), version: Version::from_headers(tag.as_deref(), None) }
}

fn unopened(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => Error::new(ErrorKind::NotFound, "there is no such file: check the path"),
        io::ErrorKind::PermissionDenied => Error::new(ErrorKind::Forbidden, "no permission to read this file"),
        _ => Error::new(ErrorKind::NotFound, format!("can't open this file: {error}")).with_source(error),
    }
}

fn unread(error: io::Error) -> Error {
    match error.kind() {
        // Its length was seen a moment before.
        io::ErrorKind::UnexpectedEof => changed(),
        _ => {
            Error::new(ErrorKind::Server, format!("can't read this file: {error}")).retryable(false).with_source(error)
        }
    }
}
