//! Whose rows are wanted: offset and limit over many files as if they were one.

use crate::select::Selection;

/// How many rows each file has, as far as known, and what that makes of offset and limit.
#[derive(Debug)]
pub(super) struct Rows {
    counts: Vec<Option<u64>>,
    /// For each file before which all are known, the rows before it; so the length says how many those are.
    before: Vec<u64>,
    offset: u64,
    limit: Option<u64>,
}

impl Rows {
    pub(super) fn new(files: usize, selection: &Selection) -> Self {
        Self { counts: vec![None; files], before: vec![0], offset: selection.skipped(), limit: selection.most() }
    }

    /// A file has so many rows.
    pub(super) fn known(&mut self, file: usize, rows: u64) {
        if let Some(count) = self.counts.get_mut(file) {
            *count = Some(rows);
        }
        while let Some(Some(rows)) = self.counts.get(self.before.len() - 1) {
            let sum = self.before.last().copied().unwrap_or(0).saturating_add(*rows);
            self.before.push(sum);
        }
    }

    /// A file counts for nothing, unless it counts for the place of others already.
    pub(super) fn left_out(&mut self, file: usize) {
        if self.counts.get(file) == Some(&None) {
            self.known(file, 0);
        }
    }

    /// The file after the last one that rows are wanted of, as far as known.
    pub(super) fn end(&self) -> usize {
        let Some(limit) = self.limit else { return self.counts.len() };
        let last = self.offset.saturating_add(limit);
        // Without a row to give, the first file still gives its columns.
        self.before.iter().skip(1).position(|sum| *sum >= last).map_or(self.counts.len(), |at| at + 1)
    }

    /// Whether the rows of all files up to the end are known.
    pub(super) fn are_settled(&self) -> bool {
        self.before.len() > self.end().min(self.counts.len())
    }

    /// How many files are worth opening now: with a limit as many as hold its rows if they are like those before.
    pub(super) fn worth_opening(&self) -> usize {
        let Some(limit) = self.limit else { return self.counts.len() };
        let known = self.before.len() - 1;
        let rows = self.before.last().copied().unwrap_or(0);
        let left = self.offset.saturating_add(limit).saturating_sub(rows);
        if known > 0 && left == 0 {
            return self.end();
        }
        let a_file = if known == 0 { left.max(1) } else { (rows / known as u64).max(1) };
        let more = usize::try_from(left.div_ceil(a_file)).unwrap_or(usize::MAX).max(1);
        known.saturating_add(more).min(self.counts.len())
    }

    /// What of a file is wanted: rows to skip and to give at most. `None` while that isn't known.
    pub(super) fn share(&self, file: usize) -> Option<(u64, Option<u64>)> {
        if self.offset == 0 && self.limit.is_none() {
            return Some((0, None));
        }
        let (before, count) = (*self.before.get(file)?, (*self.counts.get(file)?)?);
        let skipped = self.offset.saturating_sub(before).min(count);
        let given = match self.limit {
            None => count - skipped,
            Some(limit) => {
                let out = before.saturating_sub(self.offset);
                limit.saturating_sub(out).min(count - skipped)
            }
        };
        Some((skipped, Some(given)))
    }

    /// The rows wanted of the files that are known.
    pub(super) fn planned(&self) -> u64 {
        let rows = self.counts.iter().map_while(|count| *count).fold(0, u64::saturating_add);
        rows.saturating_sub(self.offset).min(self.limit.unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_shares_are_the_rows_of_all_files_in_a_row(
            counts in proptest::collection::vec(0u64..50, 1..12),
            offset in 0u64..200,
            limit in proptest::option::of(0u64..200),
            order in any::<u64>(),
        ) {
            let mut selection = Selection::all().offset(offset);
            if let Some(limit) = limit {
                selection = selection.limit(limit);
            }
            let mut rows = Rows::new(counts.len(), &selection);
            let mut files: Vec<usize> = (0..counts.len()).collect();
            fastrand::Rng::with_seed(order).shuffle(&mut files);
            for file in files {
                prop_assert!(!rows.are_settled() || rows.end() < counts.len());
                rows.known(file, counts[file]);
            }
            prop_assert!(rows.are_settled());
            prop_assert_eq!(rows.worth_opening(), rows.end());
            let all: Vec<(usize, u64)> =
                counts.iter().enumerate().flat_map(|(file, count)| (0..*count).map(move |row| (file, row))).collect();
            let wanted: Vec<(usize, u64)> = all
                .into_iter()
                .skip(usize::try_from(offset).unwrap())
                .take(limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap()))
                .collect();
            let mut given = Vec::new();
            for (file, count) in counts.iter().enumerate() {
                let (skipped, most) = rows.share(file).unwrap();
                let end = most.map_or(*count, |most| skipped + most);
                prop_assert!(end <= *count);
                given.extend((skipped..end).map(|row| (file, row)));
            }
            prop_assert!(wanted.iter().all(|(file, _)| *file < rows.end()));
            prop_assert_eq!(rows.planned(), wanted.len() as u64);
            prop_assert_eq!(given, wanted);
        }
    }

    #[test]
    fn a_small_limit_opens_one_file_first() {
        let mut rows = Rows::new(2000, &Selection::all().limit(100));
        assert_eq!(rows.worth_opening(), 1);
        rows.known(0, 10);
        assert_eq!(rows.worth_opening(), 10);
        assert!(!rows.are_settled());
        rows.known(1, 1000);
        assert_eq!((rows.end(), rows.worth_opening(), rows.are_settled()), (2, 2, true));
    }

    #[test]
    fn no_rows_at_all_still_take_the_first_file() {
        let mut rows = Rows::new(3, &Selection::all().limit(0));
        assert_eq!((rows.worth_opening(), rows.are_settled()), (1, false));
        rows.known(0, 5);
        assert_eq!((rows.end(), rows.are_settled()), (1, true));
    }
}
