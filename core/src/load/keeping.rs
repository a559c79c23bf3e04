//! What was fetched since the object was opened, kept for later loads.

use crate::fetch::Answer;
use bytes::Bytes;

/// Answers, where all of them together are few enough to be kept.
#[derive(Debug)]
pub(super) struct Keeping {
    /// Bytes that may be kept; 0 once it is known that more will come.
    most: u64,
    answers: Vec<(u64, Bytes)>,
}

impl Keeping {
    pub(super) fn new(most: u64) -> Self {
        Self { most, answers: Vec::new() }
    }

    pub(super) fn push(&mut self, answer: &Answer) {
        if self.most > 0 {
            self.answers.push((answer.range.start, answer.bytes.clone()));
        }
    }

    /// So many bytes will come. They are kept where all of them are within what may be kept: else they would drive
    /// themselves out before anybody comes back to them. An offset index that is here already stays if it fits alone.
    pub(super) fn expect(&mut self, coming: u64) {
        let here: u64 = self.answers.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        if here > self.most {
            self.answers.clear();
        }
        if here.saturating_add(coming) > self.most {
            self.most = 0;
        }
    }

    pub(super) fn take(&mut self) -> Vec<(u64, Bytes)> {
        std::mem::take(&mut self.answers)
    }

    pub(super) fn clear(&mut self) {
        self.answers.clear();
    }
}
