//! A reader and skipper of the Thrift compact protocol that believes no length.
//!
//! Only what checks need: fields, integers, binaries, lists, and skipping of anything else. It never recurses and
//! never allocates by claim; every step takes at least one byte, so a walk is linear in the bytes.
//! Protocol: thrift-compact-protocol.md of Apache Thrift.

use super::{Damage, damaged};

/// How deep a value that is only skipped may be nested. The Parquet crate gives up at 64; the format itself never
/// goes past 5.
const MAX_SKIP_DEPTH: usize = 60;

/// The wire type of a field or of a list's elements, as the four bits in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the protocol's own names")]
pub enum Wire {
    True,
    False,
    Byte,
    I16,
    I32,
    I64,
    Double,
    Binary,
    List,
    Set,
    Map,
    Struct,
    Uuid,
}

impl Wire {
    fn from_bits(bits: u8) -> Result<Self, Damage> {
        Ok(match bits {
            1 => Self::True,
            2 => Self::False,
            3 => Self::Byte,
            4 => Self::I16,
            5 => Self::I32,
            6 => Self::I64,
            7 => Self::Double,
            8 => Self::Binary,
            9 => Self::List,
            10 => Self::Set,
            11 => Self::Map,
            12 => Self::Struct,
            13 => Self::Uuid,
            _ => return damaged!("Thrift type {bits} does not exist"),
        })
    }

    fn is_bool(self) -> bool {
        matches!(self, Self::True | Self::False)
    }
}

/// One field's header: the number and wire type of the value that follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The field's number in its struct.
    pub id: i16,
    /// The wire type of its value.
    pub wire: Wire,
}

impl Field {
    /// Refuses a value of another type than the format gives this field: the crate reads known fields without
    /// looking at their wire type, and would lose its place.
    pub fn expect(self, wire: Wire) -> Result<(), Damage> {
        let same = self.wire == wire || (self.wire.is_bool() && wire.is_bool());
        if same { Ok(()) } else { damaged!("Thrift field {} is of type {:?}, not {wire:?}", self.id, self.wire) }
    }
}

/// Walks over Thrift values in `bytes`.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Kept from one skip to the next, so that a footer of many small values allocates it once.
    open: Vec<Open>,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, open: Vec::new() }
    }

    /// Bytes read so far.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Bytes not yet read.
    pub fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// The next field of the struct being read, `None` at its end. `last` is the number of the field before, 0 at
    /// the start of a struct; it is moved on.
    #[inline]
    pub fn field(&mut self, last: &mut i16) -> Result<Option<Field>, Damage> {
        let head = self.byte()?;
        if head & 0x0f == 0 {
            return Ok(None);
        }
        let wire = Wire::from_bits(head & 0x0f)?;
        let delta = i16::from(head >> 4);
        let id = if delta == 0 {
            let id = self.zigzag()?;
            i16::try_from(id).map_err(|_| Damage::new(format!("Thrift field number {id} is out of range")))?
        } else {
            last.checked_add(delta).ok_or_else(|| Damage::new("Thrift field numbers overflow"))?
        };
        *last = id;
        Ok(Some(Field { id, wire }))
    }

    /// A 32-bit integer. One that does not fit is refused (the crate would cut it).
    pub fn i32(&mut self) -> Result<i32, Damage> {
        let value = self.zigzag()?;
        i32::try_from(value).map_err(|_| Damage::new(format!("{value} does not fit 32 bits")))
    }

    /// A 64-bit integer.
    pub fn i64(&mut self) -> Result<i64, Damage> {
        self.zigzag()
    }

    /// A byte string; its length is checked against the bytes left.
    pub fn binary(&mut self) -> Result<&'a [u8], Damage> {
        let len = self.varint()?;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        self.take(len)
    }

    /// The head of a list of `wire` elements: how many follow. Each takes at least one byte, so more than the
    /// bytes left is refused.
    pub fn list(&mut self, wire: Wire) -> Result<usize, Damage> {
        let (found, count) = self.list_head()?;
        if count > 0 && found != wire {
            return damaged!("a Thrift list holds {found:?}, not {wire:?}");
        }
        Ok(count)
    }

    /// Skips one value of type `wire`.
    pub fn skip(&mut self, wire: Wire) -> Result<(), Damage> {
        let mut stack = std::mem::take(&mut self.open);
        stack.clear();
        self.skip_head(wire, &mut stack)?;
        while let Some(top) = stack.last_mut() {
            let next = match top {
                Open::Struct => self.field(&mut 0)?.map(|field| field.wire),
                Open::Items { wire, left } => left.checked_sub(1).map(|rest| {
                    *left = rest;
                    *wire
                }),
                Open::Pairs { key, value, left } => left.checked_sub(1).map(|rest| {
                    *left = rest;
                    std::mem::swap(key, value);
                    *value
                }),
            };
            match next {
                Some(wire) => self.skip_head(wire, &mut stack)?,
                None => {
                    stack.pop();
                }
            }
        }
        self.open = stack;
        Ok(())
    }

    /// Skips a value without parts, or opens one that has some.
    fn skip_head(&mut self, wire: Wire, stack: &mut Vec<Open>) -> Result<(), Damage> {
        let open = match wire {
            Wire::True | Wire::False => return Ok(()),
            Wire::Byte => return self.take(1).map(drop),
            Wire::I16 | Wire::I32 | Wire::I64 => return self.varint().map(drop),
            Wire::Double => return self.take(8).map(drop),
            Wire::Uuid => return self.take(16).map(drop),
            Wire::Binary => return self.binary().map(drop),
            Wire::Struct => Open::Struct,
            Wire::List | Wire::Set => {
                let (wire, left) = self.list_head()?;
                no_bools(wire, left)?;
                Open::Items { wire, left }
            }
            Wire::Map => {
                let left = self.count()?;
                if left == 0 {
                    return Ok(());
                }
                let kinds = self.byte()?;
                let (key, value) = (Wire::from_bits(kinds >> 4)?, Wire::from_bits(kinds & 0x0f)?);
                no_bools(key, left)?;
                no_bools(value, left)?;
                Open::Pairs { key, value, left: left.saturating_mul(2) }
            }
        };
        if stack.len() >= MAX_SKIP_DEPTH {
            return damaged!("Thrift values are nested over {MAX_SKIP_DEPTH} deep");
        }
        stack.push(open);
        Ok(())
    }

    fn list_head(&mut self) -> Result<(Wire, usize), Damage> {
        let head = self.byte()?;
        // Some writers give an empty list the element type 0.
        if head == 0 {
            return Ok((Wire::Byte, 0));
        }
        let wire = Wire::from_bits(head & 0x0f)?;
        let count = match head >> 4 {
            15 => self.count()?,
            few => self.fits(u64::from(few))?,
        };
        Ok((wire, count))
    }

    fn count(&mut self) -> Result<usize, Damage> {
        let count = self.varint()?;
        self.fits(count)
    }

    fn fits(&self, count: u64) -> Result<usize, Damage> {
        match usize::try_from(count) {
            Ok(count) if count <= self.left() => Ok(count),
            _ => damaged!("a Thrift list claims {count} elements in {} bytes", self.left()),
        }
    }

    fn zigzag(&mut self) -> Result<i64, Damage> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, Damage> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        damaged!("a Thrift integer is longer than 64 bits")
    }

    #[inline]
    fn byte(&mut self) -> Result<u8, Damage> {
        let Some(byte) = self.bytes.get(self.at) else {
            return damaged!("Thrift data ends too early");
        };
        self.at += 1;
        Ok(*byte)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Damage> {
        let end = self.at.checked_add(len);
        let Some(taken) = end.and_then(|end| self.bytes.get(self.at..end)) else {
            return damaged!("a Thrift value claims {len} bytes where {} are left", self.left());
        };
        self.at += len;
        Ok(taken)
    }
}

