//! What the service says of a file in JSON: its schema, and the plan of a read.

use std::ops::Range;

use arrow_schema::Field;
use parqlet::ReadPlan;
use parqlet::core::arrow_schema::of_file;
use parqlet::core::opened::Opened;
use parqlet::core::plan::Task;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::problem::{Code, Problem};
use super::remote::OpeningCost;
use super::types;

/// Left out of the footer's own entries: `fields` spells it out.
const SPELLED_OUT: &str = "ARROW:schema";

/// `/schema`: length, rows, row groups, columns and the footer's own entries.
///
/// # Errors
/// When the file has types without an Arrow equivalent.
pub(super) fn schema(opened: &Opened) -> Result<String, Problem> {
    let metadata = &opened.footer.metadata;
    let groups = metadata.row_groups().iter().map(|group| RowGroupReport {
        row_count: count(group.num_rows()),
        byte_length: group.columns().iter().map(|column| column.byte_range().1).fold(0, u64::saturating_add),
    });
    let row_groups: Vec<_> = groups.collect();
    let file = metadata.file_metadata();
    let entries = file.key_value_metadata().into_iter().flatten();
    let entries = entries.filter(|entry| entry.key != SPELLED_OUT);
    let schema = of_file(&opened.footer)?;
    line(&SchemaReport {
        byte_length: opened.identity.length,
        row_count: row_groups.iter().map(|group| group.row_count).fold(0, u64::saturating_add),
        created_by: file.created_by(),
        row_groups,
        fields: schema.fields().iter().map(|field| FieldReport::new(field)).collect(),
        key_value_metadata: Members::new(entries.map(|entry| (entry.key.as_str(), entry.value.as_deref()))),
    })
}

/// `/plan`: the plan of a read, and what it cost to open the file.
///
/// # Errors
/// None that is known.
pub(super) fn plan(plan: &ReadPlan, opening: OpeningCost) -> Result<String, Problem> {
    line(&PlanReport {
        requests: plan.requests.iter().map(Span::new).collect(),
        useful_bytes: plan.useful,
        known_bytes: plan.known,
        waste_bytes: plan.waste,
        index: plan.index.as_ref().map(Span::new),
        row_groups: plan.tasks.iter().map(TaskReport::new).collect(),
        opening,
    })
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct SchemaReport<'a> {
    byte_length: u64,
    row_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<&'a str>,
    row_groups: Vec<RowGroupReport>,
    fields: Vec<FieldReport<'a>>,
    key_value_metadata: Members<'a>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct RowGroupReport {
    row_count: u64,
    byte_length: u64,
}

#[derive(serde::Serialize)]
struct FieldReport<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: String,
    nullable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    children: Option<Vec<Self>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Members<'a>>,
}

impl<'a> FieldReport<'a> {
    fn new(field: &'a Field) -> Self {
        let metadata = field.metadata();
        let entries = metadata.iter().map(|(key, value)| (key.as_str(), Some(value.as_str())));
        Self {
            name: field.name(),
            kind: types::name(field.data_type()),
            nullable: field.is_nullable(),
            children: types::children(field.data_type()).map(|fields| fields.into_iter().map(Self::new).collect()),
            metadata: (!metadata.is_empty()).then(|| Members::new(entries)),
        }
    }
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct PlanReport {
    requests: Vec<Span>,
    useful_bytes: u64,
    known_bytes: u64,
    waste_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<Span>,
    row_groups: Vec<TaskReport>,
    opening: OpeningCost,
}

#[derive(serde::Serialize)]
struct TaskReport {
    index: usize,
    rows: [u64; 2],
    ranges: Vec<Span>,
}

impl TaskReport {
    fn new(task: &Task) -> Self {
        let rows = [task.rows.start, task.rows.end];
        Self { index: task.row_group, rows, ranges: task.ranges.iter().map(Span::new).collect() }
    }
}

#[derive(serde::Serialize)]
struct Span {
    start: u64,
    end: u64,
}

impl Span {
    fn new(range: &Range<u64>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

/// Names with values in the order of a JavaScript object, which the npm package makes of them: array indexes first and
/// rising, then the others as they came; of a name that comes twice the last value, in the first place.
struct Members<'a>(Vec<(&'a str, Option<&'a str>)>);

impl<'a> Members<'a> {
    fn new(entries: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Self {
        let mut members: Vec<(&str, Option<&str>)> = Vec::new();
        for (key, value) in entries {
            match members.iter_mut().find(|(known, _)| *known == key) {
                Some((_, known)) => *known = value,
                None => members.push((key, value)),
            }
        }
        members.sort_by_key(|(key, _)| array_index(key).map_or(u64::MAX, u64::from));
        Self(members)
    }
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

fn array_index(key: &str) -> Option<u32> {
    key.parse().ok().filter(|index: &u32| *index < u32::MAX && index.to_string() == key)
}

/// A count that a file stores with a sign.
fn count(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

fn line(report: &impl Serialize) -> Result<String, Problem> {
    let mut text = serde_json::to_string(report)
        .map_err(|_| Problem::new(Code::INTERNAL, "the service failed, which is a defect of Parqlet"))?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn members_stand_in_the_order_of_a_javascript_object() {
        let entries =
            [("b", Some("1")), ("10", None), ("a", Some("x")), ("9", Some("y")), ("b", Some("2")), ("01", None)];
        let text = serde_json::to_string(&Members::new(entries.into_iter())).unwrap();
        assert_eq!(text, r#"{"9":"y","10":null,"b":"2","a":"x","01":null}"#);
    }
}
