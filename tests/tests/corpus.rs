//! Every file of the corpus, read by the client as a user would, all in one process.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::Path;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{DataType, FieldRef, SchemaRef};
use arrow_select::concat::concat_batches;
use parqlet::blocking::Client;
use parqlet::core::select::Selection;
use parqlet_tests::corpus::Corpus;
use parqlet_tests::corpus::golden::Verdict;

/// The budget of each read, in bytes.
const MEMORY: u64 = 64 << 20;
/// What the process may take on top of it at most, in KiB: the decoder's own working memory, and everything else.
const SLACK: i64 = 256 << 10;

#[test]
fn every_file_gives_its_rows_or_a_clean_error() {
    let Some(corpus) = Corpus::locate() else {
        return;
    };
    let only = std::env::var("PARQLET_CORPUS_ONLY").unwrap_or_default();
    let verbose = std::env::var_os("PARQLET_CORPUS_VERBOSE").is_some();
    std::panic::set_hook(Box::new(|_| {}));
    let client = Client::with(Client::builder().memory(MEMORY)).expect("a client");
    let at_start = peak();
    let (mut passed, mut failed) = (0, Vec::new());
    for golden in corpus.goldens().iter().filter(|golden| golden.file.contains(&only)) {
        let started = std::time::Instant::now();
        let before = peak();
        let outcome = corpus.check(golden, |path, batches| read(&client, path, batches));
        if verbose {
            let (ms, grown) = (started.elapsed().as_millis(), peak() - before);
            println!("{ms:>6} ms +{grown:>8} KB {} {:?}", golden.file, outcome.result.as_ref().map(|r| r.rows));
        }
        match outcome.verdict {
            Verdict::Pass => passed += 1,
            Verdict::Fail(reason) => {
                failed.push(format!("{:?} {} {}: {reason}", golden.expect, golden.group, golden.file))
            }
        }
    }
    let _ = std::panic::take_hook();
    println!("{passed} passed, {} failed", failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let grown = peak() - at_start;
    println!("peak memory: {} KiB more than at the start", grown);
    assert!(grown < SLACK + (MEMORY >> 10).cast_signed(), "{grown} KiB");
}

#[test]
fn some_rows_of_every_file_are_those_of_all_rows() {
    /// Files of more bytes are read by the test above.
    const LARGEST: u64 = 2 << 20;
    let Some(corpus) = Corpus::locate() else {
        return;
    };
    std::panic::set_hook(Box::new(|_| {}));
    let client = Client::with(Client::builder().memory(MEMORY)).expect("a client");
    let (mut reads, mut failed) = (0, Vec::new());
    for golden in corpus.goldens() {
        let path = corpus.path(golden);
        if std::fs::metadata(&path).map_or(0, |file| file.len()) > LARGEST {
            continue;
        }
        let rows = |offset: u64, limit: u64| {
            let file =
                client.open(path.to_str().ok_or("a path that is no UTF-8")?).map_err(|error| error.to_string())?;
            let stream = file.read().offset(offset).limit(limit).stream().map_err(|error| error.to_string())?;
            let schema = stream.schema();
            let batches = stream.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
            concat_batches(&schema, &batches).map_err(|error| error.to_string())
        };
        let Ok(all) = rows(0, u64::MAX) else { continue };
        let load = client.load_many([path.to_str().unwrap_or_default()], &Selection::all());
        match load.collect().map(|batches| concat_batches(&all.schema(), &batches)) {
            Ok(Ok(rows)) if rows.columns() == all.columns() => {}
            other => failed.push(format!("{} as one of many: {other:?}", golden.file)),
        }
        let (count, some) = (all.num_rows(), 5);
        for offset in [0, 1.min(count), count / 3, count.saturating_sub(some)] {
            reads += 1;
            let expected = all.slice(offset, some.min(count - offset));
            match rows(offset as u64, some as u64) {
                Ok(rows) if rows.columns() == expected.columns() => {}
                // INT96 is read in the finest unit that holds all values that are read.
                Ok(rows) if of_another_unit(&rows, &expected) => {}
                Ok(rows) => failed.push(format!("{} {offset}: {rows:?} for {expected:?}", golden.file)),
                Err(error) => failed.push(format!("{} {offset}: {error}", golden.file)),
            }
        }
    }
    let _ = std::panic::take_hook();
    println!("{reads} reads, {} failed", failed.len());
    assert!(failed.is_empty() && reads > 1000, "{reads} reads\n{}", failed.join("\n"));
}

fn of_another_unit(rows: &RecordBatch, expected: &RecordBatch) -> bool {
    let (schema, coarser) = (rows.schema(), expected.schema());
    let mut pairs = schema.fields().iter().zip(coarser.fields());
    let fine = |(fine, coarse): (&FieldRef, &FieldRef)| matches!((fine.data_type(), coarse.data_type()), (DataType::Timestamp(a, _), DataType::Timestamp(b, _)) if a > b);
    let cast = |(array, field): (&ArrayRef, &FieldRef)| cast(array, field.data_type()).ok();
    let casted = rows.columns().iter().zip(coarser.fields()).map(cast).collect::<Option<Vec<_>>>();
    pairs.any(fine) && casted.is_some_and(|columns| columns == expected.columns())
}

/// The most memory the process had at a time, in KiB.
fn peak() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn read(client: &Client, path: &Path, batches: &mut dyn FnMut(RecordBatch)) -> Result<SchemaRef, String> {
    let path = path.to_str().ok_or("a path that is no UTF-8")?;
    let file = client.open(path).map_err(|error| error.to_string())?;
    let stream = file.read().stream().map_err(|error| error.to_string())?;
    let schema = stream.schema();
    for batch in stream {
        let batch = batch.map_err(|error| error.to_string())?;
        if batch.schema() != schema {
            return Err("a batch of another schema than was told".to_owned());
        }
        batches(batch);
    }
    Ok(schema)
}
