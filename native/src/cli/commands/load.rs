//! `parqlet load`: the rows of one or more files into one output.

use std::io::IsTerminal;
use std::time::Duration;

use futures_util::TryStreamExt;
use parqlet::ManyStream;

use super::super::args::{LoadArgs, OnError};
use super::super::output::{Output, Target};
use super::super::progress::Progress;
use super::super::screen::printable;
use super::super::size;
use super::{Failure, Session, Spent, listing, selection, splits, stdout_is_terminal};

/// How often the progress bar moves.
const TICK: Duration = Duration::from_millis(100);

pub(super) async fn run(session: &Session, args: &LoadArgs) -> Result<(), Failure> {
    let (target, format) = args.target(stdout_is_terminal()).map_err(Failure::Usage)?;
    let quiet = target == Target::Stdout && stdout_is_terminal();
    let progress = Progress::new(0, quiet, &session.screen);
    let (mut load, count) = match &args.split {
        Some(name) => {
            let split = splits::named(name)?;
            (session.client.load_split(&split), split.files().len())
        }
        None => {
            let files = session.client.list(listing(&args.files)).await?;
            let count = files.len();
            (session.client.load_many(files, &selection(&args.selection)), count)
        }
    };
    if args.unordered {
        load = load.unordered();
    }
    if args.on_error == OnError::Skip {
        load = load.skip_failed();
    }
    let mut stream = load.stream().await?;
    let mut output = Output::create(&target, format, &stream.schema())?;
    let mut tick = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            biased;
            batch = stream.try_next() => match batch? {
                Some(batch) => output.write(&batch)?,
                None => break,
            },
            _ = tick.tick() => {}
        }
        let stats = stream.stats();
        progress.reach(stats.bytes, stats.planned_bytes, stats.rows);
    }
    progress.clear();
    output.finish()?;
    report(session, count, &stream, quiet);
    Ok(())
}

/// What was left out, what it cost.
fn report(session: &Session, files: usize, stream: &ManyStream, quiet: bool) {
    let stats = stream.stats();
    let skipped = stream.skipped();
    for error in &skipped {
        eprintln!("parqlet: left out: {}", printable(&error.to_string()));
    }
    if !skipped.is_empty() {
        let files = size::counted(files as u64, "file");
        eprintln!("parqlet: {} of {files} left out", skipped.len());
    }
    if std::io::stderr().is_terminal() && !quiet {
        let wall = u64::try_from(session.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let cost = size::cost(stats.bytes, stream.byte_length(), stats.requests, wall);
        eprintln!("{}: {cost}", size::counted(stats.rows, "row"));
    }
    let mut spent = Spent::default();
    spent.then(stats);
    session.report(&spent);
}
