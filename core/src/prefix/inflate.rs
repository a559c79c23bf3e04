//! The front of what compressed bytes stand for, out of their front.
//!
//! Snappy, LZ4 and DEFLATE give a byte as soon as the bytes before it are known; Zstandard gives whole blocks of up to
//! 128 KiB. No library hands out what it has when the input ends early, except the streaming ones.

#[cfg(feature = "brotli")]
use crate::vet::inflate::is_large_window;
use parquet::basic::Compression;

/// What `bytes`, the front of a compressed page, give: `most` bytes at most, and nothing where they are damaged.
/// `None` where this codec gives nothing before all of it is here.
pub(super) fn front(codec: Compression, bytes: &[u8], most: usize) -> Option<Vec<u8>> {
    match codec {
        Compression::UNCOMPRESSED => Some(bytes.get(..most).unwrap_or(bytes).to_vec()),
        #[cfg(feature = "snappy")]
        Compression::SNAPPY => Some(snappy(bytes, most)),
        #[cfg(feature = "lz4")]
        Compression::LZ4_RAW => Some(lz4(bytes, most)),
        #[cfg(feature = "gzip")]
        Compression::GZIP(_) => Some(streamed(flate2::read::MultiGzDecoder::new(bytes), most)),
        #[cfg(feature = "brotli")]
        Compression::BROTLI(_) if is_large_window(bytes) => Some(Vec::new()),
        #[cfg(feature = "brotli")]
        Compression::BROTLI(_) => Some(streamed(brotli::Decompressor::new(bytes, 4096), most)),
        #[cfg(feature = "zstd")]
        Compression::ZSTD(_) => Some(zstd_blocks(bytes, most).unwrap_or_default()),
        _ => None,
    }
}

#[cfg(any(feature = "gzip", feature = "brotli"))]
fn streamed(mut reader: impl std::io::Read, most: usize) -> Vec<u8> {
    const STEP: usize = 16 << 10;
    let mut out = Vec::new();
    while out.len() < most {
        let had = out.len();
        out.resize(most.min(had + STEP), 0);
        let read = out.get_mut(had..).map_or(0, |room| reader.read(room).unwrap_or(0));
        out.truncate(had + read);
        if read == 0 {
            break;
        }
    }
    out
}

/// Snappy's format description: a length, then literals and copies of what came before.
#[cfg(feature = "snappy")]
fn snappy(bytes: &[u8], most: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let length = bytes.iter().position(|byte| byte & 0x80 == 0).map_or(bytes.len(), |last| last + 1);
    let mut rest = bytes.get(length..).unwrap_or_default();
    while let Some((tag, after)) = rest.split_first().filter(|_| out.len() < most) {
        let upper = usize::from(tag >> 2);
        let (length, width) = match tag & 3 {
            0 => (upper + 1, upper.saturating_sub(59)),
            1 => (4 + (upper & 7), 1),
            kind => (upper + 1, if kind == 2 { 2 } else { 4 }),
        };
        let Some((number, after)) = after.split_at_checked(width) else { break };
        let number = number.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte));
        rest = after;
        if tag & 3 == 0 {
            let length = if width == 0 { length } else { number.saturating_add(1) };
            let (literal, after) = rest.split_at(length.min(rest.len()));
            out.extend_from_slice(literal);
            rest = after;
        } else {
            let distance = if tag & 3 == 1 { (upper >> 3) << 8 | number } else { number };
            if !copy(&mut out, distance, length) {
                break;
            }
        }
    }
    out.truncate(most);
    out
}

/// LZ4's block format: literals, then a copy of what came before, in turns.
#[cfg(feature = "lz4")]
fn lz4(bytes: &[u8], most: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some((token, after)) = rest.split_first().filter(|_| out.len() < most) {
        rest = after;
        let Some(length) = lz4_length(token >> 4, &mut rest) else { break };
        let (literal, after) = rest.split_at(length.min(rest.len()));
        out.extend_from_slice(literal);
        let Some((distance, after)) = after.split_first_chunk::<2>() else { break };
        rest = after;
        let Some(length) = lz4_length(token & 15, &mut rest) else { break };
        // A copy of one long length may stand for far more than anybody wants.
        let length = length.saturating_add(4).min(most.saturating_sub(out.len()));
        if !copy(&mut out, u16::from_le_bytes(*distance).into(), length) {
            break;
        }
    }
    out.truncate(most);
    out
}

#[cfg(feature = "lz4")]
fn lz4_length(upper: u8, rest: &mut &[u8]) -> Option<usize> {
    let mut length = usize::from(upper);
    let mut more = upper == 15;
    while more {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        length = length.saturating_add((*byte).into());
        more = *byte == u8::MAX;
    }
    Some(length)
}

/// Appends `length` bytes from `distance` before the end, which may overlap what is appended.
#[cfg(any(feature = "snappy", feature = "lz4"))]
fn copy(out: &mut Vec<u8>, distance: usize, length: usize) -> bool {
    let Some(from) = out.len().checked_sub(distance).filter(|_| distance > 0) else { return false };
    if distance >= length {
        out.extend_from_within(from..from + length);
    } else {
        for at in from..from + length {
            out.extend(out.get(at).copied());
        }
    }
    true
}

