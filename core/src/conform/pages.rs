//! Where the pages of a column chunk end.
//!
//! The decoder reads on past a chunk's last value, as long as the chunk's length says there is more. A few writers leave
//! something there that is no page. Every other reader stops at the last value.

use super::thrift::Input;

/// Bytes of a whole column chunk up to the end of the page that completes `values` values, nulls included; `None` when
/// the page headers can't be followed that far.
///
/// To be asked when a chunk does not decode: less than the chunk's length is a reason to try again with
/// [`super::Conformed::shortened`]. Touches page headers only.
pub fn used(chunk: &[u8], values: u64) -> Option<u64> {
    let (mut at, mut seen) = (0, 0);
    while seen < values {
        let mut input = Input::new(chunk.get(at..)?);
        let page = header(&mut input)?;
        at = at.checked_add(input.position())?.checked_add(page.size)?;
        seen = seen.checked_add(page.values)?;
    }
    u64::try_from(at).ok().filter(|_| at <= chunk.len())
}

#[derive(Default)]
struct Page {
    size: usize,
    values: u64,
}

/// A page header (parquet.thrift, `PageHeader`).
fn header(input: &mut Input<'_>) -> Option<Page> {
    const I32: u8 = 5;
    const STRUCT: u8 = 12;
    let mut page = Page::default();
    let mut last = 0;
    while let Some((id, wire)) = input.field(&mut last)? {
        match (id, wire) {
            (3, I32) => page.size = usize::try_from(input.zigzag()?).ok()?,
            // A data page of either version; its first field is its number of values.
            (5 | 8, STRUCT) => {
                let mut last = 0;
                while let Some((id, wire)) = input.field(&mut last)? {
                    match (id, wire) {
                        (1, I32) => page.values = u64::try_from(input.zigzag()?).ok()?,
                        _ => input.skip(wire, 0)?,
                    }
                }
            }
            _ => input.skip(wire, 0)?,
        }
    }
    Some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    // A data page of 2 bytes with 3 values: type 0, sizes 2 and 2, header { values 3, encodings 0, 3, 3 }.
    const PAGE: &[u8] = &[0x15, 0, 0x15, 4, 0x15, 4, 0x2c, 0x15, 6, 0x15, 0, 0x15, 6, 0x15, 6, 0, 0, 9, 9];

    #[test]
    fn a_chunk_ends_with_its_last_value() {
        let chunk = [PAGE, PAGE, b"not a page"].concat();
        assert_eq!(used(&chunk, 6), Some(2 * PAGE.len() as u64));
        assert_eq!(used(&chunk, 3), Some(PAGE.len() as u64));
        assert_eq!(used(&chunk, 7), None);
    }

    #[test]
    fn a_page_cut_off_is_not_used() {
        for end in 0..PAGE.len() {
            assert_eq!(used(&PAGE[..end], 1), None);
        }
    }
}
