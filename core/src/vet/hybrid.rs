//! The RLE and bit-packing hybrid, as levels and dictionary indexes are encoded.
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

/// The values of `width` bits (32 at most) that `bytes` hold, as far as they are there. A header of 0 ends them.
#[derive(Debug)]
pub(crate) struct Hybrid<'a> {
    rest: &'a [u8],
    width: u32,
    run: Run<'a>,
}

#[derive(Debug)]
enum Run<'a> {
    Same { value: u32, left: u64 },
    Packed { bytes: &'a [u8], bit: u64, left: u64 },
}

impl<'a> Hybrid<'a> {
    pub(crate) fn new(bytes: &'a [u8], width: u32) -> Self {
        Self { rest: bytes, width: width.min(u32::BITS), run: Run::Same { value: 0, left: 0 } }
    }

    /// Bytes that are not used yet: those that hold no bit of a value that came out.
    pub(crate) fn unused(&self) -> usize {
        let of_run = match &self.run {
            Run::Same { .. } => 0,
            Run::Packed { bytes, bit, .. } => bytes.len() - usize::try_from(bit.div_ceil(8)).unwrap_or(0),
        };
        self.rest.len() + of_run
    }

    fn next_run(&mut self) -> Option<()> {
        let header = varint(&mut self.rest).filter(|header| *header > 0)?;
        let length = header >> 1;
        if header & 1 == 1 {
            let wanted = length.saturating_mul(self.width.into());
            let held = usize::try_from(wanted).unwrap_or(usize::MAX).min(self.rest.len());
            let (bytes, rest) = self.rest.split_at(held);
            self.rest = rest;
            let there = if self.width == 0 { u64::MAX } else { held as u64 * 8 / u64::from(self.width) };
            self.run = Run::Packed { bytes, bit: 0, left: length.saturating_mul(8).min(there) };
        } else {
            let (bytes, rest) = self.rest.split_at_checked(self.width.div_ceil(8) as usize)?;
            self.rest = rest;
            self.run = Run::Same { value: little_endian(bytes), left: length };
        }
        Some(())
    }
}

impl Iterator for Hybrid<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        loop {
            match &mut self.run {
                Run::Same { value, left } if *left > 0 => {
                    *left -= 1;
                    return Some(*value);
                }
                Run::Packed { bytes, bit, left } if *left > 0 => {
                    *left -= 1;
                    let from = usize::try_from(*bit / 8).ok()?;
                    let window = bytes.get(from..bytes.len().min(from + 5))?;
                    let shift = *bit % 8;
                    *bit += u64::from(self.width);
                    let held = window.iter().rev().fold(0, |held, byte| held << 8 | u64::from(*byte));
                    // 32 bits at most, so the mask and what it leaves fit.
                    let value = (held >> shift) & ((1 << self.width) - 1);
                    return u32::try_from(value).ok();
                }
                _ => self.next_run()?,
            }
        }
    }
}

fn little_endian(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte))
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
    fn values_come_out_as_far_as_they_are_there() {
        let all = |bytes: &[u8], width| Hybrid::new(bytes, width).take(20).collect::<Vec<_>>();
        assert_eq!(all(&[10, 1, 3, 0xaa], 1), [1, 1, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
        // The group of Encodings.md: 0 to 7 in 3 bits each; then the same, cut in its sixth value.
        assert_eq!(all(&[3, 0x88, 0xc6, 0xfa], 3), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(all(&[3, 0x88, 0xc6], 3), [0, 1, 2, 3, 4]);
        assert_eq!(all(&[4, 0x0d, 0x03, 0, 3], 12), [0x30d, 0x30d]);
        assert_eq!(all(&[6, 0xff, 0xff, 0xff, 0xff], 32), [u32::MAX; 3]);
        assert_eq!(all(&[4, 0], 0), [0; 2]);
        assert_eq!(all(&[10], 1), [0_u32; 0]);
    }

    #[test]
    fn what_is_used_ends_with_the_last_value() {
        let unused = |bytes: &[u8], width, count| {
            let mut values = Hybrid::new(bytes, width);
            assert_eq!(values.by_ref().take(count).count(), count);
            values.unused()
        };
        assert_eq!(unused(&[3, 0x88, 0xc6, 0xfa, 4, 1], 3, 0), 6);
        assert_eq!(unused(&[3, 0x88, 0xc6, 0xfa, 4, 1], 3, 2), 4);
        assert_eq!(unused(&[3, 0x88, 0xc6, 0xfa, 4, 1], 3, 3), 3);
        assert_eq!(unused(&[3, 0x88, 0xc6, 0xfa, 4, 1], 3, 9), 0);
        assert_eq!(unused(&[4, 1, 9], 3, 1), 1);
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
