//! One load, driven from JavaScript by the machine's contract.

use crate::error::{kind, thrown};
use crate::object::{number, object};
use crate::open_file::OpenFile;
use crate::shell::{Head, Shell, milliseconds, time};
use crate::{ipc, options, plan};
use bytes::Bytes;
use js_sys::Uint8Array;
use parqlet_core::answer::{Expected, check_head};
use parqlet_core::fetch::{Answer, Request, Span};
use parqlet_core::job::Job;
use parqlet_core::load::{self, Goal, RequestId, Step};
use parqlet_core::{Error, Result};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Poll again when something happened, or at the time that [`Load::until`] tells.
const WAIT: u8 = 0;
/// Call [`Load::decode`], then poll again.
const DECODE: u8 = 1;
/// The load is over and every batch taken.
const DONE: u8 = 2;

/// An open, a read or a plan.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Load {
    machine: load::Load,
    object: Arc<str>,
    /// Bytes that a file opened by this load keeps.
    keep: u64,
    /// The file that is read.
    file: Option<OpenFile>,
    restarts: u32,
    requests: BTreeMap<u64, Asked>,
    last: u64,
    job: Option<Job>,
    until: Option<Duration>,
}

/// A request under way.
#[derive(Debug)]
struct Asked {
    id: RequestId,
    request: Request,
    expected: Option<Expected>,
}

#[wasm_bindgen]
impl Load {
    /// A load that opens an object. `object` is its name for errors, without secrets.
    pub fn open(object: &str, options: &JsValue) -> Self {
        let object: Arc<str> = object.into();
        let machine = load::Load::new(Arc::clone(&object), Goal::Open, options::options(options));
        Self::new(machine, &object, options::keep(options), None)
    }

    /// A load of rows.
    ///
    /// # Errors
    /// When the selection is none. Whether it fits the file, the first poll tells.
    pub fn read(file: &OpenFile, selection: &JsValue, options: &JsValue) -> Result<Self, JsValue> {
        Self::of(file, Goal::Read(options::selection(selection)?), options)
    }

    /// A load that only plans, from what is known, and asks for nothing.
    ///
    /// # Errors
    /// As [`Load::read`].
    pub fn plan(file: &OpenFile, selection: &JsValue, options: &JsValue) -> Result<Self, JsValue> {
        Self::of(file, Goal::Estimate(options::selection(selection)?), options)
    }

    fn of(file: &OpenFile, goal: Goal, options: &JsValue) -> Result<Self, JsValue> {
        let object = Arc::clone(&file.object);
        let machine = load::Load::with_opened(object, file.known(), goal, options::options(options));
        Ok(Self::new(machine, &file.object, options::keep(options), Some(file.clone())))
    }

    fn new(machine: load::Load, object: &Arc<str>, keep: u64, file: Option<OpenFile>) -> Self {
        let (object, requests) = (Arc::clone(object), BTreeMap::new());
        Self { machine, object, keep, file, restarts: 0, requests, last: 0, job: None, until: None }
    }

    /// Does every step there is, then says what next: 0 wait, 1 decode, 2 done. `now` is in milliseconds.
    ///
    /// # Errors
    /// What ended the load.
    pub fn poll(&mut self, now: f64, shell: &Shell) -> Result<u8, JsValue> {
        loop {
            if self.job.is_some() {
                return Ok(DECODE);
            }
            match self.machine.poll(time(now)).map_err(|error| thrown(&error))? {
                Step::Fetch { id, request } => self.ask(id, request, shell),
                // Nothing is hedged here, so there is nothing to cancel.
                Step::Cancel { .. } => {}
                Step::Decode(job) => self.job = Some(job),
                Step::Abandon => {
                    self.requests.clear();
                    shell.abandon();
                }
                Step::Wait { until } => {
                    self.until = until;
                    return Ok(WAIT);
                }
                Step::Done => {
                    self.keep_fetched();
                    return Ok(DONE);
                }
            }
        }
    }

    fn ask(&mut self, id: RequestId, request: Request, shell: &Shell) {
        self.last += 1;
        let name = self.last as f64;
        match &request.span {
            Span::Exact(range) => {
                let etag = request.pinned.as_ref().and_then(|pinned| pinned.version.etag()).map(str::to_owned);
                shell.exact(name, range.start as f64, range.end as f64, etag);
            }
            Span::Tail(bytes) => shell.tail(name, *bytes as f64),
            Span::Length => shell.length(name),
        }
        self.requests.insert(self.last, Asked { id, request, expected: None });
    }

    /// When to poll again at the latest, on the scale of `now`; `undefined`: only when something happens.
    pub fn until(&self) -> Option<f64> {
        self.until.map(milliseconds)
    }

    /// Runs one piece of decoding, some 10 ms, and reports it.
    ///
    /// # Errors
    /// What ended the load.
    pub fn decode(&mut self) -> Result<(), JsValue> {
        let Some(job) = self.job.take() else { return Ok(()) };
        let started = js_sys::Date::now();
        let mut decoded = job.run();
        decoded.busy = time(js_sys::Date::now() - started);
        self.machine.on_decoded(decoded).map_err(|error| thrown(&error))
    }

    /// Judges the head of an answer. The most bytes its body may have; `undefined` where it is refused: the machine knows.
    ///
    /// # Errors
    /// What ended the load.
    pub fn head(&mut self, id: f64, now: f64, head: &JsValue) -> Result<Option<f64>, JsValue> {
        let Some(asked) = self.asked(id) else { return Ok(None) };
        match check_head(&asked.request, &Head::new(head).facts(), asked.request.whole_limit()) {
            Ok(expected) => {
                let limit = expected.body_limit();
                asked.expected = Some(expected);
                Ok(Some(limit as f64))
            }
            Err(error) => self.settle(id, now, Err(error)).map(|()| None),
        }
    }

