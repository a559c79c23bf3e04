//! A look inside the few pages whose decompressed bytes make claims of their own.
//!
//! Five things cannot be known from a page's header. A gzip, LZ4 or Brotli stream may hold more than the header says,
//! and the crate's decoder takes all of it. Delta-encoded byte arrays start with counts that the crate makes room for,
//! and short bytes can stand for very long values. One long dictionary value can be repeated by every row of a batch.
//! And where rows are skipped, the crate (60.1.0) never ends on a page with fewer repetition levels than values, and
//! believes the lengths of plain byte arrays. Only such pages are decompressed here; all others cost nothing. A dictionary
//! can be handed on to the decoder, other pages are decompressed once more there.

use std::borrow::Cow;

use parquet::basic::{Compression, Type};

use super::inflate::inflate;
use super::pages::{PageKind, PageLimits, PageSummary, expansion};
use super::{Damage, damaged, delta, hybrid};

/// Encoding numbers of parquet.thrift.
const PLAIN: i32 = 0;
const BIT_PACKED: i32 = 4;
const DELTA_LENGTH_BYTE_ARRAY: i32 = 6;
const DELTA_BYTE_ARRAY: i32 = 7;

/// A dictionary smaller than this is not searched for its longest value: the page's size is taken for it.
const SMALL_DICTIONARY: u32 = 64;

/// What was found in a page.
#[derive(Debug, Default)]
pub struct Looked {
    /// The longest value, in bytes, that the page lets a batch repeat without spending bytes of the file (0 if it has
    /// none): a budget divided by it is the number of rows that a batch may safely have.
    pub longest: u64,
    /// The decompressed page, if it is a dictionary that had to be decompressed to see that.
    pub dictionary: Option<Vec<u8>>,
}

impl From<u64> for Looked {
    fn from(longest: u64) -> Self {
        Self { longest, dictionary: None }
    }
}

/// Checks the bytes of a page after its header, `body`, where its header is not enough.
///
/// # Errors
///
/// More decompressed bytes than the header claims, more lengths than values, a page whose values together take more
/// than the budget.
pub fn check(body: &[u8], page: &PageSummary, limits: &PageLimits) -> Result<Looked, Damage> {
    repetition_levels(body, page, limits)?;
    let inside = match (page.kind, page.encoding) {
        (PageKind::Index, _) => return Ok(Looked::default()),
        (PageKind::Dictionary, _) if limits.physical_type != Type::BYTE_ARRAY => false,
        (PageKind::Dictionary, _) => page.uncompressed > SMALL_DICTIONARY,
        (_, PLAIN) => limits.skips && limits.physical_type == Type::BYTE_ARRAY,
        (_, encoding) => matches!(encoding, DELTA_LENGTH_BYTE_ARRAY | DELTA_BYTE_ARRAY),
    };
    if !inside && !bursts(page, limits) {
        let small = page.kind == PageKind::Dictionary && limits.physical_type == Type::BYTE_ARRAY;
        return Ok(if small { u64::from(page.uncompressed) } else { 0 }.into());
    }
    let bytes = decompressed(body, page, limits)?;
    match (page.kind, page.encoding) {
        (PageKind::Dictionary, _) if limits.physical_type == Type::BYTE_ARRAY => {
            let longest = longest_plain(&bytes);
            let dictionary = match bytes {
                Cow::Owned(bytes) => Some(bytes),
                Cow::Borrowed(_) => None,
            };
            Ok(Looked { longest, dictionary })
        }
        (PageKind::Data | PageKind::DataV2, PLAIN) if inside => {
            plain_lengths(values(&bytes, page, limits)?, page.values)?;
            Ok(Looked::default())
        }
        (PageKind::Data | PageKind::DataV2, DELTA_LENGTH_BYTE_ARRAY) => {
            delta_lengths(values(&bytes, page, limits)?, page, limits)?;
            Ok(Looked::default())
        }
        (PageKind::Data | PageKind::DataV2, DELTA_BYTE_ARRAY) => {
            delta_strings(values(&bytes, page, limits)?, page, limits).map(Looked::from)
        }
        _ => Ok(Looked::default()),
    }
}

