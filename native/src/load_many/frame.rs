//! What is known of a load before its first request, because it is a split of a larger one.

use arrow_schema::SchemaRef;
use parqlet_core::many::Part;

/// The frame that a load has to fit.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// The schema to give, whatever the files have.
    pub(crate) schema: SchemaRef,
    /// Those of its columns that the folders tell.
    pub(crate) partitions: Vec<String>,
    /// For each file its row groups and the version they are of.
    pub(crate) parts: Vec<Part>,
}
