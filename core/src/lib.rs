//! Every decision of a remote Parquet read.
