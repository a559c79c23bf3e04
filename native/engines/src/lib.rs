//! Lets [DataFusion] and, through it, [Ballista] scan remote Parquet files through [`parqlet`]: an
//! [`object_store::ObjectStore`] whose reads are Parqlet's requests.
//!
//! What a query gains over the store that DataFusion takes for HTTP by itself:
//!
//! - Planning a query opens each file with one request, which tells length, version and footer at once. What that
//!   fetched stays known: reading the footer again, in the planner or in a task, costs no request, and a small file none
//!   at all.
//! - All column chunks of a row group are asked for together, merged and split for the link as it was measured, side by
//!   side, with Parqlet's retries; and, with [`ReadAhead`], those of the row groups to come while one is decoded.
//! - All of it comes from one version of each file (see [`ParqletStore`] and [`ReadAhead`]).
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use datafusion::execution::SessionStateBuilder;
//! use datafusion::execution::runtime_env::RuntimeEnvBuilder;
//! use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
//! use parqlet_datafusion::{ParqletRegistry, ReadAhead, SCAN_SETTINGS};
//! use std::sync::Arc;
//!
//! let registry = ParqletRegistry::new(parqlet::Client::new()?);
//! let runtime = RuntimeEnvBuilder::new().with_object_store_registry(Arc::new(registry.clone())).build_arc()?;
//! let mut config = SessionConfig::new();
//! for (name, value) in SCAN_SETTINGS {
//!     config.options_mut().set(name, value)?;
//! }
//! let state = SessionStateBuilder::new().with_default_features().with_config(config).with_runtime_env(runtime);
//! let state = state.with_physical_optimizer_rule(Arc::new(ReadAhead::new(registry)));
//! let context = SessionContext::new_with_state(state.build());
//! context.register_parquet("rides", "https://example.org/rides.parquet", ParquetReadOptions::default()).await?;
//! context.sql("SELECT city, avg(fare) FROM rides GROUP BY city").await?.show().await?;
//! # Ok(())
//! # }
//! ```
//!
//! Ballista sends its plans to executors, which open the files themselves: scheduler, executors and the client that
//! plans take the registry each, as the examples `scheduler` and `executor` do in a few lines.
//!
//! Only Parquet files, and only reading: another format is refused when it is opened, and every write with one
//! sentence. Local files (`file://`) stay with DataFusion's own store.
//!
//! [DataFusion]: https://datafusion.apache.org
//! [Ballista]: https://datafusion.apache.org/ballista

mod ahead;
mod errors;
mod files;
mod listing;
mod reader;
mod registry;
mod store;

pub use ahead::ReadAhead;
pub use registry::ParqletRegistry;
pub use store::ParqletStore;

/// Settings of a DataFusion session that fit this store, by the names that `SET` takes.
///
/// DataFusion guesses that the last 512 KiB of a file hold its footer and asks for all of them. Here what opening
/// fetched is known, so it is better to ask for the footer as it is: then no byte of it is fetched twice. The sessions
/// that plan and the executors that run both need it; Ballista sends them along.
pub const SCAN_SETTINGS: [(&str, &str); 1] = [("datafusion.execution.parquet.metadata_size_hint", "0")];
