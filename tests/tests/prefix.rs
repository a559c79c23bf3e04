//! Pages read from their front: the rows are those that a reader of whole pages gives, whatever the pages are made of,
//! and what can't be read like that costs more bytes and no row.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod reading;

use arrow_array::builder::{Int32Builder, ListBuilder};
use arrow_array::{
    ArrayRef, BooleanArray, Decimal128Array, FixedSizeBinaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
};
use bytes::Bytes;
use fastrand::Rng;
use parqlet::Client;
use parqlet_tests::server::{Options, Server};
use parquet::arrow::ArrowWriter;
use parquet::basic::{BrotliLevel, Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::metadata::ParquetMetaDataReader;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion};
use reading::{in_time, joined};
use std::ops::Range;
use std::sync::Arc;

const ROWS: usize = 12_000;
const PAGE: usize = 2_000;

/// Every way in which a value is stored: of one width and of any, with nulls and without, repeated values and not, lists.
fn rows() -> RecordBatch {
    let mut dice = Rng::with_seed(11);
    let mut some = move |odds: u8| dice.u8(..100) < odds;
    let mut dice = Rng::with_seed(12);
    let text = |dice: &mut Rng, most| {
        "x7é ".chars().cycle().skip(dice.usize(..4)).take(dice.usize(..most)).collect::<String>()
    };
    let mut lists = ListBuilder::new(Int32Builder::new());
    for _ in 0..ROWS {
        for _ in 0..dice.usize(..4) {
            lists.values().append_option(some(80).then(|| dice.i32(..1000)));
        }
        lists.append(some(85));
    }
    let many = |value: &mut dyn FnMut() -> Option<String>| (0..ROWS).map(|_| value()).collect::<StringArray>();
    let columns: [(&str, ArrayRef); 10] = [
        ("number", Arc::new((0..ROWS).map(|_| dice.i64(..)).collect::<Int64Array>())),
        ("few", Arc::new((0..ROWS).map(|_| some(70).then(|| dice.i64(..50))).collect::<Int64Array>())),
        ("rising", Arc::new((0..ROWS as i64).map(|row| row * 1_000_003).collect::<Int64Array>())),
        ("float", Arc::new((0..ROWS).map(|_| some(99).then(|| dice.f64())).collect::<Float64Array>())),
        ("flag", Arc::new((0..ROWS).map(|_| some(50).then(|| dice.bool())).collect::<BooleanArray>())),
        ("text", Arc::new(many(&mut || some(90).then(|| text(&mut dice, 40))))),
        ("word", Arc::new(many(&mut || Some(format!("word {}", dice.u32(..300)))))),
        ("none", Arc::new(many(&mut || None))),
        (
            "uuid",
            Arc::new(FixedSizeBinaryArray::try_from_iter((0..ROWS).map(|_| dice.u128(..).to_le_bytes())).unwrap()),
        ),
        ("lists", Arc::new(lists.finish())),
    ];
    let money = (0..ROWS).map(|_| some(95).then(|| dice.i128(-1_000_000..1_000_000))).collect::<Decimal128Array>();
    let money: ArrayRef = Arc::new(money.with_precision_and_scale(30, 2).unwrap());
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().chain([("money", money)]).map(|(name, array)| {
        let nullable = array.null_count() > 0;
        (name, array, nullable)
    }))
    .unwrap()
}

fn file(rows: &RecordBatch, properties: WriterPropertiesBuilder) -> Bytes {
    let properties = properties.set_data_page_row_count_limit(PAGE).set_write_batch_size(PAGE).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), rows.schema(), Some(properties)).unwrap();
    writer.write(rows).unwrap();
    writer.into_inner().unwrap().into()
}

/// Each way of compressing, of writing pages and of finding them.
fn ways() -> Vec<(String, WriterPropertiesBuilder)> {
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::LZ4_RAW,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
    ];
    let mut ways = Vec::new();
    for codec in codecs {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            for dictionary in [true, false] {
                for index in [true, false] {
                    let properties = WriterProperties::builder()
                        .set_compression(codec)
                        .set_writer_version(version)
                        .set_dictionary_enabled(dictionary)
                        .set_offset_index_disabled(!index)
                        .set_statistics_enabled(EnabledStatistics::Chunk);
                    ways.push((format!("{codec} {version:?} dictionary {dictionary} index {index}"), properties));
                }
            }
        }
    }
    let split = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_column_encoding("float".into(), Encoding::BYTE_STREAM_SPLIT);
    ways.push(("byte stream split".to_owned(), split));
    ways
}

/// At the front, in a page, over the end of one, at the end.
const READS: [Range<usize>; 6] = [0..100, 0..1, 17..67, 1_990..2_010, 7_300..7_400, 11_990..12_000];

#[test]
fn whatever_pages_are_made_of_their_front_gives_the_same_rows() {
    let rows = rows();
    let client = parqlet::blocking::Client::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (nth, (way, properties)) in ways().into_iter().enumerate() {
        let path = folder.path().join(nth.to_string());
        std::fs::write(&path, file(&rows, properties)).unwrap();
        let file = client.open(path.to_str().unwrap()).unwrap();
        for read in READS {
            let batches = file.read().offset(read.start as u64).limit(read.len() as u64).collect().unwrap();
            let expected = rows.slice(read.start, read.len());
            assert_eq!(joined(&batches).columns(), expected.columns(), "{way} {read:?}");
            // In small batches, so that a page is read in several steps.
            let batches = file.read().offset(read.start as u64).limit(read.len() as u64).batch_rows(7).collect();
            assert_eq!(joined(&batches.unwrap()).columns(), expected.columns(), "{way} {read:?} by 7");
        }
    }
}

