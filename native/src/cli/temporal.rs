//! Dates, times and intervals as ISO 8601 text, for every value a file can hold.
//!
//! Written here and not taken from a calendar crate because Parquet's ranges are wider than theirs: a `date32` reaches
//! the year 5,881,580 and a timestamp in seconds the year 292 billion. Years outside 0..=9999 carry a sign, as
//! ISO 8601 asks of them.

use std::fmt::{Result, Write};

const DAY_SECONDS: i64 = 86_400;

/// A day counted from 1970-01-01 as `YYYY-MM-DD`.
pub(crate) fn write_date(out: &mut dyn Write, days: i64) -> Result {
    let (year, month, day) = civil(days);
    match year {
        0..=9999 => {
            two(out, year / 100)?;
            two(out, year % 100)?;
        }
        _ => write!(out, "{}{:04}", if year < 0 { '-' } else { '+' }, year.unsigned_abs())?,
    }
    out.write_char('-')?;
    two(out, month)?;
    out.write_char('-')?;
    two(out, day)
}

/// An instant counted in `1 / per_second` seconds from 1970-01-01T00:00:00. `utc` ends it in `Z`.
pub(crate) fn write_timestamp(out: &mut dyn Write, value: i64, per_second: i64, utc: bool) -> Result {
    let seconds = value.div_euclid(per_second);
    write_date(out, seconds.div_euclid(DAY_SECONDS))?;
    out.write_char('T')?;
    write_clock(out, seconds.rem_euclid(DAY_SECONDS))?;
    write_fraction(out, value.rem_euclid(per_second), per_second)?;
    if utc { out.write_char('Z') } else { Ok(()) }
}

/// A time of day counted in `1 / per_second` seconds from midnight. A value that is no time of day is written as the
/// plain number it is.
pub(crate) fn write_time(out: &mut dyn Write, value: i64, per_second: i64) -> Result {
    let seconds = value.div_euclid(per_second);
    if !(0..DAY_SECONDS).contains(&seconds) {
        return write!(out, "{value}");
    }
    write_clock(out, seconds)?;
    write_fraction(out, value.rem_euclid(per_second), per_second)
}

/// A length of time counted in `1 / per_second` seconds: `PT1.5S`, `-PT3S`.
pub(crate) fn write_duration(out: &mut dyn Write, value: i64, per_second: i64) -> Result {
    if value < 0 {
        out.write_char('-')?;
    }
    let per = per_second.unsigned_abs().max(1);
    let value = value.unsigned_abs();
    write!(out, "PT{}", value / per)?;
    write_fraction(out, (value % per).cast_signed(), per_second)?;
    out.write_char('S')
}

/// Months, days and nanoseconds, each with its own sign: `P1M-2DT0.5S`; nothing at all is `PT0S`.
pub(crate) fn write_interval(out: &mut dyn Write, months: i64, days: i64, nanos: i64) -> Result {
    if months == 0 && days == 0 && nanos == 0 {
        return out.write_str("PT0S");
    }
    out.write_char('P')?;
    if months != 0 {
        write!(out, "{months}M")?;
    }
    if days != 0 {
        write!(out, "{days}D")?;
    }
    if nanos != 0 {
        const NANOS: u64 = 1_000_000_000;
        let sign = if nanos < 0 { "-" } else { "" };
        let nanos = nanos.unsigned_abs();
        write!(out, "T{sign}{}", nanos / NANOS)?;
        write_fraction(out, (nanos % NANOS).cast_signed(), NANOS.cast_signed())?;
        out.write_char('S')?;
    }
    Ok(())
}

fn write_clock(out: &mut dyn Write, seconds: i64) -> Result {
    two(out, seconds / 3600)?;
    out.write_char(':')?;
    two(out, seconds / 60 % 60)?;
    out.write_char(':')?;
    two(out, seconds % 60)
}

