//! One remote file for one answer: opened, planned and read within the service's limits.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parqlet::core::drive::{Drive, Status};
use parqlet::core::link::Link;
use parqlet::core::load::{Goal, Load, Options};
use parqlet::core::object::{Identity, shown};
use parqlet::core::opened::Opened;
use parqlet::core::plan::Limits;
use parqlet::shell::{Clock, Pool};
use parqlet::{ReadPlan, Selection};
use serde::Serialize;
use url::Url;

use super::problem::{Code, Problem};
use super::query::RowQuestion;
use super::settings::Settings;
use super::upstream::{Upstream, too_large, too_many};

/// What the way to every file is taken to cost. Always the same, and nothing is learned: the same question has the same
/// plan whenever it is asked, here and at the edge, where no more than six requests run at once.
const LINK: Link =
    Link { latency: Duration::from_millis(30), bandwidth: 12_500_000, slots: 6, small_slots: 6, tail: 128 << 10 };
/// Less is not enough for one page of an ordinary file.
const LEAST_MEMORY: u64 = 1 << 20;

/// What opening cost.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct OpeningCost {
    requests: u64,
    bytes: u64,
}

/// An open file, of which one read may be made. Dropping it ends transfers.
pub(super) struct RemoteFile {
    /// What opening cost.
    pub(super) opening: OpeningCost,
    object: Arc<str>,
    opened: Arc<Opened>,
    upstream: Upstream,
    settings: Arc<Settings>,
    pool: Pool,
    read: Option<Drive<Upstream, Clock, Pool>>,
    schema: Option<SchemaRef>,
}

impl RemoteFile {
    /// Reads the footer.
    ///
    /// # Errors
    /// When that fails, takes too long or costs too much.
    pub(super) async fn open(
        url: &Url,
        upstream: Upstream,
        settings: Arc<Settings>,
        pool: Pool,
    ) -> Result<Self, Problem> {
        let object: Arc<str> = shown(url.as_str()).into();
        let load = Load::new(Arc::clone(&object), Goal::Open, options(&settings, &upstream));
        let mut drive = Drive::new(load, upstream.clone(), Clock::start(), pool.clone());
        within(&settings, next(&mut drive, &upstream, 0)).await?;
        let stats = drive.load().stats();
        let opening = OpeningCost { requests: stats.requests, bytes: stats.bytes };
        let opened = drive.load().opened().cloned();
        let opened = opened.ok_or_else(|| Problem::new(Code::INTERNAL, "the file was not opened"))?;
        Ok(Self { opening, object, opened, upstream, settings, pool, read: None, schema: None })
    }

    /// Length and version.
    pub(super) fn identity(&self) -> &Identity {
        &self.opened.identity
    }

    /// What is known of it.
    pub(super) fn opened(&self) -> &Opened {
        &self.opened
    }

    /// Requests made and bytes received so far.
    pub(super) fn spent(&self) -> (usize, u64) {
        (self.upstream.requests(), self.upstream.received())
    }

    /// What a read would fetch, whatever the limits.
    ///
    /// # Errors
    /// When the file has no such columns, or is damaged.
    pub(super) fn plan(&self, rows: &RowQuestion) -> Result<ReadPlan, Problem> {
        let mut load = self.load(Goal::Estimate(selection(rows)));
        load.poll(Duration::ZERO)?;
        let plan = load.plan().cloned();
        plan.ok_or_else(|| Problem::new(Code::FILE_UNSUPPORTED, "this read can not be planned without reading"))
    }

    /// # Errors
    /// If the read would take more than it may, as far as that is known without a request.
    pub(super) fn check(&self, rows: &RowQuestion) -> Result<(), Problem> {
        let Settings { max_bytes, max_requests, .. } = *self.settings;
        let ReadPlan { requests, index, .. } = self.plan(rows)?;
        if self.upstream.requests() + requests.len() + usize::from(index.is_some()) > max_requests {
            return Err(too_many(max_requests));
        }
        // Before the page index is read, a plan is for whole columns: the read checks again when it has its own.
        let asked = requests.iter().map(|range| range.end - range.start).fold(self.opening.bytes, u64::saturating_add);
        if index.is_none() && asked > max_bytes {
            return Err(too_large(max_bytes));
        }
        Ok(())
    }

