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

mod nested;
mod time;

use std::fmt::{self, Write};

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayAccessor, ArrowPrimitiveType, downcast_dictionary_array, downcast_run_array};
use arrow_buffer::{ArrowNativeType, NullBuffer};
use arrow_schema::{ArrowError, DataType};

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
        Ok(Self { nulls: array.logical_nulls(), element: element(array)?, nested: array.data_type().is_nested() })
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
        T::Boolean => each(array.as_boolean(), |value, _, out| out.write_str(if value { "true" } else { "false" })),
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
        T::Float32 => {
            each(array.as_primitive::<Float32Type>(), |value, style, out| float(value.is_finite(), &value, style, out))
        }
        T::Float64 => {
            each(array.as_primitive::<Float64Type>(), |value, style, out| float(value.is_finite(), &value, style, out))
        }
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
        kind if kind.is_temporal() => time::element(array, kind)?,
        T::List(_) => nested::list::<i32>(array)?,
        T::LargeList(_) => nested::list::<i64>(array)?,
        T::ListView(_) => nested::list_view::<i32>(array)?,
        T::LargeListView(_) => nested::list_view::<i64>(array)?,
        T::FixedSizeList(_, _) => nested::fixed_size_list(array)?,
        T::Struct(_) => nested::structure(array)?,
        T::Map(_, _) => nested::map(array)?,
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
    each(array.as_primitive::<T>(), |value, _, out| write!(out, "{value}"))
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
    quoted(style, out, |out| value.iter().try_for_each(|byte| write!(out, "{byte:02x}")))
}

/// What is bare in a cell and a string in JSON.
fn quoted(style: Style, out: &mut dyn Write, write: impl FnOnce(&mut dyn Write) -> fmt::Result) -> fmt::Result {
    if style != Style::Json {
        return write(out);
    }
    out.write_char('"')?;
    write(out)?;
    out.write_char('"')
}
