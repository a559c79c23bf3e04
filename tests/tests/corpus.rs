//! Every file of the corpus, read the way the core reads: footer, one push decoder per row group, bytes on demand.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use bytes::Bytes;
use parqlet_tests::corpus::Corpus;
use parqlet_tests::corpus::golden::Verdict;
use parquet::DecodeResult;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::push_decoder::ParquetPushDecoderBuilder;
use parquet::file::metadata::{
    PageIndexPolicy, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataPushDecoder,
    ParquetStatisticsPolicy,
};

#[test]
fn every_file_gives_its_rows_or_a_clean_error() {
    let Some(corpus) = Corpus::locate() else {
        return;
    };
    let only = std::env::var("PARQLET_CORPUS_ONLY").unwrap_or_default();
    let verbose = std::env::var_os("PARQLET_CORPUS_VERBOSE").is_some();
    std::panic::set_hook(Box::new(|_| {}));
    let (mut passed, mut failed) = (0, Vec::new());
    for golden in corpus
        .goldens()
        .iter()
        .filter(|golden| golden.file.contains(&only))
    {
        let started = std::time::Instant::now();
        let before = peak();
        let outcome = corpus.check(golden, read);
        if verbose {
            let (ms, grown) = (started.elapsed().as_millis(), peak() - before);
            println!(
                "{ms:>6} ms +{grown:>8} KB {} {:?}",
                golden.file,
                outcome.result.as_ref().map(|r| r.rows)
            );
        }
        match outcome.verdict {
            Verdict::Pass => passed += 1,
            Verdict::Fail(reason) => failed.push(format!(
                "{:?} {} {}: {reason}",
                golden.expect, golden.group, golden.file
            )),
        }
    }
    let _ = std::panic::take_hook();
    println!("{passed} passed, {} failed", failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn peak() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

fn read(path: &Path, batches: &mut dyn FnMut(RecordBatch)) -> Result<SchemaRef, String> {
    let file = Bytes::from(std::fs::read(path).map_err(text)?);
    let metadata = Arc::new(footer(&file)?);
    let reader =
        ArrowReaderMetadata::try_new(metadata.clone(), ArrowReaderOptions::new()).map_err(text)?;
    for row_group in 0..metadata.num_row_groups() {
        let mut decoder = ParquetPushDecoderBuilder::new_with_metadata(reader.clone())
            .with_row_groups(vec![row_group])
            .with_batch_size(8192)
            .build()
            .map_err(text)?;
        let mut last = Vec::new();
        loop {
            match decoder.try_decode().map_err(text)? {
                DecodeResult::NeedsData(ranges) => {
                    let data = answer(&file, &ranges, &mut last)?;
                    decoder.push_ranges(ranges, data).map_err(text)?;
                }
                DecodeResult::Data(batch) => batches(batch),
                DecodeResult::Finished => break,
            }
        }
    }
    Ok(reader.schema().clone())
}

fn footer(file: &Bytes) -> Result<ParquetMetaData, String> {
    let options = ParquetMetaDataOptions::new()
        .with_column_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_encoding_stats_policy(ParquetStatisticsPolicy::SkipAll);
    let mut decoder = ParquetMetaDataPushDecoder::try_new(file.len() as u64)
        .map_err(text)?
        .with_page_index_policy(PageIndexPolicy::Skip)
        .with_metadata_options(Some(Arc::new(options)));
    let mut last = Vec::new();
    loop {
        match decoder.try_decode().map_err(text)? {
            DecodeResult::NeedsData(ranges) => {
                let data = answer(file, &ranges, &mut last)?;
                decoder.push_ranges(ranges, data).map_err(text)?;
            }
            DecodeResult::Data(metadata) => return Ok(metadata),
            DecodeResult::Finished => return Err("finished without metadata".to_owned()),
        }
    }
}

/// The bytes asked for; a range past the end and the same question twice are errors.
fn answer(
    file: &Bytes,
    ranges: &[Range<u64>],
    last: &mut Vec<Range<u64>>,
) -> Result<Vec<Bytes>, String> {
    if ranges == last.as_slice() {
        return Err(format!("asked twice for {ranges:?}"));
    }
    *last = ranges.to_vec();
    ranges
        .iter()
        .map(|range| {
            if range.start > range.end || range.end > file.len() as u64 {
                return Err(format!(
                    "{range:?} is outside the file of {} bytes",
                    file.len()
                ));
            }
            let (start, end) = (
                usize::try_from(range.start).map_err(text)?,
                usize::try_from(range.end).map_err(text)?,
            );
            Ok(file.slice(start..end))
        })
        .collect()
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
