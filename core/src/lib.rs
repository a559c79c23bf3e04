//! Every decision of a remote Parquet read.

pub mod coalesce;
pub mod ledger;
pub mod link;
pub mod parts;
pub mod ranges;
pub mod retry;
