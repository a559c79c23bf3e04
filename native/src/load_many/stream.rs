//! Batches of many files as they come: a load in a task of its own, and the end of it that the caller holds.

use super::LoadMany;
use super::adapt::adapted;
use super::hive::Hive;
use super::unify::unified;
use super::ways::{Ways, ways};
use crate::decode::Pool;
use crate::fetch::{AbortOnDrop, Clock};
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use futures_util::Stream;
use parqlet_core::drive::Status;
use parqlet_core::many::{Many, ManyDrive};
use parqlet_core::stats::Stats;
use parqlet_core::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::sync::{mpsc, oneshot};

/// Record batches of many files. Dropping it stops the load.
#[derive(Debug)]
pub struct ManyStream {
    schema: SchemaRef,
    batches: mpsc::Receiver<Result<RecordBatch>>,
    told: Arc<Mutex<Told>>,
    _task: AbortOnDrop<()>,
}

/// What the load says of itself.
#[derive(Debug, Default)]
struct Told {
    stats: Stats,
    skipped: Vec<Error>,
    byte_length: u64,
}

impl ManyStream {
    pub(super) async fn start(load: LoadMany) -> Result<Self> {
        let LoadMany { client, files, selection, manner, frame } = load;
        let (objects, ways, origin) = ways(&client, &files)?;
        let hive = frame.as_ref().map_or_else(|| Hive::of(&files), |frame| Hive::framed(&files, frame));
        let mut many = Many::new(objects, &hive.left_to_files(&selection), manner, client.options(&origin));
        let planned = frame.as_ref().map(|frame| Arc::clone(&frame.schema));
        if let Some(frame) = frame {
            many = many.with_parts(frame.parts);
        }
        let drive = client.drive_many(many, ways);
        let told = Arc::new(Mutex::new(Told::default()));
        let (schema_sender, schema) = oneshot::channel();
        // One batch on its way; the others wait in the machine, where they are counted.
        let (sender, batches) = mpsc::channel(1);
        let columns = selection.names().map(<[String]>::to_vec);
        let run = Run { drive, sender, told: Arc::clone(&told), columns, hive, planned, schema: None };
        let task = AbortOnDrop(tokio::spawn(async move {
            let link = run.until_done(schema_sender).await;
            client.learn(&origin, &link);
        }));
        let schema = schema.await.unwrap_or_else(|_| Err(Error::new(ErrorKind::Network, "the load was stopped")))?;
        Ok(Self { schema, batches, told, _task: task })
    }

    /// The schema of the batches.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// What the load spent so far, over all files.
    pub fn stats(&self) -> Stats {
        self.told().stats
    }

    /// Why files were left out so far, each with its name.
    pub fn skipped(&self) -> Vec<Error> {
        self.told().skipped.clone()
    }

    /// The bytes of all files opened so far, whether they are fetched or not.
    pub fn byte_length(&self) -> u64 {
        self.told().byte_length
    }

    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream for ManyStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.batches.poll_recv(context)
    }
}

/// A load on its way.
struct Run {
    drive: ManyDrive<Ways, Clock, Pool>,
    sender: mpsc::Sender<Result<RecordBatch>>,
    told: Arc<Mutex<Told>>,
    /// The columns that were asked for.
    columns: Option<Vec<String>>,
    hive: Hive,
    /// The schema that the batches have to have, where it was planned.
    planned: Option<SchemaRef>,
    schema: Option<SchemaRef>,
}

impl Run {
    async fn until_done(mut self, schema: oneshot::Sender<Result<SchemaRef>>) -> parqlet_core::link::LinkEstimate {
        let mut schema = Some(schema);
        let result = self.run(&mut schema).await;
        self.note();
        if let Err(error) = result {
            match schema.take() {
                // Either receiver may be gone: then nobody wants to know.
                Some(sender) => drop(sender.send(Err(error))),
                None => drop(self.sender.send(Err(error)).await),
            }
        }
        self.drive.many().link()
    }

    async fn run(&mut self, schema: &mut Option<oneshot::Sender<Result<SchemaRef>>>) -> Result<()> {
        loop {
            let status = self.drive.pump()?;
            self.note();
            self.tell_schema(schema)?;
            if self.drive.many().has_batch() {
                // Room for a batch, or news of the load, whichever is first.
                let sender = self.sender.clone();
                tokio::select! {
                    permit = sender.reserve() => {
                        let Ok(permit) = permit else { return Ok(()) };
                        if let Some((file, batch)) = self.drive.many_mut().take_batch() {
                            permit.send(Ok(self.adapted(file, batch)?));
                        }
                    }
                    event = self.drive.event() => event?,
                }
            } else if status == Status::Done {
                return self.none_read();
            } else {
                self.drive.event().await?;
            }
        }
    }

    /// Tells the schema as soon as there is one.
    fn tell_schema(&mut self, sender: &mut Option<oneshot::Sender<Result<SchemaRef>>>) -> Result<()> {
        if self.schema.is_some() {
            return Ok(());
        }
        let Some(schema) = self.settled()? else { return Ok(()) };
        self.schema = Some(Arc::clone(&schema));
        if let Some(sender) = sender.take() {
            drop(sender.send(Ok(schema)));
        }
        Ok(())
    }

    /// The schema, once it is known.
    fn settled(&self) -> Result<Option<SchemaRef>> {
        if let Some(planned) = &self.planned {
            return Ok(Some(Arc::clone(planned)));
        }
        let many = self.drive.many();
        let Some(schemas) = many.schemas() else { return Ok(None) };
        if let (true, Some(error)) = (schemas.is_empty(), many.skipped().first()) {
            return Err(error.clone());
        }
        let objects: Vec<&Arc<str>> = many.objects().collect();
        let named: Vec<(&str, SchemaRef)> = schemas
            .into_iter()
            .filter_map(|(file, schema)| objects.get(file).map(|object| (object.as_ref(), schema)))
            .collect();
        Ok(Some(self.hive.added(&unified(&named)?, self.columns.as_deref())))
    }

    /// That every file was left out is an error, that of the first; where the schema was planned it shows in the end.
    fn none_read(&self) -> Result<()> {
        let many = self.drive.many();
        match (&self.planned, many.skipped().first()) {
            (Some(_), Some(error)) if many.skipped().len() == many.objects().count() => Err(error.clone()),
            _ => Ok(()),
        }
    }

    fn adapted(&self, file: usize, batch: RecordBatch) -> Result<RecordBatch> {
        let Some(schema) = &self.schema else { return Ok(batch) };
        adapted(batch, schema, |name, rows| self.hive.column(name, file, rows)).map_err(|error| {
            match self.drive.many().objects().nth(file) {
                Some(object) => error.with_object(Arc::clone(object)),
                None => error,
            }
        })
    }

    fn note(&self) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let many = self.drive.many();
        told.stats = many.stats();
        told.byte_length = many.byte_length();
        if told.skipped.len() != many.skipped().len() {
            told.skipped = many.skipped().to_vec();
        }
    }
}
