//! Damages Parquet files by seed and reads each one in child processes, to find what no `catch_unwind` can catch.
//!
//! `mutate --cases 20000 [--first 0] [--corpus DIR] [--seconds 20]` runs cases and prints what went wrong;
//! `mutate --originals` reads the undamaged files. Children run under an address-space limit (`ulimit -v`), so a huge
//! allocation ends them even where its memory would never be touched.

#![allow(clippy::print_stdout, reason = "a report")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use bytes::Bytes;
use clap::Parser;
use parqlet_core::job::is_decoding;
use parqlet_core::load::Goal;
use parqlet_core::select::Selection;
use parqlet_tests::hostile::{End, Part, Reading, read, read_with_client, run_commands};
use parqlet_tests::mutation::{Seed, files, written};

#[derive(Parser, Clone)]
struct Options {
    /// Cases to run.
    #[arg(long, default_value_t = 1000)]
    cases: u64,
    /// The first case; each case is a seed.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Folder of Parquet files to damage; `files` in the corpus that PARQLET_CORPUS names if not given.
    #[arg(long)]
    corpus: Option<PathBuf>,
    /// Stop after so many seconds.
    #[arg(long, default_value_t = u64::MAX)]
    seconds: u64,
    /// Read every file as it is, once by chunks and once by pages.
    #[arg(long)]
    originals: bool,
    /// A case that takes longer hangs, in seconds.
    #[arg(long, default_value_t = 5)]
    hang: u64,
    /// Peak memory that a case may take, in MiB, or 200 times its file.
    #[arg(long, default_value_t = 64)]
    memory: u64,
    /// Address space of a child in MiB.
    #[arg(long, default_value_t = 2048)]
    space: u64,
    /// Keep the bytes of bad cases in this folder.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Print every case's end.
    #[arg(long)]
    all: bool,
    /// Read with the native client, on its threads.
    #[arg(long)]
    client: bool,
    /// Run this command line over each file instead.
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Run as a child.
    #[arg(long, hide = true)]
    child: bool,
}

fn main() -> ExitCode {
    let mut options = Options::parse();
    options.corpus =
        options.corpus.or_else(|| std::env::var_os("PARQLET_CORPUS").map(|corpus| PathBuf::from(corpus).join("files")));
    if options.child {
        child(&options);
        return ExitCode::SUCCESS;
    }
    parent(&options)
}

fn seeds(options: &Options) -> Vec<Seed> {
    let mut seeds = written();
    for path in
        options.corpus.iter().flat_map(|folder| files(folder, if options.originals { 1 << 30 } else { 64 << 10 }))
    {
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let name = path.display().to_string();
        let bytes = Bytes::from(bytes);
        seeds.push(if options.originals { Seed { name, bytes, pages: Vec::new() } } else { Seed::new(name, bytes) });
    }
    seeds
}

/// The file of a case and how it is read. Files of the corpus and written ones take turns.
fn case(options: &Options, seeds: &[Seed], number: u64) -> (String, Bytes, Reading) {
    if options.originals {
        let seed = &seeds[usize::try_from(number / 2).unwrap_or(0) % seeds.len()];
        return (
            seed.name.clone(),
            seed.bytes.clone(),
            Reading { part: if number % 2 == 1 { Part::Pages } else { Part::Whole }, ..Reading::default() },
        );
    }
    let mut rng = fastrand::Rng::with_seed(number);
    let written = seeds.iter().take_while(|seed| seed.name.starts_with("written")).count();
    let index = if rng.u8(0..3) == 0 { rng.usize(0..written) } else { rng.usize(0..seeds.len()) };
    let seed = &seeds[index];
    let goals = [Goal::Read, Goal::Read, Goal::Read, Goal::Read, Goal::Read, Goal::Read, Goal::Plan, Goal::Prefetch];
    let parts = [Part::Whole, Part::Whole, Part::Whole, Part::Pages, Part::Pages, Part::Odd(number)];
    let reading = Reading {
        goal: goals[rng.usize(0..goals.len())],
        part: parts[rng.usize(0..parts.len())],
        memory: [64 << 20, 64 << 20, 64 << 20, 64 << 10][rng.usize(0..4)],
        tail: [64 << 10, 64 << 10, 1 << 10, 8][rng.usize(0..4)],
        ..Reading::default()
    };
    (seed.name.clone(), seed.damaged(number), reading)
}

