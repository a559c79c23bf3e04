//! What both benches need: sample files made once, interleaved runs, and readings that must be the same.

#![allow(dead_code, reason = "each bench uses its part")]

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use parqlet_tests::sample::{self, SampleOptions};

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// Rows a batch of the `parquet` crate: what this crate makes of narrow rows.
pub(crate) const BATCH_ROWS: usize = 64 * 1024;

/// What a sample holds.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Strings, dictionaries, nulls, nested columns.
    Rides,
    /// Numbers only.
    Numbers,
}

/// The path of a sample file; it is made the first time and stays for the next.
pub(crate) fn sample_file(name: &str, kind: Kind, options: &SampleOptions) -> Outcome<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target")), PathBuf::from);
    let folder = target.join("bench-data");
    fs::create_dir_all(&folder)?;
    let path = folder.join(name);
    if path.exists() {
        return Ok(path);
    }
    eprintln!("making {}", path.display());
    let unfinished = folder.join(format!("{name}.unfinished"));
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&unfinished)?);
    match kind {
        Kind::Rides => sample::rides(options, &mut out)?,
        Kind::Numbers => sample::plain(options, &mut out)?,
    }
    out.flush()?;
    fs::rename(unfinished, &path)?;
    Ok(path)
}

/// What one run took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Run {
    pub(crate) wall: Duration,
    /// Processor time of the process, all threads; zero where it can't be had.
    pub(crate) cpu: Duration,
    pub(crate) rows: usize,
}

/// Times one reading.
pub(crate) fn timed(read: impl FnOnce() -> Outcome<usize>) -> Outcome<Run> {
    let (cpu, start) = (processor_time(), Instant::now());
    let rows = read()?;
    Ok(Run { wall: start.elapsed(), cpu: processor_time().saturating_sub(cpu), rows })
}

/// User and system time of this process and the threads it had (`/proc/self/stat`, in hundredths of a second).
fn processor_time() -> Duration {
    let Ok(stat) = fs::read_to_string("/proc/self/stat") else { return Duration::ZERO };
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// Fails unless both readings have the same values in the same rows, however they are cut into batches.
pub(crate) fn check_same(ours: &[RecordBatch], theirs: &[RecordBatch]) -> Outcome<()> {
    let (mut left, mut right) = (ours.iter(), theirs.iter());
    let (mut a, mut b) = (None::<RecordBatch>, None::<RecordBatch>);
    loop {
        a = a.filter(|batch| batch.num_rows() > 0).or_else(|| left.next().cloned());
        b = b.filter(|batch| batch.num_rows() > 0).or_else(|| right.next().cloned());
        let (Some(one), Some(other)) = (&a, &b) else { break };
        let rows = one.num_rows().min(other.num_rows());
        if one.slice(0, rows).columns() != other.slice(0, rows).columns() {
            return Err("the two readers gave different rows".into());
        }
        let rest = |batch: &RecordBatch| batch.slice(rows, batch.num_rows() - rows);
        (a, b) = (Some(rest(one)), Some(rest(other)));
    }
    match (a, b) {
        (None, None) => Ok(()),
        _ => Err("the two readers gave different numbers of rows".into()),
    }
}

/// Pairs to run: `--pairs N`, 3 with `--quick`, else 7.
pub(crate) fn pairs() -> usize {
    let arguments: Vec<String> = std::env::args().collect();
    let named = arguments.iter().position(|argument| argument == "--pairs");
    let named = named.and_then(|at| arguments.get(at + 1)).and_then(|count| count.parse().ok());
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let usual = if quick { 3 } else { 7 };
    named.unwrap_or(usual)
}

/// Whether a case was asked for: all where no name stands on the command line.
pub(crate) fn chosen(name: &str) -> bool {
    let flags = |argument: &String| argument.starts_with('-') || argument.parse::<usize>().is_ok();
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| !flags(argument)).collect();
    named.is_empty() || named.iter().any(|part| name.contains(part.as_str()))
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.len() % 2) {
        (Some(value), 1) => *value,
        (Some(value), _) => values.get(middle.wrapping_sub(1)).map_or(*value, |below| f64::midpoint(*below, *value)),
        (None, _) => f64::NAN,
    }
}

/// The ratios of pairs: least, median, most.
pub(crate) fn ratios(ours: &[f64], theirs: &[f64]) -> String {
    let mut ratios: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
    ratios.sort_by(f64::total_cmp);
    match (ratios.first(), ratios.last()) {
        (Some(least), Some(most)) => format!("{:.3} ({least:.3} to {most:.3})", median(ratios.clone())),
        _ => "-".to_owned(),
    }
}

pub(crate) fn seconds(runs: &[Run]) -> Vec<f64> {
    runs.iter().map(|run| run.wall.as_secs_f64()).collect()
}

pub(crate) fn processor_seconds(runs: &[Run]) -> Vec<f64> {
    runs.iter().map(|run| run.cpu.as_secs_f64()).collect()
}
