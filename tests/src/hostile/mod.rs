//! Reads damaged files with the product itself, and says how that ended: what the mutation runs do with each case.

mod client;
mod command;
mod inline;

use parqlet_core::error::{Error, ErrorKind};
use parqlet_core::load::Goal;
use parqlet_core::opened::Opened;
use parqlet_core::select::Selection;

pub use client::read_with_client;
pub use command::run_commands;
pub use inline::read;

/// How a file is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// What the load is for.
    pub goal: fn(Selection) -> Goal,
    /// What is read of the file.
    pub part: Part,
    /// Bytes that the load may use.
    pub memory: u64,
    /// Bytes of the first request. A short one makes the load ask for footer and index by themselves.
    pub tail: u64,
    /// Rows taken of each load; more are left unread.
    pub rows: u64,
}

/// What is read of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// Ten rows in the middle of each row group: takes the offset index, where there is one.
    Pages,
    /// A selection drawn by this seed, out of what nobody would ask for.
    Odd(u64),
}

impl Default for Reading {
    fn default() -> Self {
        Self { goal: Goal::Read, part: Part::Whole, memory: 64 << 20, tail: 64 << 10, rows: 1 << 20 }
    }
}

/// How reading ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// With the goal reached: rows.
    Read(u64),
    /// With an error that a file may be the reason of: its kind and sentence.
    Failed(ErrorKind, String),
    /// With what must not happen, whatever the file.
    Broken(String),
}

impl End {
    fn of(error: &Error) -> Self {
        let text = error.to_string();
        match error.kind() {
            ErrorKind::Usage
            | ErrorKind::NotParquet
            | ErrorKind::Corrupt
            | ErrorKind::Unsupported
            | ErrorKind::Memory => Self::Failed(error.kind(), text),
            other => Self::Broken(format!("the file is blamed on the way to it: {other:?}: {text}")),
        }
    }
}

/// Row groups that are read one by one.
const MOST_GROUPS: usize = 8;

/// What to read of an open file, one load after the other.
fn selections(opened: &Opened, part: Part) -> Vec<Selection> {
    let metadata = &opened.footer.metadata;
    match part {
        Part::Whole => vec![Selection::all()],
        Part::Pages => {
            let groups = metadata.row_groups().iter().enumerate().take(MOST_GROUPS);
            groups
                .map(|(index, group)| {
                    let half = u64::try_from(group.num_rows() / 2).unwrap_or(0);
                    Selection::all().row_groups([index]).offset(half).limit(10)
                })
                .collect()
        }
        Part::Odd(seed) => {
            let mut rng = fastrand::Rng::with_seed(seed);
            let columns = metadata.file_metadata().schema_descr().columns();
            let mut extreme = |most: u64| match rng.u8(0..5) {
                0 => 0,
                1 => u64::MAX,
                2 => u64::MAX - rng.u64(0..3),
                3 => 1 << rng.u32(0..64),
                _ => rng.u64(0..most.max(1)),
            };
            let mut selection = Selection::all().offset(extreme(2000)).limit(extreme(2000));
            if rng.bool() {
                let batch_rows = [0, 1, 7, 1 << 20, usize::MAX][rng.usize(0..5)];
                selection = selection.batch_rows(batch_rows);
            }
            if rng.bool() && !columns.is_empty() {
                // The same ones again and again, in any order, some of them by the names of groups.
                let names = (0..rng.usize(0..300)).map(|_| {
                    let path = columns[rng.usize(0..columns.len())].path().parts();
                    path[..rng.usize(1..=path.len())].join(".")
                });
                selection = selection.columns(names.collect::<Vec<_>>());
            }
            if rng.u8(0..4) == 0 {
                selection = selection.row_groups((0..metadata.num_row_groups()).filter(|_| rng.bool()));
            }
            vec![selection]
        }
    }
}
