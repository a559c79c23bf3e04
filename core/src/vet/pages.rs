//! A walk over the page headers of a column chunk before its bytes go to the page decoder.
//!
//! Only headers are touched, some tens of nanoseconds each. The decoder makes room for a page by what its header
//! claims, so the claim is held against what the codec could give and against a budget.
//! Format: parquet.thrift, `PageHeader`.

use parquet::basic::{Compression, Type};
use parquet::file::metadata::ColumnChunkMetaData;

use super::thrift::{Field, Reader, Wire};
use super::{Damage, damaged};

/// The kind of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageKind {
    /// A data page of the first version: levels and values compressed together.
    Data,
    /// A data page of the second version: levels before the compressed values.
    DataV2,
    /// The dictionary.
    Dictionary,
    /// An index page; decoders skip it.
    Index,
}

/// What the header of one page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSummary {
    /// Where the header starts, in bytes from the start of what was checked.
    pub offset: u64,
    /// Bytes of the header.
    pub header_len: u32,
    /// Bytes of the page after its header.
    pub compressed: u32,
    /// Bytes of the page once decompressed.
    pub uncompressed: u32,
    /// Values, nulls included.
    pub values: u32,
    /// What the page is.
    pub kind: PageKind,
    /// The encoding of its values, by the format's number; 0 for an index page.
    pub encoding: i32,
    /// Bytes of levels that stand before the compressed values (second version only).
    pub level_bytes: u32,
    /// Those of them that are repetition levels.
    pub repetition_bytes: u32,
    /// Whether the chunk's codec was applied.
    pub is_compressed: bool,
    /// Encodings of repetition and definition levels, by the format's numbers (first version only).
    pub level_encodings: (i32, i32),
}

/// What the pages of a chunk are held against.
#[derive(Debug, Clone, Copy)]
pub struct PageLimits {
    pub(super) codec: Compression,
    pub(super) physical_type: Type,
    pub(super) max_levels: (i16, i16),
    pub(super) budget: u64,
    pub(super) skips: bool,
    type_length: u64,
    values: u64,
}

impl PageLimits {
    /// Limits of a chunk by its metadata. No page may need more than `budget` bytes decompressed.
    pub fn new(chunk: &ColumnChunkMetaData, budget: u64) -> Self {
        let leaf = chunk.column_descr();
        Self {
            codec: chunk.compression(),
            physical_type: leaf.physical_type(),
            max_levels: (leaf.max_rep_level(), leaf.max_def_level()),
            type_length: u64::try_from(leaf.type_length()).unwrap_or(0),
            values: u64::try_from(chunk.num_values()).unwrap_or(0),
            budget,
            skips: false,
        }
    }

    /// The same limits where the decoder will skip rows inside pages.
    #[must_use]
    pub fn skipping(self, skips: bool) -> Self {
        Self { skips, ..self }
    }
}

/// Checks all pages of a chunk given as one piece.
///
/// # Errors
///
/// The first page that cannot be trusted, with its number and place.
pub fn check_chunk(bytes: &[u8], limits: &PageLimits) -> Result<Vec<PageSummary>, Damage> {
    let mut pages = Vec::new();
    let (mut at, mut values) = (0, 0_u64);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        // Writers may leave room behind the last page; the decoder stops at the chunk's count of values too.
        if values >= limits.values && !pages.is_empty() && limits.values > 0 {
            break;
        }
        let place = |damage: Damage| damage.within(format_args!("page {} at byte {at} of its chunk", pages.len()));
        let mut page = check_page(rest, limits).map_err(place)?;
        page.offset = at as u64;
        if matches!(page.kind, PageKind::Data | PageKind::DataV2) {
            values += u64::from(page.values);
        }
        at += page.header_len as usize + page.compressed as usize;
        pages.push(page);
    }
    Ok(pages)
}

