//! `parqlet schema`: the columns of a file by Parquet's own names.
//!
//! JSON: `{"url", "rows", "columns", "fields": [field]}` where `columns` counts the leaves and a field is
//! `{"name", "path", "repetition", "physical_type", "logical_type", "field_id", "column", "fields"}`. A group has
//! `fields` and no physical type; a leaf has the number of its column. What a field lacks is left out.

use std::fmt::Write as _;

use parquet::basic::{ConvertedType, LogicalType, Repetition, TimeUnit};
use parquet::file::metadata::ParquetMetaData;
use parquet::schema::types::Type;
use serde::Serialize;

use super::screen::{Ink, Screen, pad, printable, width};
use super::size;

/// The schema of a file.
#[derive(Debug, Serialize)]
pub(crate) struct SchemaReport {
    url: String,
    rows: u64,
    columns: usize,
    fields: Vec<SchemaField>,
}

#[derive(Debug, Serialize)]
struct SchemaField {
    name: String,
    /// From the root, apart by dots.
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    repetition: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logical_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field_id: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Self>,
}

impl SchemaReport {
    /// Reads the schema from a footer. `url` is shown as it is given: without its secrets.
    pub(crate) fn new(url: &str, metadata: &ParquetMetaData) -> Self {
        let mut columns = 0;
        let fields = read_fields(metadata.file_metadata().schema(), "", &mut columns);
        Self { url: url.to_owned(), rows: rows(metadata), columns, fields }
    }

    /// The schema as a tree.
    pub(crate) fn text(&self, screen: &Screen) -> String {
        let mut lines = Vec::new();
        tree(&self.fields, "", &mut lines, screen);
        let widest = lines.iter().map(|line| width(&line.tree) + width(&line.name)).max().unwrap_or(0);
        let mut out = format!(
            "{}\n{}\n\n",
            screen.ink(Ink::Bold, &printable(&self.url)),
            screen.ink(
                Ink::Dim,
                &format!("{} · {}", size::counted(self.rows, "row"), size::counted(self.columns as u64, "column"))
            ),
        );
        for line in &lines {
            let name = pad(&line.name, widest - width(&line.tree), false);
            // Writing to a string does not fail.
            let _ = writeln!(
                out,
                "{}{name}  {} {}",
                screen.ink(Ink::Dim, &line.tree),
                screen.ink(Ink::Dim, line.repetition),
                line.kind
            );
        }
        screen.spelled(out)
    }
}

/// The rows of a file: those of its row groups, which is what a reader gets, whatever the footer sums them to.
pub(crate) fn rows(metadata: &ParquetMetaData) -> u64 {
    metadata.row_groups().iter().map(|group| u64::try_from(group.num_rows()).unwrap_or(0)).fold(0, u64::saturating_add)
}

/// What a field means beside how it is stored, in lower case: `string`, `decimal(9,2)`, `timestamp[us, utc]`.
pub(crate) fn logical_type(field: &Type) -> Option<String> {
    let info = field.get_basic_info();
    let Some(logical) = info.logical_type_ref() else {
        return match (info.converted_type(), field) {
            (ConvertedType::NONE, _) => None,
            (ConvertedType::UTF8, _) => Some("string".to_owned()),
            (ConvertedType::DECIMAL, Type::PrimitiveType { precision, scale, .. }) => {
                Some(format!("decimal({precision},{scale})"))
            }
            (other, _) => Some(other.to_string().to_lowercase()),
        };
    };
    let unit = |unit: &TimeUnit| match unit {
        TimeUnit::MILLIS => "ms",
        TimeUnit::MICROS => "us",
        TimeUnit::NANOS => "ns",
    };
    let utc = |utc: bool| if utc { ", utc" } else { "" };
    Some(match logical {
        LogicalType::Integer(int) => {
            format!("{}int{}", if int.is_signed { "" } else { "u" }, int.bit_width)
        }
        LogicalType::Decimal(decimal) => {
            format!("decimal({},{})", decimal.precision, decimal.scale)
        }
        LogicalType::Timestamp(time) => {
            format!("timestamp[{}{}]", unit(&time.unit), utc(time.is_adjusted_to_u_t_c))
        }
        LogicalType::Time(time) => format!("time[{}{}]", unit(&time.unit), utc(time.is_adjusted_to_u_t_c)),
        LogicalType::Geometry(_) => "geometry".to_owned(),
        LogicalType::Geography(_) => "geography".to_owned(),
        LogicalType::Variant(_) => "variant".to_owned(),
        LogicalType::_Unknown { field_id } => format!("unknown({field_id})"),
        plain => format!("{plain:?}").to_lowercase(),
    })
}