/// Two digits. Not by a format string: this is most of the time a column of instants takes to write.
fn two(out: &mut dyn Write, number: i64) -> Result {
    const PAIRS: &str = "\
        00010203040506070809101112131415161718192021222324252627282930313233343536373839\
        40414243444546474849505152535455565758596061626364656667686970717273747576777879\
        8081828384858687888990919293949596979899";
    let pair = usize::try_from(number).ok().and_then(|at| PAIRS.get(at * 2..at * 2 + 2));
    match pair {
        Some(pair) => out.write_str(pair),
        None => write!(out, "{number:02}"),
    }
}

/// Three, six or nine digits, as few as are exact; none for a whole second.
fn write_fraction(out: &mut dyn Write, part: i64, per_second: i64) -> Result {
    let nanos = part * (1_000_000_000 / per_second.max(1));
    match nanos {
        0 => Ok(()),
        _ if nanos % 1_000_000 == 0 => write!(out, ".{:03}", nanos / 1_000_000),
        _ if nanos % 1000 == 0 => write!(out, ".{:06}", nanos / 1000),
        _ => write!(out, ".{nanos:09}"),
    }
}

/// Year, month and day of the proleptic Gregorian calendar. Counts in eras of 400 years that begin on 1 March, so that
/// the leap day is the last of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    const ERA_DAYS: i64 = 146_097;
    // 719,468 days lie between 0000-03-01 and 1970-01-01.
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(ERA_DAYS);
    let day_of_era = days.rem_euclid(ERA_DAYS);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut dyn Write) -> Result) -> String {
        let mut out = String::new();
        write(&mut out).unwrap();
        out
    }

    #[test]
    fn dates_hold_over_the_whole_range() {
        let date = |days| text(|out| write_date(out, days));
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(-1), "1969-12-31");
        assert_eq!(date(19_782), "2024-02-29");
        assert_eq!(date(11_016), "2000-02-29");
        assert_eq!(date(-719_528), "0000-01-01");
        assert_eq!(date(-719_529), "-0001-12-31");
        assert_eq!(date(2_932_896), "9999-12-31");
        assert_eq!(date(2_932_897), "+10000-01-01");
        assert_eq!(date(i64::from(i32::MAX)), "+5881580-07-11");
        assert_eq!(date(i64::from(i32::MIN)), "-5877641-06-23");
    }

    #[test]
    fn instants_before_1970_count_forward_within_their_day() {
        let stamp = |value, per| text(|out| write_timestamp(out, value, per, false));
        assert_eq!(stamp(-1, 1_000_000_000), "1969-12-31T23:59:59.999999999");
        assert_eq!(stamp(1_700_000_000_123, 1000), "2023-11-14T22:13:20.123");
        assert_eq!(stamp(1_700_000_000_000_000, 1_000_000), "2023-11-14T22:13:20");
        assert_eq!(stamp(-62_135_596_800, 1), "0001-01-01T00:00:00");
        assert_eq!(text(|out| write_timestamp(out, 1500, 1000, true)), "1970-01-01T00:00:01.500Z");
    }

    #[test]
    fn the_ends_of_the_integers_are_written_not_overflowed() {
        for per in [1, 1000, 1_000_000, 1_000_000_000] {
            for value in [i64::MIN, i64::MAX] {
                assert!(!text(|out| write_timestamp(out, value, per, false)).is_empty());
                assert!(!text(|out| write_duration(out, value, per)).is_empty());
                assert!(!text(|out| write_time(out, value, per)).is_empty());
                assert!(!text(|out| write_interval(out, value, value, value)).is_empty());
                assert!(!text(|out| write_date(out, value)).is_empty());
            }
        }
    }

    #[test]
    fn times_durations_and_intervals() {
        assert_eq!(text(|out| write_time(out, 86_399_999, 1000)), "23:59:59.999");
        assert_eq!(text(|out| write_time(out, 86_400, 1)), "86400");
        assert_eq!(text(|out| write_duration(out, -1_500_000, 1_000_000)), "-PT1.500S");
        assert_eq!(text(|out| write_interval(out, 14, -2, 500_000_000)), "P14M-2DT0.500S");
        assert_eq!(text(|out| write_interval(out, 0, 0, 0)), "PT0S");
    }
}
