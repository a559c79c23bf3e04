//! Writes one row of an Arrow array in the canonical form.

use std::io::Write as _;
use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, GenericListArray, GenericListViewArray, OffsetSizeTrait, RunArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::{DataType, IntervalUnit, TimeUnit};

/// Writes a row that is not null.
type Write<'a> = Box<dyn Fn(usize, &mut Vec<u8>) + 'a>;

/// An array, ready to write its rows.
pub(crate) struct Lines<'a> {
    nulls: Option<&'a NullBuffer>,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Null,
    Bool(&'a BooleanBuffer),
    /// Anything whose value is written by a closure over the row.
    Value(Write<'a>),
    List {
        values: Box<Lines<'a>>,
        range: Box<dyn Fn(usize) -> Range<usize> + 'a>,
    },
    Struct(Vec<(Vec<u8>, Lines<'a>)>),
    Map {
        keys: Box<Lines<'a>>,
        values: Box<Lines<'a>>,
        offsets: &'a [i32],
    },
    /// Dictionaries and runs: the row of the values that a row shows.
    Lookup {
        values: Box<Lines<'a>>,
        index: Box<dyn Fn(usize) -> usize + 'a>,
    },
}

impl<'a> Lines<'a> {
    /// `loose` writes text as hex.
    pub(crate) fn new(array: &'a dyn Array, loose: bool) -> Result<Self, String> {
        Ok(Self { nulls: array.nulls(), kind: kind(array, loose)? })
    }

    /// Appends row `row`, without the line's end.
    pub(crate) fn write(&self, row: usize, out: &mut Vec<u8>) {
        if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            out.extend_from_slice(b"null");
            return;
        }
        match &self.kind {
            Kind::Null => out.extend_from_slice(b"null"),
            Kind::Bool(bits) => out.extend_from_slice(if bits.value(row) { b"true" } else { b"false" }),
            Kind::Value(write) => write(row, out),
            Kind::List { values, range } => {
                out.push(b'[');
                join(range(row), out, |i, out| values.write(i, out));
                out.push(b']');
            }
            Kind::Struct(fields) => {
                out.push(b'{');
                join(0..fields.len(), out, |i, out| {
                    let (name, values) = &fields[i];
                    out.extend_from_slice(name);
                    values.write(row, out);
                });
                out.push(b'}');
            }
            Kind::Map { keys, values, offsets } => {
                out.push(b'[');
                join(index(offsets[row])..index(offsets[row + 1]), out, |i, out| {
                    out.extend_from_slice(b"{\"key\":");
                    keys.write(i, out);
                    out.extend_from_slice(b",\"value\":");
                    values.write(i, out);
                    out.push(b'}');
                });
                out.push(b']');
            }
            Kind::Lookup { values, index } => values.write(index(row), out),
        }
    }
}

fn join(range: Range<usize>, out: &mut Vec<u8>, mut write: impl FnMut(usize, &mut Vec<u8>)) {
    let start = range.start;
    for i in range {
        if i > start {
            out.push(b',');
        }
        write(i, out);
    }
}

fn kind<'a>(array: &'a dyn Array, loose: bool) -> Result<Kind<'a>, String> {
    use DataType as T;
    Ok(match array.data_type() {
        T::Null => Kind::Null,
        T::Boolean => Kind::Bool(array.as_boolean().values()),
        T::Int8 => integer::<Int8Type>(array),
        T::Int16 => integer::<Int16Type>(array),
        T::Int32 => integer::<Int32Type>(array),
        T::Int64 => integer::<Int64Type>(array),
        T::UInt8 => integer::<UInt8Type>(array),
        T::UInt16 => integer::<UInt16Type>(array),
        T::UInt32 => integer::<UInt32Type>(array),
        T::UInt64 => integer::<UInt64Type>(array),
        T::Duration(TimeUnit::Second) => integer::<DurationSecondType>(array),
        T::Duration(TimeUnit::Millisecond) => integer::<DurationMillisecondType>(array),
        T::Duration(TimeUnit::Microsecond) => integer::<DurationMicrosecondType>(array),
        T::Duration(TimeUnit::Nanosecond) => integer::<DurationNanosecondType>(array),
        T::Float16 => float::<Float16Type>(array, |v| v.to_f64()),
        T::Float32 => float::<Float32Type>(array, f64::from),
        T::Float64 => float::<Float64Type>(array, |v| v),
        T::Utf8 => text(array.as_string::<i32>(), loose),
        T::LargeUtf8 => text(array.as_string::<i64>(), loose),
        T::Utf8View => {
            let array = array.as_string_view();
            Kind::Value(Box::new(move |row, out| string(array.value(row), loose, out)))
        }
        T::Binary => bytes(move |row| array.as_binary::<i32>().value(row)),
        T::LargeBinary => bytes(move |row| array.as_binary::<i64>().value(row)),
        T::BinaryView => bytes(move |row| array.as_binary_view().value(row)),
        T::FixedSizeBinary(_) => bytes(move |row| array.as_fixed_size_binary().value(row)),
        T::Decimal32(_, scale) => decimal::<Decimal32Type>(array, *scale),
        T::Decimal64(_, scale) => decimal::<Decimal64Type>(array, *scale),
        T::Decimal128(_, scale) => decimal::<Decimal128Type>(array, *scale),
        T::Decimal256(_, scale) => decimal::<Decimal256Type>(array, *scale),
        T::Date32 => scaled::<Date32Type>(array, "date", |v| v.into()),
        T::Date64 => scaled::<Date64Type>(array, "date", |v| v.div_euclid(86_400_000).into()),
        T::Time32(TimeUnit::Second) => scaled::<Time32SecondType>(array, "time", |v| i128::from(v) * SECOND),
        T::Time32(_) => scaled::<Time32MillisecondType>(array, "time", |v| i128::from(v) * MILLI),
        T::Time64(TimeUnit::Microsecond) => scaled::<Time64MicrosecondType>(array, "time", |v| i128::from(v) * MICRO),
        T::Time64(_) => scaled::<Time64NanosecondType>(array, "time", |v| v.into()),
        T::Timestamp(TimeUnit::Second, _) => scaled::<TimestampSecondType>(array, "ts", |v| i128::from(v) * SECOND),
        T::Timestamp(TimeUnit::Millisecond, _) => {
            scaled::<TimestampMillisecondType>(array, "ts", |v| i128::from(v) * MILLI)
        }
        T::Timestamp(TimeUnit::Microsecond, _) => {
            scaled::<TimestampMicrosecondType>(array, "ts", |v| i128::from(v) * MICRO)
        }
        T::Timestamp(TimeUnit::Nanosecond, _) => scaled::<TimestampNanosecondType>(array, "ts", |v| v.into()),
        T::Interval(IntervalUnit::YearMonth) => {
            let array = array.as_primitive::<IntervalYearMonthType>();
            interval(move |row| (array.value(row), 0, 0))
        }
        T::Interval(IntervalUnit::DayTime) => {
            let array = array.as_primitive::<IntervalDayTimeType>();
            interval(move |row| (0, array.value(row).days, array.value(row).milliseconds.into()))
        }
        T::Interval(IntervalUnit::MonthDayNano) => {
            let array = array.as_primitive::<IntervalMonthDayNanoType>();
            interval(move |row| {
                let value = array.value(row);
                (value.months, value.days, value.nanoseconds.div_euclid(1_000_000))
            })
        }
        T::List(_) => list(array.as_list::<i32>(), loose)?,
        T::LargeList(_) => list(array.as_list::<i64>(), loose)?,
        T::ListView(_) => list_view(array.as_list_view::<i32>(), loose)?,
        T::LargeListView(_) => list_view(array.as_list_view::<i64>(), loose)?,
        T::FixedSizeList(_, _) => {
            let array = array.as_fixed_size_list();
            let width = index(array.value_length());
            let range = Box::new(move |row| row * width..(row + 1) * width);
            Kind::List { values: child(array.values(), loose)?, range }
        }
        T::Struct(fields) => Kind::Struct(
            fields
                .iter()
                .zip(array.as_struct().columns())
                .map(|(field, column)| {
                    let mut name = Vec::new();
                    quoted(field.name(), &mut name);
                    name.push(b':');
                    Ok((name, Lines::new(column.as_ref(), loose)?))
                })
                .collect::<Result<_, String>>()?,
        ),
        T::Map(_, _) => {
            let array = array.as_map();
            let (keys, values) = (child(array.keys(), loose)?, child(array.values(), loose)?);
            Kind::Map { keys, values, offsets: array.value_offsets() }
        }
        T::Dictionary(_, _) => {
            let array = array.as_any_dictionary();
            // Without values every row is null and no key is looked up.
            let keys = if array.values().is_empty() { Vec::new() } else { array.normalized_keys() };
            Kind::Lookup { values: child(array.values(), loose)?, index: Box::new(move |row| keys[row]) }
        }
        T::RunEndEncoded(ends, _) => match ends.data_type() {
            T::Int16 => runs::<Int16Type>(array, loose)?,
            T::Int32 => runs::<Int32Type>(array, loose)?,
            _ => runs::<Int64Type>(array, loose)?,
        },
        other @ T::Union(_, _) => return Err(format!("no canonical form for {other}")),
    })
}

