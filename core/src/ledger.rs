//! Byte credits: what a load holds in memory, counted where it is held.

use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the bytes held against a budget. A clone is the same ledger.
///
/// The rule that prevents deadlock: the budget may be exceeded, and only by what the reader waits for. Work ahead of
/// the reader asks [`try_take`](Self::try_take) and waits when refused; the head of line calls
/// [`take_required`](Self::take_required) and is never refused. So there is always something under way that lets the
/// reader go on, and whatever it consumes gives credit back. If the head of line could be refused, bytes read ahead
/// could fill the budget while the only bytes that would free them are never asked for.
///
/// Credits return when they are dropped, so a cancelled load can't leak budget.
#[derive(Clone, Debug)]
pub struct Ledger {
    account: Arc<Account>,
}

#[derive(Debug)]
struct Account {
    budget: u64,
    used: AtomicU64,
    peak: AtomicU64,
}

impl Ledger {
    /// A ledger over `budget` bytes.
    pub fn new(budget: u64) -> Self {
        Self { account: Arc::new(Account { budget, used: AtomicU64::new(0), peak: AtomicU64::new(0) }) }
    }

    /// Takes `bytes` if they fit into what is left of the budget; `None` if not. For work ahead of the reader.
    pub fn try_take(&self, bytes: u64) -> Option<Credit> {
        let account = &self.account;
        let fits = |used: u64| used.checked_add(bytes).filter(|after| *after <= account.budget);
        let before = account.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).ok()?;
        Some(self.credit(before, bytes))
    }

    /// Takes `bytes` even where that exceeds the budget. Only for what the reader waits for next.
    pub fn take_required(&self, bytes: u64) -> Credit {
        let add = |used: u64| Some(used.saturating_add(bytes));
        let before =
            self.account.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, add).unwrap_or_else(|used| used);
        // Near u64::MAX less than asked was added; the credit must return what was added and no more.
        self.credit(before, bytes.min(u64::MAX - before))
    }

    /// Bytes of all live credits.
    pub fn used(&self) -> u64 {
        self.account.used.load(Ordering::Acquire)
    }

    /// The most bytes that were ever used at once.
    pub fn peak(&self) -> u64 {
        self.account.peak.load(Ordering::Acquire)
    }

    /// The budget in bytes.
    pub fn budget(&self) -> u64 {
        self.account.budget
    }

    fn credit(&self, before: u64, bytes: u64) -> Credit {
        self.account.peak.fetch_max(before.saturating_add(bytes), Ordering::AcqRel);
        Credit { ledger: self.clone(), bytes }
    }
}

/// Bytes taken from a [`Ledger`]; they go back when this is dropped. It travels inside what it pays for: a part, a
/// job, a batch.
#[derive(Debug)]
#[must_use = "a credit that is dropped is returned at once"]
pub struct Credit {
    ledger: Ledger,
    bytes: u64,
}

impl Credit {
    /// Bytes this credit stands for.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The ledger this credit was taken from.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The same bytes with this credit inside: it returns when their last slice is dropped, wherever that is.
    pub fn guard(self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(Paid { bytes, _credit: self })
    }

    /// Moves `bytes` of this credit into a new one; all of it if it holds less.
    pub fn split(&mut self, bytes: u64) -> Self {
        let moved = bytes.min(self.bytes);
        self.bytes -= moved;
        Self { ledger: self.ledger.clone(), bytes: moved }
    }

    /// This credit as one for exactly `bytes`: what an answer has may be more or less than what was asked for. More is
    /// taken as [required](Ledger::take_required), because the bytes are here already.
    pub fn resized(mut self, bytes: u64) -> Self {
        if let Some(more) = bytes.checked_sub(self.bytes) {
            let mut taken = self.ledger.take_required(more);
            self.bytes += std::mem::take(&mut taken.bytes);
        } else {
            drop(self.split(self.bytes - bytes));
        }
        self
    }

    /// Joins `other` into this credit.
    ///
    /// # Errors
    /// Hands `other` back if it was taken from another ledger.
    pub fn merge(&mut self, mut other: Self) -> Result<(), Self> {
        if !Arc::ptr_eq(&self.ledger.account, &other.ledger.account) {
            return Err(other);
        }
        self.bytes += std::mem::take(&mut other.bytes);
        Ok(())
    }
}

/// Bytes and what pays for them.
struct Paid {
    bytes: Bytes,
    _credit: Credit,
}