/// A value being skipped that has parts left.
#[derive(Debug, Clone)]
enum Open {
    Struct,
    Items { wire: Wire, left: usize },
    Pairs { key: Wire, value: Wire, left: usize },
}

/// Booleans take a byte each in a list, but the crate's skipper takes none for them: a few bytes would send it
/// round a loop for hours. The format has no such list where values are skipped.
fn no_bools(wire: Wire, count: usize) -> Result<(), Damage> {
    if count > 0 && wire.is_bool() { damaged!("an unknown Thrift field holds a list of booleans") } else { Ok(()) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_length_past_the_end_is_refused_before_anything_is_taken() {
        for bytes in [&[0xff, 0xff, 0xff, 0xff, 0x7f][..], &[0x05, 1, 2], &[]] {
            assert!(Reader::new(bytes).binary().is_err());
        }
        assert_eq!(Reader::new(&[2, 7, 8]).binary().unwrap(), &[7, 8]);
    }

    #[test]
    fn a_list_of_more_elements_than_bytes_is_refused() {
        let head = [0xfc, 0xff, 0xff, 0xff, 0xff, 0x07];
        assert!(Reader::new(&head).list(Wire::Struct).is_err());
        assert!(Reader::new(&head).skip(Wire::List).is_err());
        assert_eq!(Reader::new(&[0x00]).list(Wire::Struct).unwrap(), 0);
    }

    #[test]
    fn nesting_ends_at_the_limit_and_not_on_the_stack() {
        // A list of one list of one list ...
        let deep = vec![0x19; 1 << 20];
        assert!(Reader::new(&deep).skip(Wire::List).is_err());
        let mut fine = vec![0x19; 40];
        fine.push(0x00);
        let mut reader = Reader::new(&fine);
        reader.skip(Wire::List).unwrap();
        assert_eq!(reader.left(), 0);
    }

    #[test]
    fn skipping_ends_where_the_value_ends() {
        // struct { 1: i32 = 1, 2: map<i32, binary> { 1: "ab" }, 3: true, 4: double } then a byte that is not its.
        let bytes = [0x15, 2, 0x1b, 1, 0x58, 2, 2, b'a', b'b', 0x11, 0x17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 99];
        let mut reader = Reader::new(&bytes);
        reader.skip(Wire::Struct).unwrap();
        assert_eq!(reader.left(), 1);
    }

    #[test]
    fn integers_of_more_than_their_bits_are_refused() {
        assert!(Reader::new(&[0xff; 12]).i64().is_err());
        assert!(Reader::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0x01]).i32().is_err());
        assert_eq!(Reader::new(&[0x03]).i32().unwrap(), -2);
    }
}