const SECOND: i128 = 1_000_000_000;
const MILLI: i128 = 1_000_000;
const MICRO: i128 = 1_000;

fn child(array: &ArrayRef, loose: bool) -> Result<Box<Lines<'_>>, String> {
    Ok(Box::new(Lines::new(array.as_ref(), loose)?))
}

fn integer<T: ArrowPrimitiveType<Native: std::fmt::Display>>(array: &dyn Array) -> Kind<'_> {
    let values = array.as_primitive::<T>().values();
    Kind::Value(Box::new(move |row, out| print(out, format_args!("{}", values[row]))))
}

fn float<T: ArrowPrimitiveType>(array: &dyn Array, widen: fn(T::Native) -> f64) -> Kind<'_> {
    let values = array.as_primitive::<T>().values();
    Kind::Value(Box::new(move |row, out| {
        let value = widen(values[row]);
        if value.is_nan() {
            out.extend_from_slice(b"\"NaN\"");
        } else {
            out.push(b'"');
            hex(&value.to_bits().to_be_bytes(), out);
            out.push(b'"');
        }
    }))
}

fn scaled<'a, T: ArrowPrimitiveType>(
    array: &'a dyn Array,
    tag: &'static str,
    value: fn(T::Native) -> i128,
) -> Kind<'a> {
    let values = array.as_primitive::<T>().values();
    Kind::Value(Box::new(move |row, out| print(out, format_args!("\"{tag}:{}\"", value(values[row])))))
}

