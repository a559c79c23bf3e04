//! The Parquet schema as the decoder should see it: the same levels and leaves, other annotations.

use std::sync::Arc;

use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::errors::ParquetError;
use parquet::schema::types::{Type, TypePtr};

/// What of a schema the decoder should see differently. Neither the leaves nor their levels change, so pages decode as
/// before.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rewrite {
    /// Repeated maps and lists as lists of maps and lists: the decoder refuses them.
    Nesting,
    /// INT96 and decimals in byte arrays as plain bytes, intervals too if asked. And JSON as plain text: the decoder makes
    /// strings of it without looking whether they are UTF-8, which it does only for what is annotated as such.
    Bytes {
        /// INTERVAL as its 12 bytes; the decoder drops the months.
        intervals: bool,
    },
}

/// The schema rewritten, `None` when nothing changes.
pub(super) fn rewritten(root: &TypePtr, rewrite: Rewrite) -> Result<Option<TypePtr>, ParquetError> {
    node(root, Place::Elsewhere, rewrite)
}

/// What the group around a type is.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    List,
    Map,
    Elsewhere,
}

fn node(of: &TypePtr, place: Place, rewrite: Rewrite) -> Result<Option<TypePtr>, ParquetError> {
    if of.is_primitive() {
        return leaf(of, rewrite);
    }
    let info = of.get_basic_info();
    let inside = match info.converted_type() {
        ConvertedType::LIST => Place::List,
        ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE if place != Place::Map => Place::Map,
        _ => Place::Elsewhere,
    };
    let fields = of.get_fields().iter().map(|field| node(field, inside, rewrite)).collect::<Result<Vec<_>, _>>()?;
    let repeated = info.has_repetition() && info.repetition() == Repetition::REPEATED;
    let wrapped = repeated
        && matches!(rewrite, Rewrite::Nesting)
        && match inside {
            // The only child of a map is its entries, whatever they are annotated with.
            _ if place == Place::Map => false,
            Place::Map => true,
            // The decoder takes a repeated list inside a list for what it is.
            Place::List => place != Place::List,
            Place::Elsewhere => false,
        };
    if !wrapped && fields.iter().all(Option::is_none) {
        return Ok(None);
    }
    let fields = of.get_fields().iter().zip(fields).map(|(old, new)| new.unwrap_or_else(|| Arc::clone(old))).collect();
    let mut group = Type::group_type_builder(of.name())
        .with_converted_type(info.converted_type())
        .with_logical_type(info.logical_type_ref().cloned())
        .with_fields(fields)
        .with_id(info.has_id().then(|| info.id()));
    if wrapped {
        group = group.with_repetition(Repetition::REQUIRED);
    } else if info.has_repetition() {
        group = group.with_repetition(info.repetition());
    }
    let group = Arc::new(group.build()?);
    if !wrapped {
        return Ok(Some(group));
    }
    // repeated group x (MAP)   becomes   repeated group list { required group x (MAP) }
    let items = Type::group_type_builder("list").with_repetition(Repetition::REPEATED).with_fields(vec![group]);
    let items = Arc::new(items.build()?);
    if place == Place::List {
        return Ok(Some(items));
    }
    let list = Type::group_type_builder(of.name())
        .with_repetition(Repetition::REQUIRED)
        .with_logical_type(Some(LogicalType::List))
        .with_fields(vec![items]);
    Ok(Some(Arc::new(list.build()?)))
}

