//! Arrow types as text, by the names of the npm package (see its VALUES.md).

use arrow_schema::{DataType, Field, Fields, IntervalUnit, TimeUnit};

/// `int64`, `decimal128(10, 2)`, `timestamp[us, UTC]`, `list<item: int32>`.
pub(super) fn name(kind: &DataType) -> String {
    use DataType as T;
    match kind {
        T::Boolean => "bool".to_owned(),
        T::Decimal32(precision, scale) => format!("decimal32({precision}, {scale})"),
        T::Decimal64(precision, scale) => format!("decimal64({precision}, {scale})"),
        T::Decimal128(precision, scale) => format!("decimal128({precision}, {scale})"),
        T::Decimal256(precision, scale) => format!("decimal256({precision}, {scale})"),
        T::Time32(time) => format!("time32[{}]", unit(*time)),
        T::Time64(time) => format!("time64[{}]", unit(*time)),
        T::Timestamp(time, zone) => match zone.as_deref().filter(|zone| !zone.is_empty()) {
            Some(zone) => format!("timestamp[{}, {zone}]", unit(*time)),
            None => format!("timestamp[{}]", unit(*time)),
        },
        T::Duration(time) => format!("duration[{}]", unit(*time)),
        T::Interval(IntervalUnit::YearMonth) => "interval[year_month]".to_owned(),
        T::Interval(IntervalUnit::DayTime) => "interval[day_time]".to_owned(),
        T::Interval(IntervalUnit::MonthDayNano) => "interval[month_day_nano]".to_owned(),
        T::LargeUtf8 => "large_utf8".to_owned(),
        T::Utf8View => "utf8_view".to_owned(),
        T::LargeBinary => "large_binary".to_owned(),
        T::BinaryView => "binary_view".to_owned(),
        T::FixedSizeBinary(length) => format!("fixed_size_binary[{length}]"),
        T::List(item) => format!("list<{}>", member(item)),
        T::LargeList(item) => format!("large_list<{}>", member(item)),
        T::ListView(item) => format!("list_view<{}>", member(item)),
        T::LargeListView(item) => format!("large_list_view<{}>", member(item)),
        T::FixedSizeList(item, length) => format!("fixed_size_list<{}>[{length}]", member(item)),
        T::Struct(fields) => format!("struct<{}>", members(fields)),
        T::Map(entries, _) => {
            let names = entry_fields(entries).iter().map(|field| name(field.data_type())).collect::<Vec<_>>();
            format!("map<{}>", names.join(", "))
        }
        T::Dictionary(keys, values) => format!("dictionary<{}, {}>", name(keys), name(values)),
        T::RunEndEncoded(ends, values) => {
            format!("run_end_encoded<{}, {}>", name(ends.data_type()), name(values.data_type()))
        }
        T::Union(fields, _) => {
            format!("union<{}>", fields.iter().map(|(_, field)| member(field)).collect::<Vec<_>>().join(", "))
        }
        // The names of all others are Arrow's own: `int32`, `float64`, `date32`, `utf8`, `null`.
        plain => plain.to_string().to_lowercase(),
    }
}

/// The members of a struct, the item of a list, key and value of a map; `None` for any other type.
pub(super) fn children(kind: &DataType) -> Option<Vec<&Field>> {
    use DataType as T;
    match kind {
        T::Dictionary(_, values) => children(values),
        T::RunEndEncoded(_, values) => children(values.data_type()),
        T::Map(entries, _) => Some(entry_fields(entries)),
        T::List(item) | T::LargeList(item) | T::ListView(item) | T::LargeListView(item) | T::FixedSizeList(item, _) => {
            Some(vec![item])
        }
        T::Struct(fields) => Some(fields.iter().map(AsRef::as_ref).collect()),
        T::Union(fields, _) => Some(fields.iter().map(|(_, field)| field.as_ref()).collect()),
        _ => None,
    }
}

/// Key and value of a map, out of the struct that Arrow puts around them.
fn entry_fields(entries: &Field) -> Vec<&Field> {
    match entries.data_type() {
        DataType::Struct(fields) => fields.iter().map(AsRef::as_ref).collect(),
        _ => Vec::new(),
    }
}

fn members(fields: &Fields) -> String {
    fields.iter().map(|field| member(field)).collect::<Vec<_>>().join(", ")
}

fn member(field: &Field) -> String {
    let null = if field.is_nullable() { "" } else { " not null" };
    format!("{}: {}{null}", field.name(), name(field.data_type()))
}

fn unit(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn names_are_those_of_the_npm_package() {
        let item = |kind, nullable| Arc::new(Field::new("item", kind, nullable));
        for (kind, text) in [
            (DataType::Null, "null"),
            (DataType::UInt8, "uint8"),
            (DataType::Float16, "float16"),
            (DataType::Date32, "date32"),
            (DataType::Utf8, "utf8"),
            (DataType::Binary, "binary"),
            (DataType::Decimal128(10, -2), "decimal128(10, -2)"),
            (DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), "timestamp[us, UTC]"),
            (DataType::List(item(DataType::Int32, true)), "list<item: int32>"),
            (DataType::FixedSizeList(item(DataType::Int64, false), 3), "fixed_size_list<item: int64 not null>[3]"),
            (DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)), "dictionary<int32, utf8>"),
        ] {
            assert_eq!(name(&kind), text);
        }
    }
}
