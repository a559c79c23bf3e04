//! Versions of answers.

use std::fmt::Write as _;

use parqlet::core::object::Identity;
use serde::Serialize;
use sha2::{Digest, Sha256};
use url::Url;

use super::query::Question;
use super::settings::Settings;

/// Raised when the same question gets other bytes, here and in the npm package alike.
const REVISION: u32 = 1;

/// Bytes of each half of a tag.
const HALF: usize = 8;

/// The entity tag of an answer, before any data is read: half of it from the version of the object, which is the same in
/// all answers about it, half from the question. `None` where the file's server tells no version.
pub(super) fn entity_tag(identity: &Identity, url: &Url, question: &Question, settings: &Settings) -> Option<String> {
    let version = &identity.version;
    if version.etag().is_none() && version.last_modified().is_none() {
        return None;
    }
    let object = digest(&(url.as_str(), identity.length, version.etag(), version.last_modified()))?;
    // Batches depend on the memory there is, and plans on both.
    let asked = digest(&(REVISION, question, settings.memory, settings.max_requests))?;
    Some(format!("\"{object}{asked}\""))
}

fn digest(facts: &impl Serialize) -> Option<String> {
    let hash = Sha256::digest(serde_json::to_string(facts).ok()?);
    let mut text = String::with_capacity(2 * HALF);
    for byte in hash.iter().take(HALF) {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    Some(text)
}

/// Whether the caller has this answer already (RFC 9110, 13.1.2: weak comparison).
pub(super) fn is_known(tag: &str, if_none_match: &str) -> bool {
    if if_none_match.trim() == "*" {
        return true;
    }
    let mut known = if_none_match.split(',').map(str::trim);
    known.any(|known| known.strip_prefix("W/").unwrap_or(known) == tag)
}
