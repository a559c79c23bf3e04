//! A scan of the footer's raw Thrift before the Parquet crate decodes it.
//!
//! Linear in the bytes, no recursion, no allocation but a stack of open groups, and a count for each column chunk where
//! nulls are asked for. What it refuses would make the
//! crate allocate by claim, recurse past its stack, or lose its place. Format: parquet.thrift, `FileMetaData`.

use super::thrift::Wire::{self, Binary, I16, I32, I64, List, Struct};
use super::thrift::{Field, Reader};
use super::{Damage, damaged};

/// The deepest schema taken, in levels below the root.
///
/// The crate builds, converts and drops schemas by recursion, and a full stack ends the process. On 2 MiB, the default
/// of spawned threads, unoptimised builds read 300 nested structs and die before 400 (about 6.5 KiB a level; lists take
/// half). Of the real files known, two go past 16 levels: 150 and 199. Where stacks are smaller, as in WebAssembly,
/// hold [`FooterShape::depth`] against a lower limit.
pub const MAX_DEPTH: usize = 220;

/// Memory that the column paths of a footer may take, per byte of footer. Each leaf's path repeats the names of all
/// groups above it, so long names above many leaves grow with the square; real footers repeat every path in every
/// row group and stay below 10.
const PATH_BYTES_PER_BYTE: u64 = 64;

/// Path memory that is always fine, so that tiny footers are not measured.
const PATH_BYTES_FREE: u64 = 1 << 20;

/// Memory of one path element besides its name: a `String`.
const PATH_ELEMENT: u64 = 24;

/// What a footer holds, as counted by the scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FooterShape {
    /// Leaf columns.
    pub leaves: usize,
    /// Levels of the schema below its root.
    pub depth: usize,
    /// Row groups.
    pub row_groups: usize,
    /// Rows of the file, as the footer says.
    pub rows: u64,
}

/// Checks the footer's Thrift: the bytes between the data and the 8-byte tail (a signature may follow the struct).
///
/// # Errors
///
/// Lists longer than their bytes, fields of another wire type than the format's, a schema that is no tree or is
/// deeper than [`MAX_DEPTH`], row groups with another number of columns than the schema, negative row counts.
pub fn check(bytes: &[u8]) -> Result<FooterShape, Damage> {
    scan(bytes, &mut |_| ()).map_err(|damage| damage.within("footer"))
}

/// Checks as [`check`] does, and gives the nulls of each column chunk, row group by row group, as its statistics count
/// them; `None` where they don't.
///
/// # Errors
///
/// As [`check`].
pub fn null_counts(bytes: &[u8]) -> Result<Vec<Option<u64>>, Damage> {
    let mut counts = Vec::new();
    scan(bytes, &mut |count| counts.push(count)).map_err(|damage| damage.within("footer"))?;
    Ok(counts)
}

/// `nulls` is told those of each column chunk.
fn scan(bytes: &[u8], nulls: &mut impl FnMut(Option<u64>)) -> Result<FooterShape, Damage> {
    let mut reader = Reader::new(bytes);
    let mut shape = FooterShape { leaves: 0, depth: 0, row_groups: 0, rows: 0 };
    let (mut schema_seen, mut groups_seen) = (false, false);
    let mut last = 0;
    while let Some(field) = reader.field(&mut last)? {
        known(FILE, field)?;
        match field.id {
            2 if std::mem::replace(&mut schema_seen, true) => return damaged!("the schema is given twice"),
            2 => schema(&mut reader, &mut shape)?,
            3 => {
                let rows = reader.i64()?;
                shape.rows = u64::try_from(rows).map_err(|_| Damage::new(format!("{rows} rows")))?;
            }
            4 if !schema_seen => return damaged!("row groups come before the schema"),
            4 if std::mem::replace(&mut groups_seen, true) => return damaged!("the row groups are given twice"),
            4 => {
                shape.row_groups = reader.list(Struct)?;
                for index in 0..shape.row_groups {
                    row_group(&mut reader, shape.leaves, nulls)
                        .map_err(|damage| damage.within(format_args!("row group {index}")))?;
                }
            }
            _ => reader.skip(field.wire)?,
        }
    }
    if !schema_seen {
        return damaged!("no schema");
    }
    Ok(shape)
}

/// Wire types of the fields of `FileMetaData`, from field 1 on.
const FILE: &[Wire] = &[I32, List, I64, List, List, Binary, List, Struct, Binary];

/// Wire types of the fields of `SchemaElement`.
const ELEMENT: &[Wire] = &[I32, I32, I32, Binary, I32, I32, I32, I32, I32, Struct];

/// Wire types of the fields of `RowGroup`.
const ROW_GROUP: &[Wire] = &[List, I64, I64, List, I64, I64, I16];

/// Wire types of the fields of `ColumnChunk`.
const COLUMN: &[Wire] = &[Binary, I64, Struct, I64, I32, I64, I32, Struct, Binary];

/// Wire types of the fields of `ColumnMetaData`.
const COLUMN_DATA: &[Wire] =
    &[I32, List, List, I32, I64, I64, I64, List, I64, I64, I64, Struct, List, I64, I32, Struct, Struct];

