//! Where the bytes of an output go, and how a file gets its name only when it is whole.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::OutputError;

/// Bytes gathered before they are handed to the system.
const BUFFER: usize = 256 << 10;

/// The open end of a destination.
pub(super) type Pipe = BufWriter<Box<dyn Write + Send>>;

/// Where the user wants the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// Standard output.
    Stdout,
    /// A file, device or named pipe.
    Path(PathBuf),
}

impl Target {
    /// `-` and `/dev/stdout` are standard output, all else is a path.
    pub(crate) fn from_path(path: &Path) -> Self {
        // Opened by its name, standard output redirected to a file would be written from the file's start.
        if path == Path::new("-") || path == Path::new("/dev/stdout") {
            Self::Stdout
        } else {
            Self::Path(path.to_owned())
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("standard output"),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}

/// What is left to do once all bytes are written.
#[derive(Debug)]
pub(super) enum Destination {
    /// Nothing: standard output, a device, a named pipe.
    InPlace,
    /// A file that waits under a temporary name; removed when dropped.
    Pending { temporary: TempPath, name: PathBuf },
}

impl Destination {
    /// Opens a target for writing.
    pub(super) fn open(target: &Target) -> Result<(Self, Pipe), OutputError> {
        let path = match target {
            Target::Stdout => {
                let out = standard_output().map_err(|source| failed(Path::new("standard output"), source))?;
                return Ok((Self::InPlace, pipe(out)));
            }
            Target::Path(path) => path,
        };
        Self::open_path(path).map_err(|source| failed(path, source))
    }

    fn open_path(path: &Path) -> io::Result<(Self, Pipe)> {
        let existing = match fs::metadata(path) {
            Ok(existing) => Some(existing),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if existing.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
        }
        if existing.as_ref().is_some_and(|existing| !existing.is_file()) {
            // A rename would put a file where the device or pipe was.
            let file = OpenOptions::new().write(true).open(path)?;
            return Ok((Self::InPlace, pipe(file)));
        }
        // Through a link, so that the link stays one and the temporary file is on the file's own disk.
        let name = if existing.is_some() { fs::canonicalize(path)? } else { path.to_owned() };
        let folder = match name.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            let text = format!("there is no folder {}", folder.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        let (file, temporary) = temporary_in(folder)?;
        if let Some(existing) = existing {
            // What may read the old file may read the new one. Where that is not ours to set, the new file is as any.
            let _ = file.set_permissions(existing.permissions());
        }
        Ok((Self::Pending { temporary, name }, pipe(file)))
    }

    /// Gives a finished file its name, in one step, over any file of that name.
    pub(super) fn commit(self) -> Result<(), OutputError> {
        match self {
            Self::InPlace => Ok(()),
            Self::Pending { temporary, name } => temporary.persist(&name).map_err(|error| failed(&name, error.error)),
        }
    }
}

/// Prints a finished text on standard output. The macros panic where nobody reads any more; this is an error that
/// `is_broken_pipe` knows.
pub(crate) fn print(text: &str) -> Result<(), OutputError> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|source| failed(Path::new("standard output"), source))
}

/// Writes a finished text into a file, which has it whole or stays what it was.
pub(crate) fn save(path: &Path, text: &str) -> Result<(), OutputError> {
    let (destination, mut pipe) = Destination::open(&Target::Path(path.to_owned()))?;
    pipe.write_all(text.as_bytes()).and_then(|()| pipe.flush()).map_err(|source| failed(path, source))?;
    drop(pipe);
    destination.commit()
}

/// Standard output as a file: `io::stdout()` looks for the last end of a line in all that goes through it.
fn standard_output() -> io::Result<File> {
    #[cfg(unix)]
    let own = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned()?;
    #[cfg(windows)]
    let own = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned()?;
    Ok(File::from(own))
}

fn temporary_in(folder: &Path) -> io::Result<(File, TempPath)> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".parqlet-").suffix(".part");
    // As any new file: what the umask leaves of this. The crate's own default is for secrets (0600).
    #[cfg(unix)]
    let permissions = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666);
    #[cfg(unix)]
    builder.permissions(permissions);
    // The crate's error adds the temporary name, which means nothing to the user.
    let file = builder.tempfile_in(folder).map_err(|error| {
        let inner = error.get_ref().and_then(std::error::Error::source).and_then(|inner| inner.downcast_ref());
        inner.map_or_else(|| plain(&error), plain)
    })?;
    Ok(file.into_parts())
}

/// What the system said, without what was wrapped around it.
pub(super) fn plain(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

fn pipe(to: impl Write + Send + 'static) -> Pipe {
    BufWriter::with_capacity(BUFFER, Box::new(to))
}

fn failed(path: &Path, source: io::Error) -> OutputError {
    OutputError::Io { target: path.display().to_string(), source }
}
