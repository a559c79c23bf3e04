//! What a single argument may hold: sizes, lists of columns and row groups, headers.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use url::Url;

/// A column as the user named it: its path from the root, one part for a top-level column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnName {
    /// The parts of the path, never empty.
    pub(crate) parts: Vec<String>,
}

impl fmt::Display for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, part) in self.parts.iter().enumerate() {
            if place > 0 {
                f.write_str(".")?;
            }
            if part.contains(['.', ',', '"', '`']) || part.is_empty() {
                write!(f, "\"{}\"", part.replace('"', "\"\""))?;
            } else {
                f.write_str(part)?;
            }
        }
        Ok(())
    }
}

/// Reads `a,b.c,"d,e".f`: names apart by commas, path parts by dots. A part in double quotes or backticks may hold
/// either, and the quote itself when doubled. Spaces around an unquoted part do not belong to it.
pub(crate) fn column_list(text: &str) -> Result<Vec<ColumnName>, String> {
    let mut names = Vec::new();
    let mut parts = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| *c == ' ').is_some() {}
        let part = match chars.next_if(|c| matches!(c, '"' | '`')) {
            Some(quote) => {
                let part = quoted_part(&mut chars, quote)?;
                while chars.next_if(|c| *c == ' ').is_some() {}
                part
            }
            None => {
                let mut part = String::new();
                while let Some(c) = chars.next_if(|c| !matches!(c, ',' | '.')) {
                    part.push(c);
                }
                let part = part.trim_end().to_owned();
                if part.is_empty() {
                    return Err("a column name is empty (write \"\" for a column without a name)".to_owned());
                }
                part
            }
        };
        parts.push(part);
        match chars.next() {
            Some('.') => {}
            Some(',') => names.push(ColumnName { parts: std::mem::take(&mut parts) }),
            Some(_) => return Err("expected , or . after a quoted name".to_owned()),
            None => {
                names.push(ColumnName { parts });
                return Ok(names);
            }
        }
    }
}

fn quoted_part(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, quote: char) -> Result<String, String> {
    let mut part = String::new();
    loop {
        match chars.next() {
            Some(c) if c == quote => {
                if chars.next_if_eq(&quote).is_none() {
                    return Ok(part);
                }
                part.push(quote);
            }
            Some(c) => part.push(c),
            None => return Err(format!("the quote {quote} is not closed")),
        }
    }
}

/// Row groups as the user listed them, not yet held against a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowGroupList {
    spans: Vec<Span>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    start: u64,
    /// Exclusive; `None` goes to the last row group.
    end: Option<u64>,
}

impl RowGroupList {
    /// The ranges, each a start and an exclusive end, or none.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (usize, Option<usize>)> {
        let index = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        self.spans.iter().map(move |span| (index(span.start), span.end.map(index)))
    }
}

impl FromStr for RowGroupList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| {
            // One below the top, so that `n..=n` and `n + 1` never overflow.
            text.parse::<u64>()
                .ok()
                .filter(|number| *number < u64::MAX)
                .ok_or_else(|| format!("{text:?} is no row group number"))
        };
        let spans = text
            .split(',')
            .map(str::trim)
            .map(|item| {
                let Some((start, end)) = item.split_once("..") else {
                    let only = number(item)?;
                    return Ok(Span { start: only, end: Some(only + 1) });
                };
                let start = if start.is_empty() { 0 } else { number(start)? };
                let end = match end.strip_prefix('=') {
                    Some(last) => Some(number(last)? + 1),
                    None if end.is_empty() => None,
                    None => Some(number(end)?),
                };
                match end {
                    Some(end) if end <= start => Err(format!("{item} is empty: the end must lie after the start")),
                    _ => Ok(Span { start, end }),
                }
            })
            .collect::<Result<_, String>>()?;
        Ok(Self { spans })
    }
}

/// Reads `512MiB`, `128MB`, `1GiB`, `4096`: a number of bytes, at least one. Units of 1000 (`kB`, `MB`, `GB`, `TB`; the
/// `B` may go) and of 1024 (`KiB`, `MiB`, `GiB`, `TiB`), in any case; a fraction is fine before a unit.
pub(crate) fn byte_size(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no size: write 512MiB, 128MB or a number of bytes");
    let text = text.trim();
    let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let scale: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "t" | "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return Err(wrong()),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || (digits.contains('.') && (fraction.is_empty() || scale == 1)) {
        return Err(wrong());
    }
    let too_large = || format!("{text:?} is too large");
    let whole: u64 = whole.parse().map_err(|_| too_large())?;
    let mut size = whole.checked_mul(scale).ok_or_else(too_large)?;
    if !fraction.is_empty() {
        let part: f64 = format!("0.{fraction}").parse().map_err(|_| wrong())?;
        // Under one unit, so under 2^40: exact enough and in range.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0.0 ..= 2^40")]
        let part = (part * scale as f64) as u64;
        size = size.checked_add(part).ok_or_else(too_large)?;
    }
    if size == 0 { Err("the size must be at least one byte".to_owned()) } else { Ok(size) }
}