/// Checks one page that starts at the start of `bytes`: as [`check_chunk`] does, or alone where an offset index
/// gave its place. Bytes may follow the page.
///
/// # Errors
///
/// A header that is no Thrift, sizes outside `bytes`, claims past the limits.
pub fn check_page(bytes: &[u8], limits: &PageLimits) -> Result<PageSummary, Damage> {
    check_front(bytes, bytes.len() as u64, limits)
}

/// As [`check_page`] where only the front of a page is here: `bytes` has its header at least, and from its start to
/// the end of its chunk there are `room` bytes.
///
/// # Errors
///
/// As [`check_page`].
pub fn check_front(bytes: &[u8], room: u64, limits: &PageLimits) -> Result<PageSummary, Damage> {
    let mut reader = Reader::new(bytes);
    let header = Header::read(&mut reader)?;
    let header_len = small(reader.position() as u64)?;
    let page = header.summary(header_len)?;
    let left = room.saturating_sub(header_len.into());
    if u64::from(page.compressed) > left {
        return damaged!("the page claims {} bytes where {left} are left", page.compressed);
    }
    let most = u64::from(page.compressed).saturating_mul(expansion(limits.codec)).saturating_add(64);
    if page.is_compressed && u64::from(page.uncompressed) > most {
        return damaged!("{} bytes cannot hold the {} claimed", page.compressed, page.uncompressed);
    }
    if u64::from(page.uncompressed) > limits.budget {
        return damaged!("the page claims {} bytes, the limit is {}", page.uncompressed, limits.budget);
    }
    if page.level_bytes > page.compressed || page.level_bytes > page.uncompressed {
        return damaged!("{} bytes of levels in a page of {}", page.level_bytes, page.compressed);
    }
    match page.kind {
        PageKind::Dictionary => dictionary(&page, limits)?,
        PageKind::Data | PageKind::DataV2 if u64::from(page.values) > limits.values => {
            return damaged!("the page claims {} values of the chunk's {}", page.values, limits.values);
        }
        _ => {}
    }
    Ok(page)
}

/// The decoder makes room for every dictionary value claimed, so each must have its bytes.
fn dictionary(page: &PageSummary, limits: &PageLimits) -> Result<(), Damage> {
    let bytes = u64::from(if limits.codec == Compression::UNCOMPRESSED { page.compressed } else { page.uncompressed });
    let most = match limits.physical_type {
        Type::BOOLEAN => bytes.saturating_mul(8),
        Type::INT32 | Type::FLOAT | Type::BYTE_ARRAY => bytes / 4,
        Type::INT64 | Type::DOUBLE => bytes / 8,
        Type::INT96 => bytes / 12,
        Type::FIXED_LEN_BYTE_ARRAY => bytes / limits.type_length.max(1),
    };
    if u64::from(page.values) > most {
        return damaged!("a dictionary of {} values in {bytes} bytes", page.values);
    }
    Ok(())
}

/// The most bytes that one compressed byte can give.
pub(super) fn expansion(codec: Compression) -> u64 {
    match codec {
        // The decoder takes an uncompressed page as it is; its second size is not used.
        Compression::UNCOMPRESSED => u64::MAX,
        // A copy of 64 bytes takes 3.
        Compression::SNAPPY => 22,
        // Each further length byte adds 255.
        Compression::LZ4 | Compression::LZ4_RAW | Compression::LZO => 255,
        // A match of 258 bytes takes 2 bits.
        Compression::GZIP(_) => 1032,
        // A block of 128 KiB of one byte takes 4.
        Compression::ZSTD(_) => 32 << 10,
        // A meta-block of 16 MiB takes some 10; only the budget binds.
        Compression::BROTLI(_) => 2 << 20,
    }
}

/// The fields of a page header, as read.
#[derive(Default)]
struct Header {
    page_type: Option<i32>,
    uncompressed: Option<i32>,
    compressed: Option<i32>,
    data: Option<Part>,
    dictionary: Option<Part>,
    data_v2: Option<Part>,
}

