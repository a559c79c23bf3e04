//! INT96 timestamps, the legacy of Impala, Hive and Spark: nanoseconds of the day (8 bytes, little-endian), then the
//! Julian day (4 bytes).
//!
//! They span millions of years to the nanosecond, and no Arrow unit holds that: 64-bit nanoseconds end in 1677 and
//! 2262. The `parquet` crate wraps what doesn't fit. Here the unit is chosen per top-level column, by who wrote the
//! file and, where that was wrong, by the values: an overflow is an error that names the unit to start again with.

use std::collections::BTreeMap;

use arrow_schema::TimeUnit;
use parquet::file::metadata::ParquetMetaData;

/// The Julian day of 1970-01-01.
const EPOCH: i64 = 2_440_588;
const NANOS_A_DAY: i64 = 86_400_000_000_000;

/// The unit of each top-level column that holds INT96.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Int96Units {
    rest: TimeUnit,
    columns: BTreeMap<String, TimeUnit>,
}

impl Int96Units {
    /// Units by who wrote the file.
    ///
    /// Spark's timestamps are microseconds from year 1 to 9999, so microseconds lose nothing and always fit. All others
    /// begin with nanoseconds.
    pub fn new(metadata: &ParquetMetaData) -> Self {
        let file = metadata.file_metadata();
        let spark_key = |key: &str| key.starts_with("org.apache.spark.");
        let spark = file.key_value_metadata().is_some_and(|pairs| pairs.iter().any(|pair| spark_key(&pair.key)));
        let rest = if spark { TimeUnit::Microsecond } else { TimeUnit::Nanosecond };
        Self { rest, columns: BTreeMap::new() }
    }

    /// The unit of a top-level column.
    pub fn unit(&self, column: &str) -> TimeUnit {
        self.columns.get(column).copied().unwrap_or(self.rest)
    }

    /// The same units but for one column, after [`super::Mismatch::Int96`] said so.
    #[must_use]
    pub fn with(mut self, column: &str, unit: TimeUnit) -> Self {
        self.columns.insert(column.to_owned(), unit);
        self
    }
}

/// A stored value as a count of `unit` since 1970, and whether that is sure to be right: a time within its day, and a
/// day well within reach. Nothing here branches, for it is the inner loop.
#[inline]
pub(super) fn quick(stored: [u8; 12], unit: TimeUnit) -> (i64, bool) {
    let (day, nanos) = parts(stored);
    let per_unit = nanos_per(unit);
    let per_day = NANOS_A_DAY / per_unit;
    let sure = (day.unsigned_abs() < (i64::MAX / per_day).unsigned_abs())
        & (nanos.cast_unsigned() < NANOS_A_DAY.cast_unsigned());
    // Unsigned division by a constant is the quicker one; a negative time of day isn't sure anyway.
    let time = (nanos.cast_unsigned() / per_unit.cast_unsigned()).cast_signed();
    (day.wrapping_mul(per_day).wrapping_add(time), sure)
}

/// A stored value as a count of `unit` since 1970, rounded down; `None` when it doesn't fit 64 bits.
///
/// Twelve zero bytes are what writers leave that never set the value. By the letter they are noon of 4714 BC; Arrow C++,
/// and so nearly everyone, reads the epoch, and so do we.
pub(super) fn value(stored: [u8; 12], unit: TimeUnit) -> Option<i64> {
    if stored == [0; 12] {
        return Some(0);
    }
    let (day, nanos) = parts(stored);
    let nanos_a_unit = nanos_per(unit);
    // 64 bits do for nearly all values; the exact sum decides where a step on the way doesn't fit.
    day.checked_mul(NANOS_A_DAY / nanos_a_unit)
        .and_then(|start| start.checked_add(nanos.div_euclid(nanos_a_unit)))
        .or_else(|| {
            // Spark adds the Julian epoch in 64-bit microseconds. Around year 290,000 that overflows and leaves a time of
            // day that no clock shows; overflowing back gives what was written.
            if unit == TimeUnit::Microsecond && !(0..NANOS_A_DAY).contains(&nanos) {
                return Some(day.wrapping_mul(NANOS_A_DAY / 1_000).wrapping_add(nanos.div_euclid(1_000)));
            }
            let exact = i128::from(day) * i128::from(NANOS_A_DAY) + i128::from(nanos);
            i64::try_from(exact.div_euclid(nanos_a_unit.into())).ok()
        })
}

