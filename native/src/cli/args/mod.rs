//! The arguments of the whole command, and their texts.

mod files;
mod plan;
mod serve;

use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{ArgAction, Args as ArgGroup, Parser, Subcommand, ValueEnum};
use reqwest::header::{HeaderName, HeaderValue};

use super::output::{Format, Target};
use super::parse::{ColumnName, RowGroupList, byte_size, column_list, header};
use super::screen::Colour;
pub(crate) use files::{Files, LsArgs, Stores};
pub(crate) use plan::{PlanArgs, SplitName};
pub(crate) use serve::ServeArgs;

/// Reads exactly the parts of a remote Parquet file that a question needs.
///
/// URL is https://, http://, s3://, gs://, az://, file:// or a path.
#[derive(Debug, Parser)]
#[command(
    name = "parqlet",
    version,
    arg_required_else_help = true,
    disable_help_flag = true,
    after_help = "Examples:
  parqlet head https://example.org/trips.parquet
  parqlet plan https://example.org/trips.parquet -c fare,tip
  parqlet load https://example.org/trips.parquet -c fare,tip -o fares.csv

Exit status: 0 done, 1 could not, 2 wrong usage."
)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// What goes for every command.
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What goes for every command.
#[derive(Debug, ArgGroup)]
pub(crate) struct Common {
    /// Send a header with every request; may be repeated
    #[arg(long = "header", value_name = "K: V", value_parser = header, global = true, help_heading = "Common")]
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,

    /// How object stores are reached.
    #[command(flatten)]
    pub(crate) stores: Stores,

    /// Hold at most this many bytes of a read in memory; 512MiB, 128MB or a number of bytes [default: 512MiB, of an
    /// answer of serve 32MiB]
    #[arg(long, value_name = "SIZE", value_parser = byte_size, global = true, help_heading = "Common")]
    pub(crate) memory: Option<u64>,

    /// Print what the read cost as one JSON object on standard error
    #[arg(long, global = true, help_heading = "Common")]
    pub(crate) stats: bool,

    /// When to colour the output
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto", global = true, help_heading = "Common")]
    pub(crate) color: Colour,

    /// Print help
    // One help for both: the long form that clap gives `--help` takes three lines an option to say the same.
    #[arg(short = 'h', long = "help", action = ArgAction::HelpShort, global = true, help_heading = "Common")]
    help: Option<bool>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(flatten)]
    Read(ReadCommand),
    /// Answer requests for rows, schemas and plans of remote files over HTTP
    Serve(ServeArgs),
}

/// What is done with files once.
#[derive(Debug, Subcommand)]
pub(crate) enum ReadCommand {
    /// Show the columns and their types
    Schema(SchemaArgs),
    /// Show row groups, codecs, encodings, sizes and metadata
    Info(InfoArgs),
    /// Show the first rows as a table
    Head(HeadArgs),
    /// Read rows into a file or a pipe
    Load(LoadArgs),
    /// List the files of a prefix, a folder or a pattern
    Ls(LsArgs),
    /// Show what a read would fetch, or cut files into splits; fetches only footers
    Plan(PlanArgs),
}

/// `parqlet schema`.
#[derive(Debug, ArgGroup)]
pub(crate) struct SchemaArgs {
    /// The file
    pub(crate) url: String,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `parqlet info`.
#[derive(Debug, ArgGroup)]
pub(crate) struct InfoArgs {
    /// The file
    pub(crate) url: String,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `parqlet head`.
#[derive(Debug, ArgGroup)]
#[command(after_help = COLUMNS_HELP)]
pub(crate) struct HeadArgs {
    /// The file
    pub(crate) url: String,
    /// Rows to show
    #[arg(short = 'n', long = "rows", value_name = "N", default_value_t = 20)]
    pub(crate) rows: u64,
    #[command(flatten)]
    columns: Columns,
    /// Rows of the file to skip first
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) offset: u64,
}

/// `parqlet load`.
#[derive(Debug, ArgGroup)]
#[command(after_help = LOAD_HELP)]
#[command(mut_arg("urls", |urls| urls.required(false).required_unless_present("split")))]
pub(crate) struct LoadArgs {
    /// The files, read in this order into one output.
    #[command(flatten)]
    pub(crate) files: Files,
    /// What of the files to read.
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// In the place of files: a split that `plan --splits` made, counted from 0, as in splits.json#3
    #[arg(long, value_name = "FILE#N",
        conflicts_with_all = ["urls", "partitions", "columns", "row_groups", "limit", "offset"])]
    pub(crate) split: Option<SplitName>,
    /// Where to: a file named .arrow, .arrows, .parquet, .csv or .jsonl, or - for standard output
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    output: PathBuf,
    /// Write batches as they are ready, whatever file they are of
    #[arg(long)]
    pub(crate) unordered: bool,
    /// What a file that can't be read does: end the load, or be left out and named; credentials that are refused end it
    #[arg(long, value_enum, value_name = "WHAT", default_value = "fail")]
    pub(crate) on_error: OnError,
    /// The format, where the name of the output does not say it
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
}

