//! Columns that the folders of a data set tell: `year=2024/month=1/`.

use super::frame::Frame;
use super::unify::in_order;
use crate::list::ObjectEntry;
use arrow_array::{ArrayRef, Int64Array, StringArray, new_null_array};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};
use parqlet_core::select::Selection;
use std::sync::Arc;

/// The partitions of all files as columns.
#[derive(Debug)]
pub(crate) struct Hive {
    fields: Vec<FieldRef>,
    /// Of each file, in the order of the fields.
    values: Vec<Vec<Option<String>>>,
}

impl Hive {
    /// A column for each key that any of the files has: of 64-bit integers where all values are such, else of text; null
    /// where the folder says so or a file isn't in such a partition.
    pub(crate) fn of(files: &[ObjectEntry]) -> Self {
        let mut keys: Vec<&str> = Vec::new();
        for (key, _) in files.iter().flat_map(|file| &file.partitions) {
            if !keys.contains(&key.as_str()) {
                keys.push(key);
            }
        }
        let values: Vec<Vec<Option<String>>> =
            files.iter().map(|file| keys.iter().map(|key| value(file, key)).collect()).collect();
        let field = |(at, key): (usize, &&str)| {
            let mut known = values.iter().filter_map(|values| values.get(at)?.as_deref());
            // Of nothing but nulls nothing is known, and text is what may be put together with most.
            let numbers = known.clone().next().is_some() && known.all(|value| value.parse::<i64>().is_ok());
            let data_type = if numbers { DataType::Int64 } else { DataType::Utf8 };
            Arc::new(Field::new(*key, data_type, true))
        };
        Self { fields: keys.iter().enumerate().map(field).collect(), values }
    }

    /// The same with the columns that were planned, whatever values these files have.
    pub(super) fn framed(files: &[ObjectEntry], frame: &Frame) -> Self {
        let is_partition = |field: &&FieldRef| frame.partitions.contains(field.name());
        let fields: Vec<FieldRef> = frame.schema.fields().iter().filter(is_partition).cloned().collect();
        let values = files.iter().map(|file| fields.iter().map(|field| value(file, field.name())).collect()).collect();
        Self { fields, values }
    }

    /// The names of those columns that are wanted.
    pub(crate) fn names(&self, wanted: Option<&[String]>) -> Vec<String> {
        let names = self.fields.iter().map(|field| field.name());
        names.filter(|name| wanted.is_none_or(|wanted| wanted.contains(name))).cloned().collect()
    }

    /// What of the selection is for the files to give: a column that the folders tell isn't looked for in them.
    pub(crate) fn left_to_files(&self, selection: &Selection) -> Selection {
        match selection.names() {
            Some(names) if !self.fields.is_empty() => {
                selection.clone().columns(names.iter().filter(|name| self.place(name).is_none()))
            }
            _ => selection.clone(),
        }
    }

    /// The schema of the files with these columns: behind the others, or in the place of those of the same name, or where
    /// they were asked for. What was asked for by name and isn't one of them is left out.
    pub(crate) fn added(&self, schema: &SchemaRef, wanted: Option<&[String]>) -> SchemaRef {
        let mut fields: Vec<FieldRef> = schema.fields().iter().cloned().collect();
        for field in &self.fields {
            if wanted.is_some_and(|wanted| !wanted.contains(field.name())) {
                continue;
            }
            match fields.iter_mut().find(|known| known.name() == field.name()) {
                Some(known) => *known = Arc::clone(field),
                None => fields.push(Arc::clone(field)),
            }
        }
        let schema = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
        match wanted {
            Some(wanted) => in_order(&schema, wanted),
            None => schema,
        }
    }

    /// One of these columns for rows of a file.
    pub(super) fn column(&self, name: &str, file: usize, rows: usize) -> Option<ArrayRef> {
        let at = self.place(name)?;
        let field = self.fields.get(at)?;
        let Some(value) = self.values.get(file)?.get(at)? else {
            return Some(new_null_array(field.data_type(), rows));
        };
        Some(match (field.data_type(), value.parse::<i64>()) {
            (DataType::Int64, Ok(number)) => Arc::new(Int64Array::from_value(number, rows)),
            _ => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(value, rows))),
        })
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name() == name)
    }
}

/// What a file's folders say of a key.
fn value(file: &ObjectEntry, key: &str) -> Option<String> {
    file.partitions.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.clone())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;

    fn files(names: &[&str]) -> Vec<ObjectEntry> {
        names.iter().map(|name| ObjectEntry::from(*name)).collect()
    }

    fn names(schema: &SchemaRef) -> Vec<&str> {
        schema.fields().iter().map(|field| field.name().as_str()).collect()
    }

    #[test]
    fn numbers_are_numbers_and_everything_else_is_text() {
        let hive = Hive::of(&files(&[
            "t/year=2024/city=Oslo/a.parquet",
            "t/year=2025/city=7/b.parquet",
            "t/year=__HIVE_DEFAULT_PARTITION__/c.parquet",
        ]));
        let types: Vec<_> = hive.fields.iter().map(|field| (field.name().as_str(), field.data_type())).collect();
        assert_eq!(types, [("year", &DataType::Int64), ("city", &DataType::Utf8)]);
        assert_eq!(hive.column("year", 1, 2).unwrap().as_primitive::<Int64Type>().values(), &[2025, 2025]);
        assert_eq!(hive.column("city", 1, 1).unwrap().as_string::<i32>().value(0), "7");
        assert_eq!(hive.column("year", 2, 3).unwrap().null_count(), 3);
        assert_eq!(hive.column("city", 2, 1).unwrap().null_count(), 1);
        assert!(hive.column("fare", 0, 1).is_none());
    }

    #[test]
    fn they_stand_behind_the_files_columns_or_where_they_were_asked_for() {
        let hive = Hive::of(&files(&["t/year=2024/month=1/a.parquet"]));
        let field = |name: &str| Field::new(name, DataType::Int32, false);
        let schema = Arc::new(Schema::new(vec![field("a"), field("month"), field("b")]));
        let all = hive.added(&schema, None);
        assert_eq!(names(&all), ["a", "month", "b", "year"]);
        assert_eq!(all.field(1).data_type(), &DataType::Int64, "the folder's, not the file's");
        let wanted = ["year", "a"].map(str::to_owned);
        let selection = hive.left_to_files(&Selection::all().columns(&wanted));
        assert_eq!(selection.names().unwrap(), ["a"]);
        let some = hive.added(&Arc::new(Schema::new(vec![field("a")])), Some(&wanted));
        assert_eq!(names(&some), ["year", "a"]);
    }
}