/// Where rows are skipped, each of the page's values must have its repetition level.
fn repetition_levels(body: &[u8], page: &PageSummary, limits: &PageLimits) -> Result<(), Damage> {
    let (max, _) = limits.max_levels;
    if !limits.skips || max <= 0 {
        return Ok(());
    }
    let first_version;
    let levels = match (page.kind, page.level_encodings.0) {
        (PageKind::DataV2, _) => body.get(..page.repetition_bytes as usize),
        // Their bytes follow from the number of values; the decoder looks whether they are there.
        (PageKind::Data, BIT_PACKED) | (PageKind::Dictionary | PageKind::Index, _) => return Ok(()),
        (PageKind::Data, _) => {
            first_version = decompressed(body, page, limits)?;
            let split = first_version.split_first_chunk::<4>();
            split.and_then(|(len, rest)| rest.get(..u32::from_le_bytes(*len) as usize))
        }
    };
    let has = levels.map_or(0, |levels| hybrid::count(levels, i16::BITS - max.leading_zeros(), page.values.into()));
    if has < u64::from(page.values) {
        return damaged!("{has} repetition levels for {} values", page.values);
    }
    Ok(())
}

/// Whether the page's stream could hold more than its header claims, and more than the budget.
fn bursts(page: &PageSummary, limits: &PageLimits) -> bool {
    let open_ended = matches!(limits.codec, Compression::GZIP(_) | Compression::LZ4 | Compression::BROTLI(_));
    let most = u64::from(page.compressed).saturating_mul(expansion(limits.codec));
    open_ended && page.is_compressed && (most > limits.budget || matches!(limits.codec, Compression::BROTLI(_)))
}

/// The page's bytes without the levels of a second-version page.
fn decompressed<'a>(body: &'a [u8], page: &PageSummary, limits: &PageLimits) -> Result<Cow<'a, [u8]>, Damage> {
    let levels = if page.kind == PageKind::DataV2 { page.level_bytes } else { 0 };
    let Some(rest) = body.get(levels as usize..page.compressed as usize) else {
        return damaged!("the page is cut short");
    };
    if !page.is_compressed || limits.codec == Compression::UNCOMPRESSED {
        return Ok(Cow::Borrowed(rest));
    }
    let claimed = page.uncompressed.saturating_sub(levels) as usize;
    inflate(limits.codec, rest, claimed).map(Cow::Owned)
}

/// The encoded values behind the levels.
fn values<'a>(bytes: &'a [u8], page: &PageSummary, limits: &PageLimits) -> Result<&'a [u8], Damage> {
    if page.kind == PageKind::DataV2 {
        return Ok(bytes);
    }
    let (repetition, definition) = limits.max_levels;
    let rest = after_levels(bytes, page.values, repetition, page.level_encodings.0)?;
    after_levels(rest, page.values, definition, page.level_encodings.1)
}

fn after_levels(bytes: &[u8], values: u32, max: i16, encoding: i32) -> Result<&[u8], Damage> {
    if max <= 0 {
        return Ok(bytes);
    }
    let len = if encoding == BIT_PACKED {
        let width = u64::from(i16::BITS - max.leading_zeros());
        (u64::from(values) * width).div_ceil(8)
    } else {
        let Some(len) = bytes.first_chunk::<4>() else {
            return damaged!("the page ends in its levels");
        };
        u64::from(u32::from_le_bytes(*len)) + 4
    };
    match usize::try_from(len).ok().and_then(|len| bytes.get(len..)) {
        Some(rest) => Ok(rest),
        None => damaged!("the page's levels claim {len} of {} bytes", bytes.len()),
    }
}

/// The longest of length-prefixed values; what does not add up is left to the decoder, which reads them the same way.
pub(crate) fn longest_plain(mut bytes: &[u8]) -> u64 {
    let mut longest = 0;
    while let Some((len, rest)) = bytes.split_first_chunk::<4>() {
        let len = u32::from_le_bytes(*len) as usize;
        let Some(rest) = rest.get(len..) else { break };
        longest = longest.max(len);
        bytes = rest;
    }
    longest as u64
}

/// Skipping in the crate (60.1.0) believes the lengths, and reading what is left past the end makes room for nearly 2^64
/// bytes in builds that don't check arithmetic.
fn plain_lengths(mut bytes: &[u8], values: u32) -> Result<(), Damage> {
    for _ in 0..values {
        let Some((len, rest)) = bytes.split_first_chunk::<4>() else { break };
        let len = u32::from_le_bytes(*len);
        let Some(rest) = rest.get(len as usize..) else {
            return damaged!("a value claims {len} bytes where {} are left", rest.len());
        };
        bytes = rest;
    }
    Ok(())
}

