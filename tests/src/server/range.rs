//! What a `Range` header asks of a file of known length (RFC 9110, section 14).

use std::ops::Range;

/// The outcome of a `Range` header against a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// No range, several ranges, another unit or a header that doesn't parse: the whole file with a 200.
    Whole,
    /// One satisfiable range, already cut to the file's end: a 206.
    Part(Range<u64>),
    /// A well-formed range that has no byte of the file: a 416.
    Nothing,
}

/// Reads the header's value against a file of `length` bytes.
pub(crate) fn asked(header: Option<&str>, length: u64) -> Asked {
    let Some((first, last)) = header.and_then(single) else {
        return Asked::Whole;
    };
    match (position(first), position(last)) {
        (Some(Some(start)), Some(end)) => {
            if end.is_some_and(|end| end < start) {
                return Asked::Whole;
            }
            if start >= length {
                return Asked::Nothing;
            }
            let end = end.map_or(length, |end| end.saturating_add(1).min(length));
            Asked::Part(start..end)
        }
        (Some(None), Some(Some(suffix))) => {
            if suffix == 0 || length == 0 {
                return Asked::Nothing;
            }
            Asked::Part(length.saturating_sub(suffix)..length)
        }
        _ => Asked::Whole,
    }
}

/// True for `bytes=-n`, however it turns out against the file.
pub(crate) fn is_tail(header: &str) -> bool {
    single(header).is_some_and(|(first, _)| first.is_empty())
}

/// The two sides of the one dash; none for several ranges or another unit.
fn single(header: &str) -> Option<(&str, &str)> {
    let ranges = header.trim().strip_prefix("bytes=")?;
    if ranges.contains(',') {
        return None;
    }
    let (first, last) = ranges.split_once('-')?;
    Some((first.trim(), last.trim()))
}

/// A byte position: none if the text isn't one, `Some(None)` if it is left out.
fn position(text: &str) -> Option<Option<u64>> {
    if text.is_empty() {
        return Some(None);
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // A number beyond 64 bits is beyond any file's end.
    Some(Some(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_cut_to_the_file() {
        assert_eq!(asked(Some("bytes=0-0"), 10), Asked::Part(0..1));
        assert_eq!(asked(Some("bytes=2-4"), 10), Asked::Part(2..5));
        assert_eq!(asked(Some("bytes=2-"), 10), Asked::Part(2..10));
        assert_eq!(asked(Some("bytes=2-99"), 10), Asked::Part(2..10));
        assert_eq!(asked(Some("bytes=2-99999999999999999999999"), 10), Asked::Part(2..10));
        assert_eq!(asked(Some("bytes=-3"), 10), Asked::Part(7..10));
        assert_eq!(asked(Some("bytes=-30"), 10), Asked::Part(0..10));
    }

    #[test]
    fn a_range_without_a_byte_is_unsatisfiable() {
        assert_eq!(asked(Some("bytes=10-"), 10), Asked::Nothing);
        assert_eq!(asked(Some("bytes=10-12"), 10), Asked::Nothing);
        assert_eq!(asked(Some("bytes=-0"), 10), Asked::Nothing);
        assert_eq!(asked(Some("bytes=0-0"), 0), Asked::Nothing);
        assert_eq!(asked(Some("bytes=-5"), 0), Asked::Nothing);
    }

    #[test]
    fn what_is_no_single_range_asks_for_the_whole_file() {
        for header in ["bytes=0-1,4-5", "lines=0-1", "bytes=4-2", "bytes=-", "bytes=a-b", "bytes", "bytes=+1-2"] {
            assert_eq!(asked(Some(header), 10), Asked::Whole, "{header}");
        }
        assert_eq!(asked(None, 10), Asked::Whole);
    }

    #[test]
    fn a_tail_is_known_by_its_form() {
        assert!(is_tail("bytes=-8"));
        assert!(!is_tail("bytes=0-8"));
        assert!(!is_tail("bytes=-8,0-1"));
    }
}
