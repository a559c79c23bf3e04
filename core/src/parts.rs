//! Known parts: the bytes of one object that are here already.

mod reader;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use crate::ledger::{Credit, Ledger};
use crate::ranges;

pub use reader::{PartsReader, UnknownRange};

/// A buffer no larger than this may be kept alive by a slice of any size: copying saves too little.
const SMALL_BUFFER: u64 = 64 * 1024;

/// Bytes of one object, by position.
///
/// - A range is known wholly or not at all: [`get`](Self::get) never pads and never shortens.
/// - Parts may overlap. What is known already stays; a part wholly within it is dropped.
/// - Answers are slices of what was inserted. A slice keeps its whole buffer alive, so both the bytes
///   [held](Self::held) and the bytes [pinned](Self::pinned) are counted, and what is left of a mostly released buffer
///   is copied out: less than a quarter of a buffer never keeps one of more than 64 KiB alive.
/// - A part may carry a [`Credit`]. It returns with the last slice of the part, wherever that went.
///
/// As a [`ChunkReader`](parquet::file::reader::ChunkReader) it serves any synchronous Parquet reader; a read of unknown
/// bytes is an error that names them.
#[derive(Clone, Debug)]
pub struct KnownParts {
    length: u64,
    /// Disjoint, by start. Shared with readers under way, which see the parts as they were.
    parts: Arc<BTreeMap<u64, Part>>,
    buffers: BTreeMap<u64, Buffer>,
    next_buffer: u64,
    held: u64,
    pinned: u64,
    /// Where copies that are made here are charged.
    ledger: Option<Ledger>,
}

/// A slice of a buffer.
#[derive(Clone, Debug)]
struct Part {
    bytes: Bytes,
    buffer: u64,
}

/// What was inserted in one piece.
#[derive(Clone, Debug)]
struct Buffer {
    /// Where it lay; its parts lie within.
    span: Range<u64>,
    /// Bytes of its parts still held.
    held: u64,
    /// Where its credit came from.
    ledger: Option<Ledger>,
}

/// A part that reaches past the end of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes at {start} lie outside an object of {length} bytes")]
pub struct OutOfBounds {
    /// Position of the first byte.
    pub start: u64,
    /// Number of bytes.
    pub bytes: u64,
    /// Length of the object in bytes.
    pub length: u64,
}

impl KnownParts {
    /// Nothing known of an object of `length` bytes.
    pub fn new(length: u64) -> Self {
        Self {
            length,
            parts: Arc::default(),
            buffers: BTreeMap::new(),
            next_buffer: 0,
            held: 0,
            pinned: 0,
            ledger: None,
        }
    }

    /// The same parts; bytes that are copied from now on are charged to `ledger`, whether or not it has room: what they
    /// are copied from is about to be given back.
    #[must_use]
    pub fn charged_to(self, ledger: Ledger) -> Self {
        Self { ledger: Some(ledger), ..self }
    }

    /// Length of the object in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Adds the bytes at `start`.
    ///
    /// # Errors
    /// If they reach past the end of the object; nothing is kept then.
    pub fn insert(&mut self, start: u64, bytes: Bytes) -> Result<(), OutOfBounds> {
        self.insert_with(start, bytes, None)
    }

    /// Adds the bytes at `start` with the credit that pays for them. It returns when the last slice of the bytes is
    /// dropped, here or where [`get`](Self::get) handed one out; at once if the bytes were known.
    ///
    /// # Errors
    /// If they reach past the end of the object; nothing is kept then.
    pub fn insert_with(&mut self, start: u64, bytes: Bytes, credit: Option<Credit>) -> Result<(), OutOfBounds> {
        let span = self.span(start, bytes.len())?;
        if self.covers(&span) {
            return Ok(());
        }
        // Parts that reach out of the new one on either side stay, those within it are replaced.
        let mut fresh = span.clone();
        let mut within = Vec::new();
        for (at, part) in self.overlapping(&span) {
            if at < span.start {
                fresh.start = part.end(at);
            } else if part.end(at) > span.end {
                fresh.end = at;
            } else {
                within.push(at);
            }
        }
        let mut touched: BTreeSet<u64> = within.into_iter().filter_map(|at| self.take(at)).collect();
        touched.insert(self.put_buffer(span.start, bytes, credit, &fresh));
        self.settle(touched);
        Ok(())
    }