fn delta_lengths(bytes: &[u8], page: &PageSummary, limits: &PageLimits) -> Result<(), Damage> {
    let (lengths, start) = delta::lengths(bytes, most_lengths(page, limits))?;
    let total: u64 = lengths.iter().map(|length| u64::from(*length)).sum();
    if total > (bytes.len() - start) as u64 {
        return damaged!("delta lengths of {total} bytes where {} are left", bytes.len() - start);
    }
    Ok(())
}

fn delta_strings(bytes: &[u8], page: &PageSummary, limits: &PageLimits) -> Result<u64, Damage> {
    let most = most_lengths(page, limits);
    let (prefixes, start) = delta::lengths(bytes, most)?;
    let rest = bytes.get(start..).unwrap_or_default();
    let (suffixes, start) = delta::lengths(rest, most)?;
    if prefixes.len() != suffixes.len() {
        return damaged!("{} prefixes and {} suffixes", prefixes.len(), suffixes.len());
    }
    let (mut last, mut total, mut longest, mut stored) = (0, 0_u64, 0, 0);
    for (prefix, suffix) in prefixes.iter().zip(&suffixes) {
        let (prefix, suffix) = (u64::from(*prefix), u64::from(*suffix));
        if prefix > last {
            return damaged!("a prefix of {prefix} bytes of a value of {last}");
        }
        last = prefix + suffix;
        total += last;
        stored += suffix;
        longest = last.max(longest);
    }
    if stored > (rest.len() - start) as u64 {
        return damaged!("suffixes of {stored} bytes where {} are left", rest.len() - start);
    }
    if total > limits.budget {
        return damaged!("the page's values take {total} bytes, the limit is {}", limits.budget);
    }
    Ok(longest)
}

/// The decoder holds all lengths of a page at once, 4 bytes each and up to two of them for a value.
fn most_lengths(page: &PageSummary, limits: &PageLimits) -> u64 {
    u64::from(page.values).min(limits.budget / 8)
}

