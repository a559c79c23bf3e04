//! The core's own machine over bytes in memory, on one thread.

use super::{End, Reading, selections};
use arrow_array::{Array as _, RecordBatch};
use bytes::Bytes;
use parqlet_core::arrow_schema;
use parqlet_core::fetch::{Answer, Request, Span};
use parqlet_core::link::Link;
use parqlet_core::load::{Goal, Load, Options, Step};
use parqlet_core::object::{Identity, Version};
use parqlet_core::plan::Limits;
use parqlet_core::select::Selection;
use std::sync::Arc;
use std::time::Duration;

/// Steps that no load of a small file needs.
const STEPS: u32 = 100_000;

/// Arrays of more rows are not looked through.
const LOOKED_THROUGH: usize = 10_000;

/// Opens `file`, asks for its schema, and does with it what `reading` says. Catches nothing.
pub fn read(file: &Bytes, reading: Reading) -> End {
    read_all(file, reading).unwrap_or_else(|end| end)
}

fn read_all(file: &Bytes, reading: Reading) -> Result<End, End> {
    let object: Arc<str> = Arc::from("case");
    let limits = Limits {
        link: Link { tail: reading.tail, ..Link::local() },
        memory: reading.memory,
        max_requests: None,
        files: 1,
    };
    let options = Options::new(limits);
    let mut open = Load::new(Arc::clone(&object), Goal::Open, options.clone());
    drive(&mut open, file, reading.rows)?;
    let Some(opened) = open.opened().cloned() else {
        return Err(End::Broken("open, and nothing is known of the file".to_owned()));
    };
    let schema = arrow_schema::of_file(&opened.footer);
    let reads = matches!((reading.goal)(Selection::all()), Goal::Read(_));
    let mut rows = 0;
    for selection in selections(&opened, reading.part) {
        let mut load =
            Load::with_opened(Arc::clone(&object), Arc::clone(&opened), (reading.goal)(selection), options.clone());
        let ledger = load.ledger();
        let end = drive(&mut load, file, reading.rows);
        let planned = load.stats().planned_rows;
        drop(load);
        if ledger.used() > 0 {
            return Err(End::Broken(format!("{} bytes are still charged after the load", ledger.used())));
        }
        let given = end?;
        if reads && given < planned.min(reading.rows) {
            return Err(End::Broken(format!("{given} rows where {planned} are planned, and no error")));
        }
        rows += given;
    }
    // What can be read has a schema; the other way round it need not be.
    schema.map(|_| End::Read(rows)).map_err(|error| End::of(&error))
}

/// Does what the load says until it is done or has given enough rows; the rows it gave.
fn drive(load: &mut Load, file: &Bytes, enough: u64) -> Result<u64, End> {
    let failed = |error| End::of(&error);
    let mut rows = 0;
    let mut now = Duration::ZERO;
    for _ in 0..STEPS {
        now += Duration::from_micros(100);
        match load.poll(now).map_err(failed)? {
            Step::Fetch { id, request } => load.on_part(id, now, Ok(answer(&request, file)?)).map_err(failed)?,
            Step::Decode(job) => load.on_decoded(job.run()).map_err(failed)?,
            Step::Abandon | Step::Cancel { .. } => {}
            Step::Wait { .. } => match load.take_batch() {
                Some(batch) => {
                    sound(&batch)?;
                    rows += batch.num_rows() as u64;
                    if rows >= enough {
                        return Ok(rows);
                    }
                }
                None => return Err(End::Broken("the load waits, and nothing is under way".to_owned())),
            },
            Step::Done => return Ok(rows),
        }
    }
    Err(End::Broken(format!("over {STEPS} steps")))
}

fn answer(request: &Request, file: &Bytes) -> Result<Answer, End> {
    let length = file.len() as u64;
    let range = match &request.span {
        Span::Exact(range) => range.clone(),
        Span::Tail(bytes) => length.saturating_sub(*bytes)..length,
        Span::Length => 0..0,
    };
    let whole = |at: u64| usize::try_from(at).ok().filter(|at| *at <= file.len());
    let (Some(start), Some(end), false) = (whole(range.start), whole(range.end), range.start > range.end) else {
        return Err(End::Broken(format!("asks for {range:?} of {length} bytes")));
    };
    let identity = Identity { length, version: Version::default() };
    Ok(Answer { range, bytes: file.slice(start..end), identity, first_byte: Duration::ZERO })
}

/// What is handed out is as Arrow has it, so that nobody after us stumbles.
fn sound(batch: &RecordBatch) -> Result<(), End> {
    for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        if batch.num_rows() > LOOKED_THROUGH {
            break;
        }
        let whole = array.to_data().validate_full();
        whole.map_err(|error| End::Broken(format!("column {}: {error}", field.name())))?;
    }
    Ok(())
}
