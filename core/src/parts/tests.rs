#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, clippy::single_range_in_vec_init, reason = "tests")]

use std::io::Read;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, StringArray};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};
use parquet::record::RowAccessor;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// An object whose bytes tell their position.
fn object(length: u64) -> Vec<u8> {
    (0..length).map(|at| (at.wrapping_mul(0x9E37_79B9) >> 16) as u8).collect()
}

fn cut(object: &[u8], range: Range<u64>) -> Bytes {
    Bytes::copy_from_slice(&object[range.start as usize..range.end as usize])
}

/// Parts of an object that know `ranges` of it.
fn knowing(object: &[u8], ranges: &[Range<u64>]) -> KnownParts {
    let mut parts = KnownParts::new(object.len() as u64);
    for range in ranges {
        parts.insert(range.start, cut(object, range.clone())).unwrap();
    }
    parts
}

#[test]
fn joined_bytes_are_copied_once_and_charged() {
    let ledger = Ledger::new(1000);
    let mut parts = KnownParts::new(100).charged_to(ledger.clone());
    for start in [0, 10, 20] {
        let credit = ledger.take_required(10);
        parts.insert_with(start, Bytes::from(vec![1; 10]), Some(credit)).unwrap();
    }
    assert_eq!(parts.get(&(5..25)).map(|bytes| (bytes.len(), ledger.used())), Some((20, 50)));
    parts.join(&(0..30));
    assert_eq!((ledger.used(), parts.held()), (30, 30), "the parts it was copied from are let go");
    let (one, other) = (parts.get(&(0..30)).unwrap(), parts.get(&(5..25)).unwrap());
    assert_eq!((ledger.used(), one[5..].as_ptr()), (30, other.as_ptr()), "slices of one copy");
    parts.join(&(0..40));
    assert_eq!(parts.ranges(), [0..30], "what is not known whole is left alone");
}

#[test]
fn a_range_is_known_wholly_or_not_at_all() {
    let object = object(100);
    let parts = knowing(&object, &[10..20, 30..40]);
    assert_eq!(parts.get(&(12..18)).unwrap(), cut(&object, 12..18));
    assert_eq!(parts.get(&(12..21)), None);
    assert_eq!(parts.get(&(19..31)), None);
    assert_eq!(parts.missing(&(5..35)), [5..10, 20..30]);
    assert_eq!(parts.ranges(), [10..20, 30..40]);
    assert_eq!((parts.held(), parts.pinned()), (20, 20));
}

#[test]
fn one_part_is_served_without_a_copy_and_adjoining_parts_joined() {
    let bytes = Bytes::from(object(100));
    let mut parts = KnownParts::new(100);
    parts.insert(0, bytes.slice(..60)).unwrap();
    parts.insert(60, bytes.slice(60..)).unwrap();
    let slice = parts.get(&(10..20)).unwrap();
    assert_eq!(slice.as_ptr(), bytes.slice(10..).as_ptr());
    assert_eq!(parts.get(&(50..70)).unwrap(), bytes.slice(50..70));
    assert_eq!(parts.ranges(), [0..100]);
}

#[test]
fn a_longer_part_replaces_the_parts_within_it() {
    let bytes = Bytes::from(object(100));
    let mut parts = knowing(&bytes, &[10..20, 30..40]);
    parts.insert(10, bytes.slice(10..50)).unwrap();
    let whole = parts.get(&(10..50)).unwrap();
    assert_eq!(whole.as_ptr(), bytes.slice(10..).as_ptr());
    assert_eq!((parts.held(), parts.pinned()), (40, 40));
}

#[test]
fn a_part_past_the_end_is_refused() {
    let mut parts = KnownParts::new(100);
    let error = parts.insert(95, Bytes::from_static(b"123456")).unwrap_err();
    assert_eq!(error.to_string(), "6 bytes at 95 lie outside an object of 100 bytes");
    parts.insert(u64::MAX, Bytes::from_static(b"1")).unwrap_err();
    assert!(parts.is_empty());
}

