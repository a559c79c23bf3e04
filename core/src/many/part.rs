//! Parts: loads of which each file has row groups of its own, of a version that is known.

use super::{File, Many, Part, Stage};
use crate::error::{Error, ErrorKind, Result};
use crate::load::Load;
use crate::opened::Opened;
use crate::select::Selection;

impl Many {
    /// The same of these parts, one for each file: row groups of the selection don't count, offset and limit must not be
    /// there. The columns are taken to be known: rows don't wait for the footers of all files, and a column may be in none.
    #[must_use]
    pub fn with_parts(mut self, parts: Vec<Part>) -> Self {
        for (file, part) in self.files.iter_mut().zip(parts) {
            file.part = Some(part);
        }
        self.settled = true;
        self
    }

    /// What is wanted of a file that is open.
    ///
    /// # Errors
    /// When it isn't the version that its part is of.
    pub(super) fn wanted_of(&self, file: usize, opened: &Opened) -> Result<Selection> {
        let selection = self.selection.clone();
        let Some(part) = self.files.get(file).and_then(|file| file.part.as_ref()) else { return Ok(selection) };
        if !part.identity.agrees_with(&opened.identity) {
            return Err(changed());
        }
        Ok(selection.row_groups(part.row_groups.iter().copied()))
    }

    /// Holds a load against the version that its part is of: it may have begun again with another one.
    ///
    /// # Errors
    /// When it has.
    pub(super) fn still_of_part(&self, file: usize) -> Result<()> {
        let Some(File { object, part: Some(part), stage: Stage::Opening(load) | Stage::Reading(load), .. }) =
            self.files.get(file)
        else {
            return Ok(());
        };
        if is_of(part, load) { Ok(()) } else { Err(changed().with_object(object.clone())) }
    }
}

fn is_of(part: &Part, load: &Load) -> bool {
    load.stats().restarts == 0 && load.opened().is_none_or(|opened| part.identity.agrees_with(&opened.identity))
}

fn changed() -> Error {
    Error::new(ErrorKind::Changed, "the object is not the one that the splits were planned for: plan them again")
}
