//! Seeded files of many shapes, and what any reading of them must give.

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, ListArray, RecordBatch, RecordBatchOptions,
    StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::ops::Range;
use std::sync::Arc;

/// A file and its rows.
#[derive(Debug, Clone)]
pub struct Shape {
    pub file: Bytes,
    /// All of it, as the `parquet` crate reads it from memory.
    pub rows: RecordBatch,
    /// Rows of each row group.
    pub row_groups: Vec<usize>,
    /// Length of the metadata and all that follows it.
    pub footer: u64,
    metadata: Arc<ParquetMetaData>,
}

/// What a file is to be like.
#[derive(Debug, Clone)]
pub struct Form {
    pub rows: usize,
    pub row_group: usize,
    pub page: usize,
    pub columns: usize,
    /// Bytes of a string.
    pub text: usize,
    pub index: bool,
    pub dictionary: bool,
    pub codec: Compression,
}

impl Form {
    pub fn draw(dice: &mut fastrand::Rng) -> Self {
        let rows = match dice.u8(..10) {
            0 => dice.usize(0..3),
            1..5 => dice.usize(0..300),
            _ => dice.usize(0..5_000),
        };
        let groups = dice.usize(1..=20);
        let codecs = [
            Compression::UNCOMPRESSED,
            Compression::SNAPPY,
            Compression::LZ4_RAW,
            Compression::ZSTD(ZstdLevel::default()),
            Compression::GZIP(GzipLevel::default()),
            Compression::BROTLI(BrotliLevel::try_new(1).unwrap()),
        ];
        Self {
            rows,
            row_group: rows.div_ceil(groups).max(1),
            page: dice.usize(20..400),
            columns: dice.usize(1..=6),
            text: if dice.u8(..8) == 0 { dice.usize(100..1_000) } else { dice.usize(0..24) },
            index: dice.bool(),
            dictionary: dice.bool(),
            codec: *dice.choice(&codecs).unwrap(),
        }
    }
}

impl Shape {
    /// Files of the same form differ in their values by the seed.
    pub fn new(form: &Form, seed: u64) -> Self {
        let mut dice = fastrand::Rng::with_seed(seed);
        let batch = batch(form, &mut dice);
        let file = Bytes::from(write(form, &batch));
        Self::of(file)
    }

    /// A file of 64-bit numbers only.
    pub fn numbers(form: &Form, seed: u64) -> Self {
        let mut dice = fastrand::Rng::with_seed(seed);
        let columns = (0..form.columns).map(|at| {
            let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values((0..form.rows).map(|_| dice.i64(..))));
            (format!("c{at}"), numbers)
        });
        Self::of(Bytes::from(write(form, &RecordBatch::try_from_iter(columns).unwrap())))
    }

    fn of(file: Bytes) -> Self {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file.clone()).unwrap();
        let metadata: Arc<ParquetMetaData> = Arc::clone(builder.metadata());
        let schema = Arc::clone(builder.schema());
        let batches: Vec<RecordBatch> = builder.with_batch_size(8_192).build().unwrap().map(Result::unwrap).collect();
        let rows = joined(&schema, &batches);
        let row_groups = metadata.row_groups().iter().map(|group| group.num_rows() as usize).collect();
        let at = file.len() - 8;
        let footer = u64::from(u32::from_le_bytes(file[at..at + 4].try_into().unwrap())) + 8;
        Self { file, rows, row_groups, footer, metadata }
    }

    /// Where the column chunks of a flat column stand, one for each row group.
    pub fn chunks(&self, column: &str) -> Vec<Range<u64>> {
        let leaf = self.rows.schema().index_of(column).unwrap();
        let groups = self.metadata.row_groups().iter();
        groups.map(|group| group.column(leaf).byte_range()).map(|(start, length)| start..start + length).collect()
    }

    pub fn length(&self) -> u64 {
        self.file.len() as u64
    }

    /// Names of the columns.
    pub fn columns(&self) -> Vec<String> {
        self.rows.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// The rows of a selection, by slicing.
    pub fn expected(
        &self,
        columns: Option<&[String]>,
        row_groups: Option<&[usize]>,
        offset: u64,
        limit: Option<u64>,
    ) -> RecordBatch {
        let projected = match columns {
            None => self.rows.clone(),
            Some(names) => {
                let at: Vec<usize> = names.iter().map(|name| self.rows.schema().index_of(name).unwrap()).collect();
                self.rows.project(&at).unwrap()
            }
        };
        let mut pieces = Vec::new();
        let mut start = 0;
        for (index, count) in self.row_groups.iter().enumerate() {
            if row_groups.is_none_or(|wanted| wanted.contains(&index)) {
                pieces.push(projected.slice(start, *count));
            }
            start += count;
        }
        let selected = joined(&projected.schema(), &pieces);
        let offset = usize::try_from(offset).unwrap().min(selected.num_rows());
        let left = selected.num_rows() - offset;
        selected.slice(offset, limit.map_or(left, |limit| left.min(usize::try_from(limit).unwrap_or(left))))
    }
}

