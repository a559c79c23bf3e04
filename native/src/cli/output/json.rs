//! JSON lines: one object a row, every column in every object, null spelled out. Values as [`Values`] writes JSON: no
//! digit of a number is lost in the text (a reader that parses all numbers as doubles may lose some), NaN and the
//! infinities are null, binary is hexadecimal.

use std::fmt;
use std::io::Write as _;

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;

use super::destination::Pipe;
use super::{OutputError, Sink};
use crate::cli::value::{Style, Values, write_json_string};

/// The rows of a batch as JSON objects.
pub(crate) struct JsonRows<'a> {
    /// Keys with their colons.
    columns: Vec<(String, Values<'a>)>,
}

impl<'a> JsonRows<'a> {
    /// Prepares a batch. The error names a type that has no text.
    pub(crate) fn new(batch: &'a RecordBatch) -> Result<Self, ArrowError> {
        let mut columns = Vec::with_capacity(batch.num_columns());
        for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            let mut key = String::new();
            write_json_string(field.name(), &mut key).map_err(unwritten)?;
            key.push(':');
            columns.push((key, Values::new(column)?));
        }
        Ok(Self { columns })
    }

    /// Adds a row, without an end of line.
    pub(crate) fn write(&self, row: usize, out: &mut String) -> fmt::Result {
        out.push('{');
        for (place, (key, values)) in self.columns.iter().enumerate() {
            if place > 0 {
                out.push(',');
            }
            out.push_str(key);
            values.write(row, Style::Json, out)?;
        }
        out.push('}');
        Ok(())
    }
}

fn unwritten(error: fmt::Error) -> ArrowError {
    ArrowError::JsonError(error.to_string())
}

/// Writes JSON lines.
pub(super) struct JsonSink {
    pipe: Pipe,
    line: String,
}

impl JsonSink {
    /// JSON lines begin with the first row.
    pub(super) fn new(pipe: Pipe) -> Self {
        Self { pipe, line: String::new() }
    }
}

impl Sink for JsonSink {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        let rows = JsonRows::new(batch)?;
        for row in 0..batch.num_rows() {
            self.line.clear();
            rows.write(row, &mut self.line).map_err(unwritten)?;
            self.line.push('\n');
            self.pipe.write_all(self.line.as_bytes()).map_err(ArrowError::from)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), OutputError> {
        Ok(self.pipe.flush().map_err(ArrowError::from)?)
    }
}
