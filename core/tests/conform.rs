//! What a reader sees of timestamps, intervals and decimals that the decoder alone would cut.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, IntervalMonthDayNanoType, TimestampMicrosecondType, TimestampNanosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use bytes::Bytes;
use parqlet_core::conform::{Conformed, Int96Units, Mismatch, restored};
use parquet::DecodeResult;
use parquet::arrow::push_decoder::ParquetPushDecoderBuilder;
use parquet::data_type::{
    ByteArray, ByteArrayType, DataType as ParquetType, FixedLenByteArray, FixedLenByteArrayType, Int96, Int96Type,
};
use parquet::file::metadata::{KeyValue, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

/// A file of one column with these values and levels.
fn file<T: ParquetType>(schema: &str, values: &[T::T], def: &[i16], rep: &[i16], pairs: Vec<KeyValue>) -> Bytes {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = Arc::new(WriterProperties::builder().set_key_value_metadata(Some(pairs)).build());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let levels = |levels| Some(levels).filter(|levels: &&[i16]| !levels.is_empty());
    column.typed::<T>().write_batch(values, levels(def), levels(rep)).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    Bytes::from(bytes)
}

fn metadata(file: &Bytes) -> Arc<ParquetMetaData> {
    let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Required);
    Arc::new(reader.parse_and_finish(file).unwrap())
}

fn decoded(file: &Bytes, conformed: &Conformed) -> RecordBatch {
    let mut decoder = ParquetPushDecoderBuilder::new_with_metadata(conformed.metadata.clone()).build().unwrap();
    let at = |position: u64| usize::try_from(position).unwrap();
    loop {
        match decoder.try_decode().unwrap() {
            DecodeResult::NeedsData(ranges) => {
                let data = ranges.iter().map(|r| file.slice(at(r.start)..at(r.end))).collect();
                decoder.push_ranges(ranges, data).unwrap();
            }
            DecodeResult::Data(batch) => return batch,
            DecodeResult::Finished => panic!("no rows"),
        }
    }
}

fn int96(day: u32, nanos: u64) -> Int96 {
    let mut value = Int96::new();
    value.set_data((nanos & 0xffff_ffff) as u32, (nanos >> 32) as u32, day);
    value
}

const NESTED: &str = "message m { optional group l (LIST) { repeated group list { optional int96 t; } } }";

#[test]
fn timestamps_in_reach_keep_their_nanoseconds() {
    // [1970-01-01 + 7 ns, null], null
    let file = file::<Int96Type>(NESTED, &[int96(2_440_588, 7)], &[3, 2, 0], &[0, 1, 0], vec![]);
    let metadata = metadata(&file);
    let conformed = Conformed::new(Arc::clone(&metadata), file.len() as u64, &Int96Units::new(&metadata)).unwrap();
    let batch = restored(&decoded(&file, &conformed), &conformed.schema).unwrap();
    assert_eq!(batch.schema(), conformed.schema);
    let list = batch.column(0).as_list::<i32>();
    assert_eq!(list.value(0).as_primitive::<TimestampNanosecondType>().iter().collect::<Vec<_>>(), [Some(7), None]);
    assert!(list.is_null(1));
}

#[test]
fn timestamps_out_of_reach_are_never_wrapped() {
    // [9999-12-31]
    let file = file::<Int96Type>(NESTED, &[int96(5_373_484, 0)], &[3], &[0], vec![]);
    let metadata = metadata(&file);
    let units = Int96Units::new(&metadata);
    let conformed = Conformed::new(Arc::clone(&metadata), file.len() as u64, &units).unwrap();
    let far = restored(&decoded(&file, &conformed), &conformed.schema).unwrap_err();
    let Mismatch::Int96 { column, unit } = far else { panic!("{far}") };
    let conformed = Conformed::new(metadata, file.len() as u64, &units.with(&column, unit)).unwrap();
    let batch = restored(&decoded(&file, &conformed), &conformed.schema).unwrap();
    let list = batch.column(0).as_list::<i32>();
    assert_eq!(list.value(0).as_primitive::<TimestampMicrosecondType>().value(0), 253_402_214_400_000_000);
}

