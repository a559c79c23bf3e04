//! Lists, structs and maps.

use std::fmt::{self, Write};

use arrow_array::cast::AsArray;
use arrow_array::{Array, OffsetSizeTrait};
use arrow_buffer::ArrowNativeType;
use arrow_schema::ArrowError;

use super::{Element, Style, Values, write_json_string};

/// Lists.
pub(super) fn list<'a, O: OffsetSizeTrait>(array: &'a dyn Array) -> Result<Element<'a>, ArrowError> {
    let list = array.as_list::<O>();
    sequence(list.values().as_ref(), |row| {
        let start = list.value_offsets()[row].as_usize();
        (start, start + list.value_length(row).as_usize())
    })
}

/// Lists whose items need not lie in order.
pub(super) fn list_view<'a, O: OffsetSizeTrait>(array: &'a dyn Array) -> Result<Element<'a>, ArrowError> {
    let list = array.as_list_view::<O>();
    sequence(list.values().as_ref(), |row| {
        let start = list.value_offset(row).as_usize();
        (start, start + list.value_size(row).as_usize())
    })
}

/// Lists of one length.
pub(super) fn fixed_size_list<'a>(array: &'a dyn Array) -> Result<Element<'a>, ArrowError> {
    let list = array.as_fixed_size_list();
    let length = list.value_length().as_usize();
    sequence(list.values().as_ref(), move |row| (row * length, (row + 1) * length))
}

/// Structs.
pub(super) fn structure<'a>(array: &'a dyn Array) -> Result<Element<'a>, ArrowError> {
    let array = array.as_struct();
    let children = array
        .fields()
        .iter()
        .zip(array.columns())
        .map(|(field, column)| Ok((field.name().as_str(), Values::new(column.as_ref())?)))
        .collect::<Result<Vec<_>, ArrowError>>()?;
    Ok(Box::new(move |row, style, out| {
        braces(style, out, children.iter(), |(name, values), style, out| {
            match style {
                Style::Json => write_json_string(name, out)?,
                Style::Plain | Style::Nested => out.write_str(name)?,
            }
            colon(style, out)?;
            values.write(row, style, out)
        })
    }))
}

fn sequence<'a>(items: &'a dyn Array, span: impl Fn(usize) -> (usize, usize) + 'a) -> Result<Element<'a>, ArrowError> {
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

/// Maps; in JSON an object, its keys as text.
pub(super) fn map<'a>(array: &'a dyn Array) -> Result<Element<'a>, ArrowError> {
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
