//! Arrow IPC out: messages without an end marker, so that JavaScript can put a stream together from batches.

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::MetadataVersion;
use arrow_ipc::writer::{IpcWriteOptions, StreamEncoder};
use arrow_schema::{ArrowError, Schema};
use js_sys::Uint8Array;
use parqlet_core::Result;

/// Length of the marker at the end of a stream.
const END: usize = 8;

/// The schema as one message.
///
/// # Errors
/// When it has a type that IPC has not.
pub(crate) fn schema(schema: &Schema) -> Result<Uint8Array> {
    let messages = encoder(schema)?.finish()?;
    Ok(gathered(&messages, 0, END))
}

/// The dictionaries of a batch and the batch itself. Each batch has its dictionaries with it, whether or not they are those
/// of the batch before: a batch can be used alone.
///
/// # Errors
/// When it has a type that IPC has not.
pub(crate) fn batch(batch: &RecordBatch) -> Result<Uint8Array> {
    let schema = batch.schema();
    let before = encoder(&schema)?.finish()?.iter().map(Buffer::len).sum::<usize>();
    // The buffers are those of the batch, not copies: the only copy is the one into JavaScript's memory.
    let messages = encoder(&schema)?.encode(batch)?;
    Ok(gathered(&messages, before.saturating_sub(END), 0))
}

fn encoder(schema: &Schema) -> Result<StreamEncoder, ArrowError> {
    // 8 bytes are what typed arrays need; 64, the default, are for vector instructions on memory that is mapped.
    StreamEncoder::try_new_with_options(schema, IpcWriteOptions::try_new(8, false, MetadataVersion::V5)?)
}

/// The bytes of all buffers without the first and last few.
fn gathered(buffers: &[Buffer], mut skip: usize, cut: usize) -> Uint8Array {
    let total: usize = buffers.iter().map(Buffer::len).sum();
    let length = total.saturating_sub(skip).saturating_sub(cut);
    // Never more than 2^32: that is all the memory there is.
    let size = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
    let all = Uint8Array::new_with_length(size(length));
    let mut at = 0;
    for buffer in buffers {
        let bytes = buffer.as_slice();
        let bytes = bytes.get(skip.min(bytes.len())..).unwrap_or_default();
        skip = skip.saturating_sub(buffer.len());
        let bytes = bytes.get(..bytes.len().min(length - at)).unwrap_or_default();
        all.subarray(size(at), size(at + bytes.len())).copy_from(bytes);
        at += bytes.len();
    }
    all
}