#[test]
#[allow(clippy::reversed_empty_ranges, reason = "the subject of the test")]
fn nothing_past_the_end_is_ever_known() {
    let mut parts = knowing(&object(100), &[0..100]);
    assert!(parts.covers(&(100..100)));
    assert!(!parts.covers(&(101..101)));
    assert_eq!(parts.get(&(90..101)), None);
    assert_eq!(parts.missing(&(90..u64::MAX)), [100..u64::MAX]);
    assert_eq!(parts.get(&(20..10)), Some(Bytes::new()));
    parts.release(&(20..10));
    assert_eq!(parts.held(), 100);
}

#[test]
fn what_is_known_already_is_dropped_with_its_credit() {
    let ledger = Ledger::new(1_000);
    let object = object(100);
    let mut parts = knowing(&object, &[0..30, 30..60]);
    let credit = ledger.take_required(40);
    parts.insert_with(10, cut(&object, 10..50), Some(credit)).unwrap();
    assert_eq!((parts.pinned(), ledger.used()), (60, 0));
}

#[test]
fn a_credit_returns_with_the_last_slice_wherever_it_went() {
    let ledger = Ledger::new(1_000);
    let object = object(100);
    let mut parts = KnownParts::new(100);
    let credit = ledger.take_required(100);
    parts.insert_with(0, cut(&object, 0..100), Some(credit)).unwrap();
    let handed_out = parts.get(&(10..20)).unwrap();
    parts.release(&(0..100));
    assert!(parts.is_empty());
    assert_eq!((parts.pinned(), ledger.used()), (0, 100));
    drop(handed_out);
    assert_eq!(ledger.used(), 0);
}

#[test]
fn a_small_rest_does_not_keep_a_large_buffer_alive() {
    const MIB: u64 = 1 << 20;
    let ledger = Ledger::new(u64::MAX);
    let object = object(MIB);
    let mut parts = KnownParts::new(MIB);
    let credit = ledger.take_required(MIB);
    parts.insert_with(0, cut(&object, 0..MIB), Some(credit)).unwrap();
    parts.release(&(40_000..800_000));
    // What is left is more than a quarter, in two slices: both stay.
    assert_eq!((parts.held(), parts.pinned()), (MIB - 760_000, MIB));
    parts.release(&(800_000..MIB));
    assert_eq!((parts.held(), parts.pinned()), (40_000, 40_000));
    assert_eq!(ledger.used(), 40_000);
    assert_eq!(parts.get(&(0..40_000)).unwrap(), cut(&object, 0..40_000));
}

#[test]
fn small_bytes_that_live_long_can_be_had_detached() {
    let bytes = Bytes::from(object(1 << 20));
    let mut parts = KnownParts::new(1 << 20);
    parts.insert(0, bytes).unwrap();
    let own = |range: &Range<u64>| {
        let detached = parts.get_detached(range).unwrap();
        assert_eq!(detached, parts.get(range).unwrap());
        detached.as_ptr() != parts.get(range).unwrap().as_ptr()
    };
    assert!(own(&(100..40_000)));
    assert!(!own(&(100..600_000)));
}

/// Three columns in two row groups.
fn parquet_file() -> Vec<u8> {
    let numbers = |from: i64| Arc::new(Int64Array::from_iter_values(from..from + 1_000)) as ArrayRef;
    let words = StringArray::from_iter_values((0..1_000).map(|i| format!("word {i}")));
    let batch =
        RecordBatch::try_from_iter([("a", numbers(0)), ("b", numbers(5_000)), ("c", Arc::new(words) as ArrayRef)])
            .unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(500)).build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file
}

