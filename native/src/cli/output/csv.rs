//! CSV as RFC 4180 has it, with `\n` ends: a header line; null is an empty field and an empty string is `""`; lists,
//! structs and maps are JSON; all else as [`Values`] writes it plain. A null that is alone on its line is `""` too, because
//! readers skip blank lines and would lose the row.
//!
//! Not through a CSV crate: those we have write null and the empty string alike and refuse nested columns.

use std::fmt::{self, Write as _};
use std::io::Write as _;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema, SchemaRef};

use super::destination::Pipe;
use super::{OutputError, Sink};
use crate::cli::value::{Style, Values};

/// The header line, with its end.
pub(crate) fn csv_header(schema: &Schema) -> String {
    let mut line = String::new();
    for (place, field) in schema.fields().iter().enumerate() {
        if place > 0 {
            line.push(',');
        }
        push_field(&mut line, field.name());
    }
    line.push('\n');
    line
}

/// The rows of a batch as lines of CSV.
pub(crate) struct CsvRows<'a> {
    columns: Vec<Values<'a>>,
    cell: String,
}

impl<'a> CsvRows<'a> {
    /// Prepares a batch. The error names a type that has no text.
    pub(crate) fn new(batch: &'a RecordBatch) -> Result<Self, ArrowError> {
        let columns = batch.columns().iter().map(|column| Values::new(column)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { columns, cell: String::new() })
    }

    /// Adds a row with its end of line.
    pub(crate) fn write(&mut self, row: usize, out: &mut String) -> fmt::Result {
        for (place, values) in self.columns.iter().enumerate() {
            if place > 0 {
                out.push(',');
            }
            if values.is_null(row) {
                if self.columns.len() == 1 {
                    out.push_str("\"\"");
                }
                continue;
            }
            self.cell.clear();
            let style = if values.is_nested() { Style::Json } else { Style::Plain };
            values.write(row, style, &mut self.cell)?;
            push_field(out, &self.cell);
        }
        out.push('\n');
        Ok(())
    }
}

/// Writes CSV.
pub(super) struct CsvSink {
    pipe: Pipe,
    line: String,
}

impl CsvSink {
    /// Begins with the header line.
    pub(super) fn new(schema: &SchemaRef, mut pipe: Pipe) -> Result<Self, OutputError> {
        pipe.write_all(csv_header(schema).as_bytes()).map_err(ArrowError::from)?;
        Ok(Self { pipe, line: String::new() })
    }
}

impl Sink for CsvSink {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        let mut rows = CsvRows::new(batch)?;
        for row in 0..batch.num_rows() {
            self.line.clear();
            rows.write(row, &mut self.line).map_err(|error| ArrowError::CsvError(error.to_string()))?;
            self.pipe.write_all(self.line.as_bytes()).map_err(ArrowError::from)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), OutputError> {
        Ok(self.pipe.flush().map_err(ArrowError::from)?)
    }
}

/// Adds a field, quoted where a reader would take it for more or less than it is.
fn push_field(line: &mut String, text: &str) {
    let quoted =
        text.is_empty() || text.contains([',', '"', '\n', '\r']) || text.starts_with(' ') || text.ends_with(' ');
    if !quoted {
        line.push_str(text);
    } else if text.contains('"') {
        // Writing to a string does not fail.
        let _ = write!(line, "\"{}\"", text.replace('"', "\"\""));
    } else {
        line.push('"');
        line.push_str(text);
        line.push('"');
    }
}
