//! The corpus: Parquet files that others wrote, and the rows a reader must get from each.
//!
//! The corpus lives beside the workspace (`../shared/corpus`), or where `PARQLET_CORPUS` says. Its `README.md` defines
//! the goldens and the canonical form. [`Corpus::check`] reads one file in this one process with a reader it is given.

pub mod canon;
pub mod golden;
mod lines;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use canon::ColumnDigest;
use golden::{Golden, Reading, Verdict};

/// The files and what must come of them.
#[derive(Debug)]
pub struct Corpus {
    root: PathBuf,
    goldens: Vec<Golden>,
}

/// What came of one file.
#[derive(Debug)]
pub struct Outcome<'a> {
    /// The file and what was expected.
    pub golden: &'a Golden,
    /// Pass or fail.
    pub verdict: Verdict,
    /// What the reader said: rows and checksums, or its error.
    pub result: Result<Reading, String>,
    /// The reader panicked; always a failure.
    pub panicked: bool,
}

impl Corpus {
    /// The corpus, or `None` with a line on stderr that says what is not being tested.
    pub fn locate() -> Option<Self> {
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
        let root = std::env::var_os("PARQLET_CORPUS").map_or(beside, PathBuf::from);
        match Self::at(&root) {
            Ok(corpus) => Some(corpus),
            Err(error) => {
                eprintln!("SKIPPED: no corpus at {} ({error}); set PARQLET_CORPUS to its folder", root.display());
                None
            }
        }
    }

    /// The corpus in a folder.
    ///
    /// # Errors
    /// `goldens.jsonl` is missing or not as its README describes.
    pub fn at(root: &Path) -> Result<Self, String> {
        let lines = fs::read_to_string(root.join("goldens.jsonl")).map_err(|error| error.to_string())?;
        let goldens = lines.lines().map(Golden::parse).collect::<Result<_, _>>()?;
        Ok(Self { root: root.to_owned(), goldens })
    }

    /// What is expected of each file.
    pub fn goldens(&self) -> &[Golden] {
        &self.goldens
    }

    /// Where a file is.
    pub fn path(&self, golden: &Golden) -> PathBuf {
        self.root.join(&golden.file)
    }

    /// Reads one file and judges what came of it; a panic of the reader is caught and fails.
    ///
    /// `read` hands over its batches one by one and returns the schema of the file, which says how many columns
    /// there are when there is no batch.
    pub fn check<'a, R>(&self, golden: &'a Golden, read: R) -> Outcome<'a>
    where
        R: FnOnce(&Path, &mut dyn FnMut(RecordBatch)) -> Result<SchemaRef, String>,
    {
        let path = self.path(golden);
        match catch_unwind(AssertUnwindSafe(|| digest(golden, |batches| read(&path, batches)))) {
            Ok(result) => Outcome { golden, verdict: golden.judge(&result), result, panicked: false },
            Err(cause) => {
                let cause = panic_text(cause.as_ref());
                let verdict = Verdict::Fail(format!("PANIC: {cause}"));
                Outcome { golden, verdict, result: Err(cause), panicked: true }
            }
        }
    }
}

fn digest(
    golden: &Golden,
    read: impl FnOnce(&mut dyn FnMut(RecordBatch)) -> Result<SchemaRef, String>,
) -> Result<Reading, String> {
    let loose = |i: usize| golden.columns.get(i).is_some_and(|column| column.loose.is_some());
    let mut columns: Vec<ColumnDigest> = Vec::new();
    let (mut rows, mut unwritable) = (0, None);
    let schema = read(&mut |batch: RecordBatch| {
        rows += u64::try_from(batch.num_rows()).unwrap_or(u64::MAX);
        for (i, array) in batch.columns().iter().enumerate() {
            if i == columns.len() {
                columns.push(ColumnDigest::new(loose(i)));
            }
            if let Err(error) = columns[i].update(array.as_ref()) {
                unwritable = Some(error);
            }
        }
    })?;
    for i in columns.len()..schema.fields().len() {
        columns.push(ColumnDigest::new(loose(i)));
    }
    match unwritable {
        Some(error) => Err(error),
        None => Ok(Reading { rows, columns: columns.into_iter().map(ColumnDigest::finish).collect() }),
    }
}

fn panic_text(cause: &(dyn std::any::Any + Send)) -> String {
    let text = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message").to_owned()
}