/// The day since 1970 and the nanoseconds of the day.
#[inline]
fn parts(stored: [u8; 12]) -> (i64, i64) {
    let [n0, n1, n2, n3, n4, n5, n6, n7, d0, d1, d2, d3] = stored;
    let day = i64::from(i32::from_le_bytes([d0, d1, d2, d3])) - EPOCH;
    (day, i64::from_le_bytes([n0, n1, n2, n3, n4, n5, n6, n7]))
}

#[inline]
fn nanos_per(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Nanosecond => 1,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Second => 1_000_000_000,
    }
}

/// The finest unit that holds a stored value.
pub(super) fn finest(stored: [u8; 12]) -> TimeUnit {
    [TimeUnit::Nanosecond, TimeUnit::Microsecond]
        .into_iter()
        .find(|unit| value(stored, *unit).is_some())
        .unwrap_or(TimeUnit::Millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(day: i32, nanos: i64) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&nanos.to_le_bytes());
        bytes[8..].copy_from_slice(&day.to_le_bytes());
        bytes
    }

    #[test]
    fn values_are_exact_or_refused_and_never_wrapped() {
        for day in [
            i32::MIN,
            -1,
            0,
            2_299_160,
            2_333_836,
            2_333_837,
            2_333_838,
            2_440_587,
            2_440_588,
            2_547_339,
            2_547_340,
            5_373_484,
            i32::MAX,
        ] {
            for nanos in [i64::MIN, -1, 0, 1, 999, 86_399_999_999_999, i64::MAX] {
                if (day, nanos) == (0, 0) {
                    continue;
                }
                let exact = (i128::from(day) - i128::from(EPOCH)) * i128::from(NANOS_A_DAY) + i128::from(nanos);
                for (unit, nanos_a_unit) in [
                    (TimeUnit::Nanosecond, 1),
                    (TimeUnit::Microsecond, 1_000),
                    (TimeUnit::Millisecond, 1_000_000),
                    (TimeUnit::Second, 1_000_000_000),
                ] {
                    let expected = i64::try_from(exact.div_euclid(nanos_a_unit)).ok();
                    let (quick, sure) = quick(stored(day, nanos), unit);
                    assert!(!sure || Some(quick) == expected, "{day} {nanos} {unit:?}");
                    assert!(sure || (day, nanos) != (2_440_588, 0), "an everyday value is quick");
                    if expected.is_none() && unit == TimeUnit::Microsecond && !(0..NANOS_A_DAY).contains(&nanos) {
                        continue;
                    }
                    assert_eq!(value(stored(day, nanos), unit), expected, "{day} {nanos} {unit:?}");
                }
                assert!(value(stored(day, nanos), finest(stored(day, nanos))).is_some());
            }
        }
    }

    #[test]
    fn what_spark_overflowed_is_what_spark_wrote() {
        // 290000-12-31T23:59:59.999999 as Spark stores it: (microseconds + Julian epoch) overflowed, then cut into days.
        let written = 9_089_380_393_200_000_000_i64 - 1;
        let shifted = written.wrapping_add(EPOCH * (NANOS_A_DAY / 1_000));
        let (day, micros) = (shifted / (NANOS_A_DAY / 1_000), shifted % (NANOS_A_DAY / 1_000));
        let stored = stored(i32::try_from(day).unwrap_or(0), micros * 1_000);
        assert_eq!(value(stored, TimeUnit::Nanosecond), None);
        assert_eq!(finest(stored), TimeUnit::Microsecond);
        assert_eq!(value(stored, TimeUnit::Microsecond), Some(written));
    }

    #[test]
    fn a_value_that_was_never_set_is_the_epoch() {
        assert_eq!(value([0; 12], TimeUnit::Nanosecond), Some(0));
        assert_eq!(finest([0; 12]), TimeUnit::Nanosecond);
    }

    #[test]
    fn a_far_date_asks_for_microseconds() {
        assert_eq!(finest(stored(2_440_588, 5)), TimeUnit::Nanosecond);
        assert_eq!(finest(stored(5_373_484, 0)), TimeUnit::Microsecond);
        assert_eq!(finest(stored(i32::MAX, 0)), TimeUnit::Millisecond);
    }
}
