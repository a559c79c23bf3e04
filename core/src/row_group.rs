//! A reader of one row group whose pages come from wherever they are.

use crate::error::Result;
use crate::plan::Task;
use parquet::arrow::FieldLevels;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, RowGroups, RowSelection, RowSelector};
use parquet::column::page::{PageIterator, PageReader};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

/// The pages of each leaf column.
pub(crate) type Columns = BTreeMap<usize, Box<dyn PageReader>>;

/// A reader of a task's rows.
///
/// # Errors
/// When the decoder can't be made for these columns.
pub(crate) fn reader(
    levels: &FieldLevels,
    metadata: &ParquetMetaData,
    task: &Task,
    columns: Columns,
    batch_rows: usize,
) -> Result<ParquetRecordBatchReader> {
    let selection = (task.rows != (0..task.total)).then(|| selection(&task.rows));
    let group = Group { metadata, row_group: task.row_group, columns: RefCell::new(columns) };
    Ok(ParquetRecordBatchReader::try_new_with_row_groups(levels, &group, batch_rows, selection)?)
}

fn selection(rows: &Range<u64>) -> RowSelection {
    /// Longer than the runs of which the decoder would make a mask of bits, to filter rows that it has decoded.
    const LONG: usize = 1 << 10;
    // Row counts are held in memory as usize by the decoder; a count that doesn't fit can't be decoded anyway.
    let count = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
    RowSelection::from(vec![
        RowSelector::skip(count(rows.start)),
        RowSelector::select(count(rows.end - rows.start)),
        // Not walked, but counted.
        RowSelector::skip(LONG),
    ])
}

struct Group<'a> {
    metadata: &'a ParquetMetaData,
    row_group: usize,
    /// Each is taken once.
    columns: RefCell<Columns>,
}

impl RowGroups for Group<'_> {
    fn num_rows(&self) -> usize {
        usize::try_from(self.metadata.row_group(self.row_group).num_rows()).unwrap_or(0)
    }

    fn column_chunks(&self, leaf: usize) -> ParquetResult<Box<dyn PageIterator>> {
        match self.columns.borrow_mut().remove(&leaf) {
            Some(pages) => Ok(Box::new(Once(Some(pages)))),
            None => Err(ParquetError::General(format!("column {leaf} was not fetched"))),
        }
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(std::iter::once(self.metadata.row_group(self.row_group)))
    }

    fn metadata(&self) -> &ParquetMetaData {
        self.metadata
    }
}

/// The pages of the one row group there is.
struct Once(Option<Box<dyn PageReader>>);

impl Iterator for Once {
    type Item = ParquetResult<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(Ok)
    }
}

impl PageIterator for Once {}
