//! The footer: from the tail of an object to its metadata, asking for exactly what is missing.
//!
//! A Parquet file ends with its thrift-encoded metadata, that metadata's length (4 bytes, little-endian) and the magic
//! `PAR1` (Parquet format, "File format"). Thrift itself is the `parquet` crate's work.

use crate::conform;
use crate::error::{Error, ErrorKind, Result};
use crate::job::caught;
use crate::parts::KnownParts;
use crate::vet;
use bytes::Bytes;
use parquet::DecodeResult;
use parquet::file::metadata::{
    ColumnChunkMask, PageIndexPolicy, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataPushDecoder,
    ParquetStatisticsPolicy,
};
use std::ops::Range;
use std::sync::Arc;

/// Length of what follows the metadata: its length and the magic.
const TRAILER: u64 = 8;
/// The least a Parquet file has: the magic in front and the trailer.
const SHORTEST: u64 = 12;

/// A step towards something that is parsed from known parts.
#[derive(Debug)]
pub enum Progress<T> {
    /// These bytes are missing.
    Needs(Range<u64>),
    /// Here it is.
    Done(T),
}

/// The parsed footer of one object.
#[derive(Debug, Clone)]
pub struct Footer {
    /// The file's metadata, without statistics and without page index.
    pub metadata: Arc<ParquetMetaData>,
    /// Nulls of each column chunk, row group by row group, where its statistics count them.
    pub null_counts: Arc<[Option<u64>]>,
    /// Where the metadata and what follows it stand in the file.
    pub range: Range<u64>,
}

/// Parses the footer of an object of `length` bytes out of what is known of it.
///
/// Of statistics only null counts are taken, the rest is skipped over, not decoded: nothing here prunes by them, and in a
/// wide file they are most of the footer.
///
/// # Errors
/// When the object is no Parquet file, is encrypted, or its metadata is damaged.
pub fn read(length: u64, parts: &KnownParts) -> Result<Progress<Footer>> {
    if length < SHORTEST {
        return Err(Error::new(
            ErrorKind::NotParquet,
            format!("{length} bytes are too few for a Parquet file (at least {SHORTEST})"),
        ));
    }
    let trailer = length - TRAILER..length;
    let Some(last) = parts.get(&trailer) else {
        return Ok(Progress::Needs(trailer));
    };
    let size = metadata_size(&last)?;
    // The magic in front must fit as well.
    if size > length - SHORTEST {
        return Err(Error::new(ErrorKind::Corrupt, format!("the footer claims {size} bytes in a file of {length}")));
    }
    let range = length - TRAILER - size..length;
    let Some(bytes) = parts.get(&range) else {
        // Exactly what the tail lacks, not the footer again.
        let missing = parts.missing(&range).into_iter().next().unwrap_or_else(|| range.clone());
        return Ok(Progress::Needs(missing));
    };
    let (metadata, null_counts) = decode(&bytes.slice(..bytes.len().saturating_sub(last.len())))?;
    Ok(Progress::Done(Footer { metadata: Arc::new(metadata), null_counts: null_counts.into(), range }))
}

/// Decodes the thrift, checked before. What other readers skip over and the crate refuses is left out at a second try.
fn decode(thrift: &Bytes) -> Result<(ParquetMetaData, Vec<Option<u64>>)> {
    match vetted(thrift) {
        Ok(decoded) => Ok(decoded),
        Err(error) => match conform::footer::repaired(thrift) {
            Some(repaired) => vetted(&Bytes::from(repaired)).map_err(|_| error),
            None => Err(error),
        },
    }
}

