//! Arrow types by short names, as the table's heading shows them.

use arrow_schema::{DataType, Field, IntervalUnit, TimeUnit};

/// `int32`, `decimal(10,2)`, `timestamp[us, UTC]`, `list<string>`, `struct{a: int32}`.
pub(crate) fn name(kind: &DataType) -> String {
    use DataType as T;
    match kind {
        T::Null => "null".to_owned(),
        T::Boolean => "bool".to_owned(),
        T::Float16 => "half".to_owned(),
        T::Float32 => "float".to_owned(),
        T::Float64 => "double".to_owned(),
        T::Utf8 | T::LargeUtf8 | T::Utf8View => "string".to_owned(),
        T::Binary | T::LargeBinary | T::BinaryView => "binary".to_owned(),
        T::FixedSizeBinary(length) => format!("binary({length})"),
        T::Decimal32(precision, scale)
        | T::Decimal64(precision, scale)
        | T::Decimal128(precision, scale)
        | T::Decimal256(precision, scale) => format!("decimal({precision},{scale})"),
        T::Date32 | T::Date64 => "date".to_owned(),
        T::Time32(unit) | T::Time64(unit) => format!("time[{}]", short(*unit)),
        T::Timestamp(unit, None) => format!("timestamp[{}]", short(*unit)),
        T::Timestamp(unit, Some(zone)) => format!("timestamp[{}, {zone}]", short(*unit)),
        T::Duration(unit) => format!("duration[{}]", short(*unit)),
        T::Interval(IntervalUnit::YearMonth) => "interval[month]".to_owned(),
        T::Interval(IntervalUnit::DayTime) => "interval[day, ms]".to_owned(),
        T::Interval(IntervalUnit::MonthDayNano) => "interval[month, day, ns]".to_owned(),
        T::List(item) | T::LargeList(item) | T::ListView(item) | T::LargeListView(item) | T::FixedSizeList(item, _) => {
            format!("list<{}>", name(item.data_type()))
        }
        T::Struct(fields) => {
            let fields: Vec<_> = fields.iter().map(|field| pair(field)).collect();
            format!("struct{{{}}}", fields.join(", "))
        }
        T::Map(entries, _) => match entries.data_type() {
            T::Struct(fields) => {
                let parts: Vec<_> = fields.iter().map(|field| name(field.data_type())).collect();
                format!("map<{}>", parts.join(", "))
            }
            other => format!("map<{}>", name(other)),
        },
        T::Dictionary(_, values) => name(values),
        T::RunEndEncoded(_, values) => name(values.data_type()),
        other => other.to_string().to_lowercase(),
    }
}

fn pair(field: &Field) -> String {
    format!("{}: {}", field.name(), name(field.data_type()))
}

fn short(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}
