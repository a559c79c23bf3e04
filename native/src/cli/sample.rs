//! A small file for the tests of this room: two row groups, a nested column, page index, a bloom filter, metadata.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, TimestampMicrosecondArray};
use arrow_schema::{Field, Schema};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::{KeyValue, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::WriterProperties;

/// The file: 6 rows in row groups of 4 and 2; columns `id`, `at`, `fare`, `tags`.
pub(crate) fn file() -> Bytes {
    let mut tags =
        ListBuilder::new(StringBuilder::new()).with_field(Field::new("element", arrow_schema::DataType::Utf8, true));
    for row in 0..6 {
        tags.append_value([Some(format!("tag {row}")), None]);
    }
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("id", Arc::new(Int64Array::from_iter_values(0..6)), false),
        ("at", Arc::new(TimestampMicrosecondArray::from_iter_values(0..6).with_timezone("UTC")), true),
        ("fare", Arc::new(Decimal128Array::from_iter_values(0..6).with_precision_and_scale(9, 2).unwrap()), true),
        ("tags", Arc::new(tags.finish()), true),
    ];
    let fields: Vec<_> =
        columns.iter().map(|(name, array, nullable)| Field::new(*name, array.data_type().clone(), *nullable)).collect();
    let arrays = columns.into_iter().map(|(_, array, _)| array).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(4))
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_column_bloom_filter_enabled("id".into(), true)
        .set_created_by("a test".to_owned())
        .set_key_value_metadata(Some(vec![
            KeyValue::new("note".to_owned(), "x\n".repeat(400)),
            KeyValue::new("empty".to_owned(), None),
        ]))
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes.into()
}

/// The file's footer.
pub(crate) fn metadata() -> ParquetMetaData {
    ParquetMetaDataReader::new().parse_and_finish(&file()).unwrap()
}