/// A group whose children are being read.
struct OpenGroup {
    children_left: usize,
    path_bytes: u64,
}

fn schema(reader: &mut Reader<'_>, shape: &mut FooterShape) -> Result<(), Damage> {
    let footer_bytes = (reader.position() + reader.left()) as u64;
    let count = reader.list(Struct)?;
    let mut open: Vec<OpenGroup> = Vec::new();
    let mut path_bytes = 0_u64;
    let mut promised = 0_usize;
    for index in 0..count {
        let (name, children) =
            element(reader).map_err(|damage| damage.within(format_args!("schema element {index}")))?;
        let mut above = 0;
        match open.last_mut() {
            Some(parent) => {
                parent.children_left -= 1;
                promised -= 1;
                above = parent.path_bytes + PATH_ELEMENT + name;
                shape.depth = shape.depth.max(open.len());
            }
            None if index > 0 => return damaged!("schema elements are left over after the root's {index}"),
            None => {}
        }
        if children > 0 {
            promised = promised.saturating_add(children);
            if promised > count - index - 1 {
                return damaged!("the schema promises {promised} more elements where {} follow", count - index - 1);
            }
            if open.len() >= MAX_DEPTH {
                return damaged!("the schema is nested over {MAX_DEPTH} deep");
            }
            open.push(OpenGroup { children_left: children, path_bytes: above });
        } else if index > 0 {
            shape.leaves += 1;
            path_bytes = path_bytes.saturating_add(above);
        }
        while open.last().is_some_and(|group| group.children_left == 0) {
            open.pop();
        }
    }
    if !open.is_empty() {
        return damaged!("the schema ends {promised} elements too early");
    }
    if path_bytes > PATH_BYTES_FREE + PATH_BYTES_PER_BYTE * footer_bytes {
        return damaged!("the column paths take {path_bytes} bytes");
    }
    Ok(())
}

/// Length of the name and number of children of one schema element.
fn element(reader: &mut Reader<'_>) -> Result<(u64, usize), Damage> {
    let (mut name, mut children, mut last) = (None, 0, 0);
    while let Some(field) = reader.field(&mut last)? {
        known(ELEMENT, field)?;
        match field.id {
            4 => name = Some(reader.binary()?.len() as u64),
            5 => {
                let found = reader.i32()?;
                children = usize::try_from(found).map_err(|_| Damage::new(format!("{found} children")))?;
            }
            _ => reader.skip(field.wire)?,
        }
    }
    match name {
        Some(name) => Ok((name, children)),
        None => damaged!("no name"),
    }
}

fn row_group(reader: &mut Reader<'_>, leaves: usize, nulls: &mut impl FnMut(Option<u64>)) -> Result<(), Damage> {
    let (mut columns_seen, mut last) = (false, 0);
    while let Some(field) = reader.field(&mut last)? {
        known(ROW_GROUP, field)?;
        match field.id {
            1 => {
                let columns = reader.list(Struct)?;
                if columns != leaves || std::mem::replace(&mut columns_seen, true) {
                    return damaged!("{columns} columns where the schema has {leaves}");
                }
                for index in 0..columns {
                    nulls(column(reader).map_err(|damage| damage.within(format_args!("column {index}")))?);
                }
            }
            3 => {
                let rows = reader.i64()?;
                if rows < 0 {
                    return damaged!("{rows} rows");
                }
            }
            _ => reader.skip(field.wire)?,
        }
    }
    if columns_seen { Ok(()) } else { damaged!("no columns") }
}

/// Gives the nulls that its statistics count.
fn column(reader: &mut Reader<'_>) -> Result<Option<u64>, Damage> {
    let (mut nulls, mut last) = (None, 0);
    while let Some(field) = reader.field(&mut last)? {
        known(COLUMN, field)?;
        if field.id == 3 {
            let mut last = 0;
            while let Some(field) = reader.field(&mut last)? {
                known(COLUMN_DATA, field)?;
                if field.id == 12 {
                    nulls = statistics(reader)?;
                } else {
                    reader.skip(field.wire)?;
                }
            }
        } else {
            reader.skip(field.wire)?;
        }
    }
    Ok(nulls)
}

/// The null count of `Statistics`. What is odd in them is no damage: nobody decodes them.
fn statistics(reader: &mut Reader<'_>) -> Result<Option<u64>, Damage> {
    let (mut nulls, mut last) = (None, 0);
    while let Some(field) = reader.field(&mut last)? {
        if field.id == 3 && field.wire == I64 {
            nulls = u64::try_from(reader.i64()?).ok();
        } else {
            reader.skip(field.wire)?;
        }
    }
    Ok(nulls)
}

/// Refuses a field of the table that has another wire type than the table says.
fn known(table: &[Wire], field: Field) -> Result<(), Damage> {
    let place = usize::try_from(field.id).ok().and_then(|id| id.checked_sub(1));
    match place.and_then(|place| table.get(place)) {
        Some(wire) => field.expect(*wire),
        None => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "tests")]
mod tests {
    use super::*;

