//! Whole files whose claims cost memory, or rows, only once they are decoded.

#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_possible_truncation, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, ListArray, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use bytes::Bytes;
use parqlet_core::ErrorKind;
use parqlet_core::fetch::{Answer, Span};
use parqlet_core::link::Link;
use parqlet_core::load::{Goal, Load, Options, Step};
use parqlet_core::object::{Identity, Version};
use parqlet_core::plan::{Limits, ReadPlan};
use parqlet_core::select::Selection;
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

/// Metadata that claims another count of bytes for every chunk, from the file's first byte on.
fn with_bytes(metadata: ParquetMetaData, bytes: i64) -> ParquetMetaData {
    let mut builder = metadata.into_builder();
    let mut groups = builder.take_row_groups();
    for column in groups.iter_mut().flat_map(|group| group.columns_mut()) {
        let wide = column.clone().into_builder().set_total_compressed_size(bytes).set_offset_index_offset(None);
        *column = wide.set_dictionary_page_offset(None).set_data_page_offset(0).build().unwrap();
    }
    builder.set_row_groups(groups).build()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 128 {
        bytes.push(value as u8 | 128);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// The plan of a read of `file`, which is the end of an object that is said to have `length` bytes.
fn plan(file: &Bytes, length: u64, selection: Selection) -> parqlet_core::Result<ReadPlan> {
    let limits = Limits { link: Link::object_store(), memory: 64 << 20, max_requests: None, files: 1 };
    let options = Options::new(limits);
    let mut load = Load::new(Arc::from("x"), Goal::Plan(selection), options);
    loop {
        match load.poll(Duration::ZERO)? {
            Step::Fetch { id, request } => {
                assert!(matches!(request.span, Span::Tail(_)), "{request:?}");
                let identity = Identity { length, version: Version::default() };
                let range = length - file.len() as u64..length;
                let answer = Answer { range, bytes: file.clone(), identity, first_byte: Duration::ZERO };
                load.on_part(id, Duration::ZERO, Ok(answer))?;
            }
            Step::Done => return Ok(load.plan().unwrap().clone()),
            step => panic!("{step:?}"),
        }
    }
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

#[test]
fn an_object_as_long_as_numbers_go_is_planned_in_no_time() {
    let lists = || ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1)]), None]);
    let columns = ["a", "b", "c", "d"].map(|name| (name, Arc::new(lists()) as ArrayRef, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&Bytes::from(bytes)).unwrap();
    let mut footer = Vec::new();
    ParquetMetaDataWriter::new(&mut footer, &with_bytes(metadata, i64::MAX / 4)).finish().unwrap();
    // The writer adds the claims up, so that they only become the largest there are behind its back.
    let (claim, largest) = (varint((i64::MAX / 4) as u64 * 2), varint(i64::MAX as u64 * 2));
    let mut at = 0;
    while let Some(found) = footer[at..].windows(claim.len()).position(|window| window == claim) {
        footer.splice(at + found..at + found + claim.len(), largest.iter().copied());
        at += found + largest.len();
    }
    let size = footer.len() - 8;
    footer[size..size + 4].copy_from_slice(&(size as u32).to_le_bytes());
    let footer = Bytes::from(footer);
    for selection in [Selection::all(), Selection::all().limit(1), Selection::all().offset(1)] {
        for length in [u64::MAX, 1 << 63, i64::MAX as u64 + 1000] {
            let plan = plan(&footer, length, selection.clone()).unwrap();
            assert_eq!(plan.useful, i64::MAX as u64);
            assert!(plan.requests.len() <= 1 << 16);
        }
    }
}

#[test]
fn a_footer_of_four_gibibytes_is_refused_before_it_is_asked_for() {
    let tail = Bytes::from_static(b"\xff\xff\xff\xffPAR1");
    let error = plan(&tail, u64::MAX, Selection::all()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Memory, "{error}");
}
