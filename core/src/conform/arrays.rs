//! Arrays from the plain bytes that the decoder was shown to the types that the file means.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowTimestampType, Decimal128Type, Decimal256Type, DecimalType, IntervalMonthDayNanoType,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, FixedSizeBinaryArray, FixedSizeListArray, GenericListArray, GenericListViewArray,
    MapArray, OffsetSizeTrait, PrimitiveArray, StructArray,
};
use arrow_buffer::{IntervalMonthDayNano, ScalarBuffer, i256};
use arrow_schema::{ArrowError, DataType, IntervalUnit, TimeUnit};

use super::int96;

/// Why an array can't be what the schema says.
#[derive(Debug)]
pub(super) enum Problem {
    /// A timestamp doesn't fit the unit; the finest that holds it.
    Unit(TimeUnit),
    /// A decimal doesn't fit its type.
    Decimal,
    /// The decoder's array has not the shape of its schema.
    Shape(ArrowError),
}

impl From<ArrowError> for Problem {
    fn from(error: ArrowError) -> Self {
        Self::Shape(error)
    }
}

/// `array` as `target`, which differs from its type at most in leaves that were read as plain bytes.
pub(super) fn restored(array: &ArrayRef, target: &DataType) -> Result<ArrayRef, Problem> {
    if array.data_type() == target {
        return Ok(Arc::clone(array));
    }
    let nulls = array.nulls().cloned();
    Ok(match (array.data_type(), target) {
        (DataType::FixedSizeBinary(12), DataType::Timestamp(unit, _)) => {
            timestamps(array.as_fixed_size_binary(), *unit, target)?
        }
        (DataType::FixedSizeBinary(12), DataType::Interval(IntervalUnit::MonthDayNano)) => {
            intervals(array.as_fixed_size_binary())
        }
        (DataType::Binary, DataType::Decimal128(_, _)) => decimals::<Decimal128Type, 16>(array.as_binary(), target)?,
        (DataType::Binary, DataType::Decimal256(_, _)) => decimals::<Decimal256Type, 32>(array.as_binary(), target)?,
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let columns = array.as_struct().columns().iter().zip(fields);
            let columns = columns.map(|(column, field)| restored(column, field.data_type()));
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            Arc::new(StructArray::try_new_with_length(fields.clone(), columns, nulls, array.len())?)
        }
        (DataType::List(_), DataType::List(_)) => list(array.as_list::<i32>(), target)?,
        (DataType::LargeList(_), DataType::LargeList(_)) => list(array.as_list::<i64>(), target)?,
        (DataType::ListView(_), DataType::ListView(_)) => list_view(array.as_list_view::<i32>(), target)?,
        (DataType::LargeListView(_), DataType::LargeListView(_)) => list_view(array.as_list_view::<i64>(), target)?,
        (DataType::FixedSizeList(_, _), DataType::FixedSizeList(field, length)) => {
            let values = restored(array.as_fixed_size_list().values(), field.data_type())?;
            Arc::new(FixedSizeListArray::try_new(Arc::clone(field), *length, values, nulls)?)
        }
        (DataType::Map(_, _), DataType::Map(field, sorted)) => {
            let map = array.as_map();
            let entries: ArrayRef = Arc::new(map.entries().clone());
            let entries = restored(&entries, field.data_type())?.as_struct().clone();
            Arc::new(MapArray::try_new(Arc::clone(field), map.offsets().clone(), entries, nulls, *sorted)?)
        }
        (found, wanted) => {
            return Err(Problem::Shape(ArrowError::SchemaError(format!("decoded {found}, expected {wanted}"))));
        }
    })
}

fn list<O: OffsetSizeTrait>(array: &GenericListArray<O>, target: &DataType) -> Result<ArrayRef, Problem> {
    let (DataType::List(field) | DataType::LargeList(field)) = target else {
        return Err(Problem::Shape(ArrowError::SchemaError(format!("decoded a list, expected {target}"))));
    };
    let values = restored(array.values(), field.data_type())?;
    let nulls = array.nulls().cloned();
    Ok(Arc::new(GenericListArray::<O>::try_new(Arc::clone(field), array.offsets().clone(), values, nulls)?))
}

fn list_view<O: OffsetSizeTrait>(array: &GenericListViewArray<O>, target: &DataType) -> Result<ArrayRef, Problem> {
    let (DataType::ListView(field) | DataType::LargeListView(field)) = target else {
        return Err(Problem::Shape(ArrowError::SchemaError(format!("decoded a list view, expected {target}"))));
    };
    let values = restored(array.values(), field.data_type())?;
    let (field, nulls) = (Arc::clone(field), array.nulls().cloned());
    let (offsets, sizes) = (array.offsets().clone(), array.sizes().clone());
    Ok(Arc::new(GenericListViewArray::<O>::try_new(field, offsets, sizes, values, nulls)?))
}

