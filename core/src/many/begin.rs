//! What begins when: opening the next file, reading the next one.

use super::{File, Many, Stage};
use crate::load::{Goal, Load, Start};
use std::sync::Arc;

/// Reads of this many files at a time: as many as the window holds requests, and some that only decode.
const READS_BESIDE_WINDOW: usize = 8;

impl Many {
    /// Begins to open the next file, where there is a slot for it. Footers go before data that is farther on, because rows
    /// wait for all of them; but never in more than half of the slots once there is data to fetch.
    pub(super) fn open_next(&mut self) -> Option<usize> {
        if !self.may_open() {
            return None;
        }
        let file = self.unopened;
        self.unopened += 1;
        let entry = self.files.get_mut(file)?;
        let mut options = self.options.clone();
        options.limits.link = self.link;
        entry.stage = Stage::Opening(Box::new(Load::new(Arc::clone(&entry.object), Goal::Open, options)));
        self.active.insert(file);
        self.opening += 1;
        Some(file)
    }

    fn may_open(&self) -> bool {
        let slots = &self.common.requests;
        let share = if self.reading > 0 { slots.most().div_ceil(2) } else { slots.most() };
        // Tails take memory in any case, so they may not be more than a quarter of it.
        let room = self.common.ledger.budget() / 4 / self.link.tail.max(1);
        let most = share.min(usize::try_from(room).unwrap_or(usize::MAX)).max(1);
        self.unopened < self.rows.worth_opening() && self.opening < most && (slots.free() > 0 || self.opening == 0)
    }

    /// Begins to read the next files whose rows are known, up to one whose footer has to be fetched once more: which that is.
    pub(super) fn read_next(&mut self) -> Option<usize> {
        let files = self.files.len();
        while let Some(file) = self.next_read() {
            let (offset, limit) = self.rows.share(file)?;
            let entry = self.files.get_mut(file)?;
            let facts = entry.facts.as_ref()?;
            let Stage::Known(opened) = std::mem::replace(&mut entry.stage, Stage::Over) else { return None };
            self.waiting = self.waiting.saturating_sub(opened.as_ref().map_or(0, |opened| opened.parts.held()));
            if limit == Some(0) {
                continue;
            }
            let mut selection = facts.selection.clone().offset(offset);
            if let Some(limit) = limit {
                selection = selection.limit(limit);
            }
            let mut options = self.options.clone();
            (options.limits.link, options.limits.files) = (self.link, files);
            let object = Arc::clone(&entry.object);
            let is_known = opened.is_some();
            let mut load = match opened {
                Some(opened) => Load::with_opened(object, opened, Goal::Read(selection), options),
                None => {
                    options.start = Start::Known(facts.length);
                    Load::new(object, Goal::Read(selection), options)
                }
            };
            load.set_first(file == self.front);
            entry.stage = Stage::Reading(Box::new(load));
            self.active.insert(file);
            self.reading += 1;
            if !is_known {
                return Some(file);
            }
        }
        None
    }

    /// The next file to read, if it may begin: the front always, others while half of the budget is free. Files before it
    /// that did not begin yet, because their footers come late, keep room for as much as it takes itself: rows are handed
    /// out in the order of the files, and those of files far on would fill the budget and stop all others.
    fn next_read(&self) -> Option<usize> {
        let known = |file: &usize| {
            matches!(self.files.get(*file), Some(File { stage: Stage::Known(_), .. }))
                && self.rows.share(*file).is_some()
        };
        let file = (self.front..self.unopened).find(known)?;
        let entry = self.files.get(file)?;
        let passed =
            if self.manner.unordered { 0 } else { self.before(file).filter(|entry| entry.is_to_begin()).count() };
        let kept = entry.facts.as_ref().map_or(0, |facts| facts.bytes).saturating_mul(passed as u64);
        let roomy = self.common.ledger.used().saturating_add(kept) <= self.common.ledger.budget() / 2
            && self.reading < self.common.requests.most() + READS_BESIDE_WINDOW;
        (file == self.front || roomy).then_some(file)
    }

    /// The files from the front to this one.
    fn before(&self, file: usize) -> impl Iterator<Item = &File> {
        self.files.iter().take(file).skip(self.front)
    }

    pub(super) fn may_begin(&self) -> bool {
        self.may_open() || self.next_read().is_some()
    }
}