fn decimal<T: DecimalType>(array: &dyn Array, scale: i8) -> Kind<'_>
where
    T::Native: std::fmt::Display,
{
    let values = array.as_primitive::<T>().values();
    let scale = usize::try_from(scale).unwrap_or(0);
    Kind::Value(Box::new(move |row, out| {
        let value = values[row].to_string();
        let (sign, digits) = value.strip_prefix('-').map_or(("", value.as_str()), |digits| ("-", digits));
        let digits = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let point = if scale > 0 { "." } else { "" };
        print(out, format_args!("\"{sign}{whole}{point}{fraction}\""));
    }))
}

fn text<O: OffsetSizeTrait>(array: &arrow_array::GenericStringArray<O>, loose: bool) -> Kind<'_> {
    Kind::Value(Box::new(move |row, out| string(array.value(row), loose, out)))
}

fn string(value: &str, loose: bool, out: &mut Vec<u8>) {
    if loose { binary(value.as_bytes(), out) } else { quoted(value, out) }
}

fn quoted(value: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in value.as_bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0..0x20 => print(out, format_args!("\\u{byte:04x}")),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

fn bytes<'a>(value: impl Fn(usize) -> &'a [u8] + 'a) -> Kind<'a> {
    Kind::Value(Box::new(move |row, out| binary(value(row), out)))
}

fn binary(value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"0x");
    hex(value, out);
    out.push(b'"');
}

fn hex(value: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend(value.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]));
}

/// Months, days, milliseconds, each written as the low four bytes, as Parquet's INTERVAL stores them.
fn interval<'a>(value: impl Fn(usize) -> (i32, i32, i64) + 'a) -> Kind<'a> {
    Kind::Value(Box::new(move |row, out| {
        let (months, days, millis) = value(row);
        let [m0, m1, m2, m3, ..] = millis.to_le_bytes();
        binary(&[months.to_le_bytes(), days.to_le_bytes(), [m0, m1, m2, m3]].concat(), out);
    }))
}

fn list<O: OffsetSizeTrait>(array: &GenericListArray<O>, loose: bool) -> Result<Kind<'_>, String> {
    let offsets = array.value_offsets();
    let range = Box::new(move |row: usize| offsets[row].as_usize()..offsets[row + 1].as_usize());
    Ok(Kind::List { values: child(array.values(), loose)?, range })
}

fn list_view<O: OffsetSizeTrait>(array: &GenericListViewArray<O>, loose: bool) -> Result<Kind<'_>, String> {
    let (offsets, sizes) = (array.value_offsets(), array.value_sizes());
    let range = Box::new(move |row: usize| offsets[row].as_usize()..(offsets[row] + sizes[row]).as_usize());
    Ok(Kind::List { values: child(array.values(), loose)?, range })
}

fn runs<R: RunEndIndexType>(array: &dyn Array, loose: bool) -> Result<Kind<'_>, String> {
    let array = array.as_any().downcast_ref::<RunArray<R>>().ok_or("run ends of another type")?;
    let index = Box::new(move |row| array.get_physical_index(row));
    Ok(Kind::Lookup { values: child(array.values(), loose)?, index })
}

fn index(offset: i32) -> usize {
    usize::try_from(offset).unwrap_or(0)
}

fn print(out: &mut Vec<u8>, line: std::fmt::Arguments<'_>) {
    // Writing into a vector can't fail.
    let _ = out.write_fmt(line);
}
