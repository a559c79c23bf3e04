//! Lengths in DELTA_BINARY_PACKED, as they stand before the bytes of delta-encoded byte arrays.
//!
//! The Parquet crate makes room for all lengths that the block's header claims before it reads one of them.
//! Format: Encodings.md, "Delta Encoding", "Delta-length byte array", "Delta Strings".

use super::{Damage, damaged};

/// The largest block taken; writers use 128 to some thousands of values.
const MAX_BLOCK: u64 = 1 << 20;

/// The lengths at the start of `bytes`, at most `most` of them, and where the next thing starts.
pub(super) fn lengths(bytes: &[u8], most: u64) -> Result<(Vec<u32>, usize), Damage> {
    let mut at = 0;
    let block = varint(bytes, &mut at)?;
    let mini_blocks = varint(bytes, &mut at)?;
    let count = varint(bytes, &mut at)?;
    let mut value = zigzag(varint(bytes, &mut at)?);
    if block == 0 || block > MAX_BLOCK || mini_blocks == 0 || block % mini_blocks != 0 {
        return damaged!("delta blocks of {block} values in {mini_blocks} parts");
    }
    if count > most {
        return damaged!("{count} delta lengths where there are at most {most} values");
    }
    let (count, mini_blocks) = (in_memory(count), in_memory(mini_blocks));
    let per_mini_block = in_memory(block) / mini_blocks;
    let mut lengths = Vec::new();
    if count > 0 {
        lengths.push(length(value)?);
    }
    while lengths.len() < count {
        let min_delta = zigzag(varint(bytes, &mut at)?);
        let Some(widths) = bytes.get(at..at + mini_blocks) else {
            return damaged!("delta lengths end too early");
        };
        at += mini_blocks;
        for width in widths {
            if lengths.len() == count {
                // Widths of parts without values mean nothing.
                break;
            }
            let size = usize::from(*width) * per_mini_block / 8;
            let packed = bytes.get(at..at + size).filter(|_| *width <= 32);
            let Some(packed) = packed else {
                return damaged!("a delta block of width {width} ends too early");
            };
            at += size;
            let mut bits = Bits { packed, held: 0, len: 0 };
            for _ in 0..per_mini_block.min(count - lengths.len()) {
                // As the decoder does: 32 bits, wrapping.
                value = i64::from(truncated(value.wrapping_add(min_delta).wrapping_add(bits.take(*width))));
                lengths.push(length(value)?);
            }
        }
    }
    Ok((lengths, at))
}

struct Bits<'a> {
    packed: &'a [u8],
    held: u64,
    len: u8,
}

impl Bits<'_> {
    fn take(&mut self, width: u8) -> i64 {
        while self.len < width {
            let (byte, rest) = self.packed.split_first().map_or((0, self.packed), |(byte, rest)| (*byte, rest));
            self.packed = rest;
            self.held |= u64::from(byte) << self.len;
            self.len += 8;
        }
        let value = self.held & ((1 << width) - 1);
        self.held >>= width;
        self.len -= width;
        value.cast_signed()
    }
}

fn length(value: i64) -> Result<u32, Damage> {
    match u32::try_from(value) {
        Ok(length) if value <= i64::from(i32::MAX) => Ok(length),
        _ => damaged!("a delta length of {value}"),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the decoder works in 32 bits and wraps")]
fn truncated(value: i64) -> i32 {
    value as i32
}

fn in_memory(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn varint(bytes: &[u8], at: &mut usize) -> Result<u64, Damage> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let Some(byte) = bytes.get(*at) else {
            return damaged!("a delta header ends too early");
        };
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    damaged!("a delta header holds an integer of over 64 bits")
}

fn zigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn lengths_come_back_as_written() {
        // 5 values 1..=5: first 1, least delta 1, all widths 0 (Encodings.md, example 1).
        let bytes = [128, 1, 4, 5, 2, 2, 0, 0, 0, 0, b'x'];
        assert_eq!(lengths(&bytes, 5).unwrap(), (vec![1, 2, 3, 4, 5], 10));
    }

    #[test]
    fn a_header_may_not_claim_more_lengths_than_the_page_has_values() {
        let bytes = [128, 1, 4, 0xff, 0xff, 0xff, 0xff, 0x0f, 2, 0, 0, 0, 0, 0];
        assert!(lengths(&bytes, 1000).unwrap_err().to_string().contains("4294967295 delta lengths"));
    }

    #[test]
    fn negative_lengths_and_blocks_cut_short_are_refused() {
        assert!(lengths(&[128, 1, 4, 1, 1], 5).is_err());
        assert!(lengths(&[128, 1, 4, 5, 2, 2, 8, 0, 0, 0, 1], 5).is_err());
        assert!(lengths(&[0, 4, 5, 2], 5).is_err());
    }
}