#[cfg(all(test, feature = "gzip", feature = "brotli"))]
#[allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "tests")]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use parquet::basic::{BrotliLevel, GzipLevel};
    use parquet::file::metadata::ColumnChunkMetaData;
    use parquet::schema::parser::parse_message_type;
    use parquet::schema::types::SchemaDescriptor;

    use super::*;

    fn limits(codec: Compression, budget: u64) -> PageLimits {
        let schema = parse_message_type("message m { required binary text; }").unwrap();
        let leaf = SchemaDescriptor::new(Arc::new(schema)).column(0);
        let chunk = ColumnChunkMetaData::builder(leaf).set_compression(codec).set_num_values(1000).build().unwrap();
        PageLimits::new(&chunk, budget)
    }

    fn page(kind: PageKind, encoding: i32, body: &[u8], uncompressed: usize) -> PageSummary {
        PageSummary {
            offset: 0,
            header_len: 0,
            compressed: body.len() as u32,
            uncompressed: uncompressed as u32,
            values: 1000,
            kind,
            encoding,
            level_bytes: 0,
            repetition_bytes: 0,
            is_compressed: true,
            level_encodings: (3, 3),
        }
    }

    fn longest(body: &[u8], page: &PageSummary, limits: &PageLimits) -> Result<u64, Damage> {
        check(body, page, limits).map(|looked| looked.longest)
    }

    #[test]
    fn a_stream_that_holds_more_than_its_header_claims_is_refused() {
        let zeros = vec![0; 4 << 20];
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&zeros).unwrap();
        let gzip = gzip.finish().unwrap();
        let mut brotli = brotli::CompressorWriter::new(Vec::new(), 4096, 1, 22);
        brotli.write_all(&zeros).unwrap();
        let brotli = brotli.into_inner();
        for (codec, body) in
            [(Compression::GZIP(GzipLevel::default()), gzip), (Compression::BROTLI(BrotliLevel::default()), brotli)]
        {
            let limits = limits(codec, 1 << 20);
            let damage = check(&body, &page(PageKind::Data, 0, &body, 1000), &limits).unwrap_err();
            assert!(damage.to_string().contains("more than the 1000 bytes"), "{damage}");
        }
    }

    #[test]
    fn where_rows_are_skipped_each_value_has_a_repetition_level() {
        let schema = parse_message_type("message m { repeated int32 n; }").unwrap();
        let leaf = SchemaDescriptor::new(Arc::new(schema)).column(0);
        let chunk = ColumnChunkMetaData::builder(leaf).set_num_values(1000).build().unwrap();
        let limits = PageLimits::new(&chunk, 1 << 20);
        // Of the first version: a run of 1000 zeros, or one of 999.
        for (run, sound) in [([0xd0, 0x0f, 0], true), ([0xce, 0x0f, 0], false)] {
            let body = [&[3, 0, 0, 0][..], &run].concat();
            let mut first = page(PageKind::Data, 0, &body, body.len());
            assert!(check(&body, &first, &limits).is_ok());
            assert_eq!(check(&body, &first, &limits.skipping(true)).is_ok(), sound);
            first.level_encodings.0 = BIT_PACKED;
            assert!(check(&body, &first, &limits.skipping(true)).is_ok());
            let mut second = page(PageKind::DataV2, 0, &run, run.len());
            second.repetition_bytes = 3;
            assert_eq!(check(&run, &second, &limits.skipping(true)).is_ok(), sound);
        }
    }

    #[test]
    fn where_rows_are_skipped_plain_lengths_must_fit() {
        let limits = limits(Compression::UNCOMPRESSED, 1 << 20);
        for (length, sound) in [(2, true), (3, false), (0xff, false)] {
            let body = [1, 0, 0, 0, b'a', length, 0, 0, 0, b'b', b'c'];
            let page = page(PageKind::Data, PLAIN, &body, body.len());
            assert_eq!(longest(&body, &page, &limits), Ok(0));
            assert_eq!(check(&body, &page, &limits.skipping(true)).is_ok(), sound, "{length}");
        }
    }

    #[test]
    fn a_brotli_window_beyond_the_standard_is_refused() {
        let body = [0x11, 30, 0, 0, 0, 0, 0, 0];
        let limits = limits(Compression::BROTLI(BrotliLevel::default()), 1 << 20);
        let damage = check(&body, &page(PageKind::Data, 0, &body, 1000), &limits).unwrap_err();
        assert!(damage.to_string().contains("window"), "{damage}");
    }

    #[test]
    fn short_bytes_that_stand_for_very_long_values_are_refused() {
        let limits = limits(Compression::UNCOMPRESSED, 1 << 20);
        // Blocks of 1024 values in one part of width 0: a first value, then steps of the least delta. Prefix lengths
        // 0, 1, 2 .. 999 with suffixes of 1 byte each: 1 KB of suffixes, half a megabyte of values.
        let mut body = vec![0x80, 0x08, 1, 0xe8, 0x07, 0, 2, 0];
        body.extend([0x80, 0x08, 1, 0xe8, 0x07, 2, 0, 0]);
        body.extend([b'x'; 1000]);
        let delta = page(PageKind::Data, DELTA_BYTE_ARRAY, &body, body.len());
        assert_eq!(longest(&body, &delta, &limits), Ok(1000));
        let mut tight = limits;
        tight.budget = 100_000;
        assert!(check(&body, &delta, &tight).unwrap_err().to_string().contains("values take 500500 bytes"));
        // A count of 2^32 - 1.
        let body = [0x80, 0x08, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0];
        for encoding in [DELTA_BYTE_ARRAY, DELTA_LENGTH_BYTE_ARRAY] {
            let damage = check(&body, &page(PageKind::Data, encoding, &body, body.len()), &limits).unwrap_err();
            assert!(damage.to_string().contains("4294967295 delta lengths"), "{damage}");
        }
    }

    #[test]
    fn the_longest_dictionary_value_is_found() {
        let mut body = Vec::new();
        for len in [3_u32, 300, 30] {
            body.extend(len.to_le_bytes());
            body.extend(vec![b'x'; len as usize]);
        }
        let limits = limits(Compression::UNCOMPRESSED, 1 << 20);
        let plain = page(PageKind::Dictionary, 0, &body, body.len());
        assert_eq!(longest(&body, &plain, &limits), Ok(300));
        assert_eq!(check(&body, &plain, &limits).unwrap().dictionary, None, "it lies in the file as it is");
    }

    #[test]
    fn a_dictionary_that_was_decompressed_is_handed_on() {
        let plain = [&[96, 0, 0, 0][..], &[b'x'; 96]].concat();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&plain).unwrap();
        let body = gzip.finish().unwrap();
        let limits = limits(Compression::GZIP(GzipLevel::default()), 1 << 20);
        let looked = check(&body, &page(PageKind::Dictionary, 0, &body, plain.len()), &limits).unwrap();
        assert_eq!((looked.longest, looked.dictionary), (96, Some(plain)));
    }
}
