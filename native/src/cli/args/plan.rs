//! The arguments of `parqlet plan`, and how one of the splits that it makes is named.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args as ArgGroup;
use parqlet::Cut;

use super::super::parse::{byte_size, positive};
use super::{Files, Selection};

/// `parqlet plan`.
#[derive(Debug, ArgGroup)]
#[command(after_help = PLAN_HELP)]
pub(crate) struct PlanArgs {
    /// The file; of splits the files.
    #[command(flatten)]
    pub(crate) files: Files,
    /// What of the files to read.
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Cut the files into this many splits, about the same in bytes of the selected columns
    #[arg(long, value_name = "N", value_parser = positive, group = "cut", help_heading = "Splits",
        conflicts_with_all = ["limit", "offset", "json"])]
    splits: Option<usize>,
    /// Cut the files into splits of at most this many bytes of the selected columns; 512MiB, 128MB or a number of bytes
    #[arg(long, value_name = "SIZE", value_parser = byte_size, group = "cut", help_heading = "Splits",
        conflicts_with_all = ["limit", "offset", "json"])]
    split_size: Option<u64>,
    /// Where the splits go, as JSON [default: standard output]
    #[arg(short = 'o', long = "output", value_name = "FILE", requires = "cut", help_heading = "Splits")]
    pub(crate) output: Option<PathBuf>,
}

const PLAN_HELP: &str = "Examples:
  parqlet plan trips.parquet -c fare,pickup.lat
  parqlet plan s3://bucket/trips/ -c fare,tip --splits 8 -o splits.json
  parqlet load --split splits.json#3 -o /dev/shm/part.arrow

Without --splits and --split-size: one file, and what a read of it would fetch.
With one of them: the files, cut at row groups; each split is for another machine to load.";

impl PlanArgs {
    /// How to cut, where splits are wanted.
    pub(crate) fn cut(&self) -> Option<Cut> {
        self.splits.map(Cut::Count).or_else(|| self.split_size.map(Cut::Size))
    }

    /// The one file whose read is planned. The error is one of usage.
    pub(crate) fn one_file(&self) -> Result<&str, String> {
        match self.files.urls.as_slice() {
            [url] if self.files.partitions.is_empty() => Ok(url),
            _ => Err("a plan is of one file: name one, or cut the files into splits with --splits".to_owned()),
        }
    }
}

/// One of the splits in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SplitName {
    /// The file.
    pub(crate) path: PathBuf,
    /// The split, counted from 0.
    pub(crate) number: usize,
}

impl FromStr for SplitName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let example = "as in splits.json#3";
        let Some((path, number)) = text.rsplit_once('#') else {
            return Err(format!("say which split of the file: a number from 0 behind #, {example}"));
        };
        let number = number.parse().map_err(|_| format!("what is behind # is no number from 0, {example}"))?;
        if path.is_empty() {
            return Err(format!("name the file of the splits before #, {example}"));
        }
        Ok(Self { path: path.into(), number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_is_a_file_and_a_number() {
        let name = |path: &str, number| Ok(SplitName { path: path.into(), number });
        assert_eq!("splits.json#3".parse(), name("splits.json", 3));
        assert_eq!("run#7/splits.json#0".parse(), name("run#7/splits.json", 0));
        for (text, says) in [
            ("splits.json", "which split"),
            ("splits.json#", "no number"),
            ("splits.json#-1", "no number"),
            ("#1", "name the file"),
        ] {
            let error = text.parse::<SplitName>().err().unwrap_or_default();
            assert!(error.contains(says) && error.contains("splits.json#3"), "{text}: {error}");
        }
    }
}
