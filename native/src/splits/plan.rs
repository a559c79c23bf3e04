//! Planning splits: the footers of all files, and where to cut.

use super::{Common, Content, SplitFile, Splits};
use crate::client::Client;
use crate::list::ObjectEntry;
use crate::load_many::{Hive, unified};
use crate::parquet_file::ParquetFile;
use crate::source::Source;
use arrow_schema::SchemaRef;
use futures_util::{StreamExt, stream};
use parqlet_core::cut::{Cut, cut};
use parqlet_core::many::{Facts, all_found};
use parqlet_core::select::Selection;
use parqlet_core::stats::Stats;
use parqlet_core::{Error, ErrorKind, Result};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// Files that are opened side by side: as many as a load has requests under way.
const SIDE_BY_SIDE: usize = 64;

/// A row group of the data set.
struct Piece {
    /// The place of its file.
    file: usize,
    index: usize,
    rows: u64,
}

/// A file with what its footer told.
struct Known {
    /// Without row groups yet.
    file: SplitFile,
    object: Arc<str>,
    facts: Facts,
    /// Index, rows and bytes of each row group that is wanted.
    row_groups: Vec<(usize, u64, u64)>,
    stats: Stats,
}

impl Client {
    /// Cuts a data set into splits that are about the same in bytes of the selected columns; each can be loaded by another
    /// machine. Reads the footers of all files and nothing else. Splits end where row groups do, not where files do:
    /// [`Cut::Count`] makes so many with the largest as small as it can be (fewer where there are fewer row groups),
    /// [`Cut::Size`] makes none larger than so many bytes but for row groups that are larger themselves.
    ///
    /// Row groups of the selection are those of each file, as in [`Client::load_many`].
    ///
    /// # Errors
    /// When a footer can't be read, the files don't fit together, or the selection has an offset or a limit.
    pub async fn split<F: Into<ObjectEntry>>(
        &self,
        files: impl IntoIterator<Item = F>,
        selection: &Selection,
        into: Cut,
    ) -> Result<Splits> {
        if selection.skipped() > 0 || selection.most().is_some() {
            return Err(Error::new(ErrorKind::Usage, "splits are of whole row groups: leave out offset and limit"));
        }
        let entries: Vec<ObjectEntry> = files.into_iter().map(Into::into).collect();
        if entries.is_empty() {
            return Err(Error::new(ErrorKind::Usage, "there is no file to split: name one at least"));
        }
        let hive = Hive::of(&entries);
        let of_files = hive.left_to_files(selection);
        let mut opened =
            stream::iter(entries.into_iter().map(|entry| self.known(entry, &of_files))).buffered(SIDE_BY_SIDE);
        let mut known = Vec::new();
        while let Some(file) = opened.next().await {
            known.push(file?);
        }
        all_found(known.iter().map(|file| &file.facts))?;
        let schemas: Vec<(&str, SchemaRef)> =
            known.iter().map(|file| (file.object.as_ref(), Arc::clone(&file.facts.schema))).collect();
        let common = Common {
            columns: selection.names().map(<[String]>::to_vec),
            partitions: hive.names(selection.names()),
            schema: hive.added(&unified(&schemas)?, selection.names()),
        };
        Ok(cut_up(common, &known, into))
    }

    async fn known(&self, entry: ObjectEntry, selection: &Selection) -> Result<Known> {
        let file = self.open(&entry.url).await?;
        let opened = file.opened();
        let memory = self.options(&file.remote().origin).limits.memory;
        let known = || {
            let facts = Facts::of(&opened, selection, memory)?;
            Ok((row_groups(&file, &facts.selection)?, facts))
        };
        let (row_groups, facts) = known().map_err(|error: Error| error.with_object(file.object()))?;
        let url = anywhere(entry.url)?;
        let (identity, partitions) = (file.identity(), entry.partitions);
        let split_file = SplitFile { url, identity, partitions, row_groups: Vec::new() };
        Ok(Known { file: split_file, object: file.object(), facts, row_groups, stats: file.stats() })
    }
}

/// Index, rows and bytes of the selected columns of each row group that is wanted. Those without rows are left out.
fn row_groups(file: &ParquetFile, selection: &Selection) -> Result<Vec<(usize, u64, u64)>> {
    let metadata = file.metadata();
    let resolved = selection.resolve(&metadata)?;
    let bytes = |index: usize| {
        let group = metadata.row_group(index);
        let of_leaf = |leaf: &usize| u64::try_from(group.column(*leaf).compressed_size()).unwrap_or(0);
        resolved.leaves.iter().map(of_leaf).fold(0, u64::saturating_add)
    };
    Ok(resolved.rows.iter().map(|rows| (rows.index, rows.total, bytes(rows.index))).collect())
}

/// A name that means the same in any folder.
fn anywhere(url: String) -> Result<String> {
    match Source::parse(&url)? {
        Source::File(path) if !url.starts_with("file:") => {
            let whole =
                std::path::absolute(&path).ok().and_then(|whole: PathBuf| whole.into_os_string().into_string().ok());
            Ok(whole.unwrap_or(url))
        }
        _ => Ok(url),
    }
}

fn cut_up(common: Common, known: &[Known], into: Cut) -> Splits {
    let mut pieces = Vec::new();
    let mut weights = Vec::new();
    for (file, Known { row_groups, .. }) in known.iter().enumerate() {
        for (index, rows, bytes) in row_groups {
            pieces.push(Piece { file, index: *index, rows: *rows });
            weights.push(*bytes);
        }
    }
    let content = |range: Range<usize>| {
        let bytes = weights.get(range.clone()).unwrap_or_default().iter().copied().fold(0, u64::saturating_add);
        content(known, pieces.get(range).unwrap_or_default(), bytes)
    };
    let splits = cut(&weights, into).into_iter().map(content).collect();
    let mut stats = Stats::default();
    for file in known {
        let round_trips = stats.round_trips.max(file.stats.round_trips);
        stats.add(&file.stats);
        stats.round_trips = round_trips;
    }
    Splits { common: Arc::new(common), splits, stats }
}

fn content(known: &[Known], pieces: &[Piece], bytes: u64) -> Content {
    let of_file = |pieces: &[Piece]| {
        let file = &known.get(pieces.first()?.file)?.file;
        Some(SplitFile { row_groups: pieces.iter().map(|piece| piece.index).collect(), ..file.clone() })
    };
    Content {
        rows: pieces.iter().map(|piece| piece.rows).fold(0, u64::saturating_add),
        bytes,
        files: pieces.chunk_by(|one, other| one.file == other.file).filter_map(of_file).collect(),
    }
}