/// Reads `Name: value`. The value is marked as a secret, so that it is never printed.
pub(crate) fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("write a header as 'Name: value'")?;
    let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| "this is no header name")?;
    let mut value =
        HeaderValue::from_str(value.trim()).map_err(|_| "the header's value holds a forbidden character")?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// Reads `key=value`.
pub(crate) fn partition(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write a partition as key=value".to_owned()),
    }
}

/// Reads `30s`, `400ms`, `2m`: a time, not zero.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time: write 30s, 400ms or 2m");
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (digits, unit) = text.split_at(split);
    let count: u32 = digits.parse().map_err(|_| wrong())?;
    let unit = match unit {
        "ms" => Duration::from_millis(1),
        "s" => Duration::from_secs(1),
        "m" => Duration::from_secs(60),
        _ => return Err(wrong()),
    };
    if count == 0 { Err(wrong()) } else { Ok(unit * count) }
}

/// Reads a number of things, at least one.
pub(crate) fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| format!("{text:?} is no whole number from 1"))
}

/// Reads the value of a header.
pub(crate) fn header_text(text: &str) -> Result<String, String> {
    HeaderValue::from_str(text).map_err(|_| "it holds a forbidden character")?;
    Ok(text.to_owned())
}

/// Reads an origin such as `https://www.example.org`, or `*` for all.
pub(crate) fn page_origin(text: &str) -> Result<String, String> {
    let origin = Url::parse(text).map(|url| url.origin().ascii_serialization());
    if text == "*" || origin.as_deref() == Ok(text) {
        return Ok(text.to_owned());
    }
    Err("this is no origin such as https://www.example.org".to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        for (text, milliseconds) in [("400ms", 400), ("30s", 30_000), ("2m", 120_000)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for wrong in ["", "30", "0s", "-1s", "1.5s", "5h", "s", "99999999999s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn origins_have_no_path() {
        for right in ["*", "https://www.example.org", "http://localhost:8000"] {
            assert!(page_origin(right).is_ok(), "{right}");
        }
        for wrong in ["", "www.example.org", "https://www.example.org/", "https://a:443", "file:///", "null"] {
            assert!(page_origin(wrong).is_err(), "{wrong}");
        }
    }

    fn names(text: &str) -> Vec<Vec<String>> {
        column_list(text).unwrap().into_iter().map(|name| name.parts).collect()
    }

    #[test]
    fn column_names_may_be_quoted() {
        assert_eq!(names("a, b.c"), [vec!["a"], vec!["b", "c"]]);
        assert_eq!(names(r#""a,b".c,`x.y`"#), [vec!["a,b", "c"], vec!["x.y"]]);
        assert_eq!(names(r#""say ""hi""",  two words "#), [vec![r#"say "hi""#], vec!["two words"]]);
        assert_eq!(names(r#""""#), [vec![""]]);
        for wrong in ["", "a,", ",a", "a..b", "\"a", "\"a\"b"] {
            assert!(column_list(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_shown_reads_back_as_itself() {
        for text in ["a.b", r#""a.b".c"#, r#""q""q""#] {
            let list = column_list(text).unwrap();
            assert_eq!(column_list(&list[0].to_string()).unwrap(), list);
        }
    }

    #[test]
    fn row_groups_end_before_their_end() {
        let chosen = |text: &str| text.parse::<RowGroupList>().unwrap().ranges().collect::<Vec<_>>();
        assert_eq!(chosen("0,3..5"), [(0, Some(1)), (3, Some(5))]);
        assert_eq!(chosen("3..=5, 4, 0"), [(3, Some(6)), (4, Some(5)), (0, Some(1))]);
        assert_eq!(chosen("6.."), [(6, None)]);
        assert_eq!(chosen("..2"), [(0, Some(2))]);
        assert_eq!(chosen(".."), [(0, None)]);
        for wrong in ["", "a", "5..3", "3..3", "-1", "1,,2", "18446744073709551615", "0..=18446744073709551615"] {
            assert!(wrong.parse::<RowGroupList>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_in_both_families_of_units() {
        for (text, size) in [
            ("4096", 4096),
            ("512MiB", 512 << 20),
            ("128MB", 128_000_000),
            ("128m", 128_000_000),
            ("1.5 GiB", 3 << 29),
            ("1kb", 1000),
        ] {
            assert_eq!(byte_size(text), Ok(size), "{text}");
        }
        for wrong in ["", "MB", "1XB", "1.5", "0", "-1", "1.MB", "99999999999TB", "1.2.3MB"] {
            assert!(byte_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_header_is_kept_and_its_value_is_a_secret() {
        let (name, value) = header("Authorization: Bearer a:b").unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("authorization", "Bearer a:b"));
        assert!(value.is_sensitive());
        for wrong in ["plain", "a b: c", ": v", "K: a\nb"] {
            assert!(header(wrong).is_err(), "{wrong}");
        }
    }
}
