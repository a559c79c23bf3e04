//! Reads the column chunks of one file, or of a part of it, ahead of the decoder.

use crate::store::ParqletStore;
use bytes::Bytes;
use datafusion::common::runtime::SpawnedTask;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::parquet::arrow::arrow_reader::ArrowReaderOptions;
use datafusion::parquet::arrow::async_reader::AsyncFileReader;
use datafusion::parquet::errors::{ParquetError, Result};
use datafusion::parquet::file::metadata::ParquetMetaData;
use datafusion::physical_plan::metrics::{Count, ExecutionPlanMetricsSet, MetricBuilder};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use object_store::ObjectMeta;
use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Bytes that one reader may have asked for ahead. What a connection carries in the time of a decode, and little beside
/// what an engine holds for a partition anyway.
const WINDOW: u64 = 32 << 20;

/// A reader that asks for the next row groups while one is being decoded.
pub(crate) struct AheadReader {
    /// Reads the footer.
    inner: Box<dyn AsyncFileReader + Send>,
    store: ParqletStore,
    /// The file as the planner saw it.
    meta: ObjectMeta,
    /// The part of the file that is read: the row groups that begin in it.
    part: Range<i64>,
    /// Whether all of them are wanted.
    certain: bool,
    scanned: Count,
    /// Column chunks of all row groups, once the footer is known.
    chunks: Vec<Vec<Range<u64>>>,
    /// Row groups that are under way, in order.
    ahead: VecDeque<Ahead>,
    /// The row group that was asked for last, and how many may be under way behind it.
    last: Option<usize>,
    depth: usize,
}

struct Ahead {
    row_group: usize,
    ranges: Vec<Range<u64>>,
    bytes: SpawnedTask<object_store::Result<Vec<Bytes>>>,
}

