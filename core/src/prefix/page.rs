//! One page from its front to the last value that is wanted.

use super::inflate::front;
use super::values::{self, First, Physical};
use crate::vet::hybrid::Hybrid;
use crate::vet::inflate::inflate;
use crate::vet::pages::{PageKind, PageLimits, PageSummary};
use crate::vet::payload;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::Page;

/// Pages are decompressed this far in part; who wants more of one takes all of it.
const MOST: usize = 4 << 20;
/// The level encoding of parquet.thrift that has no length before it, as only the oldest files have it.
const BIT_PACKED: i32 = 4;

/// A column, as far as its pages are concerned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column<'a> {
    pub(super) limits: &'a PageLimits,
    pub(super) codec: Compression,
    pub(super) physical: Physical,
    /// The largest repetition level.
    pub(super) repetition: i16,
    /// The largest definition level.
    pub(super) definition: i16,
}

impl Column<'_> {
    /// Bytes of a page with its levels once it is decompressed.
    fn size(self, page: &PageSummary) -> usize {
        // What is not compressed has no second size that anybody looks at.
        let stored = !page.is_compressed || self.codec == Compression::UNCOMPRESSED;
        if stored { page.compressed as usize } else { page.uncompressed as usize }
    }
}

/// What came of a page. Damage is not looked into here: what reads whole pages says it better.
#[derive(Debug)]
pub(super) enum Tried<T> {
    Done(T),
    /// So many bytes after the page's header would do, as far as can be told; at most all of them.
    Needs(u64),
    /// It can't be read like this.
    Unsuitable,
}

/// The first rows of a data page.
#[derive(Debug)]
pub(super) struct Rows {
    /// As the decoder takes it.
    pub(super) page: Page,
    /// Rows that begin in it.
    pub(super) rows: u64,
    /// Whether the row after the last one wanted was seen to begin.
    pub(super) ended: bool,
    /// The largest dictionary index in it.
    pub(super) index: Option<u32>,
    /// The longest value, in bytes, that it lets a batch repeat.
    pub(super) longest: u64,
}

impl Rows {
    /// Its rows, where the page says how many they are.
    pub(super) fn known(&self) -> Option<u64> {
        matches!(self.page, Page::DataPageV2 { .. }).then_some(self.rows)
    }
}

/// The first `rows` rows of a data page. `body` is what is here of it after its header.
pub(super) fn rows(body: &[u8], page: &PageSummary, column: Column<'_>, rows: u64) -> Tried<Rows> {
    let levels = column.repetition > 0 || column.definition > 0;
    let (repetition, definition) = page.level_encodings;
    if levels && page.kind == PageKind::Data && (repetition == BIT_PACKED || definition == BIT_PACKED) {
        return Tried::Unsuitable;
    }
    opened(body, page, column, |bytes, whole| {
        let sections = match sections(bytes, page, column) {
            Ok(sections) => sections,
            Err(reach) => return Look::Beyond(reach),
        };
        let Some(mut entries) = entries(&sections, page, column, rows) else { return Look::Broken };
        let behind = bytes.get(sections.values..).unwrap_or_default();
        let present = usize::try_from(entries.present).unwrap_or(usize::MAX);
        let (end, index, longest) = match values::first(behind, page.encoding, column.physical, present) {
            First::Until { end, index } => (sections.values + end, index, 0),
            First::Beyond(reach) => return Look::Beyond(sections.values.saturating_add(reach)),
            First::Whole => {
                // It goes on as it is, with all that is in it.
                let all = self::entries(&sections, page, column, u64::MAX).filter(|_| whole);
                let Some(all) = all else { return Look::Beyond(usize::MAX) };
                entries = Entries { ended: entries.ended, ..all };
                let Ok(looked) = payload::check(body, page, column.limits) else { return Look::Broken };
                (bytes.len(), None, looked.longest)
            }
        };
        let values = bytes.get(sections.values..end).unwrap_or_default();
        // Of lists, only the second version says that the next page starts with a row.
        let made = if column.repetition <= 0 || entries.ended || page.kind == PageKind::DataV2 {
            second_version(&sections, values, page, &entries)
        } else if whole {
            first_version(bytes.to_vec(), page)
        } else {
            return Look::Beyond(usize::MAX);
        };
        match made {
            Some(page) => Look::Done(Rows { page, rows: entries.rows, ended: entries.ended, index, longest }),
            None => Look::Broken,
        }
    })
}

