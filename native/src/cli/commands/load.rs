//! `parqlet load`: the rows of one or more files into one output.

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::time::Duration;

use arrow_schema::{Schema, SchemaRef};
use futures_util::TryStreamExt;
use parqlet::{BatchStream, ParquetFile};

use super::super::args::LoadArgs;
use super::super::output::{Output, Target};
use super::super::progress::Progress;
use super::super::size;
use super::{Failure, Session, Spent, names, rows_of, stdout_is_terminal};

/// How often the progress bar moves.
const TICK: Duration = Duration::from_millis(100);

pub(super) async fn run(session: &Session, args: &LoadArgs) -> Result<(), Failure> {
    let (target, format) = args.target(stdout_is_terminal())?;
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
        // The next file's footer travels while this file is read.
        next = urls.pop_front().map(|url| open_soon(session, url));
        length += file.identity().length;
        spent.then(file.stats());
        let Some(mut stream) = window.stream(&file, args, output.is_none()).await? else { continue };
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
    /// The stream of a file's part of the rows; `None` when it has none, unless the schema is still needed.
    async fn stream(
        &mut self,
        file: &ParquetFile,
        args: &LoadArgs,
        first: bool,
    ) -> Result<Option<BatchStream>, Failure> {
        let selection = &args.selection;
        let groups = match &selection.row_groups {
            Some(list) => {
                let count = file.metadata().num_row_groups();
                Some(list.resolve(count).map_err(|text| Failure::Usage(format!("{}: {text}", file.object())))?)
            }
            None => None,
        };
        let rows = rows_of(file, groups.as_deref());
        let skipped = self.offset.min(rows);
        let given = self.limit.unwrap_or(u64::MAX).min(rows - skipped);
        let mut read = file.read().offset(skipped).limit(given);
        self.offset -= skipped;
        self.limit = self.limit.map(|limit| limit - given);
        if given == 0 && !first {
            return Ok(None);
        }
        if let Some(groups) = groups {
            read = read.row_groups(groups);
        }
        let columns = selection.columns();
        if !columns.is_empty() {
            read = read.columns(names(&columns));
        }
        Ok(Some(read.stream().await?))
    }
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
    let columns = |schema: &Schema| -> Vec<_> {
        schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect()
    };
    if columns(first) == columns(other) {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "{} and {} have different columns, and one output can't hold both: load them apart, or choose common columns \
         with -c",
        parqlet::core::object::shown(first_url),
        file.object()
    )))
}
