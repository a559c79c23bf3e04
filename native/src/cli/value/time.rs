//! Dates, times, durations and intervals.

use std::fmt::{self, Write};

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrowPrimitiveType};
use arrow_schema::{ArrowError, DataType, IntervalUnit, TimeUnit};

use super::{Element, each, no_text, quoted};
use crate::cli::temporal;

/// The values of a temporal type.
pub(super) fn element<'a>(array: &'a dyn Array, kind: &DataType) -> Result<Element<'a>, ArrowError> {
    fn integers<'a, T: ArrowPrimitiveType>(
        array: &'a dyn Array,
        write: impl Fn(i64, &mut dyn Write) -> fmt::Result + 'a,
    ) -> Element<'a>
    where
        T::Native: Into<i64>,
    {
        each(array.as_primitive::<T>(), move |value, style, out| quoted(style, out, |out| write(value.into(), out)))
    }
    use DataType as T;
    Ok(match kind {
        T::Date32 => integers::<Date32Type>(array, |days, out| temporal::write_date(out, days)),
        T::Date64 => integers::<Date64Type>(array, |millis, out| {
            if millis % 86_400_000 == 0 {
                temporal::write_date(out, millis / 86_400_000)
            } else {
                temporal::write_timestamp(out, millis, 1000, false)
            }
        }),
        T::Time32(TimeUnit::Second) => {
            integers::<Time32SecondType>(array, |value, out| temporal::write_time(out, value, 1))
        }
        T::Time32(_) => integers::<Time32MillisecondType>(array, |value, out| temporal::write_time(out, value, 1000)),
        T::Time64(TimeUnit::Microsecond) => {
            integers::<Time64MicrosecondType>(array, |value, out| temporal::write_time(out, value, 1_000_000))
        }
        T::Time64(_) => {
            integers::<Time64NanosecondType>(array, |value, out| temporal::write_time(out, value, 1_000_000_000))
        }
        T::Timestamp(unit, zone) => {
            let (per, utc) = (per_second(*unit), zone.is_some());
            let write = move |value, out: &mut dyn Write| temporal::write_timestamp(out, value, per, utc);
            match unit {
                TimeUnit::Second => integers::<TimestampSecondType>(array, write),
                TimeUnit::Millisecond => integers::<TimestampMillisecondType>(array, write),
                TimeUnit::Microsecond => integers::<TimestampMicrosecondType>(array, write),
                TimeUnit::Nanosecond => integers::<TimestampNanosecondType>(array, write),
            }
        }
        T::Duration(unit) => {
            let per = per_second(*unit);
            let write = move |value, out: &mut dyn Write| temporal::write_duration(out, value, per);
            match unit {
                TimeUnit::Second => integers::<DurationSecondType>(array, write),
                TimeUnit::Millisecond => integers::<DurationMillisecondType>(array, write),
                TimeUnit::Microsecond => integers::<DurationMicrosecondType>(array, write),
                TimeUnit::Nanosecond => integers::<DurationNanosecondType>(array, write),
            }
        }
        T::Interval(IntervalUnit::YearMonth) => {
            integers::<IntervalYearMonthType>(array, |months, out| temporal::write_interval(out, months, 0, 0))
        }
        T::Interval(IntervalUnit::DayTime) => each(array.as_primitive::<IntervalDayTimeType>(), |value, style, out| {
            let nanos = i64::from(value.milliseconds) * 1_000_000;
            quoted(style, out, |out| temporal::write_interval(out, 0, value.days.into(), nanos))
        }),
        T::Interval(IntervalUnit::MonthDayNano) => {
            each(array.as_primitive::<IntervalMonthDayNanoType>(), |value, style, out| {
                let (months, days) = (value.months.into(), value.days.into());
                quoted(style, out, |out| temporal::write_interval(out, months, days, value.nanoseconds))
            })
        }
        other => return Err(no_text(other)),
    })
}

fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}