/// The first `count` values of a dictionary, and the bytes of the longest. `body` is what is here of it after its header.
pub(super) fn dictionary(body: &[u8], page: &PageSummary, column: Column<'_>, count: u32) -> Tried<(Page, u64)> {
    if count > page.values || page.level_bytes > 0 {
        return Tried::Unsuitable;
    }
    let Some(encoding) = encoding(page.encoding) else { return Tried::Unsuitable };
    opened(body, page, column, |bytes, whole| {
        let (end, count) = match values::plain(bytes, column.physical, count as usize) {
            First::Until { end, .. } => (end, count),
            First::Beyond(reach) => return Look::Beyond(reach),
            First::Whole if whole => (bytes.len(), page.values),
            First::Whole => return Look::Beyond(usize::MAX),
        };
        let buf = bytes.get(..end).unwrap_or(bytes);
        let longest = if column.physical.is_byte_array() { payload::longest_plain(buf) } else { 0 };
        let buf = buf.to_vec().into();
        Look::Done((Page::DictionaryPage { buf, num_values: count, encoding, is_sorted: false }, longest))
    })
}

/// What was seen in the decompressed front of a page.
enum Look<T> {
    Done(T),
    /// It takes the bytes up to this one.
    Beyond(usize),
    Broken,
}

/// Lets `look` see as much of a page, decompressed, as it takes; it is told whether that is all of it.
fn opened<T>(body: &[u8], page: &PageSummary, column: Column<'_>, look: impl Fn(&[u8], bool) -> Look<T>) -> Tried<T> {
    let length = page.compressed as usize;
    let body = body.get(..length).unwrap_or(body);
    let all = Tried::Needs(page.compressed.into());
    if body.len() == length {
        if column.size(page) > MOST
            && let Some(Look::Done(done)) = decompressed(body, page, column, false).map(|bytes| look(&bytes, false))
        {
            return Tried::Done(done);
        }
        return match decompressed(body, page, column, true).map(|bytes| look(&bytes, true)) {
            Some(Look::Done(done)) => Tried::Done(done),
            _ => Tried::Unsuitable,
        };
    }
    let Some(bytes) = decompressed(body, page, column, false) else { return all };
    match look(&bytes, false) {
        Look::Done(done) => Tried::Done(done),
        Look::Beyond(reach) if reach <= MOST => Tried::Needs(enough(reach, body.len(), bytes.len(), page)),
        Look::Beyond(_) | Look::Broken => all,
    }
}

/// The page's bytes with its levels: all of them, or as many as what is here gives. `None` if it gives none.
fn decompressed(body: &[u8], page: &PageSummary, column: Column<'_>, all: bool) -> Option<Vec<u8>> {
    let levels = if page.kind == PageKind::DataV2 { page.level_bytes as usize } else { 0 };
    let Some((levels, rest)) = body.split_at_checked(levels) else { return Some(body.to_vec()) };
    let codec = if page.is_compressed { column.codec } else { Compression::UNCOMPRESSED };
    let claimed = column.size(page).saturating_sub(levels.len());
    let values = match codec {
        Compression::UNCOMPRESSED if all => rest.to_vec(),
        codec if all => inflate(codec, rest, claimed).ok()?,
        codec => front(codec, rest, claimed.min(MOST))?,
    };
    Some([levels, &values].concat())
}

/// How much of a page has to be here to reach a byte of what it stands for, as far as what is here tells.
fn enough(reach: usize, here: usize, gave: usize, page: &PageSummary) -> u64 {
    const SPARE: u64 = 4 << 10;
    let (reach, here, gave) = (reach as u64, here as u64, gave as u64);
    let by_ratio = (reach.saturating_mul(here) / gave.max(1)).saturating_mul(5) / 4;
    let wanted = by_ratio.max(here.saturating_mul(2)).saturating_add(SPARE);
    let all = u64::from(page.compressed);
    if wanted > all / 4 * 3 { all } else { wanted }
}

/// Where levels and values of a page are.
struct Sections<'a> {
    repetition: &'a [u8],
    definition: &'a [u8],
    /// Position of the first value.
    values: usize,
}

