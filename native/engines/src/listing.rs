//! What a store holds, as `object_store` tells it.

use crate::errors;
use object_store::path::Path;
use object_store::{ListResult, ObjectMeta, Result};
use parqlet::{Client, ErrorKind, ObjectEntry};
use std::collections::BTreeSet;

/// The files under a prefix with what the store says of each. `bucket` is the URL that paths are relative to.
pub(crate) async fn under(
    client: &Client,
    bucket: &str,
    prefix: Option<&Path>,
) -> Result<Vec<(ObjectMeta, ObjectEntry)>> {
    let prefix = prefix.map(Path::as_ref).filter(|prefix| !prefix.is_empty());
    // What is a pattern to the client is a name here.
    if prefix.is_some_and(|prefix| prefix.contains(['*', '?', '['])) {
        return Err(errors::unsupported("a prefix with one of * ? [ in it can't be listed"));
    }
    let name = prefix.map_or_else(|| bucket.to_owned(), |prefix| format!("{bucket}{prefix}/"));
    let listed = match client.list(name.as_str()).await {
        Ok(listed) => listed,
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) if error.kind() == ErrorKind::Usage => return Err(errors::unsupported(&error.to_string())),
        Err(error) => return Err(errors::of_store(&Path::from(prefix.unwrap_or_default()), error)),
    };
    let mut files = Vec::with_capacity(listed.len());
    for entry in listed {
        let location = Path::parse(entry.url.strip_prefix(bucket).unwrap_or_default())?;
        let meta = ObjectMeta {
            location,
            last_modified: entry.last_modified.map(Into::into).unwrap_or_default(),
            size: entry.size.unwrap_or_default(),
            e_tag: entry.etag.clone(),
            version: None,
        };
        files.push((meta, entry));
    }
    Ok(files)
}

/// The files right under a prefix, and the folders beside them.
pub(crate) fn level(prefix: Option<&Path>, files: Vec<ObjectMeta>) -> ListResult {
    let root = Path::default();
    let prefix = prefix.unwrap_or(&root);
    let mut folders = BTreeSet::new();
    let mut objects = Vec::new();
    for file in files {
        let Some(mut parts) = file.location.prefix_match(prefix) else { continue };
        let folder = match (parts.next(), parts.next()) {
            (Some(folder), Some(_)) => Some(prefix.clone().join(folder)),
            _ => None,
        };
        drop(parts);
        match folder {
            Some(folder) => drop(folders.insert(folder)),
            None => objects.push(file),
        }
    }
    ListResult { common_prefixes: folders.into_iter().collect(), objects }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_has_its_files_and_the_folders_beside_them() {
        let names =
            ["t/a.parquet", "t/year=2024/b.parquet", "t/year=2024/m=1/c.parquet", "t/year=2025/d.parquet", "u/e"];
        let file = |name: &&str| ObjectMeta {
            location: Path::from(*name),
            last_modified: Default::default(),
            size: 1,
            e_tag: None,
            version: None,
        };
        let names_of = |prefix: Option<&str>| {
            let level = level(prefix.map(Path::from).as_ref(), names.iter().map(file).collect());
            let files: Vec<_> = level.objects.into_iter().map(|file| file.location.to_string()).collect();
            (level.common_prefixes.iter().map(Path::to_string).collect::<Vec<_>>(), files)
        };
        let strings = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(names_of(None), (strings(&["t", "u"]), vec![]));
        assert_eq!(names_of(Some("t")), (strings(&["t/year=2024", "t/year=2025"]), strings(&["t/a.parquet"])));
        assert_eq!(names_of(Some("t/year=2024/m=1")), (vec![], strings(&["t/year=2024/m=1/c.parquet"])));
    }
}
