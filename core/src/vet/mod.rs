//! Checks of bytes before they are trusted.
//!
//! The Parquet crate sizes some of its allocations, loops and recursions by what a header claims. A failed
//! allocation or a full stack ends the process, and no `catch_unwind` helps. So everything that a file claims
//! passes here first: plain functions over bytes, no state, no I/O.
//!
//! ```text
//! footer bytes ──► footer::check ──► the crate's metadata ──► row_group::check ──► ranges asked for
//!                                                                  │
//! chunk bytes ───► pages::check_chunk / check_page ──► payload::check ──► the crate's page decoder ◄┘
//! ```
//!
//! Real files are odd, so a check is here only if what it refuses could cost memory, stack or time, or could not
//! be read anyway.

pub mod arrow_hint;
mod delta;
pub mod footer;
pub(crate) mod hybrid;
pub(crate) mod inflate;
pub mod page_index;
pub mod pages;
pub mod payload;
pub mod row_group;
pub mod row_width;
pub mod thrift;

use std::fmt;

/// Why bytes cannot be trusted: one sentence without a capital or a full stop, fit to follow `file: `.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage(String);

impl Damage {
    /// Damage described by `sentence`.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// The same damage, with the place it was found in before it: `place: sentence`.
    #[must_use]
    pub fn within(self, place: impl fmt::Display) -> Self {
        Self(format!("{place}: {}", self.0))
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Damage {}

/// `Err(Damage)` from a format string.
macro_rules! damaged {
    ($($arg:tt)*) => {
        Err($crate::vet::Damage::new(format!($($arg)*)))
    };
}
pub(crate) use damaged;
