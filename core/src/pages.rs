//! Which pages of a column chunk hold which rows, by its offset index.

use parquet::file::page_index::offset_index::PageLocation;
use std::ops::Range;

/// The bytes that these rows take: the dictionary, then the pages, in order. The locations were checked
/// ([`crate::vet::page_index::check_locations`]); `chunk` is where they lie in the file.
pub(crate) fn ranges(chunk: &Range<u64>, locations: &[PageLocation], rows: &Range<u64>) -> Vec<Range<u64>> {
    let first_row = |location: &PageLocation| location.first_row_index.unsigned_abs();
    let wanted = locations.iter().enumerate().filter(|(nth, location)| {
        let end = locations.get(nth + 1).map_or(u64::MAX, first_row);
        first_row(location) < rows.end && rows.start < end
    });
    let place = |location: &PageLocation| {
        let start = location.offset.unsigned_abs();
        start..start.saturating_add(location.compressed_page_size.unsigned_abs().into())
    };
    let dictionary = locations.first().map(|first| chunk.start..first.offset.unsigned_abs());
    let dictionary = dictionary.filter(|dictionary| dictionary.start < dictionary.end);
    dictionary.into_iter().chain(wanted.map(|(_, location)| place(location))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dictionary_and_the_pages_of_the_rows() {
        let page = |offset, first_row_index| PageLocation { offset, compressed_page_size: 10, first_row_index };
        let locations = [page(30, 0), page(40, 100), page(50, 200)];
        assert_eq!(ranges(&(20..60), &locations, &(0..100)), [20..30, 30..40]);
        assert_eq!(ranges(&(20..60), &locations, &(99..101)), [20..30, 30..40, 40..50]);
        assert_eq!(ranges(&(30..60), &locations, &(250..260)), vec![50..60; 1]);
    }
}
