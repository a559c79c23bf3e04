//! The formats rows are written in, and the names that mean them.

use std::fmt;
use std::path::Path;

use clap::ValueEnum;

/// A format rows are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Arrow IPC file
    Arrow,
    /// Arrow IPC stream
    Arrows,
    /// Parquet, zstd
    Parquet,
    /// CSV with a header line
    Csv,
    /// JSON lines
    Jsonl,
}

impl Format {
    /// The format a file's name says: by its extension, in any case.
    pub(crate) fn from_path(path: &Path) -> Option<Self> {
        Some(match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "arrow" | "feather" | "ipc" => Self::Arrow,
            "arrows" => Self::Arrows,
            "parquet" | "pq" => Self::Parquet,
            "csv" => Self::Csv,
            "jsonl" | "ndjson" => Self::Jsonl,
            _ => return None,
        })
    }

    /// Whether the format means nothing to an eye.
    pub(crate) fn is_binary(self) -> bool {
        !matches!(self, Self::Csv | Self::Jsonl)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Arrow => "arrow",
            Self::Arrows => "arrows",
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        })
    }
}
