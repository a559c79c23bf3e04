//! Every decision of a remote Parquet read: what to ask, how big, when, what to retry, what to decode next.
//!
//! This crate does no I/O, reads no clock, starts no thread and looks at no environment. Bytes and time are arguments,
//! actions are return values. A shell (native or browser) does what [`load::Load`] says and reports what happened.
//!
//! ```text
//!  open ─► footer ─► select ─► plan ─► coalesce ─► schedule ──► Fetch (shell)
//!             ▲                                       │
//!             └───────────── known parts ◄────────────┴──────── answers, checked
//!                                 │
//!                            jobs (one task's decoder with its bytes) ──► Decode (shell)
//!                                 │
//!                            batches in file order
//! ```

pub mod answer;
pub mod arrow_schema;
mod chunks;
pub mod coalesce;
pub mod conform;
pub mod cut;
pub mod drive;
pub mod error;
pub mod fetch;
pub mod footer;
pub mod hedge;
mod inspect;
pub mod job;
pub mod keep;
pub mod ledger;
pub mod link;
pub mod load;
pub mod many;
pub mod object;
pub mod opened;
mod pages;
pub mod parts;
pub mod plan;
mod prefix;
pub mod ranges;
pub mod retry;
mod row_group;
pub mod scan;
mod schedule;
pub mod select;
pub mod slots;
pub mod stats;
mod under_way;
pub mod vet;

pub use error::{Error, ErrorKind, Result};
