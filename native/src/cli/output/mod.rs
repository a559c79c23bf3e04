//! Rows into a file or a pipe, in the format asked for.
//!
//! ```text
//! Output::create ─► write, write, … ─► finish     the file stands under its name, whole
//!                          └─► dropped            nothing is left
//! ```
//!
//! Memory: each batch is written through as it comes; only Parquet holds back up to one row group (64 MiB encoded).

mod csv;
mod destination;
mod format;
mod ipc;
mod json;
mod parquet;

use std::error::Error;
use std::io;

use ::parquet::errors::ParquetError;
use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};

pub(crate) use csv::{CsvRows, csv_header};
use destination::{Destination, Pipe};
pub(crate) use destination::{Target, print, save};
pub(crate) use format::Format;
pub(crate) use json::JsonRows;

/// A format's writer: the schema is known from the start, batches follow, and the end is told.
trait Sink: Send {
    /// Writes a batch of the schema the sink was made with.
    fn write(&mut self, batch: &RecordBatch) -> Result<(), OutputError>;

    /// Writes what ends the format, and everything still held back. Called once, last.
    fn finish(&mut self) -> Result<(), OutputError>;
}

/// Why rows could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum OutputError {
    /// The file could not be made, written or renamed.
    #[error("cannot write {target}: {source}")]
    Io {
        /// The name of the output.
        target: String,
        /// What the system said.
        source: io::Error,
    },
    /// A value or type does not go into the format.
    #[error("{0}")]
    Arrow(#[from] ArrowError),
    /// The same, said by the Parquet writer.
    #[error("{0}")]
    Parquet(#[from] ParquetError),
}

impl OutputError {
    /// Whether the reader of a pipe went away: the end of a `| head`, not a failure to speak of.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        is_broken_pipe(self)
    }

    /// The same, with the name of the output where the system refused it: the formats' writers do not know it.
    fn of(self, target: &str) -> Self {
        match (&self, io_error(&self)) {
            (Self::Arrow(_) | Self::Parquet(_), Some(error)) => {
                Self::Io { target: target.to_owned(), source: destination::plain(error) }
            }
            _ => self,
        }
    }
}

/// Whether an error, or any it stems from, is a pipe nobody reads any more.
pub(crate) fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    io_error(error).is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The innermost input or output error that an error stems from.
fn io_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a io::Error> {
    let mut found = None;
    let mut next = Some(error);
    while let Some(error) = next {
        let io = match error.downcast_ref::<ArrowError>() {
            // Its `source` does not lead to this one.
            Some(ArrowError::IoError(_, io)) => Some(io),
            _ => error.downcast_ref::<io::Error>(),
        };
        found = io.or(found);
        next = match io.and_then(io::Error::get_ref) {
            // `io::Error::source` skips the error it wraps.
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    found
}

/// An output being written.
pub(crate) struct Output {
    // Before the destination, so that a file is closed before it is removed.
    sink: Box<dyn Sink>,
    destination: Destination,
    /// What errors call it.
    name: String,
}

impl Output {
    /// Opens the target and writes what stands before the first row. A file is written under a temporary name in its
    /// folder; a device or named pipe is written in place.
    pub(crate) fn create(target: &Target, format: Format, schema: &SchemaRef) -> Result<Self, OutputError> {
        let (destination, pipe) = Destination::open(target)?;
        let name = target.to_string();
        let sink = sink(format, schema, pipe).map_err(|error| error.of(&name))?;
        Ok(Self { sink, destination, name })
    }

    /// Writes a batch of the schema given to `create`. A batch without rows is skipped.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        self.sink.write(batch).map_err(|error| error.of(&self.name))
    }

    /// Ends the format and gives the file its name.
    pub(crate) fn finish(self) -> Result<(), OutputError> {
        let Self { mut sink, destination, name } = self;
        sink.finish().map_err(|error| error.of(&name))?;
        drop(sink);
        destination.commit()
    }
}

fn sink(format: Format, schema: &SchemaRef, pipe: Pipe) -> Result<Box<dyn Sink>, OutputError> {
    Ok(match format {
        Format::Arrow => Box::new(ipc::FileSink::new(schema, pipe)?),
        Format::Arrows => Box::new(ipc::StreamSink::new(schema, pipe)?),
        Format::Parquet => Box::new(parquet::ParquetSink::new(schema, pipe)?),
        Format::Csv => Box::new(csv::CsvSink::new(schema, pipe)?),
        Format::Jsonl => Box::new(json::JsonSink::new(pipe)),
    })
}

#[cfg(test)]
mod tests;
