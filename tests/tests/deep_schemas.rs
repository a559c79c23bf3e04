//! Schemas as deep as the footer check lets pass are read on the stack of an ordinary thread.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use arrow_array::{Array as _, ArrayRef, Int32Array, ListArray, RecordBatch, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::Field;
use bytes::Bytes;
use parqlet_core::vet::footer;
use parqlet_tests::hostile::{End, Reading, read};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;

/// A column of one row wrapped `times` times by `wrap`.
fn nested(times: usize, wrap: fn(ArrayRef) -> ArrayRef) -> Bytes {
    // Writing recurses as well, and is not what is tested.
    let write = move || {
        let column = (0..times).fold(Arc::new(Int32Array::from(vec![Some(7)])) as ArrayRef, |inner, _| wrap(inner));
        let batch = RecordBatch::try_from_iter_with_nullable([("c", column, true)]).unwrap();
        let mut bytes = Vec::new();
        let options = ArrowWriterOptions::new().with_skip_arrow_metadata(true);
        let mut writer = ArrowWriter::try_new_with_options(&mut bytes, batch.schema(), options).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        Bytes::from(bytes)
    };
    std::thread::Builder::new().stack_size(1 << 30).spawn(write).unwrap().join().unwrap()
}

fn read_on_two_mebibytes(bytes: Bytes) -> End {
    let read = move || read(&bytes, Reading::default());
    std::thread::Builder::new().stack_size(2 << 20).spawn(read).unwrap().join().unwrap()
}

fn in_struct(inner: ArrayRef) -> ArrayRef {
    let field = Arc::new(Field::new("s", inner.data_type().clone(), true));
    Arc::new(StructArray::new(vec![field].into(), vec![inner], Some(NullBuffer::new_valid(1))))
}

fn in_list(inner: ArrayRef) -> ArrayRef {
    let field = Arc::new(Field::new("item", inner.data_type().clone(), true));
    Arc::new(ListArray::new(field, OffsetBuffer::from_lengths([1]), inner, None))
}

#[test]
fn structs_to_the_limit() {
    assert_eq!(read_on_two_mebibytes(nested(footer::MAX_DEPTH - 1, in_struct)), End::Read(1));
}

#[test]
fn lists_to_the_limit() {
    // Two levels a list, and the leaf.
    assert_eq!(read_on_two_mebibytes(nested((footer::MAX_DEPTH - 1) / 2, in_list)), End::Read(1));
}

#[test]
fn one_level_more_is_refused() {
    let End::Failed(_, sentence) = read_on_two_mebibytes(nested(footer::MAX_DEPTH, in_struct)) else {
        panic!("not refused");
    };
    assert!(sentence.contains("nested over"), "{sentence}");
}
