//! The ways to the files of a load.

use crate::fetch::AnyFetch;
use parqlet_core::many;

/// By the places of the files in the list.
#[derive(Debug)]
pub(super) struct Ways(pub(super) Vec<AnyFetch>);

impl many::Ways for Ways {
    type Fetch = AnyFetch;

    #[allow(clippy::indexing_slicing, reason = "the machine knows as many files as there are ways")]
    fn way(&self, file: usize) -> &AnyFetch {
        &self.0[file]
    }
}
