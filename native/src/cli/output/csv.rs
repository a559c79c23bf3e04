//! CSV as RFC 4180 has it, with `\n` ends: a header line; null is an empty field and an empty string is `""`; lists,
//! structs and maps are JSON; all else as [`Values`] writes it plain. A null that is alone on its line is `""` too, because
//! readers skip blank lines and would lose the row.
//!
//! Not through a CSV crate: those we have write null and the empty string alike and refuse nested columns.

use std::fmt::Write as _;
use std::io::Write as _;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};

use super::destination::Pipe;
use super::{OutputError, Sink};
use crate::cli::value::{Style, Values};

/// Writes CSV.
pub(super) struct CsvSink {
    pipe: Pipe,
    line: String,
    cell: String,
}

impl CsvSink {
    /// Begins with the header line.
    pub(super) fn new(schema: &SchemaRef, pipe: Pipe) -> Result<Self, OutputError> {
        let mut sink = Self { pipe, line: String::new(), cell: String::new() };
        for (place, field) in schema.fields().iter().enumerate() {
            if place > 0 {
                sink.line.push(',');
            }
            push_field(&mut sink.line, field.name());
        }
        sink.end_line()?;
        Ok(sink)
    }

    fn end_line(&mut self) -> Result<(), OutputError> {
        self.line.push('\n');
        self.pipe.write_all(self.line.as_bytes()).map_err(ArrowError::from)?;
        self.line.clear();
        Ok(())
    }
}

impl Sink for CsvSink {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        let columns = batch.columns().iter().map(|column| Values::new(column)).collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            for (place, values) in columns.iter().enumerate() {
                if place > 0 {
                    self.line.push(',');
                }
                if values.is_null(row) {
                    if columns.len() == 1 {
                        self.line.push_str("\"\"");
                    }
                    continue;
                }
                self.cell.clear();
                let style = if values.is_nested() { Style::Json } else { Style::Plain };
                values.write(row, style, &mut self.cell).map_err(|error| ArrowError::CsvError(error.to_string()))?;
                push_field(&mut self.line, &self.cell);
            }
            self.end_line()?;
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
