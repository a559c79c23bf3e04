//! One value of any Arrow array as text: the leaf under the table, the CSV and the JSON lines, so that a value reads
//! the same wherever it is shown.
//!
//! | type | plain and nested | JSON |
//! |---|---|---|
//! | integers, decimals | exact digits | number, exact digits |
//! | floats | shortest text that reads back; `NaN`, `inf`, `-inf` | number; `null` for what JSON has no number for |
//! | strings | as they are; quoted when nested | string |
//! | binary | lower-case hexadecimal | string of the same |
//! | dates, times, durations, intervals | ISO 8601; instants with a zone in UTC with `Z` | string of the same |
//! | list | `[1, 2]` | array |
//! | struct | `{a: 1, b: "x"}` | object |
//! | map | `{k: v}` | object; keys that are no strings as their text |
//! | dictionary, run-end | the value they stand for | the same |
//! | null | nothing when plain, `null` when nested | `null` |
//!
//! Instants are written in UTC whatever their zone, because that is exact and needs no zone database; the zone is part
//! of the type.

use std::fmt::{self, Write};

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{
    Array, ArrayAccessor, ArrowPrimitiveType, OffsetSizeTrait, downcast_dictionary_array,
    downcast_run_array,
};
use arrow_buffer::{ArrowNativeType, NullBuffer};
use arrow_schema::{ArrowError, DataType, IntervalUnit, TimeUnit};

use super::temporal;

/// How a value is written; see the table of this module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// A cell of its own: strings bare, null empty.
    Plain,
    /// Inside a list, struct or map of a plain cell: strings quoted, null spelled.
    Nested,
    /// A JSON value.
    Json,
}

type Element<'a> = Box<dyn Fn(usize, Style, &mut dyn Write) -> fmt::Result + 'a>;

/// The values of one array, ready to be written row by row.
pub(crate) struct Values<'a> {
    nulls: Option<NullBuffer>,
    element: Element<'a>,
    nested: bool,
}

impl<'a> Values<'a> {
    /// Prepares an array. The error names a type that has no text (a union).
    pub(crate) fn new(array: &'a dyn Array) -> Result<Self, ArrowError> {
        Ok(Self {
            nulls: array.logical_nulls(),
            element: element(array)?,
            nested: array.data_type().is_nested(),
        })
    }

    /// Whether the row holds no value. Rows count from 0 and must be under the array's length.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    /// Whether the values are lists, structs or maps.
    pub(crate) fn is_nested(&self) -> bool {
        self.nested
    }

    /// Writes the value of a row. Fails only when `out` does.
    pub(crate) fn write(&self, row: usize, style: Style, out: &mut dyn Write) -> fmt::Result {
        if self.is_null(row) {
            return match style {
                Style::Plain => Ok(()),
                Style::Nested | Style::Json => out.write_str("null"),
            };
        }
        (self.element)(row, style, out)
    }
}

/// Writes a JSON string, quotes included.
pub(crate) fn write_json_string(text: &str, out: &mut dyn Write) -> fmt::Result {
    out.write_char('"')?;
    let mut rest = text;
    // Runs of plain characters go out whole; only the characters JSON forbids are looked at one by one.
    while let Some(at) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\' || c == '\u{7f}') {
        let (plain, tail) = rest.split_at(at);
        out.write_str(plain)?;
        let mut chars = tail.chars();
        match chars.next() {
            Some('"') => out.write_str("\\\"")?,
            Some('\\') => out.write_str("\\\\")?,
            Some('\n') => out.write_str("\\n")?,
            Some('\r') => out.write_str("\\r")?,
            Some('\t') => out.write_str("\\t")?,
            Some(other) => write!(out, "\\u{:04x}", u32::from(other))?,
            None => {}
        }
        rest = chars.as_str();
    }
    out.write_str(rest)?;
    out.write_char('"')
}

