//! Versions of answers.

use std::fmt::Write as _;

use parqlet::core::object::Identity;
use sha2::{Digest, Sha256};
use url::Url;

use super::query::Question;
use super::settings::Settings;

/// Raised when the same question gets other bytes, here and in the npm package alike.
const REVISION: u32 = 1;

/// The entity tag of an answer: from the version of the object and the question, before any data is read. `None` where
/// the file's server tells no version.
pub(super) fn entity_tag(identity: &Identity, url: &Url, question: &Question, settings: &Settings) -> Option<String> {
    let version = &identity.version;
    if version.etag().is_none() && version.last_modified().is_none() {
        return None;
    }
    // Batches depend on the memory there is, and plans on both.
    let facts = (
        REVISION,
        url.as_str(),
        identity.length,
        version.etag(),
        version.last_modified(),
        question,
        settings.memory,
        settings.max_requests,
    );
    let hash = Sha256::digest(serde_json::to_string(&facts).ok()?);
    let mut tag = String::from("\"");
    for byte in hash.iter().take(16) {
        // Writing to a string does not fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    Some(tag)
}

/// Whether the caller has this answer already (RFC 9110, 13.1.2: weak comparison).
pub(super) fn is_known(tag: &str, if_none_match: &str) -> bool {
    if if_none_match.trim() == "*" {
        return true;
    }
    let mut known = if_none_match.split(',').map(str::trim);
    known.any(|known| known.strip_prefix("W/").unwrap_or(known) == tag)
}
