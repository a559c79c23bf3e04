//! Inspection of a task's pages, before the decoder sees them: what they claim, and what that allows.

use crate::chunks::Chunk;
use crate::conform::{self, Conformed};
use crate::error::{Error, ErrorKind, Result};
use crate::pages;
use crate::parts::KnownParts;
use crate::plan::Task;
use crate::scan::Scan;
use crate::vet::pages::{PageKind, PageLimits, PageSummary};
use crate::vet::payload::{self, Looked};
use crate::vet::{self, Damage, page_index, row_group, row_width};
use parquet::basic::Encoding;
use parquet::column::page::Page;
use parquet::file::metadata::ColumnChunkMetaData;
use std::ops::Range;

/// Bytes of decompressed dictionaries that a task hands on to the decoder; what is more is decompressed again.
const MOST_KEPT: u64 = 16 << 20;

/// What the pages allow.
#[derive(Debug)]
pub(crate) struct Inspected {
    /// Rows a batch may have.
    pub(crate) batch_rows: usize,
    /// Bytes that the decoder will hold besides the pages as they were fetched and the batches: of each column one page
    /// and the dictionary, decompressed.
    pub(crate) scratch: u64,
    /// The column chunks that are read from their start.
    pub(crate) chunks: Vec<Chunk>,
    /// Other chunk lengths to show the decoder, where something stands behind the last page.
    pub(crate) shown: Option<Conformed>,
}

/// Checks the pages that a task will decode.
///
/// # Errors
/// When a page claims what its bytes can't hold, or more than the budget.
pub(crate) fn pages(scan: &Scan, task: &Task, parts: &mut KnownParts) -> Result<Inspected> {
    let metadata = scan.metadata();
    let group = metadata.row_group(task.row_group);
    let index = metadata.page_index_for_row_group(task.row_group);
    let whole = task.rows == (0..task.total);
    let mut longest = 0_u64;
    let mut lengths = Vec::new();
    let mut scratch = 0_u64;
    let mut chunks = Vec::new();
    let mut kept = 0_u64;
    for leaf in &scan.leaves {
        let column = group.column(*leaf);
        let within = |damage: Damage| damage.within(column.column_path().string());
        let range = row_group::range(column, scan.length).map_err(within)?;
        let limits = PageLimits::new(column, scan.page_budget).skipping(!whole);
        let found = match index.page_locations(*leaf).filter(|_| !whole) {
            Some(locations) => {
                page_index::check_locations(&range, task.total, locations).map_err(within)?;
                selected_pages(pages::ranges(&range, locations, &task.rows), parts, &limits)
            }
            None => {
                // Looked at here, then decoded: copied once if it came in several requests.
                parts.join(&range);
                let bytes = parts.get(&range).ok_or_else(|| unknown(task, &range))?;
                lengths.extend(shorter(&bytes, column).map(|length| (*leaf, length)));
                let found = chunk(&bytes, &limits, MOST_KEPT.saturating_sub(kept));
                let dictionary = found.as_ref().ok().and_then(|found| found.decompressed.clone());
                chunks.push(Chunk { leaf: *leaf, start: range.start, bytes, dictionary });
                found
            }
        };
        let found = found.map_err(within)?;
        longest = longest.saturating_add(found.longest);
        // Until the decoder has made its own of it, a dictionary that is handed on is there beside that.
        let handed_on = if found.decompressed.is_some() { found.dictionary } else { 0 };
        kept = kept.saturating_add(handed_on);
        scratch = scratch.saturating_add(found.dictionary).saturating_add(found.largest).saturating_add(handed_on);
    }
    let batch_rows = batch_rows(scan, task, longest)?;
    let shown = if lengths.is_empty() { None } else { Some(scan.conformed.shortened(task.row_group, &lengths)?) };
    Ok(Inspected { batch_rows, scratch, chunks, shown })
}

