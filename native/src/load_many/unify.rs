//! The columns of many files together.

use super::widen::widened;
use arrow_schema::{DataType, FieldRef, Fields, Schema, SchemaRef};
use parqlet_core::{Error, ErrorKind, Result};
use std::collections::HashSet;
use std::sync::Arc;

/// The schema of the result, from those of the files by their names.
///
/// # Errors
/// Of kind [`ErrorKind::Usage`], naming both files, when a column has types that don't go together.
pub(crate) fn unified(files: &[(&str, SchemaRef)]) -> Result<SchemaRef> {
    let Some(((first_name, first), others)) = files.split_first() else {
        return Ok(Arc::new(Schema::empty()));
    };
    let mut schema = Arc::clone(first);
    // Most files have the same columns, and then most of them share what they say of them.
    let mut seen: Vec<&SchemaRef> = vec![first];
    let mut names: Vec<(String, &str)> =
        first.fields().iter().map(|field| (field.name().clone(), *first_name)).collect();
    for (name, other) in others {
        if seen.iter().any(|known| known.fields() == other.fields()) {
            continue;
        }
        if let Some(column) = twice(schema.fields()).or_else(|| twice(other.fields())) {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("{first_name} and {name} differ, and column `{column}` stands twice in one: load them apart"),
            ));
        }
        seen.push(other);
        let fields = together(schema.fields(), other.fields()).map_err(|clash| {
            let before = names.iter().find(|(column, _)| *column == clash.column());
            clash.between(before.map_or(first_name, |(_, file)| file), name)
        })?;
        names.extend(fields.iter().skip(names.len()).map(|field| (field.name().clone(), *name)));
        schema = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
    }
    Ok(schema)
}

/// A name that doesn't say which column is meant.
fn twice(fields: &Fields) -> Option<&str> {
    let mut names = HashSet::new();
    fields.iter().map(|field| field.name().as_str()).find(|name| !names.insert(*name))
}

/// Two types that don't go together, and where.
struct Clash {
    path: Vec<String>,
    one: DataType,
    other: DataType,
}

impl Clash {
    fn below(mut self, name: &str) -> Self {
        self.path.insert(0, name.to_owned());
        self
    }

    fn column(&self) -> &str {
        self.path.first().map_or("", String::as_str)
    }

    fn between(&self, one: &str, other: &str) -> Error {
        let path = self.path.join(".");
        Error::new(
            ErrorKind::Usage,
            format!(
                "column `{path}` is {} in {one} and {} in {other}, and no type holds both: load them apart, or select \
                 other columns",
                self.one, self.other
            ),
        )
    }
}

/// The fields of both: those of the first in their order, then what only the second has. What only one has may be null.
fn together(one: &Fields, other: &Fields) -> Result<Fields, Clash> {
    let mut fields = Vec::with_capacity(one.len().max(other.len()));
    for field in one {
        fields.push(match other.find(field.name()) {
            Some((_, same)) => both(field, same).map_err(|clash| clash.below(field.name()))?,
            None => nullable(field),
        });
    }
    fields.extend(other.iter().filter(|field| one.find(field.name()).is_none()).map(nullable));
    Ok(fields.into())
}

fn both(one: &FieldRef, other: &FieldRef) -> Result<FieldRef, Clash> {
    let data_type = match (one.data_type(), other.data_type()) {
        (DataType::Struct(fields), DataType::Struct(others)) => DataType::Struct(together(fields, others)?),
        (DataType::List(item), DataType::List(same)) => DataType::List(both(item, same)?),
        (DataType::LargeList(item), DataType::LargeList(same)) => DataType::LargeList(both(item, same)?),
        (DataType::FixedSizeList(item, length), DataType::FixedSizeList(same, other)) if length == other => {
            DataType::FixedSizeList(both(item, same)?, *length)
        }
        (DataType::Map(entries, sorted), DataType::Map(same, also)) => {
            DataType::Map(entries_of_both(entries, same)?, *sorted && *also)
        }
        (mine, theirs) => {
            widened(mine, theirs).ok_or_else(|| Clash { path: Vec::new(), one: mine.clone(), other: theirs.clone() })?
        }
    };
    let nullable = one.is_nullable() || other.is_nullable();
    Ok(Arc::new(one.as_ref().clone().with_data_type(data_type).with_nullable(nullable)))
}

