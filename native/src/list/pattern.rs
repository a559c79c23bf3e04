//! Names with wildcards, and what is hidden from them.

use glob::{MatchOptions, Pattern};
use parqlet_core::{Error, ErrorKind, Result};

/// What of a place is meant: everything below a folder, or what matches a pattern there.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// The folder, without `/` at its end.
    pub(super) folder: String,
    /// Whether an empty folder is the root of all.
    from_root: bool,
    pattern: Option<Pattern>,
    /// Whether hidden names were asked for.
    hidden: bool,
    /// How many parts a name below the folder may have.
    pub(super) depth: Option<usize>,
}

/// Whether a name has wildcards.
pub(super) fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

impl Wanted {
    /// Everything below a folder.
    pub(super) fn folder(name: &str) -> Self {
        let folder = name.trim_end_matches('/').to_owned();
        Self { folder, from_root: name.starts_with('/'), pattern: None, hidden: false, depth: None }
    }

    /// From a path or key.
    pub(super) fn parse(name: &str) -> Result<Self> {
        if !is_pattern(name) {
            return Ok(Self::folder(name));
        }
        let wild = name.split('/').position(is_pattern).unwrap_or(0);
        let parts: Vec<&str> = name.split('/').collect();
        let (fixed, rest) = parts.split_at(wild);
        let pattern = Pattern::new(name)
            .map_err(|error| Error::new(ErrorKind::Usage, format!("this is no pattern: {}", error.msg)))?;
        let depth = (!rest.contains(&"**")).then_some(rest.len());
        let (folder, from_root) = (fixed.join("/"), name.starts_with('/'));
        let hidden = rest.iter().any(|part| is_hidden(part));
        Ok(Self { folder, from_root, pattern: Some(pattern), hidden, depth })
    }

    /// Whether the name begins with `/`, so that an empty folder is the root.
    pub(super) fn is_from_root(&self) -> bool {
        self.from_root
    }

    /// The path of what is in a folder.
    pub(super) fn joined(&self, folder: &str, name: &str) -> String {
        if folder.is_empty() && !self.from_root { name.to_owned() } else { format!("{folder}/{name}") }
    }

    /// Whether a file below the folder is meant; `name` is its whole path.
    pub(super) fn holds(&self, name: &str) -> bool {
        let below = name.strip_prefix(&self.folder).unwrap_or(name).trim_start_matches('/');
        let strict = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
        (self.hidden || !below.split('/').any(is_hidden))
            && !below.ends_with(".crc")
            && self.pattern.as_ref().is_none_or(|pattern| pattern.matches_with(name, strict))
    }

    /// Whether a folder below ours may hold something that is meant.
    pub(super) fn enters(&self, name: &str) -> bool {
        self.hidden || !is_hidden(name)
    }
}

/// What writers leave beside their files: `_SUCCESS`, `_temporary/`, `.part-0.parquet.crc`. A partition is no such thing.
fn is_hidden(part: &str) -> bool {
    part.starts_with('.') && part != "." && part != ".." || (part.starts_with('_') && !part.contains('='))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_stops_at_a_folder_and_two_do_not() {
        let one = Wanted::parse("t/*/part-?.parquet").unwrap();
        assert_eq!((one.folder.as_str(), one.depth), ("t", Some(2)));
        assert!(
            one.holds("t/a/part-1.parquet") && !one.holds("t/a/b/part-1.parquet") && !one.holds("t/a/part-10.parquet")
        );
        let two = Wanted::parse("t/**/part-[0-9]*.parquet").unwrap();
        assert_eq!((two.folder.as_str(), two.depth), ("t", None));
        assert!(
            two.holds("t/part-1.parquet") && two.holds("t/a/b/part-12.parquet") && !two.holds("t/a/part-x.parquet")
        );
        assert_eq!(Wanted::parse("t/a**/x").unwrap_err().kind(), ErrorKind::Usage);
        assert_eq!(Wanted::parse("*.parquet").unwrap().folder, "");
    }

    #[test]
    fn hidden_files_are_left_out_unless_named() {
        let folder = Wanted::parse("t/_x/").unwrap();
        assert!(folder.holds("t/_x/a.parquet") && folder.holds("t/_x/_k=1/a.parquet"));
        for name in ["t/_x/_SUCCESS", "t/_x/.a.parquet.crc", "t/_x/_temporary/0/a.parquet", "t/_x/a.crc"] {
            assert!(!folder.holds(name), "{name}");
        }
        assert!(!Wanted::parse("t/**/*.parquet").unwrap().holds("t/_temporary/0/a.parquet"));
        assert!(Wanted::parse("t/_*/*.parquet").unwrap().holds("t/_old/a.parquet"));
    }
}