fn timestamps(stored: &FixedSizeBinaryArray, unit: TimeUnit, target: &DataType) -> Result<ArrayRef, Problem> {
    fn array<T: ArrowTimestampType>(stored: &FixedSizeBinaryArray, target: &DataType) -> Result<ArrayRef, Problem> {
        let mut sure = true;
        let mut quick = |bytes, valid: bool| {
            let (value, certain) = int96::quick(bytes, T::UNIT);
            // What lies under a null is no value.
            sure &= certain | !valid;
            value
        };
        let mut values: Vec<i64> = match stored.nulls() {
            None => values(stored).map(|bytes| quick(bytes, true)).collect(),
            Some(nulls) => values(stored).zip(nulls).map(|(bytes, valid)| quick(bytes, valid)).collect(),
        };
        if !sure {
            values = exact(stored, T::UNIT)?;
        }
        let array = PrimitiveArray::<T>::try_new(values.into(), stored.nulls().cloned())?;
        Ok(Arc::new(array.with_data_type(target.clone())))
    }
    match unit {
        TimeUnit::Nanosecond => array::<TimestampNanosecondType>(stored, target),
        TimeUnit::Microsecond => array::<TimestampMicrosecondType>(stored, target),
        TimeUnit::Millisecond => array::<TimestampMillisecondType>(stored, target),
        TimeUnit::Second => array::<TimestampSecondType>(stored, target),
    }
}

fn exact(stored: &FixedSizeBinaryArray, unit: TimeUnit) -> Result<Vec<i64>, Problem> {
    let values = values(stored).enumerate().map(|(row, bytes)| match int96::value(bytes, unit) {
        Some(value) => Ok(value),
        None if stored.is_null(row) => Ok(0),
        None => Err(Problem::Unit(int96::finest(bytes))),
    });
    values.collect()
}

/// Months, days and milliseconds, each 4 bytes, little-endian. They are unsigned by the format; writers store negative
/// ones too, and Arrow's are signed.
fn intervals(stored: &FixedSizeBinaryArray) -> ArrayRef {
    let values: ScalarBuffer<IntervalMonthDayNano> = values(stored)
        .map(|[m0, m1, m2, m3, d0, d1, d2, d3, t0, t1, t2, t3]| IntervalMonthDayNano {
            months: i32::from_le_bytes([m0, m1, m2, m3]),
            days: i32::from_le_bytes([d0, d1, d2, d3]),
            nanoseconds: i64::from(u32::from_le_bytes([t0, t1, t2, t3])) * 1_000_000,
        })
        .collect();
    Arc::new(PrimitiveArray::<IntervalMonthDayNanoType>::new(values, stored.nulls().cloned()))
}

fn values(stored: &FixedSizeBinaryArray) -> impl Iterator<Item = [u8; 12]> {
    let (chunks, _) = stored.value_data().as_chunks::<12>();
    chunks.iter().copied().take(stored.len())
}

/// Big-endian two's complement of any length, as long as the value fits.
fn decimals<T: DecimalType, const N: usize>(stored: &BinaryArray, target: &DataType) -> Result<ArrayRef, Problem>
where
    T::Native: FromBigEndian<N>,
{
    let values = (0..stored.len())
        .map(|row| {
            if stored.is_null(row) {
                return Ok(T::Native::default());
            }
            extended(stored.value(row)).map(T::Native::from_big_endian).ok_or(Problem::Decimal)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let array = PrimitiveArray::<T>::try_new(values.into(), stored.nulls().cloned())?;
    Ok(Arc::new(array.with_data_type(target.clone())))
}

/// The value in exactly `N` bytes.
fn extended<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    let sign = if bytes.first().is_some_and(|first| *first >= 128) { 255 } else { 0 };
    let mut extended = [sign; N];
    let surplus = bytes.len().saturating_sub(N);
    let (surplus, kept) = bytes.split_at_checked(surplus)?;
    extended.last_chunk_mut::<N>()?.get_mut(N.checked_sub(kept.len())?..)?.copy_from_slice(kept);
    // What is cut must be sign only, and the sign must stay.
    let fits = surplus.iter().all(|byte| *byte == sign)
        && (kept.is_empty() || surplus.is_empty() || (kept.first()? ^ sign) < 128);
    fits.then_some(extended)
}

trait FromBigEndian<const N: usize> {
    fn from_big_endian(bytes: [u8; N]) -> Self;
}

impl FromBigEndian<16> for i128 {
    fn from_big_endian(bytes: [u8; 16]) -> Self {
        Self::from_be_bytes(bytes)
    }
}

impl FromBigEndian<32> for i256 {
    fn from_big_endian(bytes: [u8; 32]) -> Self {
        Self::from_be_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_of_any_length_are_read_if_they_fit() {
        assert_eq!(extended::<4>(&[]), Some([0, 0, 0, 0]));
        assert_eq!(extended::<4>(&[0x80]), Some([255, 255, 255, 0x80]));
        assert_eq!(extended::<2>(&[0, 0, 0x7f, 1]), Some([0x7f, 1]));
        assert_eq!(extended::<2>(&[255, 255, 0x80, 1]), Some([0x80, 1]));
        assert_eq!(extended::<2>(&[0, 0, 0x80, 1]), None, "32769 does not fit 16 bits");
        assert_eq!(extended::<2>(&[1, 0, 0]), None);
    }
}
