//! `parqlet head`.

use std::collections::BTreeSet;

use arrow_array::RecordBatch;
use futures_util::TryStreamExt;
use parqlet::ParquetFile;

use super::super::args::HeadArgs;
use super::super::output::print;
use super::super::table::{self, Extent, Shown};
use super::{Failure, Session, Spent, names};

pub(super) async fn run(session: &Session, args: &HeadArgs) -> Result<(), Failure> {
    let file = session.client.open(&args.url).await?;
    let mut read = file.read().limit(args.rows).offset(args.offset);
    let columns = args.columns();
    let visible = if columns.is_empty() { visible(&file, session) } else { names(&columns) };
    if !visible.is_empty() {
        read = read.columns(visible);
    }
    let mut stream = read.stream().await?;
    let schema = stream.schema();
    let mut batches: Vec<RecordBatch> = Vec::new();
    while let Some(batch) = stream.try_next().await? {
        batches.push(batch);
    }
    let mut spent = Spent::of(&file);
    spent.then(stream.stats());
    let extent = Extent {
        rows: file.row_count(),
        offset: args.offset,
        columns: if columns.is_empty() { top_level(&file).len() } else { schema.fields().len() },
    };
    print(&table::render(&schema, &batches, extent, &session.screen)?)?;
    session.report(&spent);
    Ok(())
}

/// The columns that can be seen on this screen, or none where that may be all: what is folded away anyhow is not worth
/// fetching.
fn visible(file: &ParquetFile, session: &Session) -> Vec<String> {
    let names = top_level(file);
    let shown = Shown::choose(names.len(), &session.screen);
    // A name that stands twice would not say which column is meant.
    let distinct = names.iter().collect::<BTreeSet<_>>().len() == names.len();
    if shown.left + shown.right >= names.len() || !distinct {
        return Vec::new();
    }
    let right = names.len() - shown.right;
    names
        .into_iter()
        .enumerate()
        .filter(|(place, _)| *place < shown.left || *place >= right)
        .map(|(_, name)| name)
        .collect()
}

fn top_level(file: &ParquetFile) -> Vec<String> {
    let metadata = file.metadata();
    let root = metadata.file_metadata().schema_descr().root_schema();
    root.get_fields().iter().map(|field| field.name().to_owned()).collect()
}
