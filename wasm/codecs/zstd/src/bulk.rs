//! One block at a time.

use std::fmt;
use std::io::{Error, ErrorKind, Result};
use zstd_safe::{DCtx, WriteBuf};

/// Decompresses all frames of `data`, to `capacity` bytes at most.
///
/// # Errors
/// Damaged data, or more than `capacity` bytes of it.
pub fn decompress(data: &[u8], capacity: usize) -> Result<Vec<u8>> {
    // What the frames claim may be less than what the caller allows.
    let capacity = match claimed(data) {
        Some(claimed) => usize::try_from(claimed).ok().filter(|claimed| *claimed <= capacity).ok_or_else(too_long)?,
        None => capacity,
    };
    let mut out = Vec::with_capacity(capacity);
    Decompressor::new()?.decompress_to_buffer(data, &mut out)?;
    Ok(out)
}

/// A decoder that is used for many blocks.
pub struct Decompressor<'a>(DCtx<'a>);

impl Decompressor<'static> {
    /// # Errors
    /// No memory for it.
    pub fn new() -> Result<Self> {
        DCtx::try_create().map(Self).ok_or_else(|| Error::from(ErrorKind::OutOfMemory))
    }
}

impl Decompressor<'_> {
    /// Decompresses all frames of `source` into what `destination` has room for, and says how many bytes that were.
    ///
    /// # Errors
    /// Damaged data, or not enough room.
    pub fn decompress_to_buffer<C: WriteBuf + ?Sized>(&mut self, source: &[u8], destination: &mut C) -> Result<usize> {
        self.0.decompress(destination, source).map_err(|code| Error::other(zstd_safe::get_error_name(code)))
    }
}

impl fmt::Debug for Decompressor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompressor").finish_non_exhaustive()
    }
}

/// Refuses to compress: this build only reads.
#[derive(Debug)]
pub struct Compressor<'a>(std::marker::PhantomData<&'a ()>);

impl Compressor<'static> {
    /// Takes what the real one takes. Succeeds, because a codec for reading has one as well.
    ///
    /// # Errors
    /// None.
    pub fn new(_level: i32) -> Result<Self> {
        Ok(Self(std::marker::PhantomData))
    }
}

impl Compressor<'_> {
    /// # Errors
    /// Always [`ErrorKind::Unsupported`].
    pub fn compress_to_buffer<C: WriteBuf + ?Sized>(&mut self, _source: &[u8], _destination: &mut C) -> Result<usize> {
        Err(Error::from(ErrorKind::Unsupported))
    }
}

/// What all frames together claim to be; `None` if one doesn't say, or the data isn't a sequence of frames.
fn claimed(mut data: &[u8]) -> Option<u64> {
    let mut total = 0_u64;
    while !data.is_empty() {
        let length = zstd_safe::find_frame_compressed_size(data).ok()?;
        total = total.checked_add(zstd_safe::get_frame_content_size(data).ok()??)?;
        data = data.get(length..)?;
    }
    Some(total)
}

fn too_long() -> Error {
    Error::other("the data is longer than there is room for")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
mod tests;
