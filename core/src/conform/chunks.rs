//! Column chunks that are not where their footer says.
//!
//! Some writers give a chunk without a dictionary the dictionary offset 0 instead of none; the magic is there.
//!
//! parquet-mr before 1.2.9 left the header of the dictionary page out of a chunk's length (PARQUET-816, IMPALA-694).
//! It wrote chunks one after the other, so a chunk ends where the next one begins.

use std::sync::Arc;

use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

/// A page header takes no more than this; a larger gap is something else.
const LONGEST_HEADER: i64 = 100;

/// The metadata with the true places of its column chunks. `data_end` is where the footer begins, in bytes.
pub(super) fn whole(metadata: Arc<ParquetMetaData>, data_end: u64) -> Result<Arc<ParquetMetaData>, ParquetError> {
    let cut = metadata.file_metadata().created_by().is_some_and(cuts_lengths);
    let chunks = || metadata.row_groups().iter().flat_map(|group| group.columns());
    if !cut && !chunks().any(|column| column.dictionary_page_offset() == Some(0)) {
        return Ok(metadata);
    }
    let mut starts: Vec<i64> = chunks().map(start).chain(i64::try_from(data_end)).collect();
    starts.sort_unstable();
    let mut builder = ParquetMetaData::clone(&metadata).into_builder();
    let mut groups = builder.take_row_groups();
    for column in groups.iter_mut().flat_map(|group| group.columns_mut()) {
        if column.dictionary_page_offset() == Some(0) {
            *column = column.clone().into_builder().set_dictionary_page_offset(None).build()?;
        }
        let next = starts.get(starts.partition_point(|other| *other <= start(column)));
        let Some(length) = next.and_then(|next| next.checked_sub(start(column))) else { continue };
        if cut && (1..=LONGEST_HEADER).contains(&length.saturating_sub(column.compressed_size())) {
            *column = column.clone().into_builder().set_total_compressed_size(length).build()?;
        }
    }
    Ok(Arc::new(builder.set_row_groups(groups).build()))
}

fn start(column: &ColumnChunkMetaData) -> i64 {
    column.dictionary_page_offset().filter(|offset| *offset != 0).unwrap_or_else(|| column.data_page_offset())
}

/// Whether a writer is parquet-mr before 1.2.9, by its signature: `parquet-mr version 1.2.5-cdh4.5.0 (build )`.
fn cuts_lengths(created_by: &str) -> bool {
    let Some(version) = created_by.strip_prefix("parquet-mr version ") else { return false };
    let numbers = version.split(|c: char| !c.is_ascii_digit());
    let mut numbers = numbers.map_while(|number| number.parse::<u32>().ok());
    let version = (numbers.next(), numbers.next(), numbers.next());
    matches!(version, (Some(1), Some(0 | 1), _) | (Some(1), Some(2), Some(0..=8)) | (Some(0), Some(_), _))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_writers_cut_lengths() {
        assert!(cuts_lengths("parquet-mr version 1.2.5-cdh4.5.0 (build )"));
        assert!(cuts_lengths("parquet-mr version 1.2.8"));
        for sound in
            ["parquet-mr version 1.2.9", "parquet-mr version 1.10.0 (build x)", "parquet-mr", "impala 1.2.5", ""]
        {
            assert!(!cuts_lengths(sound), "{sound}");
        }
    }
}