fn child(options: &Options) {
    // A panic that the core makes an error of is one of the decoder's; any other one is told.
    std::panic::set_hook(Box::new(|panic| {
        if !is_decoding() {
            eprintln!("{}", panic.to_string().replace('\n', " "));
        }
    }));
    let file = tempfile::NamedTempFile::with_suffix(".parquet").ok();
    let seeds = seeds(options);
    let mut out = std::io::stdout().lock();
    for number in options.first..options.first + options.cases {
        let (_, bytes, reading) = case(options, &seeds, number);
        let _ = writeln!(out, "start {number}");
        let _ = out.flush();
        let before = reset_peak();
        let start = Instant::now();
        let len = bytes.len();
        // The stack of a spawned thread, as rayon's and tokio's are.
        let worker = std::thread::Builder::new().stack_size(2 << 20);
        let end = match (&file, &options.binary) {
            (Some(file), binary) if options.client || binary.is_some() => {
                let path = file.path().to_owned();
                let _ = std::fs::write(&path, &bytes);
                let binary = binary.clone();
                worker.spawn(move || match binary {
                    Some(binary) => run_commands(&binary, &path),
                    None => read_with_client(&path, reading),
                })
            }
            _ => worker.spawn(move || read(&bytes, reading)),
        };
        let (kind, text) = match end.map(std::thread::JoinHandle::join) {
            Ok(Ok(End::Read(rows))) => ("read", rows.to_string()),
            Ok(Ok(End::Failed(_, text))) if text.contains("the decoder stopped with") => ("caught", text),
            Ok(Ok(End::Failed(kind, text))) => (kind.code(), text),
            Ok(Ok(End::Broken(text))) => ("broken", text),
            _ => ("escaped", "a panic".to_owned()),
        };
        let peak = peak().saturating_sub(before);
        let text = text.replace('\n', " ");
        let _ = writeln!(out, "end {number} {kind} {peak} {} {len} {text}", start.elapsed().as_millis());
        let _ = out.flush();
    }
}

/// Peak resident memory in KiB since it was last reset.
fn peak() -> u64 {
    status("VmHWM:")
}

/// Resets the peak; resident memory in KiB now.
fn reset_peak() -> u64 {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    status("VmHWM:")
}

fn status(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse().unwrap_or(0)
}

/// What the parent counts.
#[derive(Default)]
struct Report {
    ends: BTreeMap<String, u64>,
    panics: BTreeMap<String, u64>,
    bad: Vec<(u64, String)>,
    worst_kib: (u64, u64),
    worst_ms: (u64, u64),
}