fn element<'a>(array: &'a dyn Array) -> Result<Element<'a>, ArrowError> {
    use DataType as T;
    Ok(match array.data_type() {
        T::Null => Box::new(|_, _, _| Ok(())),
        T::Boolean => each(array.as_boolean(), |value, _, out| {
            out.write_str(if value { "true" } else { "false" })
        }),
        T::Int8 => number::<Int8Type>(array),
        T::Int16 => number::<Int16Type>(array),
        T::Int32 => number::<Int32Type>(array),
        T::Int64 => number::<Int64Type>(array),
        T::UInt8 => number::<UInt8Type>(array),
        T::UInt16 => number::<UInt16Type>(array),
        T::UInt32 => number::<UInt32Type>(array),
        T::UInt64 => number::<UInt64Type>(array),
        T::Float16 => each(array.as_primitive::<Float16Type>(), |value, style, out| {
            float(value.is_finite(), &value.to_f32(), style, out)
        }),
        T::Float32 => each(array.as_primitive::<Float32Type>(), |value, style, out| {
            float(value.is_finite(), &value, style, out)
        }),
        T::Float64 => each(array.as_primitive::<Float64Type>(), |value, style, out| {
            float(value.is_finite(), &value, style, out)
        }),
        T::Decimal32(_, scale) => decimal::<Decimal32Type>(array, *scale),
        T::Decimal64(_, scale) => decimal::<Decimal64Type>(array, *scale),
        T::Decimal128(_, scale) => decimal::<Decimal128Type>(array, *scale),
        T::Decimal256(_, scale) => decimal::<Decimal256Type>(array, *scale),
        T::Utf8 => each(array.as_string::<i32>(), string),
        T::LargeUtf8 => each(array.as_string::<i64>(), string),
        T::Utf8View => each(array.as_string_view(), string),
        T::Binary => each(array.as_binary::<i32>(), hex),
        T::LargeBinary => each(array.as_binary::<i64>(), hex),
        T::BinaryView => each(array.as_binary_view(), hex),
        T::FixedSizeBinary(_) => each(array.as_fixed_size_binary(), hex),
        kind if kind.is_temporal() => time(array, kind)?,
        T::List(_) => list::<i32>(array)?,
        T::LargeList(_) => list::<i64>(array)?,
        T::ListView(_) => list_view::<i32>(array)?,
        T::LargeListView(_) => list_view::<i64>(array)?,
        T::FixedSizeList(_, _) => {
            let list = array.as_fixed_size_list();
            let length = list.value_length().as_usize();
            sequence(list.values().as_ref(), move |row| {
                (row * length, (row + 1) * length)
            })?
        }
        T::Struct(fields) => {
            let children = fields
                .iter()
                .zip(array.as_struct().columns())
                .map(|(field, column)| Ok((field.name().as_str(), Values::new(column.as_ref())?)))
                .collect::<Result<Vec<_>, ArrowError>>()?;
            Box::new(move |row, style, out| {
                braces(style, out, children.iter(), |(name, values), style, out| {
                    match style {
                        Style::Json => write_json_string(name, out)?,
                        Style::Plain | Style::Nested => out.write_str(name)?,
                    }
                    colon(style, out)?;
                    values.write(row, style, out)
                })
            })
        }
        T::Map(_, _) => map(array)?,
        T::Dictionary(_, _) => downcast_dictionary_array! {
            array => {
                let values = Values::new(array.values().as_ref())?;
                let keys = array.keys();
                Box::new(move |row, style, out| values.write(keys.value(row).as_usize(), style, out))
            },
            other => return Err(no_text(other)),
        },
        T::RunEndEncoded(_, _) => downcast_run_array! {
            array => {
                let values = Values::new(array.values().as_ref())?;
                Box::new(move |row, style, out| values.write(array.get_physical_index(row), style, out))
            },
            other => return Err(no_text(other)),
        },
        other => return Err(no_text(other)),
    })
}

fn no_text(kind: &DataType) -> ArrowError {
    ArrowError::NotYetImplemented(format!("values of type {kind} have no text form"))
}

fn each<'a, A: ArrayAccessor + 'a>(
    array: A,
    write: impl Fn(A::Item, Style, &mut dyn Write) -> fmt::Result + 'a,
) -> Element<'a> {
    Box::new(move |row, style, out| write(array.value(row), style, out))
}

fn number<'a, T: ArrowPrimitiveType>(array: &'a dyn Array) -> Element<'a>
where
    T::Native: fmt::Display,
{
    each(array.as_primitive::<T>(), |value, _, out| {
        write!(out, "{value}")
    })
}

/// `Debug` and not `Display`: it changes to an exponent where plain digits would run to hundreds.
fn float(finite: bool, value: &dyn fmt::Debug, style: Style, out: &mut dyn Write) -> fmt::Result {
    match style {
        Style::Json if !finite => out.write_str("null"),
        _ => write!(out, "{value:?}"),
    }
}

fn decimal<'a, T: DecimalType>(array: &'a dyn Array, scale: i8) -> Element<'a> {
    each(array.as_primitive::<T>(), move |value, _, out| {
        out.write_str(&T::format_decimal(value, T::MAX_PRECISION, scale))
    })
}

fn string(value: &str, style: Style, out: &mut dyn Write) -> fmt::Result {
    match style {
        Style::Plain => out.write_str(value),
        Style::Nested | Style::Json => write_json_string(value, out),
    }
}

fn hex(value: &[u8], style: Style, out: &mut dyn Write) -> fmt::Result {
    quoted(style, out, |out| {
        value.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    })
}

/// What is bare in a cell and a string in JSON.
fn quoted(
    style: Style,
    out: &mut dyn Write,
    write: impl FnOnce(&mut dyn Write) -> fmt::Result,
) -> fmt::Result {
    if style != Style::Json {
        return write(out);
    }
    out.write_char('"')?;
    write(out)?;
    out.write_char('"')
}