    /// Begins to read; [`Self::next`] gives the batches, of `batch_rows` at most where that is said.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub(super) fn read(&mut self, rows: &RowQuestion, batch_rows: Option<usize>) -> Result<(), Problem> {
        self.check(rows)?;
        let mut selection = selection(rows);
        if let Some(rows) = batch_rows {
            selection = selection.batch_rows(rows);
        }
        let load = self.load(Goal::Read(selection));
        self.read = Some(Drive::new(load, self.upstream.clone(), Clock::start(), self.pool.clone()));
        Ok(())
    }

    /// The next batch; `None` behind the last.
    ///
    /// # Errors
    /// What ended the read.
    pub(super) async fn next(&mut self) -> Result<Option<RecordBatch>, Problem> {
        let Some(drive) = &mut self.read else { return Ok(None) };
        let batch = within(&self.settings, next(drive, &self.upstream, self.opening.bytes)).await?;
        self.schema = drive.load().schema().cloned().or_else(|| self.schema.take());
        Ok(batch)
    }

    /// Rows given out so far.
    pub(super) fn rows(&self) -> u64 {
        self.read.as_ref().map_or(0, |drive| drive.load().stats().rows)
    }

    /// The schema of the batches: once there was one, or the end.
    pub(super) fn schema(&self) -> Option<SchemaRef> {
        self.schema.clone()
    }

    fn load(&self, goal: Goal) -> Load {
        let options = options(&self.settings, &self.upstream);
        Load::with_opened(Arc::clone(&self.object), Arc::clone(&self.opened), goal, options)
    }
}

/// Goes on to the next batch. `already`: bytes that were fetched before.
async fn next(
    drive: &mut Drive<Upstream, Clock, Pool>,
    upstream: &Upstream,
    already: u64,
) -> Result<Option<RecordBatch>, Problem> {
    loop {
        let status = drive.pump().map_err(|error| upstream.refusal().unwrap_or_else(|| error.into()))?;
        // Nothing of what was planned has been sent yet.
        upstream.afford(drive.load().stats().planned_bytes.saturating_add(already))?;
        if let Some(batch) = drive.load_mut().take_batch() {
            return Ok(Some(batch));
        }
        if status == Status::Done {
            return Ok(None);
        }
        let event = drive.event().await;
        if let Some(problem) = upstream.refusal() {
            return Err(problem);
        }
        event?;
    }
}

/// Time between waits, while the caller takes its rows, is free.
async fn within<T>(settings: &Settings, work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    let late = || Problem::new(Code::UPSTREAM_TIMEOUT, "the server of the file is too slow: try again later");
    tokio::time::timeout(settings.timeout, work).await.unwrap_or_else(|_| Err(late()))
}

fn options(settings: &Settings, upstream: &Upstream) -> Options {
    let memory = settings.memory.max(LEAST_MEMORY);
    // What is left for data: one question less for an index, and a tenth less for retries.
    let left = settings.max_requests.saturating_sub(upstream.requests()).saturating_sub(1);
    let limits = Limits {
        link: LINK,
        // A quarter is for what was read before, which the service has no use for: but plans are to be those of the
        // npm package.
        memory: memory - memory / 4,
        max_requests: Some((left * 9 / 10).max(1)),
        files: 1,
    };
    Options { seed: fastrand::u64(..), ..Options::new(limits) }
}

fn selection(RowQuestion { columns, offset, limit }: &RowQuestion) -> Selection {
    let all = Selection::all().offset(*offset).limit(*limit);
    match columns {
        Some(columns) => all.columns(columns),
        None => all,
    }
}
