//! `parqlet head`.

use arrow_array::RecordBatch;
use futures_util::TryStreamExt;

use super::super::args::HeadArgs;
use super::super::output::print;
use super::super::table;
use super::{Failure, Session, Spent, names};

pub(super) async fn run(session: &Session, args: &HeadArgs) -> Result<(), Failure> {
    let file = session.client.open(&args.url).await?;
    let mut read = file.read().limit(args.rows).offset(args.offset);
    let columns = args.columns();
    if !columns.is_empty() {
        read = read.columns(names(&columns));
    }
    let mut stream = read.stream().await?;
    let schema = stream.schema();
    let mut batches: Vec<RecordBatch> = Vec::new();
    while let Some(batch) = stream.try_next().await? {
        batches.push(batch);
    }
    let mut spent = Spent::of(&file);
    spent.then(stream.stats());
    print(&table::render(&schema, &batches, file.row_count(), &session.screen)?)?;
    session.report(&spent);
    Ok(())
}
