//! Batches as they come: a load in a task of its own, and the end of it that the caller holds.

use crate::decode::Pool;
use crate::fetch::{AbortOnDrop, AnyFetch, Clock};
use crate::parquet_file::ParquetFile;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use futures_util::Stream;
use parqlet_core::drive::{Drive, Status};
use parqlet_core::load::Goal;
use parqlet_core::select::Selection;
use parqlet_core::stats::Stats;
use parqlet_core::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::sync::{mpsc, oneshot};

type NativeDrive = Drive<AnyFetch, Clock, Pool>;

/// Record batches in file order. Dropping it stops the load.
#[derive(Debug)]
pub struct BatchStream {
    schema: SchemaRef,
    batches: mpsc::Receiver<Result<RecordBatch>>,
    stats: Arc<Mutex<Stats>>,
    /// The load. It runs by itself, so that answers are taken in while the caller does something else.
    _task: AbortOnDrop<()>,
}

impl BatchStream {
    pub(crate) async fn start(file: ParquetFile, selection: Selection) -> Result<Self> {
        let drive = file.client().drive(file.remote(), Some(file.opened()), Goal::Read(selection));
        let stats = Arc::new(Mutex::new(Stats::default()));
        let (schema_sender, schema) = oneshot::channel();
        // One batch on its way; the others wait in the machine, where they are counted.
        let (sender, batches) = mpsc::channel(1);
        let run = Run { drive, file, sender, stats: Arc::clone(&stats), schema: None };
        let task = AbortOnDrop(tokio::spawn(run.until_done(schema_sender)));
        let schema = schema.await.unwrap_or_else(|_| Err(Error::new(ErrorKind::Network, "the load was stopped")))?;
        Ok(Self { schema, batches, stats, _task: task })
    }

    /// The schema of the batches.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// What the load spent so far.
    pub fn stats(&self) -> Stats {
        *self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream for BatchStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.batches.poll_recv(context)
    }
}

/// A load on its way.
struct Run {
    drive: NativeDrive,
    file: ParquetFile,
    sender: mpsc::Sender<Result<RecordBatch>>,
    stats: Arc<Mutex<Stats>>,
    /// The schema the caller was told.
    schema: Option<SchemaRef>,
}

impl Run {
    async fn until_done(mut self, schema: oneshot::Sender<Result<SchemaRef>>) {
        let mut schema = Some(schema);
        let result = self.run(&mut schema).await;
        self.note();
        self.file.client().learn(&self.file.remote().origin, self.drive.load().link());
        if let Err(error) = result {
            match schema.take() {
                // Either receiver may be gone: then nobody wants to know.
                Some(sender) => drop(sender.send(Err(error))),
                None => drop(self.sender.send(Err(error)).await),
            }
        }
    }

    async fn run(&mut self, schema: &mut Option<oneshot::Sender<Result<SchemaRef>>>) -> Result<()> {
        loop {
            let status = self.drive.pump()?;
            self.note();
            self.tell_schema(schema)?;
            if self.drive.load().has_batch() {
                // Room for a batch, or news of the load, whichever is first.
                let sender = self.sender.clone();
                tokio::select! {
                    permit = sender.reserve() => {
                        let Ok(permit) = permit else { return Ok(()) };
                        if let Some(batch) = self.drive.load_mut().take_batch() {
                            permit.send(Ok(batch));
                        }
                    }
                    event = self.drive.event() => event?,
                }
            } else if status == Status::Done {
                return Ok(());
            } else {
                self.drive.event().await?;
            }
        }
    }

    /// Tells the schema as soon as there is one; a load that began again must still give the same.
    fn tell_schema(&mut self, sender: &mut Option<oneshot::Sender<Result<SchemaRef>>>) -> Result<()> {
        let load = self.drive.load();
        let Some(schema) = load.schema() else { return Ok(()) };
        // First of all, so that the next read begins with the object as it is now whatever becomes of this one.
        self.file.note_restart(load);
        match &self.schema {
            None => {
                self.schema = Some(Arc::clone(schema));
                if let Some(sender) = sender.take() {
                    drop(sender.send(Ok(Arc::clone(schema))));
                }
            }
            Some(told) if told != schema => {
                return Err(Error::new(
                    ErrorKind::Changed,
                    "the object changed while it was being read, and now has other columns: read it again",
                )
                .with_object(self.file.object()));
            }
            Some(_) => {}
        }
        Ok(())
    }

    fn note(&self) {
        *self.stats.lock().unwrap_or_else(PoisonError::into_inner) = self.drive.load().stats();
    }
}

/// Runs a load that gives no batches to its end.
pub(crate) async fn finish(mut drive: NativeDrive) -> Result<NativeDrive> {
    while drive.next().await?.is_some() {}
    Ok(drive)
}