fn time<'a>(array: &'a dyn Array, kind: &DataType) -> Result<Element<'a>, ArrowError> {
    fn integers<'a, T: ArrowPrimitiveType>(
        array: &'a dyn Array,
        write: impl Fn(i64, &mut dyn Write) -> fmt::Result + 'a,
    ) -> Element<'a>
    where
        T::Native: Into<i64>,
    {
        each(array.as_primitive::<T>(), move |value, style, out| {
            quoted(style, out, |out| write(value.into(), out))
        })
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
        T::Time32(_) => integers::<Time32MillisecondType>(array, |value, out| {
            temporal::write_time(out, value, 1000)
        }),
        T::Time64(TimeUnit::Microsecond) => {
            integers::<Time64MicrosecondType>(array, |value, out| {
                temporal::write_time(out, value, 1_000_000)
            })
        }
        T::Time64(_) => integers::<Time64NanosecondType>(array, |value, out| {
            temporal::write_time(out, value, 1_000_000_000)
        }),
        T::Timestamp(unit, zone) => {
            let (per, utc) = (per_second(*unit), zone.is_some());
            let write =
                move |value, out: &mut dyn Write| temporal::write_timestamp(out, value, per, utc);
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
            integers::<IntervalYearMonthType>(array, |months, out| {
                temporal::write_interval(out, months, 0, 0)
            })
        }
        T::Interval(IntervalUnit::DayTime) => each(
            array.as_primitive::<IntervalDayTimeType>(),
            |value, style, out| {
                let nanos = i64::from(value.milliseconds) * 1_000_000;
                quoted(style, out, |out| {
                    temporal::write_interval(out, 0, value.days.into(), nanos)
                })
            },
        ),
        T::Interval(IntervalUnit::MonthDayNano) => each(
            array.as_primitive::<IntervalMonthDayNanoType>(),
            |value, style, out| {
                let (months, days) = (value.months.into(), value.days.into());
                quoted(style, out, |out| {
                    temporal::write_interval(out, months, days, value.nanoseconds)
                })
            },
        ),
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

fn list<'a, O: OffsetSizeTrait>(array: &'a dyn Array) -> Result<Element<'a>, ArrowError> {
    let list = array.as_list::<O>();
    sequence(list.values().as_ref(), |row| {
        let start = list.value_offsets()[row].as_usize();
        (start, start + list.value_length(row).as_usize())
    })
}

fn list_view<'a, O: OffsetSizeTrait>(array: &'a dyn Array) -> Result<Element<'a>, ArrowError> {
    let list = array.as_list_view::<O>();
    sequence(list.values().as_ref(), |row| {
        let start = list.value_offset(row).as_usize();
        (start, start + list.value_size(row).as_usize())
    })
}

fn sequence<'a>(
    items: &'a dyn Array,
    span: impl Fn(usize) -> (usize, usize) + 'a,
) -> Result<Element<'a>, ArrowError> {
    let items = Values::new(items)?;
    Ok(Box::new(move |row, style, out| {
        let (start, end) = span(row);
        out.write_char('[')?;
        for item in start..end {
            if item > start {
                comma(style, out)?;
            }
            items.write(item, inner(style), out)?;
        }
        out.write_char(']')
    }))
}

fn map<'a>(array: &'a dyn Array) -> Result<Element<'a>, ArrowError> {
    let map = array.as_map();
    let keys = Values::new(map.keys().as_ref())?;
    let values = Values::new(map.values().as_ref())?;
    let text_keys = map.keys().data_type().is_string();
    Ok(Box::new(move |row, style, out| {
        let start = map.value_offsets()[row].as_usize();
        let end = start + map.value_length(row).as_usize();
        braces(style, out, start..end, |entry, style, out| {
            if style == Style::Json && !text_keys {
                let mut key = String::new();
                keys.write(entry, Style::Plain, &mut key)?;
                write_json_string(&key, out)?;
            } else {
                keys.write(entry, style, out)?;
            }
            colon(style, out)?;
            values.write(entry, style, out)
        })
    }))
}

fn braces<I>(
    style: Style,
    out: &mut dyn Write,
    items: impl Iterator<Item = I>,
    write: impl Fn(I, Style, &mut dyn Write) -> fmt::Result,
) -> fmt::Result {
    out.write_char('{')?;
    for (place, item) in items.enumerate() {
        if place > 0 {
            comma(style, out)?;
        }
        write(item, inner(style), out)?;
    }
    out.write_char('}')
}

/// The style of what stands inside a list, struct or map.
fn inner(style: Style) -> Style {
    match style {
        Style::Plain | Style::Nested => Style::Nested,
        Style::Json => Style::Json,
    }
}

fn comma(style: Style, out: &mut dyn Write) -> fmt::Result {
    out.write_str(if style == Style::Json { "," } else { ", " })
}

fn colon(style: Style, out: &mut dyn Write) -> fmt::Result {
    out.write_str(if style == Style::Json { ":" } else { ": " })
}
