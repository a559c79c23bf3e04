//! Arrow IPC, as a file and as a stream, not compressed, so that readers can map it into memory.

use std::io::Write as _;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields, Schema, SchemaRef};

use super::destination::Pipe;
use super::{OutputError, Sink};

/// Writes an IPC file.
///
/// The file format holds one dictionary a column for all batches, while every row group of a Parquet file has its own:
/// dictionary columns are written as the values they stand for.
pub(super) struct FileSink {
    writer: FileWriter<Pipe>,
    /// The schema without dictionaries, where the batches have some.
    unpacked: Option<SchemaRef>,
}

impl FileSink {
    /// Begins the file with its schema.
    pub(super) fn new(schema: &SchemaRef, pipe: Pipe) -> Result<Self, OutputError> {
        let fields: Fields = schema.fields().iter().map(without_dictionaries).collect();
        let unpacked = (fields != *schema.fields())
            .then(|| Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone())));
        let writer = FileWriter::try_new(pipe, unpacked.as_ref().unwrap_or(schema))?;
        Ok(Self { writer, unpacked })
    }
}

impl Sink for FileSink {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        let Some(schema) = &self.unpacked else {
            return Ok(self.writer.write(batch)?);
        };
        let columns = batch
            .columns()
            .iter()
            .zip(schema.fields())
            .map(|(column, field)| arrow_cast::cast(column, field.data_type()))
            .collect::<Result<Vec<ArrayRef>, ArrowError>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?;
        Ok(self.writer.write(&batch)?)
    }

    fn finish(&mut self) -> Result<(), OutputError> {
        self.writer.finish()?;
        Ok(self.writer.get_mut().flush().map_err(ArrowError::from)?)
    }
}

/// Writes an IPC stream; dictionaries stay and are replaced when they change.
pub(super) struct StreamSink {
    writer: StreamWriter<Pipe>,
}

impl StreamSink {
    /// Begins the stream with its schema.
    pub(super) fn new(schema: &SchemaRef, pipe: Pipe) -> Result<Self, OutputError> {
        Ok(Self { writer: StreamWriter::try_new(pipe, schema)? })
    }
}

impl Sink for StreamSink {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        Ok(self.writer.write(batch)?)
    }

    fn finish(&mut self) -> Result<(), OutputError> {
        self.writer.finish()?;
        Ok(self.writer.get_mut().flush().map_err(ArrowError::from)?)
    }
}

fn without_dictionaries(field: &FieldRef) -> FieldRef {
    let inner = without_dictionaries;
    let kind = match field.data_type() {
        DataType::Dictionary(_, values) => {
            inner(&Arc::new(Field::new("values", (**values).clone(), true))).data_type().clone()
        }
        DataType::List(item) => DataType::List(inner(item)),
        DataType::LargeList(item) => DataType::LargeList(inner(item)),
        DataType::ListView(item) => DataType::ListView(inner(item)),
        DataType::LargeListView(item) => DataType::LargeListView(inner(item)),
        DataType::FixedSizeList(item, length) => DataType::FixedSizeList(inner(item), *length),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(inner).collect()),
        DataType::Map(entries, sorted) => DataType::Map(inner(entries), *sorted),
        _ => return Arc::clone(field),
    };
    if kind == *field.data_type() {
        return Arc::clone(field);
    }
    Arc::new(field.as_ref().clone().with_data_type(kind))
}
