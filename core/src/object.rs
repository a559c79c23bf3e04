//! Identity of a remote object: how long it is and which version of it was seen.

/// Which state of an object an answer came from.
///
/// A strong ETag decides where both sides have one; else `Last-Modified`; else the length alone. Weak ETags promise
/// only that two states mean the same, not that their bytes are equal, so they are not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Version {
    etag: Option<String>,
    last_modified: Option<String>,
}

impl Version {
    /// From the `ETag` and `Last-Modified` headers as they were sent.
    pub fn from_headers(etag: Option<&str>, last_modified: Option<&str>) -> Self {
        Self {
            etag: etag.filter(|tag| tag.len() >= 2 && tag.starts_with('"')).map(str::to_owned),
            last_modified: last_modified.map(str::to_owned),
        }
    }

    /// The strong ETag with its quotes, as `If-Match` takes it.
    pub fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }

    /// The `Last-Modified` date as the server wrote it.
    pub fn last_modified(&self) -> Option<&str> {
        self.last_modified.as_deref()
    }

    /// Whether nothing speaks against both being the same state.
    fn agrees_with(&self, other: &Self) -> bool {
        match (&self.etag, &other.etag) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => match (&self.last_modified, &other.last_modified) {
                (Some(ours), Some(theirs)) => ours == theirs,
                _ => true,
            },
        }
    }
}

/// What the first answer pins and every later one is held against.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The object's length in bytes.
    pub length: u64,
    /// The object's version.
    pub version: Version,
}

impl Identity {
    /// Whether `other` can be the same state of the same object.
    pub fn agrees_with(&self, other: &Self) -> bool {
        self.length == other.length && self.version.agrees_with(&other.version)
    }
}

/// A URL as it may be shown: without user, password, query and fragment, all of which may hold secrets.
pub fn shown(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let url = &url[..end];
    let Some(scheme_end) = url.find("://") else {
        return url.to_owned();
    };
    let (scheme, rest) = url.split_at(scheme_end + 3);
    let authority_end = rest.find('/').unwrap_or(rest.len());
    match rest[..authority_end].rfind('@') {
        Some(at) => format!("{scheme}{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(etag: Option<&str>, modified: Option<&str>) -> Identity {
        Identity { length: 10, version: Version::from_headers(etag, modified) }
    }

    #[test]
    fn a_strong_etag_decides() {
        let first = identity(Some("\"a\""), Some("Mon"));
        assert!(first.agrees_with(&identity(Some("\"a\""), Some("Tue"))));
        assert!(!first.agrees_with(&identity(Some("\"b\""), Some("Mon"))));
    }

    #[test]
    fn without_a_strong_etag_the_date_decides() {
        let first = identity(Some("W/\"a\""), Some("Mon"));
        assert_eq!(first.version.etag(), None);
        assert!(first.agrees_with(&identity(Some("W/\"b\""), Some("Mon"))));
        assert!(!first.agrees_with(&identity(None, Some("Tue"))));
        assert!(first.agrees_with(&identity(None, None)));
    }

    #[test]
    fn another_length_is_another_object() {
        let mut other = identity(Some("\"a\""), None);
        other.length = 11;
        assert!(!identity(Some("\"a\""), None).agrees_with(&other));
    }

    #[test]
    fn shown_urls_hold_no_secret() {
        assert_eq!(shown("https://u:p@host/a/b.parquet?sig=secret#x"), "https://host/a/b.parquet");
        assert_eq!(shown("https://host/a@b.parquet?x"), "https://host/a@b.parquet");
        assert_eq!(shown("/local/file.parquet"), "/local/file.parquet");
    }
}
