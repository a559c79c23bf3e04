//! Known parts as the source of a synchronous Parquet reader.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use super::{KnownParts, Part};

/// A read of bytes that are not here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bytes {}..{} are not known", range.start, range.end)]
pub struct UnknownRange {
    /// The first of the unknown bytes asked for, up to the next known one or the end of what was asked.
    pub range: Range<u64>,
}

impl Length for KnownParts {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for KnownParts {
    type T = PartsReader;

    /// A reader from `start` on. Fails with [`UnknownRange`] as soon as it comes to unknown bytes, here or later.
    fn get_read(&self, start: u64) -> Result<PartsReader> {
        self.span(start, 0).map_err(external)?;
        let mut reader =
            PartsReader { parts: Arc::clone(&self.parts), length: self.length, at: start, current: Bytes::new() };
        reader.fill().map_err(external)?;
        Ok(reader)
    }

    /// All `length` bytes, or [`UnknownRange`].
    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let range = self.span(start, length).map_err(external)?;
        self.get(&range).ok_or_else(|| {
            let first = self.missing(&range).into_iter().next();
            external(UnknownRange { range: first.unwrap_or(range) })
        })
    }
}

/// Reads on through adjoining parts without joining them, to the end of the object.
#[derive(Clone, Debug)]
pub struct PartsReader {
    parts: Arc<BTreeMap<u64, Part>>,
    length: u64,
    /// Position of the first byte of `current`.
    at: u64,
    /// What is left of the part at `at`.
    current: Bytes,
}

impl PartsReader {
    /// Makes sure that `current` has bytes unless the object ends here.
    fn fill(&mut self) -> std::result::Result<(), UnknownRange> {
        if !self.current.is_empty() || self.at >= self.length {
            return Ok(());
        }
        let rest = self.at..self.length;
        let part = self.parts.range(..=self.at).next_back();
        self.current = part.map_or_else(Bytes::new, |(start, part)| part.slice(*start, &rest));
        if self.current.is_empty() {
            let next = self.parts.range(self.at..).next();
            let end = next.map_or(self.length, |(start, _)| *start);
            return Err(UnknownRange { range: self.at..end });
        }
        Ok(())
    }
}

impl Read for PartsReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        self.fill().map_err(io::Error::other)?;
        let count = self.current.len().min(into.len());
        self.current.copy_to_slice(into.get_mut(..count).unwrap_or_default());
        self.at += u64::try_from(count).unwrap_or(u64::MAX);
        Ok(count)
    }
}

fn external(error: impl std::error::Error + Send + Sync + 'static) -> ParquetError {
    ParquetError::External(Box::new(error))
}