/// `Err` with the byte that it takes to tell.
fn sections<'a>(bytes: &'a [u8], page: &PageSummary, column: Column<'_>) -> Result<Sections<'a>, usize> {
    let mut at = 0_usize;
    let mut section = |max: i16, length: Option<u32>| -> Result<&'a [u8], usize> {
        if max <= 0 && length.is_none() {
            return Ok(&[][..]);
        }
        let length = match length {
            Some(length) => length,
            None => {
                let prefix = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
                at += 4;
                u32::from_le_bytes(*prefix.ok_or(at)?)
            }
        };
        let end = at.saturating_add(length as usize);
        let section = bytes.get(at..end).ok_or(end)?;
        at = end;
        Ok(section)
    };
    let second = page.kind == PageKind::DataV2;
    let repetition = section(column.repetition, second.then_some(page.repetition_bytes))?;
    let definition =
        section(column.definition, second.then(|| page.level_bytes.saturating_sub(page.repetition_bytes)))?;
    Ok(Sections { repetition, definition, values: at })
}

/// Entries of a page (values and nulls), from its front.
struct Entries {
    count: u32,
    /// Those with a value.
    present: u32,
    rows: u64,
    ended: bool,
}

/// The entries of the first `rows` rows; before them, where the page goes on with a row of the page before, what belongs
/// to that. `None` when there are fewer levels than entries.
fn entries(sections: &Sections<'_>, page: &PageSummary, column: Column<'_>, rows: u64) -> Option<Entries> {
    let width = |max: i16| i16::BITS - max.leading_zeros();
    let all = page.values as usize;
    let (count, begun, ended) = if column.repetition > 0 {
        let (mut count, mut begun) = (0, 0);
        let mut ended = false;
        for level in Hybrid::new(sections.repetition, width(column.repetition)).take(all) {
            if level == 0 && begun == rows {
                ended = true;
                break;
            }
            begun += u64::from(level == 0);
            count += 1;
        }
        (count, begun, ended)
    } else {
        let count = usize::try_from(rows).unwrap_or(usize::MAX).min(all);
        (count, count as u64, count as u64 == rows)
    };
    if !ended && count < all {
        return None;
    }
    let present = if column.definition > 0 {
        let highest = u32::from(column.definition.unsigned_abs());
        let levels = Hybrid::new(sections.definition, width(column.definition)).take(count);
        let (seen, present) =
            levels.fold((0, 0), |(seen, present), level| (seen + 1, present + usize::from(level == highest)));
        (seen == count).then_some(present)?
    } else {
        count
    };
    Some(Entries { count: u32::try_from(count).ok()?, present: u32::try_from(present).ok()?, rows: begun, ended })
}

/// A page of the second version: it says how many values it has, where the first says only how many entries, and the
/// decoder looks for as many values.
fn second_version(sections: &Sections<'_>, values: &[u8], page: &PageSummary, entries: &Entries) -> Option<Page> {
    Some(Page::DataPageV2 {
        buf: [sections.repetition, sections.definition, values].concat().into(),
        num_values: entries.count,
        encoding: encoding(page.encoding)?,
        num_nulls: entries.count - entries.present,
        num_rows: u32::try_from(entries.rows).ok()?,
        def_levels_byte_len: u32::try_from(sections.definition.len()).ok()?,
        rep_levels_byte_len: u32::try_from(sections.repetition.len()).ok()?,
        is_compressed: false,
        statistics: None,
    })
}

/// All of a page of the first version.
fn first_version(bytes: Vec<u8>, page: &PageSummary) -> Option<Page> {
    Some(Page::DataPage {
        buf: bytes.into(),
        num_values: page.values,
        encoding: encoding(page.encoding)?,
        def_level_encoding: Encoding::RLE,
        rep_level_encoding: Encoding::RLE,
        statistics: None,
    })
}

/// By the number in parquet.thrift.
fn encoding(number: i32) -> Option<Encoding> {
    Some(match number {
        0 => Encoding::PLAIN,
        2 => Encoding::PLAIN_DICTIONARY,
        3 => Encoding::RLE,
        5 => Encoding::DELTA_BINARY_PACKED,
        6 => Encoding::DELTA_LENGTH_BYTE_ARRAY,
        7 => Encoding::DELTA_BYTE_ARRAY,
        8 => Encoding::RLE_DICTIONARY,
        9 => Encoding::BYTE_STREAM_SPLIT,
        _ => return None,
    })
}
