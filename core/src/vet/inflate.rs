//! Decompression that stops at the size a page claims.

use parquet::basic::Compression;

use super::{Damage, damaged};

/// Decompresses `bytes` to exactly `claimed` bytes, never holding more.
pub(crate) fn inflate(codec: Compression, bytes: &[u8], claimed: usize) -> Result<Vec<u8>, Damage> {
    if claimed == 0 {
        // Pages without values may have any bytes, or none; the decoder does not look either.
        return Ok(Vec::new());
    }
    let inflated = match codec {
        Compression::UNCOMPRESSED => bytes.to_vec(),
        #[cfg(feature = "snappy")]
        Compression::SNAPPY => {
            let mut out = vec![0; claimed];
            let len = snap::raw::Decoder::new().decompress(bytes, &mut out).map_err(broken)?;
            out.truncate(len);
            out
        }
        #[cfg(feature = "gzip")]
        Compression::GZIP(_) => limited(flate2::read::MultiGzDecoder::new(bytes), claimed)?,
        #[cfg(feature = "zstd")]
        Compression::ZSTD(_) => zstd::bulk::decompress(bytes, claimed).map_err(broken)?,
        #[cfg(feature = "lz4")]
        Compression::LZ4_RAW => lz4_block(bytes, claimed)?,
        #[cfg(feature = "lz4")]
        Compression::LZ4 => match lz4_hadoop(bytes, claimed) {
            Some(out) => out,
            None => match limited(lz4_flex::frame::FrameDecoder::new(bytes), claimed) {
                Ok(out) => out,
                Err(_) => lz4_block(bytes, claimed)?,
            },
        },
        #[cfg(feature = "brotli")]
        Compression::BROTLI(_) => {
            if is_large_window(bytes) {
                return damaged!("the page's Brotli window is too large");
            }
            limited(brotli::Decompressor::new(bytes, 4096), claimed)?
        }
        codec => return damaged!("the codec {codec} is not part of this build"),
    };
    if inflated.len() != claimed {
        return damaged!("the page decompresses to {} bytes, its header claims {claimed}", inflated.len());
    }
    Ok(inflated)
}

/// "Large window" Brotli, which the decoder takes though no writer of Parquet makes it, lets two bytes claim a window of
/// 1 GiB.
#[cfg(feature = "brotli")]
pub(crate) fn is_large_window(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| first & 0x7f == 0x11)
}

/// All that `reader` gives, at most one byte more than claimed.
#[cfg(any(feature = "gzip", feature = "lz4", feature = "brotli"))]
fn limited(reader: impl std::io::Read, claimed: usize) -> Result<Vec<u8>, Damage> {
    let mut out = Vec::new();
    std::io::Read::read_to_end(&mut reader.take(claimed as u64 + 1), &mut out).map_err(broken)?;
    if out.len() > claimed {
        return damaged!("the page decompresses to more than the {claimed} bytes that its header claims");
    }
    Ok(out)
}

#[cfg(feature = "lz4")]
fn lz4_block(bytes: &[u8], claimed: usize) -> Result<Vec<u8>, Damage> {
    let mut out = vec![0; claimed];
    let len = lz4_flex::block::decompress_into(bytes, &mut out).map_err(broken)?;
    out.truncate(len);
    Ok(out)
}

/// Hadoop's framing: big-endian sizes, decompressed then compressed, before each block. `None` if it is not that.
#[cfg(feature = "lz4")]
fn lz4_hadoop(mut bytes: &[u8], claimed: usize) -> Option<Vec<u8>> {
    let mut out = vec![0; claimed];
    let mut at = 0;
    while !bytes.is_empty() {
        let (sizes, rest) = bytes.split_first_chunk::<8>()?;
        let [a, b, c, d, e, f, g, h] = *sizes;
        let decompressed = u32::from_be_bytes([a, b, c, d]) as usize;
        let block = rest.get(..u32::from_be_bytes([e, f, g, h]) as usize)?;
        let room = out.get_mut(at..)?.get_mut(..decompressed)?;
        if lz4_flex::block::decompress_into(block, room).ok()? != decompressed {
            return None;
        }
        at += decompressed;
        bytes = rest.get(block.len()..)?;
    }
    (at == claimed).then_some(out)
}

#[cfg(any(feature = "snappy", feature = "gzip", feature = "zstd", feature = "lz4", feature = "brotli"))]
fn broken(error: impl std::fmt::Display) -> Damage {
    Damage::new(format!("the page does not decompress: {error}"))
}