    /// The whole body. `first_byte` is in milliseconds since the request was sent.
    ///
    /// # Errors
    /// What ended the load.
    pub fn body(&mut self, id: f64, now: f64, first_byte: f64, bytes: Vec<u8>) -> Result<(), JsValue> {
        let Some(asked) = self.asked(id) else { return Ok(()) };
        let Some(expected) = asked.expected.take() else { return Ok(()) };
        let answer = expected.finish(&asked.request, Bytes::from(bytes), time(first_byte));
        self.settle(id, now, answer)
    }

    /// The body had more bytes than its head allowed.
    ///
    /// # Errors
    /// What ended the load.
    #[wasm_bindgen(js_name = tooLong)]
    pub fn too_long(&mut self, id: f64, now: f64) -> Result<(), JsValue> {
        let Some(expected) = self.asked(id).and_then(|asked| asked.expected.take()) else { return Ok(()) };
        self.settle(id, now, Err(expected.too_long()))
    }

    /// No answer came that could be used. `code` is one of the package's error codes.
    ///
    /// # Errors
    /// What ended the load.
    pub fn failed(&mut self, id: f64, now: f64, code: &str, message: &str, retryable: bool) -> Result<(), JsValue> {
        self.settle(id, now, Err(Error::new(kind(code), message).retryable(retryable)))
    }

    fn asked(&mut self, id: f64) -> Option<&mut Asked> {
        self.requests.get_mut(&crate::object::whole(id)?)
    }

    fn settle(&mut self, id: f64, now: f64, answer: Result<Answer>) -> Result<(), JsValue> {
        // A request that was abandoned is not known any more.
        let asked = crate::object::whole(id).and_then(|id| self.requests.remove(&id));
        let Some(asked) = asked else { return Ok(()) };
        self.machine.on_part(asked.id, time(now), answer).map_err(|error| thrown(&error))
    }

    /// Leaves what was fetched to later reads of the file.
    fn keep_fetched(&mut self) {
        let Some(file) = &self.file else { return };
        // Of another version than the file's they are of no use to it.
        if self.machine.stats().restarts > 0 {
            return;
        }
        let mut keep = file.keep.borrow_mut();
        keep.add(self.machine.take_fetched());
        if let Some(plan) = self.machine.plan().filter(|plan| plan.known > 0) {
            let ranges: Vec<_> = plan.tasks.iter().flat_map(|task| task.ranges.iter().cloned()).collect();
            keep.used(&ranges);
        }
    }

    /// The file that was opened; of a read, the file as it is now where the load had to begin again with a new version.
    pub fn opened(&mut self) -> Option<OpenFile> {
        let restarts = self.machine.stats().restarts;
        if self.file.is_some() && restarts == self.restarts {
            return None;
        }
        self.restarts = restarts;
        self.machine.opened().map(|opened| OpenFile::new(Arc::clone(&self.object), Arc::clone(opened), self.keep))
    }

    /// The schema of the batches as one IPC message, once it is known.
    ///
    /// # Errors
    /// When it has a type that IPC has not.
    pub fn schema(&self) -> Result<Option<Uint8Array>, JsValue> {
        self.machine.schema().map(|schema| ipc::schema(schema)).transpose().map_err(|error| thrown(&error))
    }

    /// The next batch in file order as `{ rowCount, ipc }`, if it is there.
    ///
    /// # Errors
    /// When it has a type that IPC has not.
    pub fn batch(&mut self) -> Result<JsValue, JsValue> {
        let Some(batch) = self.machine.take_batch() else { return Ok(JsValue::UNDEFINED) };
        let ipc = ipc::batch(&batch).map_err(|error| thrown(&error))?;
        Ok(object([("rowCount", number(batch.num_rows() as u64)), ("ipc", ipc.into())]))
    }

    /// What the load spent so far.
    pub fn stats(&self) -> JsValue {
        let stats = self.machine.stats();
        object([
            ("requests", number(stats.requests)),
            ("bytes", number(stats.bytes)),
            ("plannedBytes", number(stats.planned_bytes)),
            ("roundTrips", stats.round_trips.into()),
            ("retries", number(stats.retries)),
            ("knownPartHits", number(stats.known_part_hits)),
            ("restarts", stats.restarts.into()),
            ("rows", number(stats.rows)),
            ("batches", number(stats.batches)),
            ("plannedRows", number(stats.planned_rows)),
            ("decodeMs", milliseconds(stats.decode).into()),
            ("peakMemory", number(stats.peak_memory)),
        ])
    }

    /// What was learned of the link: `{ latency, bandwidth, tail }`.
    pub fn link(&self) -> JsValue {
        let link = self.machine.link().link();
        object([
            ("latency", milliseconds(link.latency).into()),
            ("bandwidth", number(link.bandwidth)),
            ("tail", number(link.tail)),
        ])
    }

    /// The rung of the ladder that led to the footer.
    #[wasm_bindgen(js_name = startedWith)]
    pub fn started_with(&self) -> Option<String> {
        self.machine.started().and_then(options::rung).map(str::to_owned)
    }

    /// The plan, once it is made.
    pub fn planned(&self) -> JsValue {
        self.machine.plan().map_or(JsValue::UNDEFINED, plan::plan)
    }
}