    /// `FileMetaData { version, schema, num_rows }` with the given schema elements: name and children.
    fn footer(elements: &[(&str, u32)]) -> Vec<u8> {
        let mut bytes = vec![0x15, 2, 0x19, 0xfc];
        varint(&mut bytes, elements.len() as u64);
        for (name, children) in elements {
            bytes.push(0x48);
            varint(&mut bytes, name.len() as u64);
            bytes.extend(name.as_bytes());
            bytes.push(0x15);
            varint(&mut bytes, u64::from(*children) << 1);
            bytes.push(0);
        }
        bytes.extend([0x16, 4, 0]);
        bytes
    }

    fn varint(bytes: &mut Vec<u8>, mut value: u64) {
        while value >= 0x80 {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
    }

    fn sentence(elements: &[(&str, u32)]) -> String {
        check(&footer(elements)).unwrap_err().to_string()
    }

    #[test]
    fn a_sound_footer_is_counted() {
        let shape = check(&footer(&[("root", 2), ("group", 1), ("leaf", 0), ("other", 0)])).unwrap();
        assert_eq!(shape, FooterShape { leaves: 2, depth: 2, row_groups: 0, rows: 2 });
    }

    #[test]
    fn a_schema_that_is_no_tree_is_refused() {
        assert!(sentence(&[("root", 2_000_000_000), ("leaf", 0)]).contains("promises 2000000000 more"));
        assert!(sentence(&[("root", 1), ("a", 0), ("b", 0)]).contains("left over"));
        // Each group alone would fit into what follows, together they do not.
        assert!(sentence(&[("root", 2), ("a", 2), ("b", 0), ("c", 0)]).contains("promises"));
    }

    #[test]
    fn nesting_past_the_limit_is_refused() {
        let chain = |groups: usize| {
            let mut chain = vec![("g", 1); groups];
            chain.push(("leaf", 0));
            chain
        };
        assert_eq!(check(&footer(&chain(MAX_DEPTH))).unwrap().depth, MAX_DEPTH);
        assert!(sentence(&chain(MAX_DEPTH + 1)).contains("nested over"));
    }

    #[test]
    fn long_names_above_many_leaves_are_refused() {
        let long = "n".repeat(100_000);
        let mut wide = vec![("root", 1), (long.as_str(), 10_000)];
        wide.extend([("l", 0); 10_000]);
        assert!(sentence(&wide).contains("column paths take"));
    }

    #[test]
    fn row_groups_must_have_the_columns_of_the_schema() {
        let mut bytes = footer(&[("root", 1), ("leaf", 0)]);
        bytes.pop();
        // row_groups: 2^31 - 1 of them, then one of 3 columns.
        let mut many = bytes.clone();
        many.extend([0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0]);
        assert!(check(&many).unwrap_err().to_string().contains("claims 2147483647 elements"));
        bytes.extend([0x19, 0x1c, 0x19, 0x3c, 0, 0, 0, 0, 0]);
        assert!(check(&bytes).unwrap_err().to_string().contains("3 columns where the schema has 1"));
    }

    #[test]
    fn nulls_are_those_that_the_statistics_count() {
        let mut bytes = footer(&[("root", 2), ("some", 0), ("none", 0)]);
        bytes.pop();
        // row_groups: one, of two columns. The first has metadata with statistics: max "x", null_count 5.
        bytes.extend([0x19, 0x1c, 0x19, 0x2c]);
        bytes.extend([0x3c, 0xcc, 0x18, 1, b'x', 0x26, 10, 0, 0, 0]);
        // The second has metadata with statistics that count less than nothing.
        bytes.extend([0x3c, 0xcc, 0x36, 1, 0, 0, 0]);
        bytes.extend([0, 0]);
        assert_eq!(null_counts(&bytes).unwrap(), [Some(5), None]);
        assert_eq!(check(&bytes).unwrap().row_groups, 1);
        assert!(null_counts(&footer(&[("root", 0)])).unwrap().is_empty());
    }

    #[test]
    fn a_list_of_booleans_in_an_unknown_field_is_refused() {
        // The crate would go round its loop 2^31 times for each such list, for no bytes.
        let mut bytes = footer(&[("root", 0)]);
        bytes.pop();
        bytes.extend([0xc9, 0xf1, 0xff, 0xff, 0xff, 0xff, 0x07, 0]);
        assert!(check(&bytes).is_err());
        let mut few = footer(&[("root", 0)]);
        few.pop();
        few.extend([0xc9, 0x21, 0, 0, 0]);
        assert!(check(&few).unwrap_err().to_string().contains("booleans"));
    }

    #[test]
    fn every_prefix_and_every_flipped_byte_is_answered() {
        let bytes = footer(&[("root", 2), ("group", 1), ("leaf", 0), ("other", 0)]);
        for end in 0..bytes.len() {
            assert!(check(&bytes[..end]).is_err());
        }
        for at in 0..bytes.len() {
            for flip in 1..=255 {
                let mut damaged = bytes.clone();
                damaged[at] ^= flip;
                let _ = check(&damaged);
            }
        }
    }
}