/// What becomes of a load when one of its files can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnError {
    /// It ends.
    Fail,
    /// It goes on without the file.
    Skip,
}

/// What of a file to read; everything unless said otherwise.
#[derive(Debug, ArgGroup)]
pub(crate) struct Selection {
    #[command(flatten)]
    columns: Columns,
    /// Row groups to read, counted from 0: 0,3..5 is 0, 3 and 4; 3..=5 ends with 5; 3.. goes to the last
    #[arg(long, value_name = "LIST")]
    pub(crate) row_groups: Option<RowGroupList>,
    /// Rows to read at most
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    /// Rows to skip first, counted within the chosen row groups
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) offset: u64,
}

#[derive(Debug, ArgGroup)]
struct Columns {
    /// Columns to read, nested ones by path: fare,pickup.lat; "…" or `…` around a name with a comma or dot
    #[arg(short = 'c', long = "columns", value_name = "LIST", value_parser = column_list)]
    columns: Vec<ColumnList>,
}

type ColumnList = Vec<ColumnName>;

const COLUMNS_HELP: &str = "Examples:
  -c fare,pickup.lat        two columns, one of them inside a struct
  -c '\"price, net\",tip'     a name that holds a comma
  -c a -c b                 the same as -c a,b";

const LOAD_HELP: &str = "Examples:
  parqlet load trips.parquet -c fare,tip -o fares.arrow
  parqlet load a.parquet b.parquet --row-groups 0,3..5 -o both.parquet
  parqlet load trips.parquet --limit 1000 --format csv -o - | less
  parqlet load --split splits.json#3 -o /dev/shm/part.arrow

Columns of several files are put together by name: nulls where a file lacks one, the wider type where they differ.
Formats: arrow (IPC file), arrows (IPC stream), parquet (zstd), csv, jsonl.
A file appears under its name only when it is whole. Standard output takes arrows unless --format says otherwise.
CSV holds nested values as JSON; binary is hexadecimal, instants are in UTC.";

impl HeadArgs {
    /// The columns asked for, in the order asked; none means all.
    pub(crate) fn columns(&self) -> Vec<ColumnName> {
        self.columns.flat()
    }
}

impl Selection {
    /// The columns asked for, in the order asked; none means all.
    pub(crate) fn columns(&self) -> Vec<ColumnName> {
        self.columns.flat()
    }
}

impl Columns {
    fn flat(&self) -> Vec<ColumnName> {
        self.columns.iter().flatten().cloned().collect()
    }
}

impl LoadArgs {
    /// Where the rows go and in which format. `terminal` says whether standard output is a terminal, which takes no
    /// binary format. The error is one of usage.
    pub(crate) fn target(&self, terminal: bool) -> Result<(Target, Format), String> {
        let target = Target::from_path(&self.output);
        let format = match (&target, self.format) {
            (_, Some(format)) => format,
            (Target::Stdout, None) => Format::Arrows,
            (Target::Path(path), None) => Format::from_path(path).ok_or_else(|| {
                format!(
                    "the name {} doesn't say which format: end it in .arrow, .arrows, .parquet, .csv or .jsonl, or \
                     say --format",
                    path.display()
                )
            })?,
        };
        if matches!(target, Target::Stdout) && terminal && format.is_binary() {
            return Err(format!(
                "{format} is binary and standard output is a terminal: pipe it on, name a file with -o, or ask for \
                 --format csv"
            ));
        }
        Ok((target, format))
    }
}

impl Args {
    /// Reads the command line, or ends the process: with the help that was asked for, or with what is wrong and
    /// status 2. Values that may hold a secret are not repeated.
    pub(crate) fn read() -> Self {
        Self::try_parse().unwrap_or_else(|error| discreet(error).exit())
    }
}

