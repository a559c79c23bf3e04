//! Sizes, counts and times as people read them.
//!
//! Sizes are decimal (1 MB = 1,000,000 bytes), as object stores and networks count; what the user types may be either
//! (`512MB`, `512MiB`).

/// `999 B`, `1.1 MB`, `349 MB`: one digit after the point under 100, none above.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if count < 1000 {
        return format!("{count} B");
    }
    let mut value = count as f64 / 1000.0;
    let mut units = UNITS.iter();
    let mut unit = units.next().copied().unwrap_or("kB");
    // 999.5 and up would be shown as "1000".
    while value >= 999.5 {
        let Some(next) = units.next() else { break };
        value /= 1000.0;
        unit = next;
    }
    if value < 99.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// `1,000,000`: thousands in groups.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 request`, `4 requests`: a count with its noun.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

/// The share of `part` in `whole`: `0.3 %`, `12 %`, `<0.1 %`. A whole of zero is 0 %.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0 %".to_owned();
    }
    let share = part as f64 * 100.0 / whole as f64;
    if share < 0.05 {
        "<0.1 %".to_owned()
    } else if share < 9.95 {
        format!("{share:.1} %")
    } else if share < 100.0 && share > 99.0 {
        // Never claim the whole of something when a part is missing.
        format!("{:.1} %", share.min(99.9))
    } else {
        format!("{share:.0} %")
    }
}

/// A time in milliseconds: `212 ms`, `1.2 s`, `3 min 05 s`.
pub(crate) fn millis(time: u64) -> String {
    if time < 1000 {
        format!("{time} ms")
    } else if time < 100_000 {
        format!("{:.1} s", time as f64 / 1000.0)
    } else {
        format!("{} min {:02} s", time / 60_000, time / 1000 % 60)
    }
}

/// What a read cost, in one line: `1.1 MB of 349 MB in 4 requests, 212 ms`. `of` is the length of the file or files.
pub(crate) fn cost(bytes_fetched: u64, of: u64, requests: u64, wall_millis: u64) -> String {
    format!("{} of {} in {}, {}", bytes(bytes_fetched), bytes(of), counted(requests, "request"), millis(wall_millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_figures_at_most() {
        let shown: Vec<_> =
            [0, 999, 1000, 1_099_999, 99_949_999, 99_950_000, 349_000_000, 999_499_999, 999_500_000, u64::MAX]
                .map(bytes)
                .into();
        assert_eq!(
            shown,
            ["0 B", "999 B", "1.0 kB", "1.1 MB", "99.9 MB", "100 MB", "349 MB", "999 MB", "1.0 GB", "18.4 EB"]
        );
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(counted(1, "request"), "1 request");
        assert_eq!(counted(1000, "row"), "1,000 rows");
    }

    #[test]
    fn a_share_is_never_rounded_to_nothing_or_to_all() {
        assert_eq!(percent(0, 10), "0 %");
        assert_eq!(percent(1, 0), "0 %");
        assert_eq!(percent(1, 1_000_000), "<0.1 %");
        assert_eq!(percent(1_100_000, 349_000_000), "0.3 %");
        assert_eq!(percent(1, 8), "12 %");
        assert_eq!(percent(9_999_999, 10_000_000), "99.9 %");
        assert_eq!(percent(10, 10), "100 %");
    }

    #[test]
    fn the_cost_of_a_read_is_one_line() {
        assert_eq!(cost(1_100_000, 349_000_000, 4, 212), "1.1 MB of 349 MB in 4 requests, 212 ms");
    }

    #[test]
    fn times_change_unit() {
        assert_eq!([0, 212, 1234, 185_000].map(millis), ["0 ms", "212 ms", "1.2 s", "3 min 05 s"]);
    }
}
