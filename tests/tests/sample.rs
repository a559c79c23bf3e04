//! The samples are what they say: rows, groups, indexes, and the same values for the same seed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

use arrow_array::{Array, RecordBatch};
use arrow_select::concat::concat_batches;
use bytes::Bytes;
use parqlet_tests::sample::{
    Batches, SampleOptions, plain_batches, plain_in_memory, ride_batches, rides_in_memory, wide, wide_options,
};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::Compression;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};

fn small() -> SampleOptions {
    SampleOptions { rows: 5_003, row_groups: 4, page_rows: 500, ..SampleOptions::default() }
}

fn metadata(file: &Bytes) -> ParquetMetaData {
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    ArrowReaderMetadata::load(file, options).unwrap().metadata().as_ref().clone()
}

fn all(batches: Batches) -> RecordBatch {
    let schema = batches.schema();
    concat_batches(&schema, &batches.collect::<Result<Vec<_>, _>>().unwrap()).unwrap()
}

fn read(file: Bytes) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let schema = arrow_array::RecordBatchReader::schema(&reader);
    concat_batches(&schema, &reader.collect::<Result<Vec<_>, _>>().unwrap()).unwrap()
}

#[test]
fn rides_have_the_rows_groups_and_indexes_asked_for() {
    let file = rides_in_memory(&small()).unwrap();
    let about = metadata(&file);
    assert_eq!(about.file_metadata().num_rows(), 5_003);
    let rows: Vec<_> = about.row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(rows, [1_250, 1_251, 1_251, 1_251]);
    assert_eq!(about.file_metadata().schema().get_fields().len(), 30);
    let indexes = about.page_index_for_row_group(0);
    assert_eq!(indexes.page_locations(1).unwrap().len(), 3);
    assert!(indexes.column_index(1).is_some());
    assert_eq!(about.row_group(0).column(0).compression(), Compression::SNAPPY);

    let bare = SampleOptions { page_index: false, codec: Compression::UNCOMPRESSED, ..small() };
    let about = metadata(&rides_in_memory(&bare).unwrap());
    let column = about.row_group(0).column(0);
    assert_eq!((column.offset_index_offset(), column.column_index_offset()), (None, None));
    assert_eq!(column.compression(), Compression::UNCOMPRESSED);
}

#[test]
fn a_file_holds_what_the_batches_say() {
    let file = rides_in_memory(&small()).unwrap();
    let (expected, found) = (all(ride_batches(&small())), read(file));
    assert_eq!(expected.columns(), found.columns());
    let pickup = found.column_by_name("pickup_at").unwrap();
    let at = arrow_array::cast::AsArray::as_primitive::<arrow_array::types::TimestampMicrosecondType>(pickup);
    assert!(at.values().is_sorted());
    for (name, share) in [("tip", 0.1), ("rating", 0.6), ("promo_code", 0.9), ("to_airport", 0.1), ("note", 0.75)] {
        let nulls = found.column_by_name(name).unwrap().null_count() as f64 / 5_003.0;
        assert!((nulls - share).abs() < 0.1, "{name}: {nulls}");
    }
}

#[test]
fn values_depend_on_seed_and_row_alone() {
    let base = all(ride_batches(&small()));
    let regrouped = SampleOptions { row_groups: 11, columns: 33, page_index: false, ..small() };
    let other = all(ride_batches(&regrouped));
    assert_eq!(other.num_columns(), 33);
    assert_eq!(base.columns(), &other.columns()[..30]);
    let few = all(ride_batches(&SampleOptions { columns: 3, ..small() }));
    assert_eq!(few.columns(), &base.columns()[..3]);
    let reseeded = all(ride_batches(&SampleOptions { seed: 43, ..small() }));
    assert_ne!(reseeded.column(7), base.column(7));
}

#[test]
fn plain_and_wide_are_numbers_in_as_many_columns() {
    let options = SampleOptions { columns: 5, ..small() };
    let file = plain_in_memory(&options).unwrap();
    assert_eq!(all(plain_batches(&options)).columns(), read(file).columns());

    let mut file = Vec::new();
    wide(&mut file).unwrap();
    let about = metadata(&file.into());
    assert_eq!(about.file_metadata().num_rows(), 4_000);
    assert_eq!((about.num_row_groups(), about.row_group(0).num_columns()), (2, wide_options().columns));
}

#[test]
fn a_sample_may_be_empty_or_have_fewer_rows_than_groups() {
    let empty = SampleOptions { rows: 0, ..small() };
    let file = rides_in_memory(&empty).unwrap();
    assert_eq!((metadata(&file).file_metadata().num_rows(), metadata(&file).num_row_groups()), (0, 0));
    let few = SampleOptions { rows: 3, row_groups: 10, ..small() };
    let file = rides_in_memory(&few).unwrap();
    assert_eq!(metadata(&file).num_row_groups(), 3);
}