/// Batches as one; of no columns too.
pub fn joined(schema: &SchemaRef, batches: &[RecordBatch]) -> RecordBatch {
    if schema.fields().is_empty() {
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        return RecordBatch::try_new_with_options(Arc::clone(schema), Vec::new(), &options).unwrap();
    }
    concat_batches(schema, batches).unwrap()
}

fn batch(form: &Form, dice: &mut fastrand::Rng) -> RecordBatch {
    let columns: Vec<(String, ArrayRef)> =
        (0..form.columns).map(|at| (format!("c{at}"), column(at, form, dice))).collect();
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, array)| array).collect()).unwrap()
}

fn column(at: usize, form: &Form, dice: &mut fastrand::Rng) -> ArrayRef {
    let rows = form.rows;
    match (at + form.page) % 9 {
        0 => Arc::new(Int64Array::from_iter_values((0..rows).map(|_| dice.i64(..)))),
        1 | 7 => Arc::new(StringArray::from_iter((0..rows).map(|_| dice.bool().then(|| text(form.text, dice))))),
        2 => {
            let lists = (0..rows)
                .map(|_| dice.bool().then(|| (0..dice.usize(..4)).map(|_| Some(dice.i32(..100))).collect::<Vec<_>>()));
            Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists))
        }
        3 => Arc::new(Float64Array::from_iter((0..rows).map(|_| (dice.u8(..5) > 0).then(|| dice.f64())))),
        4 => Arc::new(Int32Array::from_iter_values((0..rows).map(|_| dice.i32(..7)))),
        5 => Arc::new(BooleanArray::from_iter((0..rows).map(|_| Some(dice.bool())))),
        6 => {
            let mut lists = ListBuilder::new(StringBuilder::new());
            for _ in 0..rows {
                (0..dice.usize(..3)).for_each(|_| lists.values().append_value(text(form.text / 2, dice)));
                lists.append(true);
            }
            Arc::new(lists.finish())
        }
        _ => {
            let times: ArrayRef =
                Arc::new(TimestampMicrosecondArray::from_iter_values((0..rows).map(|_| dice.i64(0..1 << 50))));
            let words: ArrayRef = Arc::new(StringArray::from_iter_values((0..rows).map(|_| text(3, dice))));
            Arc::new(StructArray::from(vec![
                (Arc::new(Field::new("at", times.data_type().clone(), false)), times),
                (Arc::new(Field::new("word", DataType::Utf8, false)), words),
            ]))
        }
    }
}

fn text(length: usize, dice: &mut fastrand::Rng) -> String {
    (0..length).map(|_| dice.alphanumeric()).collect()
}

fn write(form: &Form, batch: &RecordBatch) -> Vec<u8> {
    let mut properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(form.row_group))
        .set_data_page_row_count_limit(form.page)
        .set_write_batch_size(form.page.min(64))
        .set_dictionary_enabled(form.dictionary)
        .set_compression(form.codec);
    if !form.index {
        properties = properties.set_offset_index_disabled(true).set_statistics_enabled(EnabledStatistics::Chunk);
    }
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties.build())).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    file
}