#[test]
fn spark_files_are_microseconds_at_once() {
    let spark = KeyValue::new("org.apache.spark.version".to_owned(), "3.5.0".to_owned());
    let schema = "message m { required int96 t; }";
    let file = file::<Int96Type>(schema, &[int96(5_373_484, 0)], &[], &[], vec![spark]);
    let metadata = metadata(&file);
    let conformed = Conformed::new(Arc::clone(&metadata), file.len() as u64, &Int96Units::new(&metadata)).unwrap();
    assert_eq!(conformed.schema.field(0).data_type(), &DataType::Timestamp(TimeUnit::Microsecond, None));
    let batch = restored(&decoded(&file, &conformed), &conformed.schema).unwrap();
    assert_eq!(batch.column(0).as_primitive::<TimestampMicrosecondType>().value(0), 253_402_214_400_000_000);
    assert_eq!(batch.schema_ref(), &conformed.schema);
}

#[test]
fn intervals_keep_their_months() {
    let stored = [[1, 0, 0, 0], [2, 0, 0, 0], [3, 0, 0, 0]].concat();
    let value = FixedLenByteArray::from(ByteArray::from(stored));
    let schema = "message m { optional fixed_len_byte_array(12) i (INTERVAL); }";
    let file = file::<FixedLenByteArrayType>(schema, &[value], &[1, 0], &[], vec![]);
    let metadata = metadata(&file);
    let conformed = Conformed::new(Arc::clone(&metadata), file.len() as u64, &Int96Units::new(&metadata)).unwrap();
    let batch = restored(&decoded(&file, &conformed), &conformed.schema).unwrap();
    let intervals = batch.column(0).as_primitive::<IntervalMonthDayNanoType>();
    assert_eq!((intervals.value(0).months, intervals.value(0).days), (1, 2));
    assert_eq!(intervals.value(0).nanoseconds, 3_000_000);
    assert!(intervals.is_null(1));
}

#[test]
fn decimals_longer_than_their_type_are_read_if_they_fit_and_an_error_if_not() {
    let schema = "message m { required binary d (DECIMAL(30, 2)); }";
    let long = |first: u8| {
        let mut bytes = vec![first; 20];
        bytes.extend([255, 106]);
        vec![ByteArray::from(bytes)]
    };
    let fits = file::<ByteArrayType>(schema, &long(255), &[], &[], vec![]);
    let read = |file: &Bytes| {
        let metadata = metadata(file);
        let units = Int96Units::new(&metadata);
        let conformed = Conformed::new(metadata, file.len() as u64, &units).unwrap();
        restored(&decoded(file, &conformed), &conformed.schema)
    };
    assert_eq!(read(&fits).unwrap().column(0).as_primitive::<Decimal128Type>().value(0), -150);
    let too_long = file::<ByteArrayType>(schema, &long(1), &[], &[], vec![]);
    assert!(matches!(read(&too_long), Err(Mismatch::Column { column, .. }) if column == "d"));
}

#[test]
fn metadata_that_needs_nothing_is_shared_and_the_offset_index_survives_what_does() {
    let plain = file::<Int96Type>("message m { required int96 t; }", &[int96(2_440_588, 0)], &[], &[], vec![]);
    let metadata = metadata(&plain);
    let conformed = Conformed::new(Arc::clone(&metadata), plain.len() as u64, &Int96Units::new(&metadata)).unwrap();
    assert!(metadata.page_index().is_some() && conformed.metadata.metadata().page_index().is_some());

    let text = file::<ByteArrayType>("message m { required binary t (UTF8); }", &["a".into()], &[], &[], vec![]);
    let metadata = self::metadata(&text);
    let conformed = Conformed::new(Arc::clone(&metadata), text.len() as u64, &Int96Units::new(&metadata)).unwrap();
    assert!(Arc::ptr_eq(&metadata, conformed.metadata.metadata()));
}
