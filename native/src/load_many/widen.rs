//! The type that holds the values of two types without loss.

use arrow_schema::{DataType, TimeUnit};

/// The table on [`super::LoadMany`], for types without fields in them.
pub(super) fn widened(one: &DataType, other: &DataType) -> Option<DataType> {
    use DataType as T;
    if one == other {
        return Some(one.clone());
    }
    match (one, other) {
        (T::Null, known) | (known, T::Null) => Some(known.clone()),
        (T::Dictionary(_, values), plain) | (plain, T::Dictionary(_, values)) => {
            let plain = if let T::Dictionary(_, values) = plain { values } else { plain };
            widened(values, plain)
        }
        (T::Timestamp(one, zone), T::Timestamp(other, same)) if zone == same => {
            Some(T::Timestamp(finer(*one, *other), zone.clone()))
        }
        (T::Duration(one), T::Duration(other)) => Some(T::Duration(finer(*one, *other))),
        (T::Time32(one) | T::Time64(one), T::Time32(other) | T::Time64(other)) => Some(match finer(*one, *other) {
            unit @ (TimeUnit::Second | TimeUnit::Millisecond) => T::Time32(unit),
            unit => T::Time64(unit),
        }),
        (T::Utf8 | T::LargeUtf8 | T::Utf8View, T::Utf8 | T::LargeUtf8 | T::Utf8View) => Some(T::LargeUtf8),
        (T::Binary | T::LargeBinary | T::BinaryView, T::Binary | T::LargeBinary | T::BinaryView) => {
            Some(T::LargeBinary)
        }
        _ => decimal(one, other).or_else(|| number(one, other)),
    }
}

fn finer(one: TimeUnit, other: TimeUnit) -> TimeUnit {
    one.max(other)
}

fn decimal(one: &DataType, other: &DataType) -> Option<DataType> {
    let ((digits, scale), (other_digits, other_scale)) = (decimal_of(one)?, decimal_of(other)?);
    let behind = scale.max(other_scale);
    let before = (i16::from(digits) - i16::from(scale)).max(i16::from(other_digits) - i16::from(other_scale));
    let digits = u8::try_from(before + i16::from(behind)).ok()?;
    match digits {
        ..=38 => Some(DataType::Decimal128(digits, behind)),
        39..=76 => Some(DataType::Decimal256(digits, behind)),
        _ => None,
    }
}

fn decimal_of(data_type: &DataType) -> Option<(u8, i8)> {
    match data_type {
        DataType::Decimal32(digits, scale)
        | DataType::Decimal64(digits, scale)
        | DataType::Decimal128(digits, scale)
        | DataType::Decimal256(digits, scale) => Some((*digits, *scale)),
        _ => None,
    }
}

fn number(one: &DataType, other: &DataType) -> Option<DataType> {
    use DataType as T;
    const SIGNED: [DataType; 4] = [T::Int8, T::Int16, T::Int32, T::Int64];
    const UNSIGNED: [DataType; 4] = [T::UInt8, T::UInt16, T::UInt32, T::UInt64];
    const FLOATS: [DataType; 3] = [T::Float16, T::Float32, T::Float64];
    let of = |kinds: &[DataType], data_type: &DataType| kinds.iter().position(|kind| kind == data_type);
    let at = |kinds: &[DataType], index: usize| kinds.get(index).cloned();
    // The bits of an integer and its sign, as the place of the signed type that holds it.
    let holding = |data_type| of(&SIGNED, data_type).or_else(|| of(&UNSIGNED, data_type).map(|index| index + 1));
    if let (Some(one), Some(other)) = (of(&FLOATS, one), of(&FLOATS, other)) {
        return at(&FLOATS, one.max(other));
    }
    if let (Some(one), Some(other)) = (of(&UNSIGNED, one), of(&UNSIGNED, other)) {
        return at(&UNSIGNED, one.max(other));
    }
    if let (Some(one), Some(other)) = (holding(one), holding(other)) {
        return at(&SIGNED, one.max(other));
    }
    let (integer, float) = match (of(&FLOATS, one), of(&FLOATS, other)) {
        (None, Some(float)) => (one, float),
        (Some(float), None) => (other, float),
        _ => return None,
    };
    // Bits of the integer against bits of the mantissa: 11, 24, 53.
    let needs = match integer {
        T::Int8 | T::UInt8 => 0,
        T::Int16 | T::UInt16 => 1,
        T::Int32 | T::UInt32 => 2,
        _ => return None,
    };
    at(&FLOATS, float.max(needs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use DataType as T;

    #[test]
    fn the_wider_type_holds_both() {
        for (one, other, both) in [
            (T::Int8, T::Int64, Some(T::Int64)),
            (T::UInt8, T::Int8, Some(T::Int16)),
            (T::UInt32, T::Int16, Some(T::Int64)),
            (T::UInt16, T::UInt32, Some(T::UInt32)),
            (T::UInt64, T::Int8, None),
            (T::Int16, T::Float32, Some(T::Float32)),
            (T::Int32, T::Float32, Some(T::Float64)),
            (T::Int64, T::Float64, None),
            (T::Float16, T::Float64, Some(T::Float64)),
            (T::Null, T::Utf8, Some(T::Utf8)),
            (T::Utf8, T::Utf8View, Some(T::LargeUtf8)),
            (T::Utf8, T::Binary, None),
            (T::Date32, T::Int32, None),
            (T::Decimal128(10, 2), T::Decimal128(8, 4), Some(T::Decimal128(12, 4))),
            (T::Decimal128(38, 0), T::Decimal128(38, 10), Some(T::Decimal256(48, 10))),
            (T::Decimal256(76, 0), T::Decimal128(38, 10), None),
            (T::Time32(TimeUnit::Second), T::Time64(TimeUnit::Nanosecond), Some(T::Time64(TimeUnit::Nanosecond))),
            (
                T::Timestamp(TimeUnit::Millisecond, None),
                T::Timestamp(TimeUnit::Microsecond, None),
                Some(T::Timestamp(TimeUnit::Microsecond, None)),
            ),
            (T::Timestamp(TimeUnit::Millisecond, None), T::Timestamp(TimeUnit::Millisecond, Some("UTC".into())), None),
            (T::Dictionary(Box::new(T::Int32), Box::new(T::Utf8)), T::Utf8, Some(T::Utf8)),
        ] {
            assert_eq!(widened(&one, &other), both, "{one} {other}");
            assert_eq!(widened(&other, &one), both, "{other} {one}");
        }
    }
}
