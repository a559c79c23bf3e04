//! `parqlet ls`: the files of a prefix, a pattern or a list.

use futures_util::{StreamExt, stream};
use parqlet::{ObjectEntry, ParquetFile};

use super::super::args::LsArgs;
use super::super::files::{FileRow, FilesReport};
use super::super::output::print;
use super::{Failure, Session, Spent, json_text, listing};

/// Files that are asked about side by side.
const SIDE_BY_SIDE: usize = 32;

pub(super) async fn run(session: &Session, args: &LsArgs) -> Result<(), Failure> {
    let entries = session.client.list(listing(&args.files)).await?;
    let asked = stream::iter(entries.into_iter().map(|entry| look(session, entry, args.footers)));
    let mut asked = asked.buffered(SIDE_BY_SIDE);
    let mut report = FilesReport::default();
    let mut spent = Spent::default();
    while let Some((row, file)) = asked.next().await {
        if let Some(file) = file {
            spent.then(file.stats());
        }
        report.files.push(row);
    }
    let text = if args.json { json_text(&report.summed())? } else { report.text() };
    print(&text)?;
    session.report(&spent);
    report.failed().map_or(Ok(()), |text| Err(Failure::Partly(text)))
}

/// A file with what wasn't known of it: its footer where that is wanted, else at least its size.
async fn look(session: &Session, entry: ObjectEntry, footer: bool) -> (FileRow, Option<ParquetFile>) {
    if footer {
        return match session.client.open(&entry.url).await {
            Ok(file) => (FileRow::opened(entry, &file), Some(file)),
            Err(error) => (FileRow::failed(entry, &error), None),
        };
    }
    if entry.size.is_some() {
        return (FileRow::listed(entry), None);
    }
    match session.client.stat(&entry.url).await {
        Ok(found) => (FileRow::listed(ObjectEntry { partitions: entry.partitions, ..found }), None),
        Err(error) => (FileRow::failed(entry, &error), None),
    }
}
