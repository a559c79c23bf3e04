//! Whole files whose claims cost memory, or rows, only once they are decoded.

#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_possible_truncation, reason = "tests")]

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, ListArray, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use bytes::Bytes;
use parqlet_tests::hostile::{End, Reading, read};
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::arrow::{ARROW_SCHEMA_META_KEY, ArrowWriter, encode_arrow_schema};
use parquet::column::writer::ColumnWriter;
use parquet::file::metadata::{
    FileMetaData, KeyValue, ParquetMetaData, ParquetMetaDataBuilder, ParquetMetaDataReader, ParquetMetaDataWriter,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

/// A file of one list column whose Arrow schema hint says `hint`.
fn hinted(hint: DataType) -> Bytes {
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1)]), None]);
    let batch = RecordBatch::try_from_iter_with_nullable([("l", Arc::new(lists) as ArrayRef, true)]).unwrap();
    let hint = encode_arrow_schema(&Schema::new(vec![Field::new("l", hint, true)]));
    let pair = KeyValue::new(ARROW_SCHEMA_META_KEY.to_owned(), hint);
    let properties = WriterProperties::builder().set_key_value_metadata(Some(vec![pair])).build();
    let options = ArrowWriterOptions::new().with_skip_arrow_metadata(true).with_properties(properties);
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new_with_options(&mut bytes, batch.schema(), options).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    Bytes::from(bytes)
}

/// A file of `rows` nulls in a column of `schema`.
fn nulls(schema: &str, rows: usize) -> Bytes {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let ColumnWriter::FixedLenByteArrayColumnWriter(typed) = column.untyped() else { panic!("another type") };
    typed.write_batch(&[], Some(&vec![0; rows]), None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    Bytes::from(bytes)
}

/// A file of one list column and two rows whose metadata is what `edit` makes of it.
fn edited(edit: impl FnOnce(ParquetMetaData) -> ParquetMetaData) -> Bytes {
    let whole = hinted(DataType::List(Arc::new(Field::new("item", DataType::Int32, true))));
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&whole).unwrap();
    let (start, length) = metadata.row_group(0).column(0).byte_range();
    let mut bytes = whole[..(start + length) as usize].to_vec();
    let mut footer = Vec::new();
    ParquetMetaDataWriter::new(&mut footer, &edit(metadata)).finish().unwrap();
    bytes.append(&mut footer);
    Bytes::from(bytes)
}

/// Metadata with another sum of rows.
fn with_sum(metadata: ParquetMetaData, rows: i64) -> ParquetMetaData {
    let file = metadata.file_metadata();
    let schema = file.schema_descr_ptr();
    let file = FileMetaData::new(file.version(), rows, None, None, schema, None);
    ParquetMetaDataBuilder::new(file).set_row_groups(metadata.row_groups().to_vec()).build()
}

/// Metadata whose row group has another count of rows.
fn with_rows(metadata: ParquetMetaData, rows: i64) -> ParquetMetaData {
    let mut builder = metadata.into_builder();
    let groups = builder.take_row_groups().into_iter();
    let groups = groups.map(|group| group.into_builder().set_num_rows(rows).build().unwrap());
    let groups = groups.collect();
    builder.set_row_groups(groups).build()
}

fn refusal(end: End) -> String {
    match end {
        End::Failed(_, sentence) => sentence,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_hint_of_lists_of_two_billion_items_is_refused() {
    let item = Arc::new(Field::new("item", DataType::Int32, true));
    let one = DataType::FixedSizeList(Arc::clone(&item), 1);
    assert_eq!(read(&hinted(one), Reading::default()), End::Read(2));
    let vast = DataType::FixedSizeList(item, i32::MAX);
    let sentence = refusal(read(&hinted(vast), Reading::default()));
    assert!(sentence.contains("may take 85"), "{sentence}");
}

#[test]
fn nulls_of_a_gigabyte_each_are_refused_and_of_a_megabyte_read_in_small_batches() {
    let wide = |width: u32| format!("message m {{ optional fixed_len_byte_array({width}) c; }}");
    let sentence = refusal(read(&nulls(&wide(1 << 30), 100), Reading::default()));
    assert!(sentence.contains("a single row of row group 0 may take "), "{sentence}");
    assert_eq!(read(&nulls(&wide(1 << 20), 100), Reading::default()), End::Read(100));
}

#[test]
fn a_wrong_sum_of_rows_in_the_footer_loses_none() {
    for sum in [0, 1, 2, 1000] {
        assert_eq!(read(&edited(|metadata| with_sum(metadata, sum)), Reading::default()), End::Read(2), "{sum}");
    }
}

#[test]
fn rows_that_are_missing_or_too_many_are_an_error() {
    let fewer = refusal(read(&edited(|metadata| with_rows(metadata, 5)), Reading::default()));
    assert!(fewer.contains("3 rows fewer than the footer says"), "{fewer}");
    let more = refusal(read(&edited(|metadata| with_rows(metadata, 1)), Reading::default()));
    assert!(more.contains("more rows than the footer says"), "{more}");
}
