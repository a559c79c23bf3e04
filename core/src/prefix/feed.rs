//! Pages that are ready, as the decoder asks for them.

use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use std::collections::VecDeque;

/// The pages of one column, in order.
#[derive(Debug, Default)]
pub(super) struct Feed(VecDeque<Fed>);

/// What the decoder is fed with.
#[derive(Debug)]
pub(super) enum Fed {
    Dictionary(Page),
    /// Stands for the pages before the first one that is wanted, which are skipped over.
    Skipped {
        rows: u64,
    },
    Page {
        page: Page,
        /// Rows, where that is known without looking at its levels.
        rows: Option<u64>,
    },
}

impl Feed {
    pub(super) fn push(&mut self, fed: Fed) {
        self.0.push_back(fed);
    }
}

impl PageReader for Feed {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        match self.0.pop_front() {
            Some(Fed::Dictionary(page) | Fed::Page { page, .. }) => Ok(Some(page)),
            Some(Fed::Skipped { .. }) => {
                Err(ParquetError::General("a page before the wanted rows was read".to_owned()))
            }
            None => Ok(None),
        }
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        let count = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
        Ok(self.0.front().map(|fed| match fed {
            Fed::Dictionary(_) => PageMetadata { num_rows: None, num_levels: None, is_dict: true },
            Fed::Skipped { rows } => PageMetadata { num_rows: Some(count(*rows)), num_levels: None, is_dict: false },
            Fed::Page { page, rows } => {
                PageMetadata { num_rows: rows.map(count), num_levels: Some(page.num_values() as usize), is_dict: false }
            }
        }))
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.0.pop_front();
        Ok(())
    }
}

impl Iterator for Feed {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}
