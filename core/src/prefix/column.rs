//! The front of a column chunk: its pages up to the last row that is wanted, and what of the dictionary they need.

use super::feed::{Fed, Feed};
use super::page::{self, Column, Rows, Tried};
use crate::parts::KnownParts;
use crate::vet::pages::{self, PageKind, PageSummary};
use bytes::Bytes;
use parquet::file::page_index::offset_index::PageLocation;
use std::ops::Range;

/// Where nothing is here yet of a page, this much of it is asked for.
const FIRST: u64 = 16 << 10;
/// No page header is longer, unless its statistics are of no use to anybody.
const LONGEST_HEADER: u64 = 64 << 10;

/// A column chunk and what is known of it without its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk<'a> {
    /// Its bytes in the file.
    pub(super) start: u64,
    pub(super) end: u64,
    /// Values in it, nulls included.
    pub(super) values: u64,
    /// Its pages, where an offset index names them: sorted, inside the chunk.
    pub(super) locations: Option<&'a [PageLocation]>,
}

/// What came of a chunk.
#[derive(Debug)]
pub(super) enum Read {
    Done(Front),
    /// These bytes are needed besides those that are here.
    Needs(Range<u64>),
    Unsuitable,
}

/// The front of a chunk.
#[derive(Debug)]
pub(super) struct Front {
    pub(super) feed: Feed,
    /// The longest value, in bytes, that it lets a batch repeat.
    pub(super) longest: u64,
    /// Bytes it takes in memory.
    pub(super) size: u64,
}

impl Chunk<'_> {
    /// The page that holds a row: where it starts, and its first row.
    pub(super) fn page_of(&self, row: u64) -> Option<(u64, u64)> {
        let locations = self.locations?;
        let first_row = |location: &PageLocation| location.first_row_index.unsigned_abs();
        let after = locations.partition_point(|location| first_row(location) <= row);
        let location = locations.get(after.checked_sub(1)?)?;
        Some((location.offset.unsigned_abs(), first_row(location)))
    }

    /// Where the first page of values starts, if an offset index says so and something stands before it.
    pub(super) fn behind_dictionary(&self) -> Option<u64> {
        let first = self.locations?.first()?.offset.unsigned_abs();
        (first > self.start).then_some(first)
    }
}

/// Reads the front of a chunk up to the end of `rows`, counted from the first row of its row group. All of it is held at a
/// time, so it may take `room` bytes at most.
pub(super) fn read(chunk: Chunk<'_>, rows: &Range<u64>, parts: &KnownParts, column: Column<'_>, room: u64) -> Read {
    let (start, first_row) = chunk.page_of(rows.start).unwrap_or((chunk.start, 0));
    let wanted = rows.end - first_row;
    let mut at = start;
    let mut size = 0_u64;
    let mut dictionary = None;
    let (mut begun, mut seen) = (0_u64, 0_u64);
    let mut found: Vec<(Rows, PageSummary)> = Vec::new();
    while at < chunk.end && seen < chunk.values {
        let (page, body, next) = match opened(at, at - start, &chunk, parts, column) {
            Ok(opened) => opened,
            Err(not) => return not,
        };
        let here = at;
        at = next;
        match page.kind {
            PageKind::Index => continue,
            PageKind::Dictionary => {
                dictionary = dictionary.or(Some(here));
                continue;
            }
            PageKind::Data | PageKind::DataV2 => {}
        }
        seen += u64::from(page.values);
        let left = wanted.saturating_sub(begun);
        let read = match page::rows(&body, &page, column, left) {
            Tried::Done(read) => read,
            Tried::Needs(bytes) => return Read::Needs(here..next.min(here + u64::from(page.header_len) + bytes)),
            Tried::Unsuitable => return Read::Unsuitable,
        };
        size = size.saturating_add(read.page.buffer().len() as u64);
        if size > room {
            return Read::Unsuitable;
        }
        begun += read.rows;
        // With an index, and in the second version, a page starts with a row.
        let apart = column.repetition <= 0 || chunk.locations.is_some() || page.kind == PageKind::DataV2;
        let done = begun >= wanted && (read.ended || apart);
        found.push((read, page));
        if done {
            break;
        }
    }
    let mut front = Front { feed: Feed::default(), longest: 0, size };
    if found.iter().any(|(_, page)| super::values::is_dictionary(page.encoding)) {
        let largest = found.iter().filter_map(|(rows, _)| rows.index).max();
        let Some(at) = dictionary.or_else(|| chunk.behind_dictionary().map(|_| chunk.start)) else {
            return Read::Unsuitable;
        };
        // The index of a value is at most 2^32 - 1; a dictionary of so many values is refused.
        let count = largest.map_or(0, |largest| largest.saturating_add(1));
        match read_dictionary(at, &chunk, parts, column, count, &mut front) {
            Ok(()) => {}
            Err(not) => return not,
        }
    }
    if first_row > 0 {
        front.feed.push(Fed::Skipped { rows: first_row });
    }
    for (rows, _) in found {
        front.longest = front.longest.max(rows.longest);
        front.feed.push(Fed::Page { rows: rows.known(), page: rows.page });
    }
    Read::Done(front)
}

fn read_dictionary(
    at: u64,
    chunk: &Chunk<'_>,
    parts: &KnownParts,
    column: Column<'_>,
    count: u32,
    front: &mut Front,
) -> Result<(), Read> {
    let (page, body, next) = opened(at, 0, chunk, parts, column)?;
    if page.kind != PageKind::Dictionary {
        return Err(Read::Unsuitable);
    }
    match page::dictionary(&body, &page, column, count) {
        Tried::Done((page, longest)) => {
            front.longest = front.longest.max(longest);
            front.size += page.buffer().len() as u64;
            front.feed.push(Fed::Dictionary(page));
            Ok(())
        }
        Tried::Needs(bytes) => Err(Read::Needs(at..next.min(at + u64::from(page.header_len) + bytes))),
        Tried::Unsuitable => Err(Read::Unsuitable),
    }
}

/// The page at a position: its header, what is here of the rest, and where the next one starts. `read` is what was read
/// before it: where nothing of it is here, as much more is asked for.
fn opened(
    at: u64,
    read: u64,
    chunk: &Chunk<'_>,
    parts: &KnownParts,
    column: Column<'_>,
) -> Result<(PageSummary, Bytes, u64), Read> {
    let room = chunk.end.saturating_sub(at);
    let end = parts.missing(&(at..chunk.end)).first().map_or(chunk.end, |missing| missing.start);
    let here = end.saturating_sub(at);
    // Not more of it: where it lies in several parts, it is copied.
    let header = parts.get(&(at..end.min(at + LONGEST_HEADER))).unwrap_or_default();
    match pages::check_front(&header, room, column.limits) {
        Ok(page) => {
            let body = at + u64::from(page.header_len);
            let next = body + u64::from(page.compressed);
            Ok((page, parts.get(&(body..end.min(next))).unwrap_or_default(), next))
        }
        // Cut in its header, it may be.
        Err(_) if here < room && here < LONGEST_HEADER => {
            Err(Read::Needs(at..chunk.end.min(at + FIRST.max(here.saturating_mul(2)).max(read))))
        }
        Err(_) => Err(Read::Unsuitable),
    }
}
