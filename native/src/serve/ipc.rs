//! Arrow IPC out: messages without an end marker, the same as those of the npm package.

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::MetadataVersion;
use arrow_ipc::writer::{IpcWriteOptions, StreamEncoder};
use arrow_schema::{ArrowError, Schema};
use bytes::Bytes;

/// Ends a stream.
pub(super) const END: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

/// The schema as one message.
///
/// # Errors
/// When it has a type that IPC has not.
pub(super) fn schema(schema: &Schema) -> Result<Bytes, ArrowError> {
    let messages = encoder(schema)?.finish()?;
    let bytes = gathered(&messages, 0);
    Ok(bytes.slice(..bytes.len().saturating_sub(END.len())))
}

/// The dictionaries of a batch and the batch itself. Each batch has its dictionaries with it, whether or not they are those
/// of the batch before.
///
/// # Errors
/// When it has a type that IPC has not.
pub(super) fn batch(batch: &RecordBatch) -> Result<Bytes, ArrowError> {
    let schema = batch.schema();
    let before = encoder(&schema)?.finish()?.iter().map(Buffer::len).sum::<usize>();
    let messages = encoder(&schema)?.encode(batch)?;
    Ok(gathered(&messages, before.saturating_sub(END.len())))
}

fn encoder(schema: &Schema) -> Result<StreamEncoder, ArrowError> {
    // 8 bytes are what JavaScript's typed arrays need; 64, the default, are for vector instructions on mapped memory.
    StreamEncoder::try_new_with_options(schema, IpcWriteOptions::try_new(8, false, MetadataVersion::V5)?)
}

/// The bytes of all buffers without the first few.
fn gathered(buffers: &[Buffer], mut skip: usize) -> Bytes {
    let total: usize = buffers.iter().map(Buffer::len).sum();
    let mut all = Vec::with_capacity(total.saturating_sub(skip));
    for buffer in buffers {
        all.extend_from_slice(buffer.as_slice().get(skip.min(buffer.len())..).unwrap_or_default());
        skip = skip.saturating_sub(buffer.len());
    }
    all.into()
}
