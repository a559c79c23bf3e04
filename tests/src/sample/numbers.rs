//! Columns of numbers, quick to make.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int32Array, Int64Array};
use arrow_schema::{ArrowError, DataType, Field};

use super::{Rows, dice};

/// So many columns of numbers in turn: int64 of any value, double, int32 of a thousand values.
pub(super) struct Numbers {
    columns: Vec<(String, fastrand::Rng)>,
}

impl Numbers {
    pub(super) fn new(seed: u64, names: impl Iterator<Item = String>) -> Self {
        let columns = names.enumerate().map(|(column, name)| (name, dice(seed, column))).collect();
        Self { columns }
    }

    pub(super) fn fields(&self) -> Vec<Field> {
        let kind = |column: usize| match column % 3 {
            0 => DataType::Int64,
            1 => DataType::Float64,
            _ => DataType::Int32,
        };
        self.columns.iter().enumerate().map(|(column, (name, _))| Field::new(name, kind(column), false)).collect()
    }
}

impl Rows for Numbers {
    fn next(&mut self, rows: usize) -> Result<Vec<ArrayRef>, ArrowError> {
        let array = |(column, (_, dice)): (usize, &mut (String, fastrand::Rng))| -> ArrayRef {
            match column % 3 {
                0 => Arc::new(Int64Array::from_iter_values((0..rows).map(|_| dice.i64(..)))),
                1 => Arc::new(Float64Array::from_iter_values((0..rows).map(|_| dice.f64() * 1000.0))),
                _ => Arc::new(Int32Array::from_iter_values((0..rows).map(|_| dice.i32(0..1000)))),
            }
        };
        Ok(self.columns.iter_mut().enumerate().map(array).collect())
    }
}
