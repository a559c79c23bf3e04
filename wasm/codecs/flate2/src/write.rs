//! Writing, refused.

use crate::Compression;
use std::io::{Error, ErrorKind, Result, Write};
use std::marker::PhantomData;

/// Refuses to compress: this build only reads.
#[derive(Debug)]
pub struct GzEncoder<W>(PhantomData<W>);

impl<W: Write> GzEncoder<W> {
    /// Takes what the real one takes.
    pub fn new(_to: W, _level: Compression) -> Self {
        Self(PhantomData)
    }

    /// Nothing can have been written.
    ///
    /// # Errors
    /// Always [`ErrorKind::Unsupported`].
    pub fn try_finish(&mut self) -> Result<()> {
        Err(Error::from(ErrorKind::Unsupported))
    }
}

impl<W> Write for GzEncoder<W> {
    fn write(&mut self, _bytes: &[u8]) -> Result<usize> {
        Err(Error::from(ErrorKind::Unsupported))
    }

    fn flush(&mut self) -> Result<()> {
        Err(Error::from(ErrorKind::Unsupported))
    }
}
