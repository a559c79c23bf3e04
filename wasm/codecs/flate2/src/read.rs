//! Reading gzip.

use std::fmt;
use std::io::{BufRead, Error, ErrorKind, Read, Result};
use zlib_rs::{Inflate, InflateFlush, Status};

/// 32 KiB of window, as gzip has it, plus what tells the inflater to read gzip's header and trailer.
const WINDOW_BITS: u8 = 15 + 16;

/// Decompresses gzip of one or more members.
///
/// Unlike the real one it takes only sources that have a buffer of their own; the slices it is used with are such.
pub struct MultiGzDecoder<R> {
    input: R,
    /// The member that is being read; `None` before the first and between two.
    member: Option<Inflate>,
    /// The input may end here: a member is complete.
    complete: bool,
}

impl<R: BufRead> MultiGzDecoder<R> {
    /// Reads nothing yet.
    pub fn new(input: R) -> Self {
        Self { input, member: None, complete: false }
    }
}

impl<R: BufRead> Read for MultiGzDecoder<R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            let input = self.input.fill_buf()?;
            let at_end = input.is_empty();
            if at_end && self.complete {
                return Ok(0);
            }
            self.complete = false;
            let member = self.member.get_or_insert_with(|| Inflate::new(true, WINDOW_BITS));
            let before = (member.total_in(), member.total_out());
            let status = member
                .decompress(input, out, InflateFlush::NoFlush)
                .map_err(|error| Error::new(ErrorKind::InvalidInput, error.as_str()))?;
            let taken = length(member.total_in() - before.0);
            let written = length(member.total_out() - before.1);
            self.input.consume(taken);
            if status == Status::StreamEnd {
                self.member = None;
                self.complete = true;
            }
            if written > 0 {
                return Ok(written);
            }
            if taken == 0 && !self.complete {
                let kind = if at_end { ErrorKind::UnexpectedEof } else { ErrorKind::InvalidInput };
                return Err(Error::from(kind));
            }
        }
    }
}

impl<R: fmt::Debug> fmt::Debug for MultiGzDecoder<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MultiGzDecoder").field("input", &self.input).finish_non_exhaustive()
    }
}

/// Of a part of a slice, so it fits.
fn length(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