/// How a leaf is stored, in lower case: `int64`, `byte_array`, `fixed_len_byte_array(16)`.
pub(crate) fn physical_type(field: &Type) -> Option<String> {
    match field {
        Type::PrimitiveType { physical_type: parquet::basic::Type::FIXED_LEN_BYTE_ARRAY, type_length, .. } => {
            Some(format!("fixed_len_byte_array({type_length})"))
        }
        Type::PrimitiveType { physical_type, .. } => Some(physical_type.to_string().to_lowercase()),
        Type::GroupType { .. } => None,
    }
}

fn read_fields(group: &Type, path: &str, columns: &mut usize) -> Vec<SchemaField> {
    let Type::GroupType { fields, .. } = group else {
        return Vec::new();
    };
    fields
        .iter()
        .map(|field| {
            let info = field.get_basic_info();
            let path = if path.is_empty() { info.name().to_owned() } else { format!("{path}.{}", info.name()) };
            let column = field.is_primitive().then(|| {
                *columns += 1;
                *columns - 1
            });
            SchemaField {
                name: info.name().to_owned(),
                repetition: info.has_repetition().then(|| match info.repetition() {
                    Repetition::REQUIRED => "required",
                    Repetition::OPTIONAL => "optional",
                    Repetition::REPEATED => "repeated",
                }),
                physical_type: physical_type(field),
                logical_type: logical_type(field),
                field_id: info.has_id().then(|| info.id()),
                column,
                fields: read_fields(field, &path, columns),
                path,
            }
        })
        .collect()
}

struct Line {
    tree: String,
    name: String,
    repetition: &'static str,
    kind: String,
}

fn tree(fields: &[SchemaField], stem: &str, lines: &mut Vec<Line>, screen: &Screen) {
    for (place, field) in fields.iter().enumerate() {
        let last = place + 1 == fields.len();
        let (branch, below) = match last {
            true => (screen.either("└─ ", "`- "), "   "),
            false => (screen.either("├─ ", "|- "), screen.either("│  ", "|  ")),
        };
        let stored = field.physical_type.as_deref().unwrap_or("group");
        let meant = field.logical_type.as_ref().map(|meant| format!(" ({meant})")).unwrap_or_default();
        let id = field.field_id.map(|id| format!(" id {id}")).unwrap_or_default();
        lines.push(Line {
            tree: format!("{stem}{branch}"),
            name: printable(&field.name).into_owned(),
            repetition: field.repetition.unwrap_or("required"),
            kind: format!("{stored}{meant}{id}"),
        });
        tree(&field.fields, &format!("{stem}{below}"), lines, screen);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::super::sample::metadata;
    use super::*;

    #[test]
    fn the_tree_shows_nesting_and_both_types() {
        let report = SchemaReport::new("trips.parquet", &metadata());
        let screen = Screen { width: Some(80), colour: false, unicode: true };
        assert_eq!(
            report.text(&screen),
            "\
trips.parquet
6 rows · 4 columns

├─ id             required int64
├─ at             optional int64 (timestamp[us, utc])
├─ fare           optional int32 (decimal(9,2))
└─ tags           optional group (list)
   └─ list        repeated group
      └─ element  optional byte_array (string)
"
        );
        let ascii = report.text(&Screen { unicode: false, ..screen });
        assert!(ascii.contains("   `- list") && ascii.is_ascii() || ascii.contains('·'), "{ascii}");
    }

    #[test]
    fn json_has_what_the_tree_has() {
        let json = serde_json::to_value(SchemaReport::new("trips.parquet", &metadata())).unwrap();
        assert_eq!(json["columns"], 4);
        assert_eq!(
            json["fields"][2],
            serde_json::json!({"name": "fare", "path": "fare", "repetition": "optional", "physical_type": "int32",
                "logical_type": "decimal(9,2)", "column": 2})
        );
        let leaf = &json["fields"][3]["fields"][0]["fields"][0];
        assert_eq!((&leaf["path"], &leaf["column"]), (&"tags.list.element".into(), &3.into()));
    }
}
