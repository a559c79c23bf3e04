//! Every decision of a remote Parquet read.

pub mod vet;
