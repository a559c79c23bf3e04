//! What a user names: a URL or a path.

use crate::store::Place;
use parqlet_core::{Error, ErrorKind, Result};
use std::path::PathBuf;
use url::Url;

/// Where an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Http(Url),
    File(PathBuf),
    Store(Place),
}

impl Source {
    /// From a URL, or a path.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        if !text.contains("://") {
            return Ok(Self::File(PathBuf::from(text)));
        }
        if let Some(place) = Place::parse(text)? {
            return Ok(Self::Store(place));
        }
        let url = Url::parse(text).map_err(|error| {
            Error::new(ErrorKind::Usage, format!("`{}` is not a URL: {error}", parqlet_core::object::shown(text)))
        })?;
        match url.scheme() {
            "http" | "https" => Ok(Self::Http(url)),
            "file" => url.to_file_path().map(Self::File).map_err(|()| {
                Error::new(
                    ErrorKind::Usage,
                    "a file:// URL needs an absolute path and no host, as in file:///data/a.parquet",
                )
            }),
            scheme => Err(Error::new(
                ErrorKind::Usage,
                format!(
                    "`{scheme}://` is not supported: use https://, http://, s3://, gs://, az://, file:// or a path"
                ),
            )),
        }
    }

    /// The name for errors and statistics: no query, no password.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Http(url) => parqlet_core::object::shown(url.as_str()),
            Self::File(path) => path.display().to_string(),
            Self::Store(place) => place.to_string(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_file_and_a_url_is_what_its_scheme_says() {
        assert_eq!(Source::parse("data/a b.parquet").unwrap(), Source::File("data/a b.parquet".into()));
        assert_eq!(Source::parse("file:///data/a%20b.parquet").unwrap(), Source::File("/data/a b.parquet".into()));
        assert!(matches!(Source::parse("https://host/a.parquet?sig=1").unwrap(), Source::Http(_)));
    }

    #[test]
    fn other_schemes_are_refused_with_what_to_use() {
        let error = Source::parse("ftp://host/a.parquet").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert!(error.to_string().contains("http://"), "{error}");
    }

    #[test]
    fn names_hold_no_secret() {
        let source = Source::parse("https://user:pass@host/a.parquet?X-Amz-Signature=abc").unwrap();
        assert_eq!(source.shown(), "https://host/a.parquet");
    }
}