impl AheadReader {
    pub(crate) fn new(
        inner: Box<dyn AsyncFileReader + Send>,
        store: ParqletStore,
        file: PartitionedFile,
        certain: bool,
        partition: usize,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Self {
        // Under the name that DataFusion's own reader has it.
        let named = MetricBuilder::new(metrics).with_new_label("filename", file.object_meta.location.to_string());
        Self {
            inner,
            store,
            meta: file.object_meta,
            part: file.range.map_or(i64::MIN..i64::MAX, |range| range.start..range.end),
            certain,
            scanned: named.counter("bytes_scanned", partition),
            chunks: Vec::new(),
            ahead: VecDeque::new(),
            last: None,
            depth: 0,
        }
    }

    /// The bytes that are wanted now; those to come are asked for beside them.
    async fn take(&mut self, ranges: Vec<Range<u64>>) -> Result<Vec<Bytes>> {
        let bytes = ranges.iter().map(|range| range.end.saturating_sub(range.start)).fold(0, u64::saturating_add);
        self.scanned.add(usize::try_from(bytes).unwrap_or(usize::MAX));
        let known = self.ahead.iter().position(|ahead| ahead.ranges == ranges);
        let under_way = known.and_then(|at| self.ahead.remove(at));
        let wanted = match under_way {
            Some(ahead) => ahead.bytes,
            None => self.ask(ranges.clone()),
        };
        self.ask_ahead(&ranges);
        match wanted.await {
            Ok(bytes) => bytes.map_err(external),
            Err(stopped) => Err(external(stopped)),
        }
    }

    fn ask(&self, ranges: Vec<Range<u64>>) -> SpawnedTask<object_store::Result<Vec<Bytes>>> {
        let (store, meta) = (self.store.clone(), self.meta.clone());
        SpawnedTask::spawn(async move { store.planned_ranges(&meta, &ranges).await })
    }

    /// Asks for the columns of `ranges` in the row groups behind theirs, as far as the window goes.
    fn ask_ahead(&mut self, ranges: &[Range<u64>]) {
        let Some((row_group, columns)) = self.whole_chunks(ranges) else {
            // Pages, picked by a filter: nobody knows which will be next.
            self.ahead.clear();
            self.last = None;
            return;
        };
        match self.last.replace(row_group) {
            _ if self.certain => self.depth = usize::MAX,
            // More columns of the same row group, for those rows that a filter left.
            Some(last) if last == row_group => {}
            Some(last) if self.next(last) == Some(row_group) => self.depth = (self.depth * 2).max(1),
            _ => {
                self.ahead.clear();
                self.depth = 0;
            }
        }
        self.ahead.retain(|ahead| ahead.row_group >= row_group);
        let mut held: u64 =
            self.ahead.iter().flat_map(|ahead| &ahead.ranges).map(|range| range.end - range.start).sum();
        let mut next = self.next(row_group);
        for _ in 0..self.depth {
            let Some(row_group) = next else { return };
            next = self.next(row_group);
            let Some(chunks) = self.chunks.get(row_group) else { return };
            let ranges: Vec<_> = columns.iter().filter_map(|column| chunks.get(*column).cloned()).collect();
            if self.ahead.iter().any(|ahead| ahead.row_group == row_group && ahead.ranges == ranges) {
                continue;
            }
            held = ranges.iter().map(|range| range.end - range.start).fold(held, u64::saturating_add);
            if held > WINDOW {
                return;
            }
            let bytes = self.ask(ranges.clone());
            self.ahead.push_back(Ahead { row_group, ranges, bytes });
        }
    }

    /// The row group behind this one in the part that is read.
    fn next(&self, row_group: usize) -> Option<usize> {
        let begins = |chunks: &Vec<Range<u64>>| chunks.first().and_then(|first| i64::try_from(first.start).ok());
        let is_ours = |at: i64| self.part.contains(&at);
        (row_group + 1..self.chunks.len()).find(|next| self.chunks.get(*next).and_then(begins).is_some_and(is_ours))
    }

    /// The row group and the columns whose chunks these ranges are, if they are nothing else.
    fn whole_chunks(&self, ranges: &[Range<u64>]) -> Option<(usize, Vec<usize>)> {
        let first = ranges.first()?;
        let row_group = self.chunks.iter().position(|chunks| chunks.contains(first))?;
        let chunks = self.chunks.get(row_group)?;
        let column = |range: &Range<u64>| chunks.iter().position(|chunk| chunk == range);
        let columns = ranges.iter().map(column).collect::<Option<Vec<usize>>>()?;
        Some((row_group, columns))
    }
}

impl AsyncFileReader for AheadReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        let missing = || ParquetError::General("the bytes that were asked for are not there".to_owned());
        async move { self.take(vec![range]).await?.pop().ok_or_else(missing) }.boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>>> {
        self.take(ranges).boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        async move {
            // First of all that it is the version that was planned: its footer is of no use for another one.
            self.store.planned(&self.meta).await.map_err(external)?;
            let footer = self.inner.get_metadata(options).await?;
            self.chunks = chunks(&footer);
            Ok(footer)
        }
        .boxed()
    }
}

impl fmt::Debug for AheadReader {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("AheadReader").field("meta", &self.meta).field("part", &self.part).finish_non_exhaustive()
    }
}

/// Where the column chunks of each row group lie; a row group whose footer makes no sense has none.
fn chunks(footer: &ParquetMetaData) -> Vec<Vec<Range<u64>>> {
    let row_groups = footer.row_groups().iter().map(|group| {
        let chunk = |column: &datafusion::parquet::file::metadata::ColumnChunkMetaData| {
            let start =
                u64::try_from(column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset())).ok()?;
            Some(start..start.checked_add(u64::try_from(column.compressed_size()).ok()?)?)
        };
        group.columns().iter().map(chunk).collect::<Option<Vec<_>>>().unwrap_or_default()
    });
    row_groups.collect()
}

fn external(error: impl std::error::Error + Send + Sync + 'static) -> ParquetError {
    ParquetError::External(Box::new(error))
}
