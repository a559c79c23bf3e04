//! What goes into the machine for many files and what it asks for: the words of its contract.

use crate::fetch::Request;
use crate::job::Job;
use crate::load::RequestId;
use crate::object::Identity;
use std::time::Duration;

/// How many files are treated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Manner {
    /// Batches come as they are ready, whatever file they are of; else in the order of the files.
    pub unordered: bool,
    /// A file that can't be read is left out and named by [`super::Many::skipped`]; else it ends the load, as does what isn't
    /// about one file ([`crate::Error::is_general`]). Rows of a file are held back until all of it is decoded, as far as the
    /// memory budget goes. Once some were handed out, what ends the file ends the load.
    pub skip_failed: bool,
}

/// What is wanted of one file, where that isn't the same for all: see [`super::Many::with_parts`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its row groups, counted from 0.
    pub row_groups: Vec<usize>,
    /// The version they are of. Another one ends the load, or leaves the file out.
    pub identity: Identity,
}

/// What the machine wants done next; `file` is the place of the file in the list that was given.
#[derive(Debug)]
pub enum ManyStep {
    /// Send this request; report to [`super::Many::on_part`].
    Fetch {
        /// The file.
        file: usize,
        /// Its name.
        id: RequestId,
        /// What to ask.
        request: Request,
    },
    /// Drop this request, as [`crate::load::Step::Cancel`] says.
    Cancel {
        /// The file.
        file: usize,
        /// Its name.
        id: RequestId,
    },
    /// Run this job, anywhere; report to [`super::Many::on_decoded`].
    Decode {
        /// The file.
        file: usize,
        /// The job.
        job: Job,
    },
    /// Nothing to do until something is reported, a batch is taken, or this time comes.
    Wait {
        /// When to poll again at the latest.
        until: Option<Duration>,
    },
    /// Every batch was taken.
    Done,
}