impl AsRef<[u8]> for Paid {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Credit {
    fn drop(&mut self) {
        self.ledger.account.used.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn credits_cross_threads() {
        fn crosses<T: Send + Sync>() {}
        crosses::<Ledger>();
        crosses::<Credit>();
    }

    #[test]
    fn the_head_of_line_is_admitted_when_the_budget_is_full() {
        let ledger = Ledger::new(100);
        let ahead = ledger.try_take(100).unwrap();
        assert!(ledger.try_take(1).is_none());
        let head = ledger.take_required(50);
        assert_eq!((ledger.used(), ledger.peak()), (150, 150));
        drop(head);
        assert!(ledger.try_take(1).is_none(), "still full");
        drop(ahead);
        assert_eq!((ledger.used(), ledger.peak()), (0, 150));
    }

    #[test]
    fn a_clone_is_the_same_ledger() {
        let ledger = Ledger::new(10);
        let same = ledger.clone();
        let credit = same.try_take(7);
        assert_eq!(ledger.used(), 7);
        drop(credit);
        assert_eq!((ledger.used(), same.peak()), (0, 7));
    }

    #[test]
    fn credits_of_two_ledgers_stay_apart() {
        let (one, other) = (Ledger::new(10), Ledger::new(10));
        let mut credit = one.take_required(3);
        let foreign = credit.merge(other.take_required(4)).unwrap_err();
        assert_eq!((credit.bytes(), foreign.bytes()), (3, 4));
        drop((credit, foreign));
        assert_eq!((one.used(), other.used()), (0, 0));
    }

    #[test]
    fn a_resized_credit_charges_what_is_there() {
        let ledger = Ledger::new(10);
        let credit = ledger.take_required(7).resized(12);
        assert_eq!((credit.bytes(), ledger.used()), (12, 12));
        let credit = credit.resized(3);
        assert_eq!((credit.bytes(), ledger.used()), (3, 3));
        drop(credit);
        assert_eq!(ledger.used(), 0);
    }

    #[test]
    fn absurd_sizes_neither_overflow_nor_leak() {
        let ledger = Ledger::new(u64::MAX);
        let first = ledger.take_required(u64::MAX - 1);
        let second = ledger.take_required(u64::MAX);
        assert_eq!(second.bytes(), 1);
        assert!(ledger.try_take(1).is_none());
        drop((first, second));
        assert_eq!(ledger.used(), 0);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Try(u64),
        Require(u64),
        Drop(usize),
        Split(usize, u64),
        Merge(usize, usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0u64..80).prop_map(Step::Try),
            (0u64..80).prop_map(Step::Require),
            any::<usize>().prop_map(Step::Drop),
            (any::<usize>(), 0u64..80).prop_map(|(at, n)| Step::Split(at, n)),
            (any::<usize>(), any::<usize>()).prop_map(|(at, other)| Step::Merge(at, other)),
        ];
        vec(step, 0..60)
    }

    proptest! {
        #[test]
        fn used_is_the_sum_of_live_credits(budget in 0u64..200, steps in steps()) {
            let ledger = Ledger::new(budget);
            let mut live: Vec<Credit> = Vec::new();
            let mut peak = 0;
            for step in steps {
                let before = ledger.used();
                match step {
                    Step::Try(bytes) => {
                        let credit = ledger.try_take(bytes);
                        prop_assert_eq!(credit.is_some(), before + bytes <= budget);
                        live.extend(credit);
                    }
                    Step::Require(bytes) => live.push(ledger.take_required(bytes)),
                    Step::Drop(at) if !live.is_empty() => drop(live.swap_remove(at % live.len())),
                    Step::Split(at, bytes) if !live.is_empty() => {
                        let at = at % live.len();
                        let part = live[at].split(bytes);
                        prop_assert!(part.bytes() <= bytes);
                        live.push(part);
                        prop_assert_eq!(ledger.used(), before);
                    }
                    Step::Merge(at, other) if live.len() > 1 => {
                        let other = live.swap_remove(other % live.len());
                        let at = at % live.len();
                        live[at].merge(other).unwrap();
                        prop_assert_eq!(ledger.used(), before);
                    }
                    _ => {}
                }
                let sum: u64 = live.iter().map(Credit::bytes).sum();
                peak = peak.max(sum);
                prop_assert_eq!((ledger.used(), ledger.peak()), (sum, peak));
            }
            drop(live);
            prop_assert_eq!(ledger.used(), 0);
        }
    }
}