/// The fields of the part for one page kind.
#[derive(Default, Clone, Copy)]
struct Part {
    values: Option<i32>,
    encoding: Option<i32>,
    definition_bytes: i32,
    repetition_bytes: i32,
    level_encodings: (i32, i32),
    stored: bool,
}

impl Header {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Damage> {
        let (mut header, mut last) = (Self::default(), 0);
        while let Some(field) = reader.field(&mut last)? {
            match field.id {
                1 => header.page_type = Some(int(reader, field)?),
                2 => header.uncompressed = Some(int(reader, field)?),
                3 => header.compressed = Some(int(reader, field)?),
                4 => drop(int(reader, field)?),
                5 => header.data = Some(part(reader, field, Kind::Data)?),
                7 => header.dictionary = Some(part(reader, field, Kind::Dictionary)?),
                8 => header.data_v2 = Some(part(reader, field, Kind::DataV2)?),
                _ => reader.skip(field.wire)?,
            }
        }
        Ok(header)
    }

    fn summary(&self, header_len: u32) -> Result<PageSummary, Damage> {
        let compressed = size("size", self.compressed)?;
        let uncompressed = size("uncompressed size", self.uncompressed)?;
        let (kind, part) = match self.page_type {
            Some(0) => (PageKind::Data, self.data),
            Some(1) => (PageKind::Index, Some(Part { values: Some(0), encoding: Some(0), ..Part::default() })),
            Some(2) => (PageKind::Dictionary, self.dictionary),
            Some(3) => (PageKind::DataV2, self.data_v2),
            other => return damaged!("page type {} does not exist", other.unwrap_or(-1)),
        };
        let Some(part) = part else {
            return damaged!("the header of a {kind:?} page lacks its part");
        };
        // The crate looks at the second version's part whatever the page's type is.
        let levels = self.data_v2.unwrap_or(part);
        let definition_bytes = size("definition levels", Some(levels.definition_bytes))?;
        let repetition_bytes = size("repetition levels", Some(levels.repetition_bytes))?;
        Ok(PageSummary {
            offset: 0,
            header_len,
            compressed,
            uncompressed,
            values: size("count of values", part.values)?,
            kind,
            encoding: part.encoding.unwrap_or(-1),
            level_bytes: definition_bytes.saturating_add(repetition_bytes),
            repetition_bytes,
            is_compressed: !levels.stored,
            level_encodings: part.level_encodings,
        })
    }
}

/// Which part of the header is read.
#[derive(Clone, Copy)]
enum Kind {
    Data,
    Dictionary,
    DataV2,
}

fn part(reader: &mut Reader<'_>, field: Field, kind: Kind) -> Result<Part, Damage> {
    field.expect(Wire::Struct)?;
    let (mut part, mut last) = (Part::default(), 0);
    while let Some(field) = reader.field(&mut last)? {
        match (kind, field.id) {
            (_, 1) => part.values = Some(int(reader, field)?),
            (Kind::Data | Kind::Dictionary, 2) | (Kind::DataV2, 4) => part.encoding = Some(int(reader, field)?),
            (Kind::DataV2, 5) => part.definition_bytes = int(reader, field)?,
            (Kind::DataV2, 6) => part.repetition_bytes = int(reader, field)?,
            (Kind::DataV2, 7) => {
                field.expect(Wire::True)?;
                part.stored = field.wire == Wire::False;
            }
            (Kind::Data, 3) => part.level_encodings.1 = int(reader, field)?,
            (Kind::Data, 4) => part.level_encodings.0 = int(reader, field)?,
            (Kind::DataV2, 2 | 3) => drop(int(reader, field)?),
            (Kind::Data, 5) | (Kind::DataV2, 8) => {
                field.expect(Wire::Struct)?;
                reader.skip(field.wire)?;
            }
            _ => reader.skip(field.wire)?,
        }
    }
    Ok(part)
}

fn int(reader: &mut Reader<'_>, field: Field) -> Result<i32, Damage> {
    field.expect(Wire::I32)?;
    reader.i32()
}