fn serve(file: &Bytes) -> Server {
    let server = Server::start(Options::default());
    server.put("f", file.clone());
    server
}

/// Texts of which the first 50 are far longer than all others, between numbers that keep them out of the tail.
fn long_at_the_front() -> RecordBatch {
    let mut dice = Rng::with_seed(5);
    let mut noise = |length: usize| (0..length).map(|_| dice.alphanumeric()).collect::<String>();
    let texts = (0..200_000).map(|row| Some(noise(if row < 50 { 3_000 } else { 6 }))).collect::<StringArray>();
    let mut dice = Rng::with_seed(6);
    let numbers = (0..200_000).map(|_| dice.i64(..)).collect::<Int64Array>();
    RecordBatch::try_from_iter([("text", Arc::new(texts) as ArrayRef), ("number", Arc::new(numbers) as ArrayRef)])
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_longer_than_expected_cost_one_more_round_trip() {
    let rows = long_at_the_front();
    for dictionary in [false, true] {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_dictionary_enabled(dictionary)
            .set_dictionary_page_size_limit(4 << 20)
            .set_data_page_size_limit(4 << 20);
        let properties = properties.set_data_page_row_count_limit(200_000).set_write_batch_size(200_000).build();
        let mut writer = ArrowWriter::try_new(Vec::new(), rows.schema(), Some(properties)).unwrap();
        writer.write(&rows).unwrap();
        let server = serve(&writer.into_inner().unwrap().into());
        let file = in_time(Client::new().unwrap().open(&server.url("f"))).await.unwrap();
        let read = file.read().columns(["text"]).limit(20);
        let planned = in_time(file.read().columns(["text"]).limit(20).plan()).await.unwrap().read.requests.len();
        let mut stream = in_time(read.stream()).await.unwrap();
        let mut batches = Vec::new();
        while let Some(batch) = in_time(futures_util::TryStreamExt::try_next(&mut stream)).await.unwrap() {
            batches.push(batch);
        }
        assert_eq!(
            joined(&batches).column(0).as_ref(),
            &rows.slice(0, 20).column(0).clone() as &dyn arrow_array::Array
        );
        let stats = stream.stats();
        // 60 KB of text, in a chunk of megabytes.
        let log = server.log();
        let sent: u64 = log.iter().skip(1).map(|request| request.bytes_sent).sum();
        assert!((60_000..250_000).contains(&sent), "{sent}");
        assert!(log.len() - 1 > planned && log.len() - 1 <= planned + 2, "{}", log.len());
        assert_eq!((stats.bytes, stats.planned_bytes), (sent, sent));
        assert!((2..=3).contains(&stats.round_trips), "{}", stats.round_trips);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cap_on_requests_holds_where_the_front_is_not_enough() {
    let rows = long_at_the_front();
    let server = serve(&file(&rows, WriterProperties::builder().set_dictionary_enabled(false)));
    for most in [1, 2, 3] {
        let client = Client::builder().max_requests(most).build().unwrap();
        let file = in_time(client.open(&server.url("f"))).await.unwrap();
        server.reset_log();
        let batches = in_time(file.read().limit(20).collect()).await.unwrap();
        assert_eq!(joined(&batches).columns(), rows.slice(0, 20).columns());
        let asked = server.log().len();
        assert!((1..=most).contains(&asked), "{asked} of {most}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_ahead_for_others_is_whole_pages() {
    let rows = rows();
    let file = file(&rows, WriterProperties::builder().set_dictionary_enabled(false));
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&file).unwrap();
    let (start, _) = metadata.row_group(0).column(0).byte_range();
    let server = serve(&file);
    let file = in_time(Client::new().unwrap().open(&server.url("f"))).await.unwrap();
    let parts = in_time(file.read().columns(["number"]).limit(1).prefetch()).await.unwrap();
    let page = PAGE as u64 * 8;
    let bytes = parquet::file::reader::ChunkReader::get_bytes(&parts, start, usize::try_from(page).unwrap());
    assert!(bytes.is_ok(), "the whole first page is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_front_is_the_error_that_whole_pages_give() {
    let rows = rows().project(&[0]).unwrap();
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).set_dictionary_enabled(false);
    let mut file = file(&rows, properties).to_vec();
    // The header of the first page and what follows.
    file[4..60].fill(0xff);
    let server = serve(&file.into());
    let file = in_time(Client::new().unwrap().open(&server.url("f"))).await.unwrap();
    let front = in_time(file.read().limit(100).collect()).await.unwrap_err();
    let whole = in_time(file.read().collect()).await.unwrap_err();
    for error in [front, whole] {
        assert_eq!(error.kind(), parqlet::core::ErrorKind::Corrupt);
        assert!(error.to_string().ends_with("Thrift type 15 does not exist"), "{error}");
    }
}