fn parent(options: &Options) -> ExitCode {
    let begun = Instant::now();
    let mut report = Report::default();
    let mut options = options.clone();
    if options.originals {
        options.cases = seeds(&options).len() as u64 * 2;
    }
    let last = options.first + options.cases;
    let mut next = options.first;
    while next < last && begun.elapsed().as_secs() < options.seconds {
        next = run_child(&options, next, last, begun, &mut report);
    }
    println!("cases {}..{next} in {:.0} s", options.first, begun.elapsed().as_secs_f64());
    println!("ends: {:?}", report.ends);
    println!("most memory: {} MiB in case {}", report.worst_kib.0 >> 10, report.worst_kib.1);
    println!("longest: {} ms in case {}", report.worst_ms.0, report.worst_ms.1);
    for (text, count) in &report.panics {
        println!("caught panic {count} x: {text}");
    }
    let seeds = if report.bad.is_empty() { Vec::new() } else { seeds(&options) };
    for (number, what) in &report.bad {
        let (name, bytes, reading) = case(&options, &seeds, *number);
        let goal = (reading.goal)(Selection::all());
        println!("BAD case {number} ({name}, {goal:?}, {reading:?}): {what}");
        if let Some(folder) = &options.keep {
            let _ = std::fs::write(folder.join(format!("{number}.parquet")), bytes);
        }
    }
    println!("{} bad", report.bad.len());
    if report.bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs cases from `next` on in one child until it dies, hangs or is done; the case to go on with.
fn run_child(options: &Options, next: u64, last: u64, begun: Instant, report: &mut Report) -> u64 {
    let Ok(me) = std::env::current_exe() else { return last };
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("ulimit -c 0; ulimit -v {}; exec \"$0\" \"$@\"", options.space << 10)])
        .arg(me)
        .args(["--child", "--first", &next.to_string(), "--cases", &(last - next).to_string()])
        .env("MALLOC_MMAP_THRESHOLD_", "65536")
        .env("MALLOC_TRIM_THRESHOLD_", "65536")
        .env("MALLOC_ARENA_MAX", "2")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(corpus) = &options.corpus {
        command.arg("--corpus").arg(corpus);
    }
    if options.client {
        command.arg("--client");
    }
    if let Some(binary) = &options.binary {
        command.arg("--binary").arg(binary);
    }
    if options.originals {
        command.arg("--originals");
    }
    let Ok(mut child) = command.spawn() else { return last };
    let (sender, lines) = channel();
    if let Some(out) = child.stdout.take() {
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
    }
    let errors = child.stderr.take().map(|errors| {
        std::thread::spawn(move || {
            BufReader::new(errors)
                .lines()
                .map_while(Result::ok)
                .filter(|line| !line.is_empty())
                .last()
                .unwrap_or_default()
        })
    });
    let mut running = None;
    let mut after = next;
    let wait = Duration::from_secs(options.hang.max(1) * 2);
    let died = loop {
        // The first line comes after the child has made its files.
        let patience = if running.is_none() && after == next { Duration::from_secs(60) } else { wait };
        match lines.recv_timeout(patience) {
            Ok(line) => match line.strip_prefix("start ").and_then(|number| number.parse().ok()) {
                Some(number) => running = Some(number),
                None => {
                    running = None;
                    after = ended(options, &line, report).map_or(after, |number| number + 1);
                    if begun.elapsed().as_secs() >= options.seconds {
                        break None;
                    }
                }
            },
            Err(RecvTimeoutError::Timeout) => break Some("hang"),
            Err(RecvTimeoutError::Disconnected) => break running.map(|_| "abort"),
        }
    };
    let _ = child.kill();
    let code = child.wait().map(|status| status.to_string()).unwrap_or_default();
    let message = errors.and_then(|errors| errors.join().ok()).unwrap_or_default();
    match (died, running) {
        (Some(what), Some(number)) => {
            *report.ends.entry(what.to_owned()).or_default() += 1;
            report.bad.push((number, format!("{what}: {code}: {message}")));
            number + 1
        }
        (Some(_), None) => last,
        _ => after,
    }
}

/// Counts one ended case; its number.
fn ended(options: &Options, line: &str, report: &mut Report) -> Option<u64> {
    let mut words = line.strip_prefix("end ")?.splitn(6, ' ');
    let number: u64 = words.next()?.parse().ok()?;
    let kind = words.next()?.to_owned();
    let kib: u64 = words.next()?.parse().ok()?;
    let millis: u64 = words.next()?.parse().ok()?;
    let len: u64 = words.next()?.parse().ok()?;
    let text = words.next().unwrap_or_default().to_owned();
    if options.all {
        println!("{line}");
    }
    if kind == "caught" {
        *report
            .panics
            .entry(text.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).take(100).collect())
            .or_default() += 1;
    }
    if matches!(kind.as_str(), "escaped" | "broken") {
        report.bad.push((number, format!("{kind}: {text}")));
    }
    report.worst_kib = report.worst_kib.max((kib, number));
    report.worst_ms = report.worst_ms.max((millis, number));
    if kib > (options.memory << 10).max(len * 200 / 1024) {
        report.bad.push((number, format!("{} MiB for a file of {len} bytes, {kind} {text}", kib >> 10)));
    }
    if millis > options.hang * 1000 {
        report.bad.push((number, format!("{millis} ms, {kind} {text}")));
    }
    *report.ends.entry(kind).or_default() += 1;
    Some(number)
}
