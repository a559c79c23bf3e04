//! Counts what the RLE and bit-packing hybrid holds, as levels are encoded.
//! Format: Encodings.md, "Run Length Encoding / Bit-Packing Hybrid".

/// How many values of `width` bits `bytes` hold; counting stops at `enough`.
///
/// A header of 0 ends them, as in the decoder: some writers pad with zeros. A run that ends too early holds what is
/// there.
pub(super) fn count(bytes: &[u8], width: u32, enough: u64) -> u64 {
    let (mut rest, mut values) = (bytes, 0_u64);
    while values < enough {
        let Some(header) = varint(&mut rest).filter(|header| *header > 0) else { break };
        let run = header >> 1;
        let held = rest.len() as u64;
        let (bytes, run) = if header & 1 == 1 {
            // Groups of 8 values.
            let bits = held.saturating_mul(8);
            (run.saturating_mul(width.into()), run.saturating_mul(8).min(bits / u64::from(width.max(1))))
        } else {
            let value = u64::from(width.div_ceil(8));
            (value, if value <= held { run } else { 0 })
        };
        values = values.saturating_add(run);
        rest = usize::try_from(bytes).ok().and_then(|bytes| rest.get(bytes..)).unwrap_or_default();
    }
    values
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_groups_are_counted() {
        // 5 times 1, then a group of 8.
        assert_eq!(count(&[10, 1, 3, 0xaa], 1, 100), 13);
        assert_eq!(count(&[10, 1, 3, 0xaa], 1, 5), 5);
    }

    #[test]
    fn what_is_cut_short_is_not_counted() {
        assert_eq!(count(&[10], 1, 100), 0);
        // Four groups claimed, the bytes of one.
        assert_eq!(count(&[9, 0xaa], 1, 100), 8);
        assert_eq!(count(&[10, 1, 0, 10, 1], 1, 100), 5);
        assert_eq!(count(&[0x80; 20], 1, 100), 0);
        assert_eq!(count(&[], 1, 1), 0);
    }
}
