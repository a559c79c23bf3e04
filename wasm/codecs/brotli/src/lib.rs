//! Stands in for the crate `brotli`: the same decompressor, and a compressor that refuses.

use std::io::{Error, ErrorKind, Result, Write};

pub use brotli_decompressor::Decompressor;

/// Refuses to compress: this build only reads.
#[derive(Debug)]
pub struct CompressorWriter<W>(std::marker::PhantomData<W>);

impl<W: Write> CompressorWriter<W> {
    /// Takes what the real one takes: where to write, buffer size in bytes, quality, logarithm of the window.
    pub fn new(_to: W, _buffer: usize, _quality: u32, _lgwin: u32) -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<W> Write for CompressorWriter<W> {
    fn write(&mut self, _bytes: &[u8]) -> Result<usize> {
        Err(Error::from(ErrorKind::Unsupported))
    }

    fn flush(&mut self) -> Result<()> {
        Err(Error::from(ErrorKind::Unsupported))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
mod tests;