/// The blocks that are here, in a frame of their own: without the claims about all of the content.
///
/// Format: RFC 8878, section 3.1.1.
#[cfg(feature = "zstd")]
fn zstd_blocks(bytes: &[u8], most: usize) -> Option<Vec<u8>> {
    const LARGEST_BLOCK: usize = 128 << 10;
    let (descriptor, rest) = bytes.get(4..)?.split_first()?;
    let single_segment = descriptor & 0x20 != 0;
    let window = usize::from(!single_segment);
    let dictionary = [0, 1, 2, 4].get(usize::from(descriptor & 3))?;
    let content = match descriptor >> 6 {
        0 => usize::from(single_segment),
        size => 1 << size,
    };
    let mut rest = rest.get(window + dictionary + content..)?;
    // No checksum, no size, and a window of 1 GiB: it takes no memory where all is decompressed at once.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 20 << 3];
    let (mut last, mut blocks) = (frame.len(), 0_usize);
    while let Some((header, after)) = rest.split_first_chunk::<3>() {
        let [low, middle, high] = header.map(usize::from);
        let header = low | middle << 8 | high << 16;
        // Of a run of one byte, that byte is there.
        let size = if header >> 1 & 3 == 1 { 1 } else { header >> 3 };
        let Some(block) = after.get(..size) else { break };
        let Some(after) = after.get(size..) else { break };
        (last, blocks) = (frame.len(), blocks + 1);
        frame.extend([u8::try_from(low & !1).ok()?, u8::try_from(middle).ok()?, u8::try_from(high).ok()?]);
        frame.extend_from_slice(block);
        rest = after;
        if header & 1 == 1 || blocks * LARGEST_BLOCK >= most.saturating_add(LARGEST_BLOCK) {
            break;
        }
    }
    if blocks == 0 {
        return None;
    }
    *frame.get_mut(last)? |= 1;
    let mut out = zstd::bulk::decompress(&frame, blocks * LARGEST_BLOCK).ok()?;
    out.truncate(most);
    Some(out)
}

#[cfg(all(test, feature = "snappy", feature = "lz4", feature = "gzip", feature = "brotli", feature = "zstd"))]
#[allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "tests")]
mod tests {
    use parquet::basic::{BrotliLevel, GzipLevel, ZstdLevel};
    use proptest::prelude::*;
    use std::io::Write;

    use super::*;

    /// Bytes with repetitions near and far, and noise.
    fn content() -> impl Strategy<Value = Vec<u8>> {
        let piece = (0_u8..6, 1_usize..400, any::<u8>());
        proptest::collection::vec(piece, 0..60).prop_map(|pieces| {
            let mut out: Vec<u8> = Vec::new();
            for (nth, (kind, length, seed)) in pieces.into_iter().enumerate() {
                match kind {
                    0 => out.extend(std::iter::repeat_n(seed, length * 20)),
                    1 => out.extend((0..length * 4).map(|at| (at as u8).wrapping_mul(seed | 1))),
                    2 if !out.is_empty() => {
                        let from = usize::from(seed) * 7 % out.len();
                        let again = out[from..out.len().min(from + length)].to_vec();
                        out.extend(again);
                    }
                    _ => {
                        out.extend((0..length).map(|at| ((at * 31 + nth * 7) as u8 ^ seed).rotate_left(at as u32 % 8)))
                    }
                }
            }
            out
        })
    }

    fn compressed(plain: &[u8]) -> Vec<(Compression, Vec<u8>)> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(plain).unwrap();
        let mut brotli = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
        brotli.write_all(plain).unwrap();
        vec![
            (Compression::UNCOMPRESSED, plain.to_vec()),
            (Compression::SNAPPY, snap::raw::Encoder::new().compress_vec(plain).unwrap()),
            (Compression::LZ4_RAW, lz4_flex::block::compress(plain)),
            (Compression::GZIP(GzipLevel::default()), gzip.finish().unwrap()),
            (Compression::BROTLI(BrotliLevel::default()), brotli.into_inner()),
            (Compression::ZSTD(ZstdLevel::default()), zstd::bulk::compress(plain, 3).unwrap()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn all_of_it_gives_all_of_it(plain in content()) {
            for (codec, bytes) in compressed(&plain) {
                prop_assert_eq!(front(codec, &bytes, plain.len()).unwrap(), plain.clone(), "{}", codec);
            }
        }

        #[test]
        fn the_front_gives_the_front(plain in content(), cut in any::<prop::sample::Index>(), most in 0..30_000_usize) {
            for (codec, bytes) in compressed(&plain) {
                let cut = cut.index(bytes.len() + 1);
                let out = front(codec, &bytes[..cut], most).unwrap();
                prop_assert!(out.len() <= most && plain.starts_with(&out), "{} {}", codec, cut);
            }
        }

        #[test]
        fn any_bytes_end_well(bytes in proptest::collection::vec(any::<u8>(), 0..300), most in 0..100_000_usize) {
            for (codec, _) in compressed(b"") {
                prop_assert!(front(codec, &bytes, most).unwrap().len() <= most);
            }
        }
    }

    #[test]
    fn half_of_a_page_gives_about_half() {
        let mut dice = fastrand::Rng::with_seed(7);
        let plain: Vec<u8> = (0..400_000).flat_map(|_| dice.u32(..4096).to_le_bytes()).collect();
        for (codec, bytes) in compressed(&plain) {
            let out = front(codec, &bytes[..bytes.len() / 2], plain.len()).unwrap();
            assert!(out.len() > plain.len() / 3, "{codec}: {} of {}", out.len(), plain.len());
            assert_eq!(out, plain[..out.len()], "{codec}");
        }
    }

    #[test]
    fn few_bytes_that_stand_for_many_give_no_more_than_wanted() {
        let plain = vec![7; 50 << 20];
        for (codec, bytes) in compressed(&plain) {
            assert_eq!(front(codec, &bytes, 1000).unwrap(), vec![7; 1000], "{codec}");
        }
    }
}
