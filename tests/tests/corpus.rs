//! Every file of the corpus, read the way the core reads: footer, one push decoder per row group, bytes on demand.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use bytes::Bytes;
use parqlet_core::conform::{self, Conformed, Int96Units, Mismatch};
use parqlet_tests::corpus::Corpus;
use parqlet_tests::corpus::golden::Verdict;
use parquet::DecodeResult;
use parquet::arrow::push_decoder::ParquetPushDecoderBuilder;
use parquet::file::metadata::{
    PageIndexPolicy, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataPushDecoder, ParquetStatisticsPolicy,
};

/// Files that may fail, and why.
const KNOWN: &[(&str, &str)] = &[
    (
        "apache+drill/repeated_types.parquet",
        "12 zero bytes of INT96 are noon of the Julian epoch; the golden follows the one reader that makes them 1970",
    ),
    // Damaged pages that this bare driver lets through to the decoder, which panics.
    ("clusterfuzz-testcase-minimized-parquet-arrow-fuzz-4738122420715520", "panic"),
    ("clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5670235492581376", "panic"),
    ("clusterfuzz-testcase-minimized-parquet-arrow-fuzz-6696667471020032", "panic"),
];

#[test]
fn every_file_gives_its_rows_or_a_clean_error() {
    let Some(corpus) = Corpus::locate() else {
        return;
    };
    let only = std::env::var("PARQLET_CORPUS_ONLY").unwrap_or_default();
    let verbose = std::env::var_os("PARQLET_CORPUS_VERBOSE").is_some();
    std::panic::set_hook(Box::new(|_| {}));
    let (mut passed, mut failed) = (0, Vec::new());
    for golden in corpus.goldens().iter().filter(|golden| golden.file.contains(&only)) {
        let started = std::time::Instant::now();
        let before = peak();
        let outcome = corpus.check(golden, read);
        if verbose {
            let (ms, grown) = (started.elapsed().as_millis(), peak() - before);
            println!("{ms:>6} ms +{grown:>8} KB {} {:?}", golden.file, outcome.result.as_ref().map(|r| r.rows));
        }
        match outcome.verdict {
            Verdict::Pass => passed += 1,
            Verdict::Fail(reason) if KNOWN.iter().any(|(file, _)| golden.file.contains(file)) => {
                println!("known: {}: {reason}", golden.file);
            }
            Verdict::Fail(reason) => {
                failed.push(format!("{:?} {} {}: {reason}", golden.expect, golden.group, golden.file))
            }
        }
    }
    let _ = std::panic::take_hook();
    println!("{passed} passed, {} failed", failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn peak() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn read(path: &Path, batches: &mut dyn FnMut(RecordBatch)) -> Result<SchemaRef, String> {
    let file = Bytes::from(std::fs::read(path).map_err(text)?);
    let (metadata, data_end) = footer(&file)?;
    let metadata = Arc::new(metadata);
    let mut units = Int96Units::new(&metadata);
    // Starting again is for what has given nothing out, so batches are kept until the file is read.
    loop {
        let conformed = Conformed::new(metadata.clone(), data_end, &units).map_err(text)?;
        let mut kept = Vec::new();
        match rows(&file, &conformed, &mut |batch| kept.push(batch))? {
            Some(Mismatch::Int96 { column, unit }) => units = units.with(&column, unit),
            Some(other) => return Err(text(other)),
            None => {
                kept.into_iter().for_each(batches);
                return Ok(conformed.schema);
            }
        }
    }
}

fn rows(file: &Bytes, conformed: &Conformed, batches: &mut dyn FnMut(RecordBatch)) -> Result<Option<Mismatch>, String> {
    for index in 0..conformed.metadata.metadata().num_row_groups() {
        let mut kept = Vec::new();
        let mismatch = match row_group(file, conformed, index, &mut |batch| kept.push(batch)) {
            Err(error) => {
                let Some(shortened) = shortened(file, conformed, index) else { return Err(error) };
                kept.clear();
                row_group(file, &shortened, index, &mut |batch| kept.push(batch))?
            }
            Ok(mismatch) => mismatch,
        };
        if mismatch.is_some() {
            return Ok(mismatch);
        }
        kept.into_iter().for_each(&mut *batches);
    }
    Ok(None)
}

/// The row group without what stands behind the last pages of its chunks, if there is anything.
fn shortened(file: &Bytes, conformed: &Conformed, row_group: usize) -> Option<Conformed> {
    let columns = conformed.metadata.metadata().row_group(row_group).columns();
    let lengths: Vec<_> = columns
        .iter()
        .enumerate()
        .filter_map(|(leaf, column)| {
            let (start, length) = column.byte_range();
            let (start, end) = (usize::try_from(start).ok()?, usize::try_from(start + length).ok()?);
            let used = conform::pages::used(file.get(start..end)?, u64::try_from(column.num_values()).ok()?)?;
            (used < length).then_some((leaf, used))
        })
        .collect();
    if lengths.is_empty() { None } else { conformed.shortened(row_group, &lengths).ok() }
}

fn row_group(
    file: &Bytes,
    conformed: &Conformed,
    index: usize,
    batches: &mut dyn FnMut(RecordBatch),
) -> Result<Option<Mismatch>, String> {
    let mut decoder = ParquetPushDecoderBuilder::new_with_metadata(conformed.metadata.clone())
        .with_row_groups(vec![index])
        .with_batch_size(8192)
        .build()
        .map_err(text)?;
    let mut last = Vec::new();
    loop {
        match decoder.try_decode().map_err(text)? {
            DecodeResult::NeedsData(ranges) => {
                let data = answer(file, &ranges, &mut last)?;
                decoder.push_ranges(ranges, data).map_err(text)?;
            }
            DecodeResult::Data(batch) => match conform::restored(&batch, &conformed.schema) {
                Ok(batch) => batches(batch),
                Err(mismatch) => return Ok(Some(mismatch)),
            },
            DecodeResult::Finished => return Ok(None),
        }
    }
}

/// The metadata and where it begins, repaired if it doesn't decode as it is.
fn footer(file: &Bytes) -> Result<(ParquetMetaData, u64), String> {
    let error = match metadata(file) {
        Ok(metadata) => {
            let size = u64::from(u32::from_le_bytes(*file[..file.len() - 4].last_chunk().expect("a footer")));
            return Ok((metadata, file.len() as u64 - 8 - size));
        }
        Err(error) => error,
    };
    let size = file.len().checked_sub(8).and_then(|end| file[..end + 4].last_chunk());
    let start = size.and_then(|size| (file.len() - 8).checked_sub(u32::from_le_bytes(*size) as usize));
    let start = start.ok_or_else(|| error.clone())?;
    let repaired = conform::footer::repaired(&file[start..file.len() - 8]).ok_or_else(|| error.clone())?;
    let length = u32::try_from(repaired.len()).map_err(text)?.to_le_bytes();
    let alone = Bytes::from([&repaired, &length[..], b"PAR1"].concat());
    Ok((metadata(&alone).map_err(|_| error)?, start as u64))
}

fn metadata(file: &Bytes) -> Result<ParquetMetaData, String> {
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
fn answer(file: &Bytes, ranges: &[Range<u64>], last: &mut Vec<Range<u64>>) -> Result<Vec<Bytes>, String> {
    if ranges == last.as_slice() {
        return Err(format!("asked twice for {ranges:?}"));
    }
    *last = ranges.to_vec();
    ranges
        .iter()
        .map(|range| {
            if range.start > range.end || range.end > file.len() as u64 {
                return Err(format!("{range:?} is outside the file of {} bytes", file.len()));
            }
            let (start, end) = (usize::try_from(range.start).map_err(text)?, usize::try_from(range.end).map_err(text)?);
            Ok(file.slice(start..end))
        })
        .collect()
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
