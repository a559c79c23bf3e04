//! The files of a load and the ways to them.

use crate::client::{Client, Origin};
use crate::fetch::AnyFetch;
use crate::list::ObjectEntry;
use crate::source::Source;
use parqlet_core::{Error, ErrorKind, Result, many};
use std::sync::Arc;

/// By the places of the files in the list.
#[derive(Debug)]
pub(super) struct Ways(Vec<AnyFetch>);

impl many::Ways for Ways {
    type Fetch = AnyFetch;

    #[allow(clippy::indexing_slicing, reason = "the machine knows as many files as there are ways")]
    fn way(&self, file: usize) -> &AnyFetch {
        &self.0[file]
    }
}

/// The names of the files, the ways to them, and the link that they are taken to lie behind: that of the first.
///
/// # Errors
/// When a name is none, or there is no file.
pub(super) fn ways(client: &Client, files: &[ObjectEntry]) -> Result<(Vec<Arc<str>>, Ways, Origin)> {
    let mut origin = None;
    let (mut objects, mut ways) = (Vec::with_capacity(files.len()), Vec::with_capacity(files.len()));
    for file in files {
        let named = |error: Error| error.with_object(parqlet_core::object::shown(&file.url).into());
        let source = Source::parse(&file.url).map_err(named)?;
        origin.get_or_insert_with(|| Origin::of(&source));
        objects.push(source.shown().into());
        ways.push(client.way_of_many(source).map_err(named)?);
    }
    match origin {
        Some(origin) => Ok((objects, Ways(ways), origin)),
        None => Err(Error::new(ErrorKind::Usage, "there is no file to load: name one at least")),
    }
}
