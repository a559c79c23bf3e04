//! Seeded damage to Parquet files, and small files of every encoding and codec to damage.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, FixedSizeBinaryArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray};
use bytes::Bytes;
use fastrand::Rng;
use parqlet_core::vet::pages::{self, PageLimits};
use parquet::arrow::ArrowWriter;
use parquet::basic::{BrotliLevel, Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::metadata::ParquetMetaDataReader;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;

/// A file to damage.
#[derive(Debug, Clone)]
pub struct Seed {
    /// Its name in reports.
    pub name: String,
    /// Its bytes, undamaged.
    pub bytes: Bytes,
    /// Where its page headers start.
    pub pages: Vec<usize>,
}

/// All files below `folder`, by name, none larger than `most` bytes.
pub fn files(folder: &Path, most: u64) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(about) if about.is_dir() => open.push(entry.path()),
                Ok(about) if about.len() <= most => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

impl Seed {
    /// A seed of `bytes`; its pages are looked up if it is whole enough.
    pub fn new(name: String, bytes: Bytes) -> Self {
        let pages = std::panic::catch_unwind(|| page_starts(&bytes)).unwrap_or_default();
        Self { name, bytes, pages }
    }

    /// The same bytes with damage that `seed` alone decides.
    pub fn damaged(&self, seed: u64) -> Bytes {
        let mut rng = Rng::with_seed(seed);
        let mut bytes = self.bytes.to_vec();
        for _ in 0..[1, 1, 1, 2, 3][rng.usize(0..5)] {
            self.hurt(&mut bytes, &mut rng);
        }
        Bytes::from(bytes)
    }

    fn hurt(&self, bytes: &mut Vec<u8>, rng: &mut Rng) {
        if bytes.len() < 16 {
            return;
        }
        let footer = footer_start(bytes);
        let tail = bytes.len() - 8;
        match rng.u8(0..10) {
            0 => overwrite(bytes, 0, tail, rng),
            1 => overwrite(bytes, footer, tail, rng),
            2..=4 => {
                let at = rng.usize(footer..tail.max(footer + 1));
                replace_varint(bytes, at, rng);
                fix_length(bytes, footer);
            }
            5..=7 if !self.pages.is_empty() => {
                let start = self.pages[rng.usize(0..self.pages.len())];
                let (from, to) = (start, (start + 80).min(bytes.len() - 8));
                if from < to {
                    overwrite(bytes, from, to, rng);
                }
            }
            5..=7 => overwrite(bytes, 4, tail.min(200), rng),
            8 if !self.pages.is_empty() => {
                let start = self.pages[rng.usize(0..self.pages.len())];
                if start < footer {
                    let at = rng.usize(start..(start + 80).min(footer).max(start + 1));
                    replace_varint(bytes, at, rng);
                }
            }
            _ => {
                let from = rng.usize(0..tail);
                let to = rng.usize(from..tail);
                bytes.drain(from..to.min(from + 64));
            }
        }
    }
}

/// Overwrites a few bytes of `from..to`.
fn overwrite(bytes: &mut [u8], from: usize, to: usize, rng: &mut Rng) {
    if from >= to {
        return;
    }
    let at = rng.usize(from..to);
    let len = rng.usize(1..=5).min(to - at);
    match rng.u8(0..3) {
        0 => bytes[at..at + len].fill(0xff),
        1 => bytes[at] ^= 1 << rng.u8(0..8),
        _ => bytes[at..at + len].fill_with(|| rng.u8(..)),
    }
}

/// Puts another varint, mostly a huge one, where one starts at `at`.
fn replace_varint(bytes: &mut Vec<u8>, at: usize, rng: &mut Rng) {
    let mut end = at;
    while bytes.get(end).is_some_and(|byte| byte & 0x80 != 0) {
        end += 1;
    }
    end = (end + 1).min(bytes.len());
    let mut value = match rng.u8(0..6) {
        0 => u64::MAX,
        1 => u64::from(u32::MAX),
        2 => u64::from(u32::MAX) - 1,
        3 => rng.u64(..) >> rng.u32(0..64),
        4 => 1 << rng.u32(0..63),
        _ => rng.u64(0..300),
    };
    let mut varint = Vec::new();
    while value >= 0x80 {
        varint.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    varint.push(value.to_le_bytes()[0]);
    bytes.splice(at..end, varint);
}

fn footer_start(bytes: &[u8]) -> usize {
    let tail = bytes.len() - 8;
    let claimed = bytes[tail..tail + 4].iter().rev().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
    tail.checked_sub(claimed).unwrap_or(tail / 2).min(tail - 1)
}

fn fix_length(bytes: &mut [u8], footer: usize) {
    let tail = bytes.len() - 8;
    let len = u32::try_from(tail.saturating_sub(footer)).unwrap_or(0);
    bytes[tail..tail + 4].copy_from_slice(&len.to_le_bytes());
}

fn page_starts(bytes: &Bytes) -> Vec<usize> {
    let Ok(metadata) = ParquetMetaDataReader::new().parse_and_finish(bytes) else { return Vec::new() };
    let mut starts = Vec::new();
    for chunk in metadata.row_groups().iter().flat_map(|group| group.columns()) {
        let (start, len) = chunk.byte_range();
        let (Ok(start), Ok(len)) = (usize::try_from(start), usize::try_from(len)) else { continue };
        let Some(chunk_bytes) = bytes.get(start..start + len) else { continue };
        let found = pages::check_chunk(chunk_bytes, &PageLimits::new(chunk, u64::MAX)).unwrap_or_default();
        starts.extend(found.iter().map(|page| start + usize::try_from(page.offset).unwrap_or(0)));
    }
    starts
}

/// Small files that hold every codec, encoding and page version this build can write.
pub fn written() -> Vec<Seed> {
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4_RAW,
        Compression::BROTLI(BrotliLevel::default()),
    ];
    let encodings = [
        None,
        Some((Encoding::PLAIN, Encoding::PLAIN, Encoding::PLAIN)),
        Some((Encoding::DELTA_BINARY_PACKED, Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::BYTE_STREAM_SPLIT)),
        Some((Encoding::DELTA_BINARY_PACKED, Encoding::DELTA_BYTE_ARRAY, Encoding::PLAIN)),
    ];
    let mut seeds = Vec::new();
    for codec in codecs {
        for (number, encoding) in encodings.iter().enumerate() {
            for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
                let name = format!("written-{codec:?}-{number}-{version:?}");
                if let Some(bytes) = write(codec, *encoding, version) {
                    seeds.push(Seed::new(name, bytes));
                }
            }
        }
    }
    seeds
}

