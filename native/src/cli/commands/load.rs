//! `parqlet load`: the rows of one or more files into one output.

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::time::Duration;

use arrow_schema::{Schema, SchemaRef};
use futures_util::TryStreamExt;
use parqlet::{ParquetFile, Read};

use super::super::args::LoadArgs;
use super::super::output::{Output, Target};
use super::super::progress::Progress;
use super::super::size;
use super::super::types;
use super::{Failure, Session, Spent, names, numbers, rows_of, stdout_is_terminal};

/// How often the progress bar moves.
const TICK: Duration = Duration::from_millis(100);

pub(super) async fn run(session: &Session, args: &LoadArgs) -> Result<(), Failure> {
    let (target, format) = args.target(stdout_is_terminal()).map_err(Failure::Usage)?;
    let quiet = target == Target::Stdout && stdout_is_terminal();
    let progress = Progress::new(0, quiet, &session.screen);
    let mut spent = Spent::default();
    let mut length = 0;
    let mut output: Option<(Output, SchemaRef)> = None;
    let mut window = Window { offset: args.selection.offset, limit: args.selection.limit };
    let mut urls: VecDeque<&String> = args.urls.iter().collect();
    let mut next = urls.pop_front().map(|url| open_soon(session, url));
    while let Some(opening) = next.take() {
        let file = joined(opening).await?;
        length += file.identity().length;
        spent.then(file.stats());
        let share = window.share(&file, args)?;
        // The next file's footer travels while this file is read, if a row of it may be wanted.
        next = urls.pop_front().filter(|_| window.limit != Some(0)).map(|url| open_soon(session, url));
        // Without a row to give, the first file still gives its columns.
        if share.rows == 0 && output.is_some() {
            continue;
        }
        let mut stream = share.read.stream().await?;
        let before = (spent.stats().bytes, spent.stats().rows);
        progress.plan_more(file.stats().bytes + stream.stats().planned_bytes);
        let schema = stream.schema();
        let output = match &mut output {
            Some((output, first)) => {
                same_columns(first, &schema, &args.urls[0], &file)?;
                output
            }
            None => {
                let opened = Output::create(&target, format, &schema)?;
                &mut output.insert((opened, schema)).0
            }
        };
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
            progress.reach(before.0 + stats.bytes, before.1 + stats.rows);
        }
        spent.then(stream.stats());
    }
    progress.clear();
    if let Some((output, _)) = output {
        output.finish()?;
    }
    if std::io::stderr().is_terminal() && !quiet {
        let stats = spent.stats();
        let wall = u64::try_from(session.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let cost = size::cost(stats.bytes, length, stats.requests, wall);
        eprintln!("{}: {cost}", size::counted(stats.rows, "row"));
    }
    session.report(&spent);
    Ok(())
}

/// The rows still to skip and to give, over all files as if they were one.
struct Window {
    offset: u64,
    limit: Option<u64>,
}

impl Window {
    /// A file's part of the rows.
    fn share(&mut self, file: &ParquetFile, args: &LoadArgs) -> Result<Share, Failure> {
        let selection = &args.selection;
        let groups = selection.row_groups.as_ref().map(|list| numbers(list, file)).transpose()?;
        let rows = rows_of(file, groups.as_deref());
        let skipped = self.offset.min(rows);
        let given = self.limit.unwrap_or(u64::MAX).min(rows - skipped);
        let mut read = file.read().offset(skipped).limit(given);
        self.offset -= skipped;
        self.limit = self.limit.map(|limit| limit - given);
        if let Some(groups) = groups {
            read = read.row_groups(groups);
        }
        let columns = selection.columns();
        if !columns.is_empty() {
            read = read.columns(names(&columns));
        }
        Ok(Share { read, rows: given })
    }
}

/// What of a file goes into the output.
struct Share {
    read: Read,
    rows: u64,
}

type Opening = tokio::task::JoinHandle<parqlet::Result<ParquetFile>>;

fn open_soon(session: &Session, url: &str) -> Opening {
    let (client, url) = (session.client.clone(), url.to_owned());
    tokio::spawn(async move { client.open(&url).await })
}

async fn joined(opening: Opening) -> Result<ParquetFile, Failure> {
    match opening.await {
        Ok(file) => Ok(file?),
        Err(error) => Err(parqlet::Error::new(parqlet::ErrorKind::Network, error.to_string()).into()),
    }
}

/// Files go into one output only when they have the same columns.
fn same_columns(first: &Schema, other: &Schema, first_url: &str, file: &ParquetFile) -> Result<(), Failure> {
    let Some(difference) = difference(first, other) else { return Ok(()) };
    Err(Failure::Usage(format!(
        "{} and {} have different columns ({difference}), and one output can't hold both: load them apart, or choose \
         common columns with -c",
        parqlet::core::object::shown(first_url),
        file.object()
    )))
}

/// The first difference between two lists of columns, in words.
fn difference(first: &Schema, other: &Schema) -> Option<String> {
    let (ours, theirs) = (first.fields(), other.fields());
    for (ours, theirs) in ours.iter().zip(theirs) {
        let (name, kind) = (ours.name(), ours.data_type());
        if name != theirs.name() {
            return Some(format!("`{name}` stands where the other has `{}`", theirs.name()));
        }
        if kind != theirs.data_type() {
            return Some(format!("`{name}` is {} and {}", types::name(kind), types::name(theirs.data_type())));
        }
    }
    (ours.len() != theirs.len()).then(|| format!("{} and {}", ours.len(), theirs.len()))
}
