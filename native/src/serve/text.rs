//! Rows as text, piece by piece: the same writers as those of `parqlet load`.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema};

use super::query::Format;
use crate::cli::output::{CsvRows, JsonRows, csv_header};

/// Characters of text that are sent at once.
pub(super) const PIECE: usize = 64 << 10;

/// What comes last where the rest can't be had: a string that is never closed, which no reader takes for the end.
const CUT: &str = "\"this answer is incomplete: the rest of the file could not be read";

/// What stands before the first row.
pub(super) fn begin(format: Format, schema: &Schema) -> String {
    match format {
        Format::Json => "[".to_owned(),
        Format::Csv => csv_header(schema),
        Format::Jsonl | Format::Arrow => String::new(),
    }
}

/// What stands behind the last row.
pub(super) fn end(format: Format) -> &'static str {
    if format == Format::Json { "]\n" } else { "" }
}

/// What stands behind the last row that could be had.
pub(super) fn cut(format: Format) -> String {
    if format == Format::Jsonl { format!("{{{CUT}") } else { CUT.to_owned() }
}

/// A batch on its way into text.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    batch: Arc<RecordBatch>,
    format: Format,
    /// The next row.
    row: usize,
    /// No row of the answer stands before it.
    first: bool,
}

impl Rows {
    /// All rows of a batch. `first`: it is the first with rows.
    pub(super) fn new(batch: RecordBatch, format: Format, first: bool) -> Self {
        Self { batch: Arc::new(batch), format, row: 0, first }
    }

    /// The batch.
    pub(super) fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// Whether no rows are left.
    pub(super) fn is_over(&self) -> bool {
        self.row >= self.batch.num_rows()
    }

    /// Adds rows until the text is worth sending.
    ///
    /// # Errors
    /// When a column has a type without text.
    pub(super) fn write(&mut self, text: &mut String) -> Result<(), ArrowError> {
        let batch = Arc::clone(&self.batch);
        let failed = |error: std::fmt::Error| ArrowError::CsvError(error.to_string());
        if self.format == Format::Csv {
            let mut rows = CsvRows::new(&batch)?;
            while !self.is_over() && text.len() < PIECE {
                rows.write(self.row, text).map_err(failed)?;
                self.row += 1;
            }
            return Ok(());
        }
        let rows = JsonRows::new(&batch)?;
        while !self.is_over() && text.len() < PIECE {
            if self.format == Format::Json && !self.first {
                text.push_str(",\n");
            }
            rows.write(self.row, text).map_err(failed)?;
            if self.format == Format::Jsonl {
                text.push('\n');
            }
            self.first = false;
            self.row += 1;
        }
        Ok(())
    }
}
