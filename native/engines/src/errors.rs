//! Errors as query engines know them.

use object_store::path::Path;
use parqlet::ErrorKind;

/// What stands before errors that fit no kind of `object_store`'s.
pub(crate) const STORE: &str = "Parqlet";

/// The same error in `object_store`'s words, for those who look at its kind; the sentence stays ours.
pub(crate) fn of_store(path: &Path, error: parqlet::Error) -> object_store::Error {
    let (kind, path, source) = (error.kind(), path.to_string(), Box::new(error));
    match kind {
        ErrorKind::NotFound => object_store::Error::NotFound { path, source },
        ErrorKind::Forbidden => object_store::Error::PermissionDenied { path, source },
        ErrorKind::Changed => object_store::Error::Precondition { path, source },
        ErrorKind::Unsupported => object_store::Error::NotSupported { source },
        _ => object_store::Error::Generic { store: STORE, source },
    }
}

/// The answer to every attempt to write.
pub(crate) fn read_only() -> object_store::Error {
    object_store::Error::NotSupported { source: "Parqlet only reads: write to another store".into() }
}

/// The answer to what this store can't be asked.
pub(crate) fn unsupported(message: &str) -> object_store::Error {
    object_store::Error::NotSupported { source: message.into() }
}
