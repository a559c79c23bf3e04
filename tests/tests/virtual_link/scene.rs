//! What named loads share: a load to come with all that it meets, files to read, and how to look at the end.

use crate::shape::{Form, Shape, joined};
use arrow_array::RecordBatch;
use parqlet_core::error::Error;
use parqlet_core::fetch::Span;
use parqlet_core::link::Link;
use parqlet_core::load::{Goal, Load, Options};
use parqlet_core::plan::Limits;
use parqlet_core::select::Selection;
use parqlet_tests::virtual_link::{Content, End, Fault, Faults, Outcome, Physics, Sent, Server, Shell, VirtualLink};
use parquet::basic::Compression;
use std::time::Duration;

/// From a request to the first byte of its answer, as [`Physics`] has it unless told.
pub const LATENCY: Duration = Duration::from_millis(30);

/// A load to come, with what it meets.
pub struct Scene {
    pub selection: Selection,
    pub options: Options,
    pub server: Server,
    pub physics: Physics,
    pub faults: Faults,
    pub shell: Shell,
}

impl Scene {
    /// All of a file, from a server without faults, with a tail of 64 KiB and decoding that takes no time.
    pub fn new(shape: &Shape) -> Self {
        let link = Link { tail: 64 << 10, ..Link::object_store() };
        Self {
            selection: Selection::all(),
            options: Options {
                seed: 7,
                ..Options::new(Limits { link, memory: 64 << 20, max_requests: None, files: 1 })
            },
            server: Server::new(Content::tagged(shape.file.clone(), "first")),
            physics: Physics::default(),
            faults: Faults::default(),
            shell: Shell { decode: Duration::ZERO..Duration::ZERO, ..Shell::default() },
        }
    }

    /// Only this column.
    pub fn column(mut self, name: &str) -> Self {
        self.selection = Selection::all().columns([name]);
        self
    }

    /// What goes wrong, by the number of the request.
    pub fn faults(mut self, faults: impl IntoIterator<Item = (usize, Fault)>) -> Self {
        self.faults = Faults::script(faults);
        self
    }

    /// The object is another one from this moment on.
    pub fn becomes(mut self, at: Duration, shape: &Shape, etag: &str) -> Self {
        self.server.states.push((at, Content::tagged(shape.file.clone(), etag)));
        self
    }

    /// The load, not begun.
    pub fn load(&self) -> Load {
        Load::new("object".into(), Goal::Read(self.selection.clone()), self.options.clone())
    }

    /// How it ended, and what was asked for.
    pub fn run(&self) -> (Outcome, Vec<Sent>) {
        let mut link = VirtualLink::new(self.server.clone(), self.physics.clone(), self.faults.clone(), 1);
        let outcome = self.shell.run(self.load(), &mut link).unwrap_or_else(|broken| panic!("{broken}"));
        (outcome, link.log().to_vec())
    }
}

/// What ended the load.
pub fn error(outcome: &Outcome) -> &Error {
    match &outcome.end {
        End::Failed(error) => error,
        other => panic!("no error: {other:?}"),
    }
}

/// All rows of a load that is done.
pub fn rows(outcome: &Outcome) -> RecordBatch {
    assert!(matches!(outcome.end, End::Done), "{:?}", outcome.end);
    joined(outcome.load.as_ref().unwrap().schema().unwrap(), &outcome.batches)
}

/// What was asked for, in order.
pub fn spans(sent: &[Sent]) -> Vec<Span> {
    sent.iter().map(|sent| sent.request.span.clone()).collect()
}

/// 30 columns of numbers in 10 row groups: 12 MB, 40 KB a column chunk.
pub fn table(seed: u64) -> Shape {
    let form = Form { rows: 50_000, row_group: 5_000, columns: 30, ..table_form() };
    Shape::numbers(&form, seed)
}

/// Three columns in one row group.
pub fn small(seed: u64, rows: usize) -> Shape {
    let form = Form { rows, row_group: rows, page: 100, columns: 3, ..table_form() };
    Shape::numbers(&form, seed)
}

/// Plain numbers in pages of 1,000 rows; how many of them is to be said.
pub fn table_form() -> Form {
    Form {
        rows: 0,
        row_group: 1,
        page: 1_000,
        columns: 1,
        text: 0,
        index: true,
        dictionary: false,
        codec: Compression::UNCOMPRESSED,
    }
}

/// How long a connection takes for so many bytes.
pub fn transfer(bytes: u64) -> Duration {
    Duration::from_nanos((u128::from(bytes) * 1_000_000_000).div_ceil(80_000_000) as u64)
}
