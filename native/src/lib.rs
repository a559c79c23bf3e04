//! Reads exactly the parts of a remote Parquet file that a question needs, in as few round trips as the link allows,
//! from one version of the object, as Arrow.
//!
//! ```no_run
//! # async fn example() -> parqlet::Result<()> {
//! let client = parqlet::Client::new()?;
//! let file = client.open("https://example.org/rides.parquet").await?;
//! let batches = file.read().columns(["fare", "pickup.zone"]).limit(1_000).collect().await?;
//! # Ok(())
//! # }
//! ```
//!
//! The decisions (what to ask for, how large, when, what to try again) are made by [`parqlet_core`]; this crate asks and
//! decodes: HTTP by reqwest on tokio, object stores (`s3://`, `gs://`, `az://`) with the credentials that
//! `object_store` finds, decoding on a rayon pool of its own, so no runtime thread is ever blocked.
//! [`blocking`] has the same without async.

pub mod blocking;
mod buffers;
mod client;
mod decode;
mod fetch;
mod file;
mod headers;
mod http;
mod list;
mod load_many;
mod parquet_file;
mod read;
pub mod shell;
mod source;
mod splits;
mod store;
mod stream;

pub use client::{Client, ClientBuilder};
pub use list::{Listing, ObjectEntry};
pub use load_many::{LoadMany, ManyStream};
pub use parqlet_core as core;
pub use parqlet_core::cut::Cut;
pub use parqlet_core::error::{Error, ErrorKind, Result};
pub use parqlet_core::parts::KnownParts;
pub use parqlet_core::plan::{ReadPlan, Task};
pub use parqlet_core::select::Selection;
pub use parqlet_core::stats::Stats;
pub use parquet_file::ParquetFile;
pub use read::{Plan, Read};
pub use splits::{Split, SplitFile, Splits};
pub use stream::BatchStream;
