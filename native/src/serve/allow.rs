//! Which files may be asked for.

use std::str::FromStr;

use url::{Host, Url};

use super::address::is_public_host;
use super::glob::Glob;

/// What a URL is to the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may be read. `named`: a pattern has its very host, so that its address may be anything.
    Allowed { named: bool },
    /// A host that is not public, and not named.
    Private,
    /// No pattern matches.
    Unknown,
}

/// The patterns of `--allow`. Nothing is allowed that they don't list.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllowList(Vec<Pattern>);

/// An origin, with a path or without; a star at the front of the host stands for whole labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    scheme: String,
    /// Without `*.` where `any_subdomain`; any host at all where it is empty.
    host: String,
    any_subdomain: bool,
    port: Option<u16>,
    path: Glob,
}

/// A name a URL parser takes for a host with a star in it.
const ANY: &str = "any-host.invalid";

impl AllowList {
    /// A list of these patterns.
    pub(crate) fn new(patterns: Vec<Pattern>) -> Self {
        Self(patterns)
    }

    /// Whether it is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Holds a URL against the patterns. A host that is not public must be named by one of them, without stars.
    pub(super) fn judge(&self, url: &Url) -> Verdict {
        let Some(host) = url.host() else { return Verdict::Unknown };
        if climbs(url.path()) {
            return Verdict::Unknown;
        }
        let public = is_public_host(&host);
        let mut matching = self.0.iter().filter(|pattern| pattern.matches(url)).peekable();
        let any = matching.peek().is_some();
        let named = matching.any(|pattern| !pattern.any_subdomain);
        match (named || any && public, public) {
            (true, _) => Verdict::Allowed { named },
            (false, true) => Verdict::Unknown,
            (false, false) => Verdict::Private,
        }
    }
}

impl Pattern {
    fn matches(&self, url: &Url) -> bool {
        let host = trimmed(url);
        let fits = match (self.any_subdomain, self.host.as_str()) {
            (true, "") => true,
            (true, parent) => host.strip_suffix(parent).is_some_and(|labels| labels.ends_with('.')),
            (false, name) => host == name,
        };
        fits && self.scheme == url.scheme() && self.port == url.port() && self.path.matches(url.path())
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (scheme, authority, path) =
            shape(text).ok_or("write an origin, with a path or without: https://data.example.org/public/")?;
        let any_subdomain = authority == "*" || authority.starts_with("*.") || authority.starts_with("*:");
        let rest = match authority.strip_prefix('*').filter(|_| any_subdomain) {
            Some(rest) => rest.strip_prefix('.').unwrap_or(rest),
            None => authority,
        };
        if rest.contains('*') {
            return Err("a star stands for whole labels at the front of the host".to_owned());
        }
        // The parser normalises what it will normalise in the URLs that are held against it.
        let any = if rest.is_empty() || rest.starts_with(':') { ANY } else { "" };
        let url = Url::parse(&format!("{scheme}://{any}{rest}{path}")).map_err(|_| "this is no address".to_owned())?;
        if climbs(url.path()) {
            return Err("a path must not lead upwards".to_owned());
        }
        let host = if url.host() == Some(Host::Domain(ANY)) { String::new() } else { trimmed(&url).to_owned() };
        let scheme = url.scheme().to_owned();
        Ok(Self { scheme, host, any_subdomain, port: url.port(), path: Glob::new(url.path()) })
    }
}

/// `scheme://host`, and the path that follows.
fn shape(text: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_web = ["http", "https"].iter().any(|web| web.eq_ignore_ascii_case(scheme));
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let plain = !authority.is_empty() && !authority.contains(['?', '#', '@', '\\']) && !path.contains(['?', '#', '\\']);
    (is_web && plain).then_some((scheme, authority, path))
}

/// The host without a dot at the end, which means the same host.
fn trimmed(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_end_matches('.')
}

/// Whether a path leads upwards for a server that decodes it once more than it should: the URL parser has resolved what
/// was plain.
fn climbs(path: &str) -> bool {
    let mut decoded = path.to_owned();
    for _ in 0..3 {
        decoded = decoded_once(&decoded);
    }
    decoded.split(['/', '\\']).any(|segment| matches!(segment, "." | ".."))
}

/// Dots, slashes and percent signs decoded.
fn decoded_once(path: &str) -> String {
    let mut decoded = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        let (before, code) = rest.split_at(at);
        decoded.push_str(before);
        let known = code.get(..3).and_then(|code| match code.to_ascii_lowercase().as_str() {
            "%25" => Some('%'),
            "%2e" => Some('.'),
            "%2f" => Some('/'),
            "%5c" => Some('\\'),
            _ => None,
        });
        decoded.push(known.unwrap_or('%'));
        rest = &code[if known.is_some() { 3 } else { 1 }..];
    }
    decoded.push_str(rest);
    decoded
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn list(patterns: &[&str]) -> AllowList {
        AllowList::new(patterns.iter().map(|pattern| pattern.parse().unwrap()).collect())
    }

    fn judge(list: &AllowList, url: &str) -> Verdict {
        list.judge(&Url::parse(url).unwrap())
    }

    #[test]
    fn scheme_host_and_port_count_and_the_query_does_not() {
        let list = list(&["https://data.example.org/public/", "HTTPS://Other.Example:443/a.parquet"]);
        let named = Verdict::Allowed { named: true };
        assert_eq!(judge(&list, "https://data.example.org/public/a?x=1"), named);
        assert_eq!(judge(&list, "https://data.example.org./public/a"), named);
        assert_eq!(judge(&list, "https://other.example/a.parquet"), named);
        for other in [
            "http://data.example.org/public/a",
            "https://data.example.org:8443/public/a",
            "https://data.example.org.evil.example/public/a",
            "https://data.example.org/secret",
            "https://data.example.org/public/..%2fsecret",
            "https://data.example.org/public/%252e%252e%252fsecret",
        ] {
            assert_eq!(judge(&list, other), Verdict::Unknown, "{other}");
        }
    }

    #[test]
    fn a_star_never_names_a_private_host() {
        let list = list(&["http://*/", "http://*:8080/", "https://*.example.org/", "http://127.0.0.1/x"]);
        assert_eq!(judge(&list, "http://example.com/"), Verdict::Allowed { named: false });
        assert_eq!(judge(&list, "https://a.b.example.org/"), Verdict::Allowed { named: false });
        assert_eq!(judge(&list, "https://example.org/"), Verdict::Unknown);
        assert_eq!(judge(&list, "https://evilexample.org/"), Verdict::Unknown);
        for private in ["http://2130706433/", "http://10.0.0.1/", "http://[::1]:8080/", "http://printer.local/"] {
            assert_eq!(judge(&list, private), Verdict::Private, "{private}");
        }
        assert_eq!(judge(&list, "http://0x7f.1/x"), Verdict::Allowed { named: true });
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for wrong in [
            "",
            "example.org",
            "ftp://a/",
            "https://",
            "https://u@h/",
            "https://h/?q",
            "https://a.*.org/",
            "https://h/..%2f",
        ] {
            assert!(wrong.parse::<Pattern>().is_err(), "{wrong}");
        }
    }
}
