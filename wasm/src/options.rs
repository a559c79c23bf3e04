//! What a load may use and what is wanted, out of JavaScript objects. A member that is left out takes its default, but
//! for the link: JavaScript knows where it runs and so what the link is, and says all of it.

use crate::error::thrown;
use crate::object::{count, member};
use crate::shell::time;
use js_sys::Array;
use parqlet_core::link::Link;
use parqlet_core::load::{Options, Start};
use parqlet_core::plan::Limits;
use parqlet_core::select::Selection;
use parqlet_core::{Error, ErrorKind};
use wasm_bindgen::{JsCast, JsValue};

/// Bytes a load may hold where nothing is said: a tab has a few hundred MB to live on and an edge function 128, and memory
/// that WebAssembly once took it never gives back.
const MEMORY: u64 = 64 << 20;
/// Less is not enough for one page of an ordinary file.
const LEAST_MEMORY: u64 = 1 << 20;

/// Options of one load, and the bytes of earlier answers to keep.
pub(crate) fn options(from: &JsValue) -> Options {
    let slots = count(from, "slots").and_then(|slots| usize::try_from(slots).ok()).unwrap_or_default().max(1);
    let link = Link {
        latency: member(from, "latency").as_f64().map(time).unwrap_or_default(),
        bandwidth: count(from, "bandwidth").unwrap_or_default().max(1000),
        slots,
        small_slots: slots,
        tail: count(from, "tail").unwrap_or_default().max(8),
    };
    let memory = count(from, "memory").unwrap_or(MEMORY).max(LEAST_MEMORY);
    // A quarter for what was read before: a page goes back and forth more often than it reads everything.
    let keep = memory / 4;
    let max_requests = count(from, "maxRequests").and_then(|most| usize::try_from(most).ok()).map(|most| most.max(1));
    let start = match (count(from, "length"), member(from, "start").as_string().as_deref()) {
        (Some(length), _) => Start::Known(length),
        (None, Some("length")) => Start::Length,
        (None, Some("probe")) => Start::Probe,
        _ => Start::Suffix,
    };
    Options {
        seed: count(from, "seed").unwrap_or(0),
        start,
        keep,
        ..Options::new(Limits { link, memory: memory - keep, max_requests, files: 1 })
    }
}

/// The bytes of earlier reads that an open file keeps.
pub(crate) fn keep(from: &JsValue) -> u64 {
    options(from).keep
}

/// The name of a rung, as in the options.
pub(crate) fn rung(start: Start) -> Option<&'static str> {
    match start {
        Start::Known(_) => None,
        Start::Suffix => Some("suffix"),
        Start::Length => Some("length"),
        Start::Probe => Some("probe"),
    }
}

/// A selection.
///
/// # Errors
/// When a member is not what it should be: it would be worse to read something else than was asked for.
pub(crate) fn selection(from: &JsValue) -> Result<Selection, JsValue> {
    let mut selection = Selection::all();
    if let Some(columns) = list(from, "columns")? {
        let names = columns.iter().map(|name| name.as_string().ok_or_else(|| wrong("columns", "names of columns")));
        selection = selection.columns(names.collect::<Result<Vec<_>, _>>()?);
    }
    if let Some(groups) = list(from, "rowGroups")? {
        let index = |group: JsValue| {
            let index = group.as_f64().filter(|index| index.fract() == 0.0).and_then(crate::object::whole);
            index.and_then(|index| usize::try_from(index).ok()).ok_or_else(|| wrong("rowGroups", "row group numbers"))
        };
        selection = selection.row_groups(groups.iter().map(index).collect::<Result<Vec<_>, _>>()?);
    }
    if let Some(offset) = rows(from, "offset")? {
        selection = selection.offset(offset);
    }
    if let Some(limit) = rows(from, "limit")? {
        selection = selection.limit(limit);
    }
    if let Some(rows) = rows(from, "batchRows")? {
        selection = selection.batch_rows(usize::try_from(rows).unwrap_or(usize::MAX));
    }
    Ok(selection)
}

fn list(from: &JsValue, name: &str) -> Result<Option<Array>, JsValue> {
    let value = member(from, name);
    if value.is_undefined() || value.is_null() {
        return Ok(None);
    }
    value.dyn_into().map(Some).map_err(|_| wrong(name, "an array"))
}

/// A number of rows; `Infinity` is all of them.
fn rows(from: &JsValue, name: &str) -> Result<Option<u64>, JsValue> {
    let value = member(from, name);
    if value.is_undefined() || value.is_null() || value.as_f64() == Some(f64::INFINITY) {
        return Ok(None);
    }
    let rows = value.as_f64().filter(|rows| rows.fract() == 0.0).and_then(crate::object::whole);
    rows.map(Some).ok_or_else(|| wrong(name, "a whole number of rows, 0 or more"))
}

fn wrong(name: &str, wanted: &str) -> JsValue {
    thrown(&Error::new(ErrorKind::Usage, format!("`{name}` must be {wanted}")))
}