/// The file's parts that hold its footer and the chunks of `columns`, each in a part of its own.
fn prefetched(file: &[u8], columns: &[usize]) -> KnownParts {
    let whole = SerializedFileReader::new(Bytes::copy_from_slice(file)).unwrap();
    let metadata = whole.metadata();
    let mut ranges = vec![data_end(metadata)..file.len() as u64];
    for row_group in metadata.row_groups() {
        for column in columns {
            let (start, length) = row_group.column(*column).byte_range();
            ranges.push(start..start + length);
        }
    }
    knowing(file, &ranges)
}

fn data_end(metadata: &ParquetMetaData) -> u64 {
    let chunks = metadata.row_groups().iter().flat_map(|it| it.columns());
    chunks.map(|chunk| chunk.byte_range().0 + chunk.byte_range().1).max().unwrap()
}

#[test]
fn the_record_batch_reader_reads_from_prefetched_parts() {
    let parts = prefetched(&parquet_file(), &[1]);
    let builder = ParquetRecordBatchReaderBuilder::try_new(parts).unwrap();
    let mask = ProjectionMask::leaves(builder.parquet_schema(), [1]);
    let reader = builder.with_projection(mask).build().unwrap();
    let values: Vec<i64> = reader
        .flat_map(|batch| {
            let batch = batch.unwrap();
            batch.column(0).as_primitive::<Int64Type>().values().to_vec()
        })
        .collect();
    assert_eq!(values, (5_000..6_000).collect::<Vec<_>>());
}

#[test]
fn the_row_reader_reads_from_parts_of_any_size() {
    let file = parquet_file();
    let size = 777;
    let ranges: Vec<_> =
        (0..file.len() as u64).step_by(size).map(|start| start..(start + size as u64).min(file.len() as u64)).collect();
    let reader = SerializedFileReader::new(knowing(&file, &ranges)).unwrap();
    let sum: i64 = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().get_long(1).unwrap()).sum();
    assert_eq!(sum, (5_000..6_000).sum::<i64>());
}

#[test]
fn fsspec_reads_zeros_past_a_known_part() {
    let file = parquet_file();
    let parts = prefetched(&file, &[1]);
    let builder = ParquetRecordBatchReaderBuilder::try_new(parts).unwrap();
    let column = builder.metadata().row_group(0).column(2).byte_range().0;
    let mask = ProjectionMask::leaves(builder.parquet_schema(), [2]);
    let mut reader = builder.with_projection(mask).build().unwrap();
    let error = reader.next().unwrap().unwrap_err().to_string();
    let named = format!("bytes {column}..");
    assert!(error.contains(&named) && error.contains("not known"), "{error}");
}

#[test]
fn reads_name_the_bytes_that_are_not_known() {
    let object = object(100);
    let parts = knowing(&object, &[10..20, 40..50, 90..100]);
    let unknown = |error: ParquetError| error.to_string();
    let error = unknown(parts.get_bytes(15, 30).unwrap_err());
    assert!(error.contains("bytes 20..40 are not known"), "{error}");
    let error = unknown(parts.get_read(60).unwrap_err());
    assert!(error.contains("bytes 60..90 are not known"), "{error}");
    let error = unknown(parts.get_bytes(95, 6).unwrap_err());
    assert!(error.contains("outside an object of 100 bytes"), "{error}");

    let mut reader = parts.get_read(15).unwrap();
    let mut five = [0; 5];
    reader.read_exact(&mut five).unwrap();
    assert_eq!(five, object[15..20]);
    let error = reader.read(&mut five).unwrap_err().to_string();
    assert_eq!(error, "bytes 20..40 are not known");
}

#[test]
fn a_reader_ends_where_the_object_ends() {
    let object = object(100);
    let parts = knowing(&object, &[60..80, 80..100]);
    let mut rest = Vec::new();
    parts.get_read(70).unwrap().read_to_end(&mut rest).unwrap();
    assert_eq!(rest, object[70..]);
    let count = parts.get_read(100).unwrap().read(&mut [0]).unwrap();
    assert_eq!(count, 0);
}

