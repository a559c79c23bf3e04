//! Slots: how many things may be under way at once, in one load or in several that run side by side.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts what is under way against a limit. A clone counts the same.
///
/// As with [`crate::ledger::Ledger`], what the reader waits for may go past the limit; nothing else may.
#[derive(Debug, Clone)]
pub struct Slots(Arc<Count>);

#[derive(Debug)]
struct Count {
    most: usize,
    taken: AtomicUsize,
}

impl Slots {
    /// So many at once; at least one.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Count { most: most.max(1), taken: AtomicUsize::new(0) }))
    }

    /// The limit.
    pub fn most(&self) -> usize {
        self.0.most
    }

    /// How many are left.
    pub fn free(&self) -> usize {
        self.0.most.saturating_sub(self.0.taken.load(Ordering::Acquire))
    }

    /// `weight` places while one is left: of what is heavy the last may go past the limit, or what is light would keep it
    /// waiting for ever.
    pub fn try_take(&self, weight: usize) -> Option<Slot> {
        let count = &self.0;
        let fits = |taken: usize| (taken < count.most).then(|| taken.saturating_add(weight));
        count.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).ok()?;
        Some(Slot { slots: self.clone(), weight })
    }

    /// One in any case. Only for what the reader waits for next.
    pub fn take_required(&self) -> Slot {
        self.0.taken.fetch_add(1, Ordering::AcqRel);
        Slot { slots: self.clone(), weight: 1 }
    }
}

/// One thing under way; its place is free again when this is dropped.
#[derive(Debug)]
#[must_use = "a slot that is dropped is free at once"]
pub struct Slot {
    slots: Slots,
    weight: usize,
}

impl Slot {
    /// How many it takes.
    pub fn weight(&self) -> usize {
        self.weight
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.0.taken.fetch_sub(self.weight, Ordering::AcqRel);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn places_come_back_and_only_what_is_required_goes_past_the_limit() {
        let slots = Slots::new(2);
        let same = slots.clone();
        let (one, two) = (slots.try_take(1).unwrap(), same.try_take(1).unwrap());
        assert!(slots.try_take(1).is_none());
        let required = slots.take_required();
        drop(one);
        assert_eq!(slots.free(), 0, "still one too many");
        drop((two, required));
        assert_eq!((slots.free(), slots.most()), (2, 2));
    }

    #[test]
    fn what_is_heavy_takes_several_places_and_waits_for_one() {
        let slots = Slots::new(4);
        let heavy = slots.try_take(3).unwrap();
        let last = slots.try_take(2).unwrap();
        assert_eq!((heavy.weight(), last.weight()), (3, 2));
        assert!(slots.try_take(1).is_none());
        drop(last);
        assert_eq!(slots.free(), 1);
        drop(heavy);
        assert_eq!(slots.free(), 4);
    }
}
