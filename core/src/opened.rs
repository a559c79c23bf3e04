//! What is known of an object once it is open: who it is, its footer, and the bytes that told it.

use crate::footer::Footer;
use crate::keep::Keep;
use crate::object::Identity;
use crate::parts::KnownParts;

/// One version of one object, with its footer parsed. Shared by all loads of the same open file.
#[derive(Debug)]
pub struct Opened {
    /// Length and version; every later answer is held against it.
    pub identity: Identity,
    /// The parsed footer.
    pub footer: Footer,
    /// The bytes that were fetched to get there. A small file is known whole.
    pub parts: KnownParts,
}

impl Opened {
    /// The same with what earlier reads left behind known too.
    #[must_use]
    pub fn knowing(&self, keep: &Keep) -> Self {
        let mut parts = self.parts.clone();
        for (start, bytes) in keep.pieces() {
            // A piece of another version may reach past the end of this one; then it stays unknown.
            parts.insert(start, bytes).unwrap_or_default();
        }
        Self { identity: self.identity.clone(), footer: self.footer.clone(), parts }
    }
}