fn vetted(thrift: &Bytes) -> Result<(ParquetMetaData, Vec<Option<u64>>)> {
    let null_counts = vet::footer::null_counts(thrift)?;
    // The push decoder wants a file: this one is a footer and nothing else.
    let size =
        u32::try_from(thrift.len()).map_err(|_| Error::new(ErrorKind::Corrupt, "a footer of more than 4 GiB"))?;
    let file = [thrift.as_ref(), &size.to_le_bytes(), b"PAR1"].concat();
    let length = file.len() as u64;
    let mut decoder = ParquetMetaDataPushDecoder::try_new(length)?
        .with_page_index_policy(PageIndexPolicy::Skip)
        .with_metadata_options(Some(Arc::new(without_statistics())));
    decoder.push_range(0..length, Bytes::from(file))?;
    match caught(|| decoder.try_decode())?? {
        DecodeResult::Data(metadata) => Ok((metadata, null_counts)),
        DecodeResult::NeedsData(_) | DecodeResult::Finished => {
            Err(Error::new(ErrorKind::Corrupt, "the footer's length contradicts its content"))
        }
    }
}

/// Adds the offset index of these row groups and leaf columns to a copy of the metadata.
///
/// Where the file has no offset index for a column, that column stays without one.
///
/// # Errors
/// When an index doesn't decode or points outside its column chunk.
pub fn read_offset_index(
    length: u64,
    parts: &KnownParts,
    footer: &Footer,
    row_groups: &[usize],
    leaves: &[usize],
) -> Result<ParquetMetaData> {
    let metadata = footer.metadata.as_ref().clone();
    for group in row_groups {
        for leaf in leaves {
            let column = metadata.row_group(*group).column(*leaf);
            if let Some(bytes) = vet::page_index::range(column, length)?.and_then(|range| parts.get(&range)) {
                vet::page_index::check_bytes(&bytes)?;
            }
        }
    }
    let mask = ColumnChunkMask::row_groups_and_columns(row_groups.iter().copied(), leaves.iter().copied());
    let mut decoder = ParquetMetaDataPushDecoder::try_new_with_metadata(length, metadata)?
        .with_column_index_policy(PageIndexPolicy::Skip)
        .with_offset_index_policy(PageIndexPolicy::Optional)
        .with_offset_index_mask(mask);
    let metadata = caught(|| {
        let mut asked: Option<Vec<Range<u64>>> = None;
        loop {
            match decoder.try_decode()? {
                DecodeResult::Data(metadata) => return Ok(metadata),
                DecodeResult::NeedsData(ranges) if asked.as_ref() != Some(&ranges) => {
                    let bytes = ranges
                        .iter()
                        .map(|range| {
                            parts.get(range).ok_or_else(|| {
                                Error::new(ErrorKind::Corrupt, "the offset index lies where the footer doesn't say")
                            })
                        })
                        .collect::<Result<Vec<_>>>()?;
                    decoder.push_ranges(ranges.clone(), bytes)?;
                    asked = Some(ranges);
                }
                DecodeResult::NeedsData(_) | DecodeResult::Finished => {
                    return Err(Error::new(ErrorKind::Corrupt, "the offset index doesn't decode"));
                }
            }
        }
    })??;
    for group in row_groups {
        let (row_group, index) = (metadata.row_group(*group), metadata.page_index_for_row_group(*group));
        let rows = u64::try_from(row_group.num_rows()).unwrap_or(0);
        for leaf in leaves {
            if let Some(locations) = index.page_locations(*leaf) {
                let chunk = vet::row_group::range(row_group.column(*leaf), length)?;
                vet::page_index::check_locations(&chunk, rows, locations)?;
            }
        }
    }
    Ok(metadata)
}

/// The length of the metadata, from the file's last 8 bytes.
fn metadata_size(trailer: &[u8]) -> Result<u64> {
    match trailer {
        [a, b, c, d, b'P', b'A', b'R', b'1'] => Ok(u64::from(u32::from_le_bytes([*a, *b, *c, *d]))),
        [.., b'P', b'A', b'R', b'E'] => Err(Error::new(
            ErrorKind::Unsupported,
            "the file's footer is encrypted, and parqlet can't read encrypted files",
        )),
        _ => Err(Error::new(
            ErrorKind::NotParquet,
            "this is not a Parquet file: it doesn't end with the magic bytes PAR1",
        )),
    }
}

fn without_statistics() -> ParquetMetaDataOptions {
    ParquetMetaDataOptions::new()
        .with_column_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_encoding_stats_policy(ParquetStatisticsPolicy::SkipAll)
}