/// Keys and values by their place: writers call them differently.
fn entries_of_both(one: &FieldRef, other: &FieldRef) -> Result<FieldRef, Clash> {
    let (DataType::Struct(fields), DataType::Struct(others)) = (one.data_type(), other.data_type()) else {
        return both(one, other);
    };
    let fields: Result<Fields, Clash> = fields.iter().zip(others).map(|(field, same)| both(field, same)).collect();
    Ok(Arc::new(one.as_ref().clone().with_data_type(DataType::Struct(fields?))))
}

fn nullable(field: &FieldRef) -> FieldRef {
    if field.is_nullable() { Arc::clone(field) } else { Arc::new(field.as_ref().clone().with_nullable(true)) }
}

/// Columns in the order in which they were asked for: the first file may have lacked some.
pub(super) fn in_order(schema: &SchemaRef, wanted: &[String]) -> SchemaRef {
    let place = |field: &FieldRef| {
        let named = |name: &String| {
            name.strip_prefix(field.name().as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        wanted.iter().position(named)
    };
    let mut fields: Vec<FieldRef> = schema.fields().iter().cloned().collect();
    fields.sort_by_key(place);
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use arrow_schema::Field;

    fn schema(columns: &[(&str, DataType, bool)]) -> SchemaRef {
        let field =
            |(name, data_type, nullable): &(&str, DataType, bool)| Field::new(*name, data_type.clone(), *nullable);
        Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
    }

    fn shown(schema: &SchemaRef) -> Vec<String> {
        let shown = |field: &FieldRef| {
            format!("{}: {}{}", field.name(), field.data_type(), if field.is_nullable() { "?" } else { "" })
        };
        schema.fields().iter().map(shown).collect()
    }

    #[test]
    fn columns_are_found_by_name_widened_and_null_where_they_are_missing() {
        let one = schema(&[("a", DataType::Int32, false), ("b", DataType::Utf8, true)]);
        let two = schema(&[("c", DataType::Boolean, false), ("a", DataType::Int64, false)]);
        let both = unified(&[("one", one), ("two", two)]).unwrap();
        assert_eq!(shown(&both), ["a: Int64", "b: Utf8?", "c: Boolean?"]);
    }

    #[test]
    fn columns_come_in_the_order_they_were_asked_for() {
        let one = schema(&[("a", DataType::Int32, false), ("c", DataType::Utf8, true)]);
        let two = schema(&[("a", DataType::Int32, false), ("b.x", DataType::Int8, false), ("c", DataType::Utf8, true)]);
        let wanted = ["c", "b.x", "a"].map(str::to_owned);
        let both = in_order(&unified(&[("one", one), ("two", two)]).unwrap(), &wanted);
        assert_eq!(shown(&both), ["c: Utf8?", "b.x: Int8?", "a: Int32"]);
    }

    #[test]
    fn structs_and_lists_are_unified_within() {
        let of = |fields: &[(&str, DataType, bool)]| {
            let item = Field::new("item", DataType::Struct(schema(fields).fields().clone()), true);
            schema(&[("l", DataType::List(Arc::new(item)), false)])
        };
        let one = of(&[("x", DataType::Int8, false)]);
        let two = of(&[("y", DataType::Utf8, false), ("x", DataType::Int16, false)]);
        let both = unified(&[("one", one), ("two", two)]).unwrap();
        let DataType::List(item) = both.field(0).data_type() else { unreachable!() };
        let DataType::Struct(fields) = item.data_type() else { unreachable!() };
        assert_eq!(shown(&Arc::new(Schema::new(fields.clone()))), ["x: Int16", "y: Utf8?"]);
    }

    #[test]
    fn what_does_not_go_together_names_both_files() {
        let one = schema(&[("a", DataType::Int32, false)]);
        let two = schema(&[("b", DataType::Boolean, false)]);
        let three = schema(&[("b", DataType::Utf8, false)]);
        let error = unified(&[("one", one), ("two", two), ("three", three)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert!(error.to_string().contains("column `b` is Boolean in two and Utf8 in three"), "{error}");
    }
}