fn size(what: &str, value: Option<i32>) -> Result<u32, Damage> {
    match value.map(u32::try_from) {
        Some(Ok(size)) => Ok(size),
        Some(Err(_)) => damaged!("the page's {what} is {}", value.unwrap_or(-1)),
        None => damaged!("the page's {what} is missing"),
    }
}

fn small(len: u64) -> Result<u32, Damage> {
    u32::try_from(len).map_err(|_| Damage::new(format!("a page header of {len} bytes")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::Arc;

    use parquet::schema::parser::parse_message_type;
    use parquet::schema::types::SchemaDescriptor;

    use super::*;

    fn limits(codec: Compression) -> PageLimits {
        let schema = parse_message_type("message m { required int64 n; }").unwrap();
        let leaf = SchemaDescriptor::new(Arc::new(schema)).column(0);
        let chunk = ColumnChunkMetaData::builder(leaf).set_compression(codec).set_num_values(100).build().unwrap();
        PageLimits::new(&chunk, 1 << 30)
    }

    /// A page of 4 bytes: type, claimed uncompressed size (zigzag varint bytes), then its part by number and fields.
    fn page(kind: u8, uncompressed: &[u8], part: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x15, kind << 1, 0x15];
        bytes.extend(uncompressed);
        bytes.extend([0x15, 8]);
        bytes.extend(part);
        bytes.extend([0, 0, 1, 2, 3, 4]);
        bytes
    }

    /// `data_page_header { num_values: 3, encoding: PLAIN, levels: RLE }`.
    const DATA: &[u8] = &[0x2c, 0x15, 6, 0x15, 0, 0x15, 6, 0x15, 6];

    #[test]
    fn pages_are_found_in_turn() {
        let one = page(0, &[8], DATA);
        let chunk = [one.clone(), one.clone()].concat();
        let pages = check_chunk(&chunk, &limits(Compression::UNCOMPRESSED)).unwrap();
        assert_eq!(pages.len(), 2);
        let last = pages[1];
        assert_eq!((last.offset, last.compressed, last.values, last.kind), (one.len() as u64, 4, 3, PageKind::Data));
        assert_eq!(u64::from(last.header_len), one.len() as u64 - 4);
        assert_eq!(last.level_encodings, (3, 3));
    }

    #[test]
    fn two_gigabytes_from_four_bytes_are_refused() {
        let vast = page(0, &[0xfe, 0xff, 0xff, 0xff, 0x0f], DATA);
        for codec in [Compression::SNAPPY, Compression::LZ4_RAW, Compression::ZSTD(Default::default())] {
            let damage = check_page(&vast, &limits(codec)).unwrap_err();
            assert!(damage.to_string().contains("4 bytes cannot hold the 2147483647 claimed"), "{damage}");
        }
    }

    #[test]
    fn a_dictionary_of_more_values_than_bytes_is_refused() {
        // dictionary_page_header { num_values: 2^31 - 1, encoding: PLAIN }
        let part = &[0x4c, 0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0x15, 0];
        let damage = check_page(&page(2, &[8], part), &limits(Compression::UNCOMPRESSED)).unwrap_err();
        assert!(damage.to_string().contains("a dictionary of 2147483647 values in 4 bytes"), "{damage}");
    }

    #[test]
    fn negative_sizes_and_pages_cut_short_are_refused() {
        let whole = page(0, &[8], DATA);
        assert!(check_page(&page(0, &[7], DATA), &limits(Compression::UNCOMPRESSED)).is_err());
        for end in 0..whole.len() {
            assert!(check_page(&whole[..end], &limits(Compression::UNCOMPRESSED)).is_err(), "{end}");
        }
        let many = &[0x2c, 0x15, 0xd0, 1, 0x15, 0, 0x15, 6, 0x15, 6];
        let damage = check_page(&page(0, &[8], many), &limits(Compression::UNCOMPRESSED)).unwrap_err();
        assert!(damage.to_string().contains("claims 104 values of the chunk's 100"), "{damage}");
    }
}
