//! The canonical form of a column: one line of compact JSON per row, and its SHA-256.
//!
//! The form is defined in the corpus' `README.md`, "The canonical form". Two readers that return the same values give
//! the same checksum, whatever Arrow types, units, offsets or batch sizes they chose.

use arrow_array::Array;
use sha2::{Digest as _, Sha256};

use super::lines::Lines;

/// How many bytes of lines are gathered before they are hashed.
const CHUNK: usize = 64 * 1024;

/// The canonical checksum of one top-level column, fed batch by batch.
///
/// Memory is one buffer of lines, whatever the length of the column.
#[derive(Debug)]
pub struct ColumnDigest {
    strict: Sha256,
    loose: Option<Sha256>,
    first: Vec<String>,
    buffer: Vec<u8>,
}

/// What a column came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    /// SHA-256 of the canonical lines, lower-case hex.
    pub strict: String,
    /// The same with text written as hex; `None` when it was not asked for.
    pub loose: Option<String>,
    /// The first two lines, cut at 120 characters: for messages.
    pub first: Vec<String>,
}

impl ColumnDigest {
    /// An empty column. `loose` also keeps the checksum with text written as hex, at twice the cost.
    pub fn new(loose: bool) -> Self {
        Self { strict: Sha256::new(), loose: loose.then(Sha256::new), first: Vec::new(), buffer: Vec::new() }
    }

    /// Adds the rows of `array`.
    ///
    /// # Errors
    /// The Arrow type has no canonical form (unions).
    pub fn update(&mut self, array: &dyn Array) -> Result<(), String> {
        let lines = Lines::new(array, false)?;
        for row in 0..array.len().min(2usize.saturating_sub(self.first.len())) {
            let mut line = Vec::new();
            lines.write(row, &mut line);
            self.first.push(String::from_utf8_lossy(&line).chars().take(120).collect());
        }
        hash(&lines, array.len(), &mut self.strict, &mut self.buffer);
        if let Some(hasher) = &mut self.loose {
            hash(&Lines::new(array, true)?, array.len(), hasher, &mut self.buffer);
        }
        Ok(())
    }

    /// The checksum of all rows so far.
    pub fn finish(self) -> Checksum {
        Checksum { strict: hex(self.strict), loose: self.loose.map(hex), first: self.first }
    }
}

fn hash(lines: &Lines<'_>, rows: usize, hasher: &mut Sha256, buffer: &mut Vec<u8>) {
    buffer.clear();
    for row in 0..rows {
        lines.write(row, buffer);
        buffer.push(b'\n');
        if buffer.len() >= CHUNK {
            hasher.update(&*buffer);
            buffer.clear();
        }
    }
    hasher.update(&*buffer);
}

fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::Arc;

    use arrow_array::builder::{MapBuilder, StringBuilder};
    use arrow_array::types::{Int32Type, IntervalDayTimeType, IntervalMonthDayNanoType};
    use arrow_array::{
        ArrayRef, BinaryArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array, Int32Array,
        IntervalDayTimeArray, IntervalMonthDayNanoArray, ListArray, StringArray, StringViewArray, StructArray,
        Time32MillisecondArray, TimestampSecondArray,
    };
    use arrow_schema::{DataType, Field};

    use super::*;

    fn lines(array: &dyn Array) -> Vec<String> {
        let lines = Lines::new(array, false).unwrap();
        (0..array.len())
            .map(|row| {
                let mut line = Vec::new();
                lines.write(row, &mut line);
                String::from_utf8(line).unwrap()
            })
            .collect()
    }

    #[test]
    fn numbers() {
        assert_eq!(lines(&Int32Array::from(vec![Some(-5), None])), ["-5", "null"]);
        assert_eq!(lines(&Float64Array::from(vec![1.5, -0.0])), ["\"3ff8000000000000\"", "\"8000000000000000\""]);
        assert_eq!(lines(&Float32Array::from(vec![1.5, f32::NAN])), ["\"3ff8000000000000\"", "\"NaN\""]);
        let decimal = Decimal128Array::from(vec![-150, 5, 0, -5]).with_precision_and_scale(9, 2).unwrap();
        assert_eq!(lines(&decimal), ["\"-1.50\"", "\"0.05\"", "\"0.00\"", "\"-0.05\""]);
    }

    #[test]
    fn text_is_escaped_and_binary_is_hex() {
        let text = StringArray::from(vec!["a\"b\\\n\u{1}\u{7f}é"]);
        assert_eq!(lines(&text), ["\"a\\\"b\\\\\\n\\u0001\u{7f}é\""]);
        assert_eq!(lines(&StringViewArray::from(vec!["x"])), ["\"x\""]);
        assert_eq!(lines(&BinaryArray::from(vec![&b"\x00\xff"[..]])), ["\"0x00ff\""]);
    }

    #[test]
    fn times_are_exact_beyond_64_bits() {
        assert_eq!(lines(&TimestampSecondArray::from(vec![i64::MAX])), ["\"ts:9223372036854775807000000000\""]);
        assert_eq!(lines(&Time32MillisecondArray::from(vec![7])), ["\"time:7000000\""]);
        assert_eq!(lines(&Date32Array::from(vec![-1])), ["\"date:-1\""]);
    }

    #[test]
    fn intervals_are_their_stored_bytes() {
        let day_time = IntervalDayTimeArray::from(vec![IntervalDayTimeType::make_value(2, 3)]);
        assert_eq!(lines(&day_time), ["\"0x000000000200000003000000\""]);
        let nano = IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNanoType::make_value(1, 2, 3_000_000)]);
        assert_eq!(lines(&nano), ["\"0x010000000200000003000000\""]);
    }

    #[test]
    fn nested_values() {
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), None, Some(vec![])]);
        assert_eq!(lines(&list), ["[1,null]", "null", "[]"]);
        assert_eq!(lines(&list.slice(1, 2)), ["null", "[]"]);
        let point = StructArray::from(vec![(
            Arc::new(Field::new("x", DataType::Int32, true)),
            Arc::new(Int32Array::from(vec![Some(1), None])) as ArrayRef,
        )]);
        assert_eq!(lines(&point), ["{\"x\":1}", "{\"x\":null}"]);
        let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        map.keys().append_value("k");
        map.values().append_null();
        map.append(true).unwrap();
        assert_eq!(lines(&map.finish()), ["[{\"key\":\"k\",\"value\":null}]"]);
        let dictionary: DictionaryArray<Int32Type> = [Some("a"), None, Some("a")].into_iter().collect();
        assert_eq!(lines(&dictionary), ["\"a\"", "null", "\"a\""]);
    }

    #[test]
    fn batches_do_not_change_the_checksum_and_loose_unites_text_with_binary() {
        let mut whole = ColumnDigest::new(true);
        whole.update(&StringArray::from(vec!["a", "b"])).unwrap();
        let mut parts = ColumnDigest::new(true);
        parts.update(&BinaryArray::from(vec![&b"a"[..]])).unwrap();
        parts.update(&StringArray::from(vec!["b"])).unwrap();
        let (whole, parts) = (whole.finish(), parts.finish());
        assert_ne!(whole.strict, parts.strict);
        assert_eq!(whole.loose, parts.loose);
        let none = ColumnDigest::new(false).finish().strict;
        assert_eq!(none, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