    /// Whether every byte of `range` is known. An empty range within the object is.
    pub fn covers(&self, range: &Range<u64>) -> bool {
        let mut at = range.start;
        for (start, part) in self.overlapping(range) {
            if start > at {
                return false;
            }
            at = part.end(start);
        }
        at >= range.end && at <= self.length
    }

    /// The bytes of `range` if all are known. A slice where one part holds them, a copy where they lie in several.
    pub fn get(&self, range: &Range<u64>) -> Option<Bytes> {
        self.find(range).map(|(bytes, _)| bytes)
    }

    /// Makes one part of the bytes of `range` if they lie in several, so that many a [`get`](Self::get) costs one copy,
    /// and lets go of what it was copied from. Does nothing while not all of them are known.
    pub fn join(&mut self, range: &Range<u64>) {
        if let Some((bytes, None)) = self.find(range) {
            self.release(range);
            // Can't fail where bytes of the object were; if it did, they were unknown from now on.
            self.insert(range.start, bytes).unwrap_or_default();
        }
    }

    /// As [`get`](Self::get), but copied where the slice would keep alive a buffer more than four times its size and
    /// larger than 64 KiB. For small bytes that live long, such as a footer.
    pub fn get_detached(&self, range: &Range<u64>) -> Option<Bytes> {
        let (bytes, buffer) = self.find(range)?;
        let buffer = buffer.and_then(|buffer| self.buffers.get(&buffer));
        if buffer.is_some_and(|buffer| pins_too_much(length(&bytes), buffer.length())) {
            return Some(Bytes::copy_from_slice(&bytes));
        }
        Some(bytes)
    }

    /// What of `range` is not known, in order. Bytes past the end of the object never are.
    pub fn missing(&self, range: &Range<u64>) -> Vec<Range<u64>> {
        let mut missing = Vec::new();
        let mut at = range.start;
        for (start, part) in self.overlapping(range) {
            if start > at {
                missing.push(at..start);
            }
            at = part.end(start);
        }
        if at < range.end {
            missing.push(at..range.end);
        }
        missing
    }

    /// Forgets the bytes of `range`.
    pub fn release(&mut self, range: &Range<u64>) {
        let overlapping: Vec<(u64, Part)> =
            self.overlapping(range).map(|(start, part)| (start, part.clone())).collect();
        let mut touched = BTreeSet::new();
        for (start, part) in overlapping {
            let end = part.end(start);
            touched.extend(self.take(start));
            for rest in [start..range.start, range.end..end] {
                if !rest.is_empty() {
                    self.put(rest.start, part.slice(start, &rest), part.buffer);
                }
            }
        }
        self.settle(touched);
    }

    /// The known ranges: sorted, disjoint, not touching.
    pub fn ranges(&self) -> Vec<Range<u64>> {
        let parts: Vec<Range<u64>> = self.parts.iter().map(|(start, part)| *start..part.end(*start)).collect();
        ranges::union(&parts)
    }

    /// Known bytes.
    pub fn held(&self) -> u64 {
        self.held
    }