/// The error without what may be secret in it: header values, and all of a URL that is not shown elsewhere.
fn discreet(mut error: clap::Error) -> clap::Error {
    let header =
        matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(name)) if name.starts_with("--header"));
    for kind in [ContextKind::InvalidArg, ContextKind::InvalidValue, ContextKind::InvalidSubcommand] {
        let Some(ContextValue::String(text)) = error.get(kind) else { continue };
        if kind == ContextKind::InvalidValue && header && !text.is_empty() {
            error.insert(kind, ContextValue::String("(not shown)".to_owned()));
        } else if text.contains("://") {
            let shown = parqlet::core::object::shown(text);
            error.insert(kind, ContextValue::String(shown));
        }
    }
    error
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use super::*;

    use clap::CommandFactory;

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(line.split_whitespace())
    }

    fn load(line: &str) -> LoadArgs {
        let Command::Read(ReadCommand::Load(load)) = parse(line).unwrap().command else { panic!("no load") };
        load
    }

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_line_of_the_manual_parses() {
        for line in [
            "parqlet schema https://h/f.parquet --json",
            "parqlet info f.parquet",
            "parqlet serve --allow https://h/ https://*.h/**.parquet --cors * --timeout 400ms --header K:v",
            "parqlet head f.parquet -n 5 -c a,b.c --offset 100 --stats",
            "parqlet load a.parquet b.parquet -c a --row-groups 0,3..5 --limit 10 --offset 2 -o out.arrow",
            "parqlet plan f.parquet -c a --memory 128MiB --json --header X-Key:v --header Y:w",
            "parqlet plan s3://b/p/ @names --partition year=2024 -c a --row-groups 0..2 --splits 8 -o splits.json",
            "parqlet plan a b --split-size 512MiB",
            "parqlet load --split splits.json#3 --on-error skip --unordered -o o.arrow",
            "parqlet ls s3://b/p/ @names --partition year=2024 --partition month=1 --footers --json",
            "parqlet ls data --endpoint http://127.0.0.1:9000 --region eu-west-1 --anonymous",
            "parqlet --memory 1GB --color never head f.parquet",
        ] {
            parse(line).unwrap();
        }
    }

    #[test]
    fn defaults_are_those_the_help_names() {
        let args = parse("parqlet head f.parquet").unwrap();
        assert_eq!(args.common.memory, None);
        let Command::Read(ReadCommand::Head(head)) = args.command else { panic!("no head") };
        assert_eq!((head.rows, head.offset, head.columns().len()), (20, 0, 0));
    }

    #[test]
    fn wrong_usage_ends_with_status_two() {
        for line in [
            "parqlet load f.parquet",
            "parqlet load -o x.csv",
            "parqlet head f.parquet -n many",
            "parqlet plan f.parquet --memory 3XB",
            "parqlet plan f.parquet --row-groups 5..3",
            "parqlet plan f.parquet -o splits.json",
            "parqlet plan f.parquet --splits 0",
            "parqlet plan f.parquet --splits 2 --split-size 1MB",
            "parqlet plan f.parquet --splits 2 --limit 5",
            "parqlet load -o o.csv --split splits.json",
            "parqlet load f.parquet --split splits.json#0 -o o.csv",
            "parqlet load --split splits.json#0 -c a -o o.csv",
            "parqlet load --split splits.json#0 --limit 1 -o o.csv",
            "parqlet plan f.parquet --header nothing",
            "parqlet ls",
            "parqlet ls p --partition 2024",
            "parqlet plan f.parquet -c a,,b",
        ] {
            assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_without_secrets() {
        for line in [
            "parqlet head f --header token-SECRET",
            "parqlet head f --header=K\u{1}:SECRET",
            "parqlet head f https://host/g.parquet?sig=SECRET",
            "parqlet https://host/g.parquet?sig=SECRET",
        ] {
            let error = discreet(parse(line).unwrap_err());
            assert_eq!(error.exit_code(), 2);
            assert!(!error.to_string().contains("SECRET"), "{error}");
        }
    }

    #[test]
    fn columns_keep_their_order_over_several_flags() {
        let args = load("parqlet load f -c b,a.x -c c -o o.csv");
        let names: Vec<_> = args.selection.columns().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["b", "a.x", "c"]);
    }

    #[test]
    fn the_format_follows_the_name_or_the_flag() {
        let format = |line: &str| load(line).target(false).unwrap().1;
        assert_eq!(format("parqlet load f -o o.CSV"), Format::Csv);
        assert_eq!(format("parqlet load f -o o.ndjson"), Format::Jsonl);
        assert_eq!(format("parqlet load f -o o.csv --format parquet"), Format::Parquet);
        assert_eq!(format("parqlet load f -o -"), Format::Arrows);
        let unnamed = load("parqlet load f -o /dev/null").target(false).unwrap_err();
        assert!(unnamed.contains("--format"), "{unnamed}");
    }

    #[test]
    fn a_terminal_takes_no_binary() {
        let refused = load("parqlet load f -o -").target(true).unwrap_err();
        assert!(refused.contains("standard output is a terminal"), "{refused}");
        assert!(load("parqlet load f -o - --format csv").target(true).is_ok());
    }
}
