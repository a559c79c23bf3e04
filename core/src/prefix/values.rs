//! How many bytes the first values of a page take.
//! Format: Encodings.md.

use crate::vet::hybrid::Hybrid;
use parquet::basic::Type;

/// Encoding numbers of parquet.thrift.
const PLAIN: i32 = 0;
const PLAIN_DICTIONARY: i32 = 2;
const RLE_DICTIONARY: i32 = 8;

/// The physical type of a column; of fixed-length byte arrays their length in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Physical {
    pub(super) of: Type,
    pub(super) length: usize,
}

impl Physical {
    pub(super) fn is_byte_array(self) -> bool {
        self.of == Type::BYTE_ARRAY
    }
}

/// The first values of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    /// They end here.
    Until {
        end: usize,
        /// The largest dictionary index among them.
        index: Option<u32>,
    },
    /// They reach to this byte at least, which is not here.
    Beyond(usize),
    /// In this encoding only the whole page tells.
    Whole,
}

/// Whether a dictionary says what values of this encoding are.
pub(super) fn is_dictionary(encoding: i32) -> bool {
    matches!(encoding, PLAIN_DICTIONARY | RLE_DICTIONARY)
}

/// Where the first `count` values of a data page end.
pub(super) fn first(bytes: &[u8], encoding: i32, physical: Physical, count: usize) -> First {
    match encoding {
        PLAIN => plain(bytes, physical, count),
        encoding if is_dictionary(encoding) => indexes(bytes, count),
        _ => First::Whole,
    }
}

/// Where the first `count` values in PLAIN end, as dictionaries are written too.
pub(super) fn plain(bytes: &[u8], physical: Physical, count: usize) -> First {
    let end = match physical.of {
        Type::BOOLEAN => count.div_ceil(8),
        Type::INT32 | Type::FLOAT => count.saturating_mul(4),
        Type::INT64 | Type::DOUBLE => count.saturating_mul(8),
        Type::INT96 => count.saturating_mul(12),
        // What an old writer made has a length before each value, which the decoder sees by the size of the page.
        Type::FIXED_LEN_BYTE_ARRAY if has_lengths(bytes, physical.length) => return First::Whole,
        Type::FIXED_LEN_BYTE_ARRAY => count.saturating_mul(physical.length),
        Type::BYTE_ARRAY => return byte_arrays(bytes, count),
    };
    if end <= bytes.len() { First::Until { end, index: None } } else { First::Beyond(end) }
}

fn has_lengths(bytes: &[u8], length: usize) -> bool {
    let first = bytes.chunks_exact(length.saturating_add(4).max(1)).take(5);
    length == 0
        || first.filter_map(|value| value.first_chunk()).all(|prefix| u32::from_le_bytes(*prefix) as usize == length)
}

fn byte_arrays(bytes: &[u8], count: usize) -> First {
    let mut at = 0_usize;
    for nth in 1..=count {
        let length = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
        at = at.saturating_add(4).saturating_add(length.map_or(0, |length| u32::from_le_bytes(*length) as usize));
        if at > bytes.len() {
            // Those that are not here are taken for as long as those before them.
            return First::Beyond((at / nth).saturating_add(1).saturating_mul(count));
        }
    }
    First::Until { end: at, index: None }
}

/// Dictionary indexes: their width in a byte, then the hybrid. It ends with the last value's byte: the decoder reads
/// ahead, and what is left of a run would be the next run to it.
fn indexes(bytes: &[u8], count: usize) -> First {
    let Some((width, hybrid)) = bytes.split_first() else { return First::Beyond(1) };
    let (mut seen, mut largest) = (0, None);
    let mut runs = Hybrid::new(hybrid, u32::from(*width));
    for index in runs.by_ref().take(count) {
        seen += 1;
        largest = largest.max(Some(index));
    }
    if seen == count {
        First::Until { end: bytes.len() - runs.unused(), index: largest }
    } else {
        First::Beyond(bytes.len().saturating_add((count - seen).saturating_mul(usize::from(*width)) / 8 + 8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn physical(of: Type) -> Physical {
        Physical { of, length: 3 }
    }

    #[test]
    fn values_of_one_width_end_where_their_number_says() {
        let bytes = [1; 24];
        for (of, count, end) in [
            (Type::BOOLEAN, 9, 2),
            (Type::INT32, 2, 8),
            (Type::DOUBLE, 3, 24),
            (Type::INT96, 2, 24),
            (Type::FIXED_LEN_BYTE_ARRAY, 8, 24),
        ] {
            assert_eq!(first(&bytes, PLAIN, physical(of), count), First::Until { end, index: None }, "{of}");
        }
        assert_eq!(first(&bytes, PLAIN, physical(Type::INT64), 4), First::Beyond(32));
    }

    #[test]
    fn byte_arrays_end_where_their_lengths_say() {
        let bytes = [1, 0, 0, 0, b'a', 0, 0, 0, 0, 2, 0, 0, 0, b'b'];
        let text = |count| first(&bytes, PLAIN, physical(Type::BYTE_ARRAY), count);
        assert_eq!(text(0), First::Until { end: 0, index: None });
        assert_eq!(text(2), First::Until { end: 9, index: None });
        assert_eq!(text(3), First::Beyond(18), "15 bytes, and as long as they were");
        assert_eq!(text(6), First::Beyond(36));
        assert_eq!(first(&[1, 0], PLAIN, physical(Type::BYTE_ARRAY), 1), First::Beyond(5));
    }

    #[test]
    fn fixed_lengths_that_are_written_before_each_value_take_the_whole_page() {
        let bytes = [3, 0, 0, 0, b'a', b'b', b'c', 3, 0, 0, 0, b'd', b'e', b'f'];
        assert_eq!(first(&bytes, PLAIN, physical(Type::FIXED_LEN_BYTE_ARRAY), 1), First::Whole);
    }

    #[test]
    fn of_indexes_the_largest_is_known() {
        // The group of Encodings.md: 0 to 7 in 3 bits each.
        let bytes = [3, 3, 0x88, 0xc6, 0xfa];
        let indexes = |bytes: &[u8], count| first(bytes, RLE_DICTIONARY, physical(Type::INT32), count);
        assert_eq!(indexes(&bytes, 5), First::Until { end: 4, index: Some(4) });
        assert_eq!(indexes(&bytes, 0), First::Until { end: 1, index: None });
        // A run that is used ends with its value, and what follows may be cut short.
        assert_eq!(indexes(&[3, 8, 7, 8], 3), First::Until { end: 3, index: Some(7) });
        assert!(matches!(indexes(&bytes[..4], 8), First::Beyond(_)));
        assert_eq!(indexes(&[], 1), First::Beyond(1));
    }

    #[test]
    fn other_encodings_take_the_whole_page() {
        for encoding in [3, 5, 6, 7, 9] {
            assert_eq!(first(&[0; 100], encoding, physical(Type::INT32), 1), First::Whole);
        }
    }
}