fn write(codec: Compression, of: Option<(Encoding, Encoding, Encoding)>, version: WriterVersion) -> Option<Bytes> {
    let rows = 600_i64;
    let texts = (0..rows).map(|row| (row % 7 != 0).then(|| format!("row {} of many", row % 50)));
    let lists = (0..rows).map(|row| (row % 5 != 0).then(|| vec![i32::try_from(row % 9).ok(), None, Some(3)]));
    let fixed = FixedSizeBinaryArray::try_from_iter((0..rows).map(|row| row.to_be_bytes())).ok()?;
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("number", Arc::new(Int64Array::from_iter_values((0..rows).map(|row| row * 3))) as ArrayRef, false),
        ("text", Arc::new(StringArray::from_iter(texts)), true),
        ("real", Arc::new(Float64Array::from_iter_values((0..rows).map(|row| row as f64 / 8.0))), false),
        ("fixed", Arc::new(fixed), false),
        ("list", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists)), true),
    ])
    .ok()?;
    let mut properties = WriterProperties::builder()
        .set_compression(codec)
        .set_writer_version(version)
        .set_data_page_row_count_limit(200)
        .set_write_batch_size(100)
        .set_max_row_group_row_count(Some(400));
    if let Some((number, text, real)) = of {
        properties = properties
            .set_dictionary_enabled(false)
            .set_column_encoding(ColumnPath::from("number"), number)
            .set_column_encoding(ColumnPath::from("text"), text)
            .set_column_encoding(ColumnPath::from("real"), real)
            .set_column_encoding(
                ColumnPath::from("fixed"),
                if real == Encoding::PLAIN { Encoding::PLAIN } else { real },
            );
    }
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build())).ok()?;
    writer.write(&batch).ok()?;
    writer.close().ok()?;
    Some(Bytes::from(bytes))
}
