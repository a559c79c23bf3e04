//! Every file of the corpus, read by the client as a user would, all in one process.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::Path;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parqlet::blocking::Client;
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
