//! An open file: what its footer says, and what reads of it left behind.

use crate::error::thrown;
use crate::ipc;
use crate::object::{array, number, object};
use js_sys::Uint8Array;
use parqlet_core::keep::Keep;
use parqlet_core::opened::Opened;
use parqlet_core::{Error, ErrorKind, arrow_schema};
use parquet::file::metadata::ColumnChunkMetaData;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// An open file. Loads of it share what they fetched.
#[wasm_bindgen]
#[derive(Debug, Clone)]
pub struct OpenFile {
    pub(crate) object: Arc<str>,
    pub(crate) opened: Arc<Opened>,
    pub(crate) keep: Rc<RefCell<Keep>>,
}

impl OpenFile {
    pub(crate) fn new(object: Arc<str>, opened: Arc<Opened>, keep: u64) -> Self {
        Self { object, opened, keep: Rc::new(RefCell::new(Keep::new(keep))) }
    }

    /// With what earlier reads left behind.
    pub(crate) fn known(&self) -> Arc<Opened> {
        Arc::new(self.opened.knowing(&self.keep.borrow()))
    }
}

#[wasm_bindgen]
impl OpenFile {
    /// Length of the object in bytes.
    #[wasm_bindgen(getter, js_name = byteLength)]
    pub fn byte_length(&self) -> f64 {
        self.opened.identity.length as f64
    }

    /// Rows in all row groups.
    #[wasm_bindgen(getter, js_name = rowCount)]
    pub fn row_count(&self) -> f64 {
        let rows = self.opened.footer.metadata.row_groups().iter().map(|group| rows(group.num_rows()));
        rows.fold(0, u64::saturating_add) as f64
    }

    /// The strong ETag.
    #[wasm_bindgen(getter)]
    pub fn etag(&self) -> Option<String> {
        self.opened.identity.version.etag().map(str::to_owned)
    }

    /// As the server wrote it.
    #[wasm_bindgen(getter, js_name = lastModified)]
    pub fn last_modified(&self) -> Option<String> {
        self.opened.identity.version.last_modified().map(str::to_owned)
    }

    /// The writer's name for itself.
    #[wasm_bindgen(getter, js_name = createdBy)]
    pub fn created_by(&self) -> Option<String> {
        self.opened.footer.metadata.file_metadata().created_by().map(str::to_owned)
    }

    /// The Arrow schema of all columns as one IPC message.
    ///
    /// # Errors
    /// When the file has types without an Arrow equivalent.
    pub fn schema(&self) -> Result<Uint8Array, JsValue> {
        let schema = arrow_schema::of_file(&self.opened.footer);
        schema.and_then(|schema| ipc::schema(&schema)).map_err(|error| thrown(&error))
    }

    /// `[key, value]` of each entry.
    #[wasm_bindgen(js_name = keyValueMetadata)]
    pub fn key_value_metadata(&self) -> JsValue {
        let entries = self.opened.footer.metadata.file_metadata().key_value_metadata();
        let entry = |entry: &parquet::file::metadata::KeyValue| {
            array([entry.key.as_str().into(), entry.value.as_deref().map_or(JsValue::UNDEFINED, JsValue::from_str)])
        };
        array(entries.into_iter().flatten().map(entry))
    }

    /// How many row groups there are.
    #[wasm_bindgen(getter, js_name = rowGroupCount)]
    pub fn row_group_count(&self) -> usize {
        self.opened.footer.metadata.num_row_groups()
    }

    /// A row group with its column chunks.
    ///
    /// # Errors
    /// When there is none of this number.
    #[wasm_bindgen(js_name = rowGroup)]
    pub fn row_group(&self, index: usize) -> Result<JsValue, JsValue> {
        let group = self
            .opened
            .footer
            .metadata
            .row_groups()
            .get(index)
            .ok_or_else(|| thrown(&Error::new(ErrorKind::Usage, format!("there is no row group {index}"))))?;
        let bytes = group.columns().iter().map(|column| column.byte_range().1).fold(0, u64::saturating_add);
        let first = index.saturating_mul(group.num_columns());
        let nulls = self.opened.footer.null_counts.iter().skip(first).copied().chain(std::iter::repeat(None));
        Ok(object([
            ("rowCount", number(rows(group.num_rows()))),
            ("byteLength", number(bytes)),
            ("columns", array(group.columns().iter().zip(nulls).map(|(column, nulls)| chunk(column, nulls)))),
        ]))
    }
}

fn chunk(column: &ColumnChunkMetaData, nulls: Option<u64>) -> JsValue {
    let (start, length) = column.byte_range();
    let encodings: BTreeSet<String> = column.encodings().map(|encoding| encoding.to_string()).collect();
    object([
        ("path", column.column_path().string().into()),
        ("codec", codec(&column.compression().to_string()).into()),
        ("encodings", array(encodings.iter().map(|name| name.as_str().into()))),
        ("start", number(start)),
        ("end", number(start.saturating_add(length))),
        ("valueCount", number(rows(column.num_values()))),
        ("nullCount", nulls.map_or(JsValue::UNDEFINED, number)),
        ("uncompressedBytes", number(rows(column.uncompressed_size()))),
    ])
}

/// The name of a codec without the level that `parquet` adds, which no file stores.
fn codec(name: &str) -> String {
    name.split('(').next().unwrap_or_default().to_owned()
}

/// A count that a file stores with a sign.
fn rows(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