    /// Bytes of the buffers that the known parts keep alive, as long as they were when inserted. Slices handed out may
    /// keep more alive; the credits know.
    pub fn pinned(&self) -> u64 {
        self.pinned
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Where `bytes` bytes at `start` lie.
    fn span(&self, start: u64, bytes: usize) -> Result<Range<u64>, OutOfBounds> {
        // A count that doesn't fit u64 can't fit the object either.
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        match start.checked_add(bytes) {
            Some(end) if end <= self.length => Ok(start..end),
            _ => Err(OutOfBounds { start, bytes, length: self.length }),
        }
    }

    /// The parts that share bytes with `range`, in order.
    fn overlapping(&self, range: &Range<u64>) -> impl Iterator<Item = (u64, &Part)> {
        let before = self.parts.range(..range.start).next_back();
        let before = before.filter(|(start, part)| part.end(**start) > range.start);
        let inside = self.parts.range(range.start..range.end.max(range.start));
        before.filter(|_| !range.is_empty()).into_iter().chain(inside).map(|(start, part)| (*start, part))
    }

    /// The bytes of `range` if all are known, and the buffer they are a slice of.
    fn find(&self, range: &Range<u64>) -> Option<(Bytes, Option<u64>)> {
        if !self.covers(range) {
            return None;
        }
        let mut parts = self.overlapping(range);
        let Some((start, first)) = parts.next() else {
            return Some((Bytes::new(), None));
        };
        if first.end(start) >= range.end {
            return Some((first.slice(start, range), Some(first.buffer)));
        }
        let credit = self.ledger.as_ref().map(|ledger| ledger.take_required(ranges::length(range)));
        let mut joined = BytesMut::with_capacity(usize::try_from(ranges::length(range)).ok()?);
        for (start, part) in self.overlapping(range) {
            joined.extend_from_slice(&part.slice(start, range));
        }
        let joined = joined.freeze();
        let joined = match credit {
            Some(credit) => credit.guard(joined),
            None => joined,
        };
        Some((joined, None))
    }

    /// Adds a buffer of which only `fresh` is news. Returns its id.
    fn put_buffer(&mut self, start: u64, bytes: Bytes, credit: Option<Credit>, fresh: &Range<u64>) -> u64 {
        let id = self.next_buffer;
        self.next_buffer += 1;
        let buffer = Buffer {
            span: start..start + length(&bytes),
            held: 0,
            ledger: credit.as_ref().map(|credit| credit.ledger().clone()),
        };
        self.pinned += buffer.length();
        self.buffers.insert(id, buffer);
        let bytes = match credit {
            Some(credit) => credit.guard(bytes),
            None => bytes,
        };
        let whole = Part { bytes, buffer: id };
        self.put(fresh.start, whole.slice(start, fresh), id);
        id
    }

    fn put(&mut self, start: u64, bytes: Bytes, buffer: u64) {
        let held = length(&bytes);
        self.held += held;
        if let Some(buffer) = self.buffers.get_mut(&buffer) {
            buffer.held += held;
        }
        Arc::make_mut(&mut self.parts).insert(start, Part { bytes, buffer });
    }

    /// Removes the part at `start`. Returns its buffer, which has to be settled afterwards.
    fn take(&mut self, start: u64) -> Option<u64> {
        let part = Arc::make_mut(&mut self.parts).remove(&start)?;
        let held = length(&part.bytes);
        self.held -= held;
        if let Some(buffer) = self.buffers.get_mut(&part.buffer) {
            buffer.held -= held;
        }
        Some(part.buffer)
    }

    /// Forgets buffers without parts, and copies parts out of buffers of which too little is left.
    fn settle(&mut self, touched: BTreeSet<u64>) {
        for id in touched {
            let Some(buffer) = self.buffers.get(&id) else {
                continue;
            };
            if buffer.held > 0 && !pins_too_much(buffer.held, buffer.length()) {
                continue;
            }
            let ledger = buffer.ledger.clone().or_else(|| self.ledger.clone());
            let rest: Vec<(u64, Bytes)> = self
                .overlapping(&buffer.span)
                .filter(|(_, part)| part.buffer == id)
                .map(|(start, part)| (start, part.bytes.clone()))
                .collect();
            for (start, bytes) in rest {
                self.take(start);
                let span = start..start + length(&bytes);
                // Buffer and copy are both alive for a moment, and the ledger shall say so.
                let credit = ledger.as_ref().map(|it| it.take_required(length(&bytes)));
                self.put_buffer(start, Bytes::copy_from_slice(&bytes), credit, &span);
            }
            if let Some(buffer) = self.buffers.remove(&id) {
                self.pinned -= buffer.length();
            }
        }
    }
}

impl Part {
    /// Where the part ends that starts at `start`.
    fn end(&self, start: u64) -> u64 {
        start + length(&self.bytes)
    }

    /// What of `range` lies in the part that starts at `start`.
    fn slice(&self, start: u64, range: &Range<u64>) -> Bytes {
        let whole = self.bytes.len();
        let within = |at: u64| usize::try_from(at.saturating_sub(start)).map_or(whole, |offset| offset.min(whole));
        let from = within(range.start);
        self.bytes.slice(from..within(range.end).max(from))
    }
}

impl Buffer {
    fn length(&self) -> u64 {
        ranges::length(&self.span)
    }
}

/// Whether `held` bytes are too few to keep a buffer of `buffer` bytes alive.
fn pins_too_much(held: u64, buffer: u64) -> bool {
    buffer > SMALL_BUFFER && held < buffer / 4
}

fn length(bytes: &Bytes) -> u64 {
    // usize is at most 64 bits wide on every platform there is.
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
