//! What a footer says about a file's part in the result.

use crate::arrow_schema;
use crate::conform::Int96Units;
use crate::error::{Error, Result};
use crate::opened::Opened;
use crate::scan::Scan;
use crate::select::Selection;
use ::arrow_schema::SchemaRef;
use std::sync::Arc;

/// One file's part.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Rows of the selected row groups.
    pub rows: u64,
    /// About what these rows take in memory: the bytes of their column chunks before compression.
    pub bytes: u64,
    /// Its columns, of those that are wanted.
    pub schema: SchemaRef,
    /// What is wanted of it, without offset and limit, and without the columns that it doesn't have.
    pub selection: Selection,
    /// Whether its values may show that INT96 columns need a coarser unit than the schema says.
    pub may_change_units: bool,
    /// The object's length in bytes.
    pub length: u64,
    /// What is said of the columns that it doesn't have.
    absent: Vec<(String, Error)>,
}

impl Facts {
    /// The part of an open file. `memory` is the load's budget in bytes.
    ///
    /// # Errors
    /// When a row group is wanted that the file doesn't have, or its columns can't be Arrow's.
    pub fn of(opened: &Opened, selection: &Selection, memory: u64) -> Result<Self> {
        let metadata = &opened.footer.metadata;
        let (selection, absent) = selection.of_present(metadata);
        let resolved = selection.resolve(metadata)?;
        let rows = resolved.rows.iter().map(|rows| rows.total).fold(0, u64::saturating_add);
        let chunks = resolved.rows.iter().flat_map(|rows| {
            let row_group = metadata.row_groups().get(rows.index);
            row_group
                .into_iter()
                .flat_map(|row_group| resolved.leaves.iter().filter_map(|leaf| row_group.columns().get(*leaf)))
        });
        let sizes = chunks.map(|chunk| u64::try_from(chunk.uncompressed_size()).unwrap_or_default());
        let bytes = sizes.fold(0, u64::saturating_add);
        let int96 = Int96Units::new(metadata);
        let conformed = arrow_schema::conformed(&opened.footer, Arc::clone(metadata), &int96)?;
        let length = opened.identity.length;
        let scan = Scan::new(conformed, &resolved, length, memory)?;
        let may_change_units = scan.may_change_units();
        Ok(Self { rows, bytes, schema: scan.schema, selection, may_change_units, length, absent })
    }
}

/// A column that is wanted by name has to be in one file at least.
///
/// # Errors
/// Of kind [`crate::ErrorKind::Usage`], as the first file would say it, when it is in none.
pub fn all_found<'a>(mut files: impl Iterator<Item = &'a Facts>) -> Result<()> {
    let Some(first) = files.next() else { return Ok(()) };
    let mut absent: Vec<&(String, Error)> = first.absent.iter().collect();
    for file in files {
        absent.retain(|(name, _)| file.absent.iter().any(|(other, _)| other == name));
    }
    match absent.first() {
        Some((_, error)) => Err(error.clone()),
        None => Ok(()),
    }
}