/// Rows a batch may have: fewer than wished for where each could be very large. `longest` is what the longest values
/// take together that pages let a batch repeat, in bytes.
///
/// # Errors
/// When a single row may take more than the budget.
pub(crate) fn batch_rows(scan: &Scan, task: &Task, longest: u64) -> Result<usize> {
    let group = scan.metadata().row_group(task.row_group);
    let columns = scan.leaves.iter().map(|leaf| group.column(*leaf).column_descr_ptr()).collect::<Vec<_>>();
    let row_bytes = row_width::bytes(&scan.meant, &columns).saturating_add(longest);
    if row_bytes > scan.page_budget {
        return Err(Error::new(
            ErrorKind::Memory,
            format!(
                "a single row of row group {} may take {row_bytes} bytes, more than half the memory budget: raise it, \
                 or select fewer columns",
                task.row_group
            ),
        ));
    }
    let rows = usize::try_from(scan.page_budget / row_bytes.max(1)).unwrap_or(usize::MAX).max(1);
    Ok(scan.batch_rows.min(rows))
}

/// What the pages of a column have in them, in bytes.
#[derive(Debug, Default)]
struct Found {
    /// The longest value that a page lets a batch repeat.
    longest: u64,
    /// The largest page of values, decompressed.
    largest: u64,
    /// The dictionary, decompressed.
    dictionary: u64,
    /// The chunk's first page, if that is a dictionary and was decompressed to be looked at.
    decompressed: Option<Page>,
}

impl Found {
    fn add(&mut self, page: &PageSummary, looked: &Looked) {
        self.longest = self.longest.max(looked.longest);
        let size = if page.kind == PageKind::Dictionary { &mut self.dictionary } else { &mut self.largest };
        *size = (*size).max(page.uncompressed.into());
    }
}

/// All pages of a chunk; its dictionary is kept up to `most` bytes.
fn chunk(bytes: &[u8], limits: &PageLimits, most: u64) -> Result<Found, Damage> {
    let mut found = Found::default();
    for page in vet::pages::check_chunk(bytes, limits)? {
        let looked = payload::check(body(bytes, &page), &page, limits)?;
        found.add(&page, &looked);
        if page.offset == 0 && u64::from(page.uncompressed) <= most {
            found.decompressed = looked.dictionary.and_then(|bytes| decoded(&page, bytes));
        }
    }
    Ok(found)
}

/// A dictionary as the decoder would make it of its page. What is odd about it is left to the decoder.
fn decoded(page: &PageSummary, bytes: Vec<u8>) -> Option<Page> {
    let encoding = match page.encoding {
        0 => Encoding::PLAIN,
        2 => Encoding::PLAIN_DICTIONARY,
        _ => return None,
    };
    let plain = page.kind == PageKind::Dictionary && page.level_bytes == 0;
    plain.then(|| Page::DictionaryPage { buf: bytes.into(), num_values: page.values, encoding, is_sorted: false })
}

/// The dictionary page and those data pages that hold selected rows.
fn selected_pages(ranges: Vec<Range<u64>>, parts: &KnownParts, limits: &PageLimits) -> Result<Found, Damage> {
    let mut found = Found::default();
    for range in ranges {
        // What isn't here isn't decoded: the decoder's own question for it is an error.
        let Some(bytes) = parts.get(&range).filter(|bytes| !bytes.is_empty()) else { continue };
        let page = vet::pages::check_page(&bytes, limits)?;
        found.add(&page, &payload::check(body(&bytes, &page), &page, limits)?);
    }
    Ok(found)
}

fn body<'a>(bytes: &'a [u8], page: &PageSummary) -> &'a [u8] {
    let start = usize::try_from(page.offset + u64::from(page.header_len)).unwrap_or(usize::MAX);
    bytes.get(start..).unwrap_or_default()
}

/// The length of a chunk up to its last value, where what follows can't be a page: the decoder would try to read it.
fn shorter(bytes: &[u8], column: &ColumnChunkMetaData) -> Option<u64> {
    let used = conform::pages::used(bytes, u64::try_from(column.num_values()).ok()?)?;
    let rest = usize::try_from(used).ok().and_then(|used| bytes.get(used..))?;
    let is_page = vet::pages::check_page(rest, &PageLimits::new(column, u64::MAX)).is_ok();
    (!rest.is_empty() && !is_page).then_some(used)
}

fn unknown(task: &Task, range: &Range<u64>) -> Error {
    Error::new(ErrorKind::Corrupt, format!("row group {} needs bytes that its footer doesn't name", task.row_group))
        .with_range(range.clone())
}
