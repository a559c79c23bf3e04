//! Thrift's compact protocol, read without believing any length (thrift-compact-protocol.md).

/// How deep a value that is only skipped may be nested; the format itself never goes past 5.
const DEEPEST: usize = 32;

/// Wire type of byte strings.
pub(super) const BINARY: u8 = 8;
/// Wire type of lists.
pub(super) const LIST: u8 = 9;
/// Wire type of structs.
pub(super) const STRUCT: u8 = 12;

/// Walks over Thrift values; `None` from any method is the end of the bytes or something that is not Thrift.
#[derive(Clone)]
pub(super) struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes read so far.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Bytes not yet read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The bytes of the next value, which is skipped.
    pub(super) fn value(&mut self, wire: u8) -> Option<&'a [u8]> {
        let start = self.at;
        self.skip(wire, 0)?;
        self.bytes.get(start..self.at)
    }

    /// The next field's number and wire type; the inner `None` is the end of the struct.
    #[expect(clippy::option_option, reason = "no more bytes is another thing than no more fields")]
    pub(super) fn field(&mut self, last: &mut i64) -> Option<Option<(i64, u8)>> {
        let head = self.byte()?;
        if head & 15 == 0 {
            return Some(None);
        }
        *last = match head >> 4 {
            0 => self.zigzag()?,
            delta => last.checked_add(delta.into())?,
        };
        Some(Some((*last, head & 15)))
    }

    /// Wire type and number of a list's elements, each of which takes a byte at least.
    pub(super) fn list(&mut self) -> Option<(u8, usize)> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => usize::try_from(self.varint()?).ok()?,
            few => few.into(),
        };
        (count <= self.bytes.len() - self.at).then_some((head & 15, count))
    }

    pub(super) fn skip(&mut self, wire: u8, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match wire {
            1 | 2 => {}
            3 => self.take(1)?,
            4..=6 => drop(self.varint()?),
            7 => self.take(8)?,
            BINARY => {
                let length = usize::try_from(self.varint()?).ok()?;
                self.take(length)?;
            }
            LIST | 10 => {
                let (wire, count) = self.list()?;
                for _ in 0..count {
                    // In a list a boolean takes a byte.
                    self.skip(if wire <= 2 { 3 } else { wire }, depth + 1)?;
                }
            }
            STRUCT => {
                let mut last = 0;
                while let Some((_, wire)) = self.field(&mut last)? {
                    self.skip(wire, depth + 1)?;
                }
            }
            // Maps and UUIDs: the format has none.
            _ => return None,
        }
        Some(())
    }

    pub(super) fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Some(value);
            }
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn take(&mut self, length: usize) -> Option<()> {
        self.at = self.at.checked_add(length).filter(|end| *end <= self.bytes.len())?;
        Some(())
    }
}