#[derive(Clone, Debug)]
enum Step {
    Insert(Range<u64>),
    Release(Range<u64>),
}

/// Steps on an object of `UNITS` units.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let range =
        (0..UNITS, prop_oneof![0u64..12, 0u64..UNITS]).prop_map(|(start, units)| start..(start + units).min(UNITS));
    let step = (range, 0..3).prop_map(|(range, kind)| match kind {
        0 => Step::Release(range),
        _ => Step::Insert(range),
    });
    vec(step, 0..24)
}

const UNITS: u64 = 400;

/// The counts of `parts` agree with what it holds, and no buffer is kept alive by too little.
fn assert_accounts(parts: &KnownParts) {
    let mut held = BTreeMap::new();
    for (start, part) in parts.parts.iter() {
        *held.entry(part.buffer).or_insert(0) += length(&part.bytes);
        let span = &parts.buffers[&part.buffer].span;
        assert!(span.start <= *start && part.end(*start) <= span.end);
    }
    assert_eq!(held.len(), parts.buffers.len());
    for (id, buffer) in &parts.buffers {
        assert_eq!(buffer.held, held[id]);
        assert!(!pins_too_much(buffer.held, buffer.length()));
    }
    let pinned: u64 = parts.buffers.values().map(Buffer::length).sum();
    assert_eq!(parts.pinned(), pinned);
    assert_eq!(parts.held(), ranges::total(&parts.ranges()));
}

proptest! {
    #[test]
    fn behaves_as_a_vector_of_bytes(
        steps in steps(),
        unit in prop_oneof![Just(1u64), Just(1_000)],
        asks in vec((0..UNITS, 0u64..UNITS), 8),
    ) {
        let object = object(UNITS * unit);
        let ledger = Ledger::new(u64::MAX);
        let mut parts = KnownParts::new(UNITS * unit);
        let mut known = vec![false; UNITS as usize];
        for step in steps {
            let (range, insert) = match step {
                Step::Insert(range) => (range, true),
                Step::Release(range) => (range, false),
            };
            let span = range.start * unit..range.end * unit;
            if insert {
                let credit = ledger.take_required(ranges::length(&span));
                parts.insert_with(span.start, cut(&object, span.clone()), Some(credit)).unwrap();
            } else {
                parts.release(&span);
            }
            known[range.start as usize..range.end as usize].fill(insert);
            assert_accounts(&parts);
            prop_assert_eq!(ledger.used(), parts.pinned());
        }
        let count = known.iter().filter(|known| **known).count() as u64;
        prop_assert_eq!(parts.held(), count * unit);
        prop_assert_eq!(parts.is_empty(), count == 0);
        for (start, units) in asks {
            let units = start..(start + units).min(UNITS);
            let range = units.start * unit..units.end * unit;
            let unknown: Vec<_> = units.clone().filter(|at| !known[*at as usize]).collect();
            let missing: Vec<_> = unknown.iter().map(|at| at * unit..(at + 1) * unit).collect();
            prop_assert_eq!(parts.missing(&range), ranges::union(&missing));
            prop_assert_eq!(parts.covers(&range), unknown.is_empty());
            let expected = unknown.is_empty().then(|| cut(&object, range.clone()));
            prop_assert_eq!(parts.get(&range), expected.clone());
            prop_assert_eq!(parts.get_detached(&range), expected.clone());
            let read = parts.get_bytes(range.start, ranges::length(&range) as usize).ok();
            prop_assert_eq!(read, expected.clone());
            if let Some(expected) = expected.filter(|bytes| !bytes.is_empty()) {
                let mut bytes = vec![0; expected.len()];
                parts.get_read(range.start).unwrap().read_exact(&mut bytes).unwrap();
                prop_assert_eq!(bytes, expected);
            }
        }
        parts.release(&(0..u64::MAX));
        prop_assert_eq!((parts.held(), parts.pinned(), ledger.used()), (0, 0, 0));
    }
}
