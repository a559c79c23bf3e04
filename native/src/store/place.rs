//! Names of places in object stores: `s3://bucket/key`, `gs://bucket/key`, `az://container/key`.

use object_store::path::Path;
use parqlet_core::{Error, ErrorKind, Result};
use std::fmt;

/// Which protocol a store speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    S3,
    Gcs,
    Azure,
}

impl Kind {
    pub(crate) fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Gcs => "gs",
            Self::Azure => "az",
        }
    }

    /// What a user sets to be let in.
    pub(super) fn credentials(self) -> &'static str {
        match self {
            Self::S3 => "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            Self::Gcs => "GOOGLE_APPLICATION_CREDENTIALS",
            Self::Azure => "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
        }
    }
}

/// A bucket (a container, in Azure) and a key, a prefix or a pattern in it.
///
/// The key is taken as it is written, as other tools take it: a `%20` in it is three characters, and `?` begins no query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) kind: Kind,
    pub(crate) bucket: String,
    pub(crate) key: String,
}

impl Place {
    /// From a URL; `None` where its scheme is no object store's.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>> {
        let Some((scheme, rest)) = text.split_once("://") else { return Ok(None) };
        let kind = match scheme.to_ascii_lowercase().as_str() {
            "s3" => Kind::S3,
            "gs" => Kind::Gcs,
            "az" => Kind::Azure,
            _ => return Ok(None),
        };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let usable = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_' | '$');
        if bucket.is_empty() || !bucket.chars().all(usable) {
            // Whatever it is, it may hold a password: it is not repeated.
            let scheme = kind.scheme();
            return Err(Error::new(
                ErrorKind::Usage,
                format!("this names no bucket: write {scheme}://bucket/key; credentials come from the environment"),
            ));
        }
        Ok(Some(Self { kind, bucket: bucket.to_owned(), key: key.to_owned() }))
    }

    /// The key as the store's client takes it.
    pub(crate) fn path(&self) -> Result<Path> {
        path(&self.key)
    }

    /// The URL of another key in this bucket.
    pub(crate) fn url(&self, key: &str) -> String {
        format!("{}://{}/{key}", self.kind.scheme(), self.bucket)
    }
}

/// A key as the store's client takes it.
pub(crate) fn path(key: &str) -> Result<Path> {
    Path::parse(key).map_err(|error| {
        Error::new(
            ErrorKind::Usage,
            "this key can't be used: it has an empty part (//), a part that is `.` or `..`, or a control character",
        )
        .with_source(error)
    })
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url(&self.key))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_taken_as_it_is_written() {
        let place = Place::parse("s3://my-bucket/a b/c%20d?e#f.parquet").unwrap().unwrap();
        assert_eq!((place.kind, place.bucket.as_str()), (Kind::S3, "my-bucket"));
        assert_eq!(place.path().unwrap().as_ref(), "a b/c%20d?e#f.parquet");
        assert_eq!(place.to_string(), "s3://my-bucket/a b/c%20d?e#f.parquet");
        assert_eq!(Place::parse("GS://b").unwrap().unwrap().to_string(), "gs://b/");
        assert_eq!(Place::parse("https://b/c").unwrap(), None);
        assert_eq!(Place::parse("data/s3/x").unwrap(), None);
    }

    #[test]
    fn what_is_no_bucket_is_refused_and_not_repeated() {
        for text in ["s3:///key", "s3://KEY:SECRET@bucket/key", "az://", "s3://b?SECRET/key"] {
            let error = Place::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert!(error.to_string().contains("://bucket/key") && !error.to_string().contains("SECRET"), "{error}");
        }
        assert_eq!(path("a//b").unwrap_err().kind(), ErrorKind::Usage);
    }
}
