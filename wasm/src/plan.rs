//! A plan as JavaScript sees it.

use crate::object::{array, number, object, range};
use parqlet_core::plan::{ReadPlan, Task};
use wasm_bindgen::JsValue;

/// See `Plan` in the package's types.
pub(crate) fn plan(plan: &ReadPlan) -> JsValue {
    object([
        ("requests", array(plan.requests.iter().map(range))),
        ("usefulBytes", number(plan.useful)),
        ("knownBytes", number(plan.known)),
        ("wasteBytes", number(plan.waste)),
        ("index", plan.index.as_ref().map_or(JsValue::UNDEFINED, range)),
        ("rowGroups", array(plan.tasks.iter().map(task))),
    ])
}

fn task(task: &Task) -> JsValue {
    object([
        ("index", number(task.row_group as u64)),
        ("rows", array([number(task.rows.start), number(task.rows.end)])),
        ("ranges", array(task.ranges.iter().map(range))),
    ])
}
