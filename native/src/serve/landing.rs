//! Where redirects led: each request would be redirected again, at the cost of a round trip.

use std::collections::HashSet;

use url::Url;

/// One address may be refused at once because it was signed for HEAD; the second says that none is any good.
const MISSES: u32 = 2;

/// The memory of where one address leads.
#[derive(Debug, Default)]
pub(super) struct Landing {
    url: Option<Url>,
    /// An answer came from the address itself, without a redirect.
    proven: bool,
    /// Addresses that were refused before any answer came from them; from the second on redirects are paid.
    misses: u32,
    /// Addresses that redirects led to without leaving the origin of the file.
    at_home: HashSet<Url>,
}

impl Landing {
    /// Where to ask, and whether the way there never left the origin of the file; `None`: where the caller said.
    pub(super) fn url(&self) -> Option<(Url, bool)> {
        self.url.as_ref().map(|url| (url.clone(), self.at_home.contains(url)))
    }

    /// A request for `home` was answered at `url`.
    pub(super) fn keep(&mut self, home: &Url, url: &Url, at_home: bool) {
        if at_home {
            self.at_home.insert(url.clone());
        } else {
            self.at_home.remove(url);
        }
        if self.misses >= MISSES || url == home || self.url.as_ref() == Some(url) {
            return;
        }
        self.url = Some(url.clone());
        self.proven = false;
    }

    /// A request sent to `url` itself got no answer.
    pub(super) fn failed(&mut self, url: &Url) {
        if !self.proven {
            self.misses = MISSES;
        }
        self.forget(url);
    }

    /// Whether the answer of `url` says that it is of no use any more; the next request begins where the caller began.
    pub(super) fn refused(&mut self, url: &Url, status: u16) -> bool {
        // What a store says to a signed address that has expired: 400 is what some say to expired credentials.
        if !matches!(status, 300..=399 | 400 | 401 | 403 | 404 | 410) {
            self.proven = true;
            return false;
        }
        if !self.proven {
            self.misses += 1;
        }
        self.forget(url);
        true
    }

    fn forget(&mut self, url: &Url) {
        // Another request may have found a new one meanwhile.
        if self.url.as_ref() == Some(url) {
            self.url = None;
        }
    }
}
