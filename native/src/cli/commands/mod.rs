//! What each command does: opens, reads, and hands what it got to the parts that show or write it.

mod failure;
mod head;
mod load;
mod ls;
mod plan;
mod serve;
mod splits;
mod stats;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use parqlet::{Client, Listing, Selection};

use super::args::{self, Args, Command, Common, ReadCommand};
use super::info::InfoReport;
use super::output::print;
use super::parse::ColumnName;
use super::schema::SchemaReport;
use super::screen::Screen;
use failure::Failure;
use stats::Spent;

/// What a shell expects of a process that a signal ended: 128 and the signal's number.
const INTERRUPTED: u8 = 128 + 2;
#[cfg(unix)]
const TERMINATED: u8 = 128 + 15;

/// How long a command that was told to end may take to drop its output. Longer, it is stuck in a pipe that nobody reads,
/// where there is nothing to clean up.
const GRACE: Duration = Duration::from_secs(2);

/// What a read may hold where nothing is said.
const MEMORY: u64 = 512 << 20;

/// Runs a command to its exit status: 0 done (also when the reader of a pipe went away), 1 could not, 2 wrong usage,
/// 130 and 143 ended by Ctrl-C or by being told to.
pub(crate) fn run(args: Args) -> ExitCode {
    let Args { command, common } = args;
    match command {
        Command::Serve(args) => serve::run(args, common),
        Command::Read(command) => once(command, common),
    }
}

/// Runs a command that comes to an end by itself.
fn once(command: ReadCommand, common: Common) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("parqlet: can't start: {error}");
            return ExitCode::from(1);
        }
    };
    let (stop, stopped) = tokio::sync::oneshot::channel();
    runtime.spawn(async move {
        let status = interrupted().await;
        // Nobody waits for it once the command is done.
        let _ = stop.send(status);
        tokio::select! {
            _ = interrupted() => {}
            () = tokio::time::sleep(GRACE) => {}
        }
        std::process::exit(status.into());
    });
    // The command runs on this thread, not on a worker: writing its output may block.
    let result = runtime.block_on(async {
        tokio::select! {
            result = dispatch(command, common) => Ok(result),
            // Dropping the command drops its output, and with it a half-written file.
            Ok(status) = stopped => Err(status),
        }
    });
    // Requests that are still under way have nobody to report to.
    runtime.shutdown_background();
    match result {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => failure.report(),
        Err(status) => ExitCode::from(status),
    }
}

/// Keeps panics that become errors of a damaged file off standard error.
pub(crate) fn quiet_decoder_panics() {
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !parqlet::core::job::is_decoding() {
            others(panic);
        }
    }));
}

async fn dispatch(command: ReadCommand, common: Common) -> Result<(), Failure> {
    let session = Session::new(&common)?;
    match command {
        ReadCommand::Schema(args) => session.schema(&args.url, args.json).await,
        ReadCommand::Info(args) => session.info(&args.url, args.json).await,
        ReadCommand::Head(args) => head::run(&session, &args).await,
        ReadCommand::Load(args) => load::run(&session, &args).await,
        ReadCommand::Ls(args) => ls::run(&session, &args).await,
        ReadCommand::Plan(args) => plan::run(&session, &args).await,
    }
}

/// What every command has.
struct Session {
    client: Client,
    screen: Screen,
    started: Instant,
    stats: bool,
}

impl Session {
    fn new(common: &Common) -> Result<Self, Failure> {
        let memory = common.memory.unwrap_or(MEMORY);
        let mut builder = common.stores.told(Client::builder().memory(memory));
        for (name, value) in &common.headers {
            builder = builder.header(name.as_str(), &String::from_utf8_lossy(value.as_bytes()))?;
        }
        Ok(Self {
            client: builder.build()?,
            screen: Screen::of_stdout(common.color),
            started: Instant::now(),
            stats: common.stats,
        })
    }

    async fn schema(&self, url: &str, json: bool) -> Result<(), Failure> {
        let file = self.client.open(url).await?;
        let report = SchemaReport::new(&file.object(), &file.metadata());
        let text = if json { json_text(&report)? } else { report.text(&self.screen) };
        print(&text)?;
        self.report(&Spent::of(&file));
        Ok(())
    }

    async fn info(&self, url: &str, json: bool) -> Result<(), Failure> {
        let file = self.client.open(url).await?;
        let report = InfoReport::new(&file.object(), file.identity().length, &file.metadata());
        let text = if json { json_text(&report)? } else { report.text(&self.screen) };
        print(&text)?;
        self.report(&Spent::of(&file));
        Ok(())
    }

    /// Prints the statistics, if they were asked for.
    fn report(&self, spent: &Spent) {
        if self.stats {
            eprintln!("{}", spent.json(self.started.elapsed()));
        }
    }
}

fn json_text(report: &impl serde::Serialize) -> Result<String, Failure> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    Ok(text)
}

/// Column names as the core takes them: paths with dots. A part that holds a dot itself is found by its exact name.
fn names(columns: &[ColumnName]) -> Vec<String> {
    columns.iter().map(|column| column.parts.join(".")).collect()
}

/// Which files are wanted.
fn listing(args: &args::Files) -> Listing {
    let wanted = |listing: Listing, (key, value): &(String, String)| listing.partition(key, value);
    args.partitions.iter().fold(Listing::new(&args.urls), wanted)
}

/// What of the files is wanted, as the core takes it.
fn selection(args: &args::Selection) -> Selection {
    let mut selection = Selection::all().offset(args.offset);
    if let Some(limit) = args.limit {
        selection = selection.limit(limit);
    }
    if let Some(list) = &args.row_groups {
        selection = selection.row_group_ranges(list.ranges());
    }
    let columns = args.columns();
    if !columns.is_empty() {
        selection = selection.columns(names(&columns));
    }
    selection
}

fn stdout_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Waits for Ctrl-C, or for being told to end; the exit status to end with.
async fn interrupted() -> u8 {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            return tokio::select! {
                _ = tokio::signal::ctrl_c() => INTERRUPTED,
                _ = terminate.recv() => TERMINATED,
            };
        }
    }
    // Without a handler the signal ends the process by itself; then this must not look like one.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    INTERRUPTED
}
