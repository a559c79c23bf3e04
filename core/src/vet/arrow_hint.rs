//! A check of the Arrow schema that writers leave in a footer's key-value metadata.
//!
//! It is a FlatBuffer in base64, and a FlatBuffer may refer to one part from many places: a kilobyte can stand for a
//! schema of gigabytes. The crate verifies it, but with limits of 2 GiB and a million tables.

use arrow_ipc::root_as_message_with_opts;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flatbuffers::VerifierOptions;
use parquet::arrow::ARROW_SCHEMA_META_KEY;
use parquet::file::metadata::FileMetaData;

use super::Damage;

/// The least bytes of a FlatBuffer table.
const MIN_TABLE: usize = 4;

/// How many times its size a hint may come to when every reference is followed. What writers make stays at about 1,
/// shared tables of field offsets counted again each time.
const MOST_EXPANSION: usize = 16;

/// Checks the Arrow schema hint of a footer, if it has one.
///
/// # Errors
///
/// A hint that is no Arrow schema message or stands for far more than its bytes. The file itself is fine then: open it
/// with `ArrowReaderOptions::with_skip_arrow_metadata(true)`, which reads by the Parquet types alone.
pub fn check(metadata: &FileMetaData) -> Result<(), Damage> {
    let pairs = metadata.key_value_metadata().map_or(&[][..], Vec::as_slice);
    let hint = pairs.iter().find(|pair| pair.key == ARROW_SCHEMA_META_KEY).and_then(|pair| pair.value.as_deref());
    hint.map_or(Ok(()), message).map_err(|damage| damage.within("the Arrow schema in the footer"))
}

/// Checks an Arrow schema message in base64.
pub(crate) fn message(encoded: &str) -> Result<(), Damage> {
    let bytes = BASE64_STANDARD.decode(encoded).map_err(|error| Damage::new(error.to_string()))?;
    // Messages may have a prefix of 0xffffffff and their length.
    let bytes = match bytes.strip_prefix(&[0xff; 4]) {
        Some(rest) => rest.get(4..).unwrap_or_default(),
        None => &bytes,
    };
    let options = VerifierOptions {
        max_tables: bytes.len() / MIN_TABLE,
        max_apparent_size: bytes.len().saturating_mul(MOST_EXPANSION),
        ..VerifierOptions::default()
    };
    match root_as_message_with_opts(&options, bytes) {
        Ok(message) if message.header_as_schema().is_some() => Ok(()),
        Ok(_) => Err(Damage::new("it is no schema")),
        Err(error) => Err(Damage::new(error.to_string().lines().next().unwrap_or_default())),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use arrow_ipc::{FieldBuilder, MessageBuilder, MessageHeader, MetadataVersion, NullBuilder, SchemaBuilder, Type};
    use arrow_schema::{DataType, Field, Schema};
    use flatbuffers::FlatBufferBuilder;

    use super::*;

    /// A schema of `count` references to one field named by `name`.
    fn repeated(name: &str, count: usize) -> String {
        let mut builder = FlatBufferBuilder::new();
        let name = builder.create_string(name);
        let null = NullBuilder::new(&mut builder).finish();
        let children = builder.create_vector::<flatbuffers::ForwardsUOffset<arrow_ipc::Field<'_>>>(&[]);
        let mut field = FieldBuilder::new(&mut builder);
        field.add_name(name);
        field.add_type_type(Type::Null);
        field.add_type_(null.as_union_value());
        field.add_children(children);
        let field = field.finish();
        let fields = builder.create_vector(&vec![field; count]);
        let mut schema = SchemaBuilder::new(&mut builder);
        schema.add_fields(fields);
        let schema = schema.finish();
        let mut message = MessageBuilder::new(&mut builder);
        message.add_version(MetadataVersion::V5);
        message.add_header_type(MessageHeader::Schema);
        message.add_header(schema.as_union_value());
        let message = message.finish();
        builder.finish(message, None);
        BASE64_STANDARD.encode(builder.finished_data())
    }

    #[test]
    fn what_writers_make_passes() {
        let fields: Vec<_> = (0..500).map(|n| Field::new(format!("{n}"), DataType::Utf8, true)).collect();
        message(&parquet::arrow::encode_arrow_schema(&Schema::new(fields))).unwrap();
        message(&parquet::arrow::encode_arrow_schema(&Schema::empty())).unwrap();
        message(&repeated("name", 1)).unwrap();
    }

    #[test]
    fn one_long_name_used_by_thousands_of_fields_is_refused() {
        assert!(message(&repeated(&"n".repeat(50_000), 5_000)).is_err());
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for hint in ["", "?", "AAAA", "/////wAAAAA="] {
            assert!(message(hint).is_err(), "{hint}");
        }
    }
}
