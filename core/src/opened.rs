//! What is known of an object once it is open: who it is, its footer, and the bytes that told it.

use crate::footer::Footer;
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