fn leaf(of: &TypePtr, rewrite: Rewrite) -> Result<Option<TypePtr>, ParquetError> {
    let Rewrite::Bytes { intervals } = rewrite else { return Ok(None) };
    let info = of.get_basic_info();
    let text = matches!(info.logical_type_ref(), Some(LogicalType::Json | LogicalType::String))
        || info.converted_type() == ConvertedType::JSON;
    if text && of.get_physical_type() == Physical::BYTE_ARRAY && info.converted_type() != ConvertedType::UTF8 {
        let text = Type::primitive_type_builder(of.name(), Physical::BYTE_ARRAY)
            .with_repetition(info.repetition())
            .with_logical_type(Some(LogicalType::String))
            .with_converted_type(ConvertedType::UTF8)
            .with_id(info.has_id().then(|| info.id()));
        return Ok(Some(Arc::new(text.build()?)));
    }
    let (physical, length) = match (of.get_physical_type(), info.converted_type()) {
        (Physical::INT96, _) => (Physical::FIXED_LEN_BYTE_ARRAY, 12),
        (Physical::FIXED_LEN_BYTE_ARRAY, ConvertedType::INTERVAL) if intervals => (Physical::FIXED_LEN_BYTE_ARRAY, 12),
        (Physical::BYTE_ARRAY, ConvertedType::DECIMAL) => (Physical::BYTE_ARRAY, -1),
        _ => return Ok(None),
    };
    let plain = Type::primitive_type_builder(of.name(), physical)
        .with_repetition(info.repetition())
        .with_length(length)
        .with_id(info.has_id().then(|| info.id()));
    Ok(Some(Arc::new(plain.build()?)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use parquet::schema::parser::parse_message_type;
    use parquet::schema::printer::print_schema;
    use parquet::schema::types::SchemaDescriptor;

    use super::*;

    const BYTES: Rewrite = Rewrite::Bytes { intervals: true };

    fn check(rewrite: Rewrite, before: &str, after: &str) {
        let before = Arc::new(parse_message_type(before).unwrap());
        let got = rewritten(&before, rewrite).unwrap();
        let Some(got) = got else {
            assert_eq!(after, "", "nothing was rewritten");
            return;
        };
        let mut text = Vec::new();
        print_schema(&mut text, &got);
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), after.split_whitespace().collect::<Vec<_>>());
        let levels = |schema: TypePtr| {
            let columns = SchemaDescriptor::new(schema);
            columns.columns().iter().map(|c| (c.max_def_level(), c.max_rep_level())).collect::<Vec<_>>()
        };
        assert_eq!(levels(before), levels(got));
    }

    #[test]
    fn leaves_that_the_decoder_would_cut_become_bytes() {
        check(
            BYTES,
            "message m { optional int96 a; required group g { repeated fixed_len_byte_array(12) b (INTERVAL); } \
             optional binary c (DECIMAL(30, 2)); }",
            "message m { OPTIONAL FIXED_LEN_BYTE_ARRAY (12) a; REQUIRED group g { \
             REPEATED FIXED_LEN_BYTE_ARRAY (12) b; } OPTIONAL BYTE_ARRAY c; }",
        );
        check(BYTES, "message m { optional int32 a; optional group l (LIST) { repeated int32 array; } }", "");
    }

    #[test]
    fn json_is_read_as_text_so_that_it_is_looked_through() {
        check(BYTES, "message m { optional binary j (JSON); }", "message m { OPTIONAL BYTE_ARRAY j (STRING); }");
        check(BYTES, "message m { optional binary s (STRING); optional binary b; }", "");
    }

    #[test]
    fn a_repeated_map_becomes_a_list_of_maps() {
        check(
            Rewrite::Nesting,
            "message m { optional group l (LIST) { repeated group array (MAP) { repeated group map (MAP_KEY_VALUE) { \
             required int32 key; optional int32 value; } } } }",
            "message m { OPTIONAL group l (LIST) { REPEATED group list { REQUIRED group array (MAP) { \
             REPEATED group map (MAP_KEY_VALUE) { REQUIRED INT32 key; OPTIONAL INT32 value; } } } } }",
        );
        check(
            Rewrite::Nesting,
            "message m { repeated group r (MAP) { repeated group map { required int32 key; optional int32 value; } } }",
            "message m { REQUIRED group r (LIST) { REPEATED group list { REQUIRED group r (MAP) { \
             REPEATED group map { REQUIRED INT32 key; OPTIONAL INT32 value; } } } } }",
        );
        check(
            Rewrite::Nesting,
            "message m { optional group r (MAP) { repeated group map (MAP_KEY_VALUE) { required int32 key; \
             optional int32 value; } } }",
            "",
        );
    }
}
