//! Lists folders of this machine.

use super::ObjectEntry;
use super::hive::{self, Partitions};
use super::pattern::{Wanted, is_pattern};
use parqlet_core::{Error, ErrorKind, Result};
use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

/// The names in a file that lists them.
pub(super) fn names(path: &str) -> Result<Vec<String>> {
    let text = fs::read_to_string(path)
        .map_err(|error| Error::new(ErrorKind::NotFound, format!("can't read this list of names: {error}")))?;
    let names = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let names: Vec<String> = names.map(str::to_owned).collect();
    if names.iter().any(|name| name.starts_with('@')) {
        return Err(Error::new(ErrorKind::Usage, "a list of names can't name another one"));
    }
    Ok(names)
}

/// The files in a folder, or those that match a pattern, by name. `exact` is for names that hold no pattern.
pub(super) async fn files(path: &Path, exact: bool, wanted: Partitions) -> Result<Vec<ObjectEntry>> {
    let Some(name) = path.to_str().map(str::to_owned) else { return Err(unreadable_name()) };
    let found = tokio::task::spawn_blocking(move || {
        // A name that is there is no pattern.
        let there = Path::new(&name).metadata();
        match there {
            Ok(metadata) if !metadata.is_dir() => Ok(vec![entry(&name, &metadata)]),
            Err(error) if exact || !is_pattern(&name) => Err(unlisted(&error)),
            Ok(_) => walk(&Wanted::folder(&name), &wanted),
            Err(_) => walk(&Wanted::parse(&name)?, &wanted),
        }
    });
    found.await.unwrap_or_else(|error| {
        Err(Error::new(ErrorKind::NotFound, "listing the folder was stopped").with_source(error))
    })
}

/// One file.
pub(super) fn file(path: &Path, name: &str) -> Result<ObjectEntry> {
    let metadata = path.metadata().map_err(|error| unlisted(&error))?;
    Ok(entry(name, &metadata))
}

/// Folders that are links are not entered: they may lead in a circle.
fn walk(what: &Wanted, wanted: &Partitions) -> Result<Vec<ObjectEntry>> {
    let mut found = Vec::new();
    let mut folders = vec![(what.folder.clone(), 1)];
    while let Some((folder, depth)) = folders.pop() {
        let place = if folder.is_empty() { "." } else { &folder };
        // Of a pattern that begins with `/` the folder is what is before it: nothing.
        let place = if folder.is_empty() && what.is_from_root() { "/" } else { place };
        for child in fs::read_dir(place).map_err(|error| unlisted(&error))? {
            let child = child.map_err(|error| unlisted(&error))?;
            let Ok(name) = child.file_name().into_string() else { return Err(unreadable_name()) };
            let whole = what.joined(&folder, &name);
            let kind = child.file_type().map_err(|error| unlisted(&error))?;
            if kind.is_dir() {
                let deeper = what.depth.is_none_or(|most| depth < most);
                if deeper && what.enters(&name) && wanted.may_be_in(&name) {
                    folders.push((whole, depth + 1));
                }
            } else if what.holds(&whole)
                // A link that leads nowhere is no file; a pipe is none either.
                && let Ok(metadata) = child.path().metadata()
                && metadata.is_file()
            {
                found.push(entry(&whole, &metadata));
            }
        }
    }
    found.sort_by(|left, right| left.url.cmp(&right.url));
    Ok(found)
}

fn entry(name: &str, metadata: &Metadata) -> ObjectEntry {
    ObjectEntry {
        url: name.to_owned(),
        size: Some(metadata.len()),
        last_modified: metadata.modified().ok(),
        etag: None,
        partitions: hive::partitions(name),
    }
}

fn unlisted(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => Error::new(ErrorKind::NotFound, "there is no such file: check the path"),
        io::ErrorKind::PermissionDenied => Error::new(ErrorKind::Forbidden, "no permission to look into this folder"),
        _ => Error::new(ErrorKind::NotFound, format!("can't look into this folder: {error}")),
    }
}

fn unreadable_name() -> Error {
    Error::new(ErrorKind::Unsupported, "a file's name here is not UTF-8: rename it, or name the other files")
}
