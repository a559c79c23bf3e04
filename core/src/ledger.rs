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
        Self {
            account: Arc::new(Account {
                budget,
                used: AtomicU64::new(0),
                peak: AtomicU64::new(0),
            }),
        }
    }

    /// Takes `bytes` if they fit into what is left of the budget; `None` if not. For work ahead of the reader.
    pub fn try_take(&self, bytes: u64) -> Option<Credit> {
        let account = &self.account;
        let fits = |used: u64| {
            used.checked_add(bytes)
                .filter(|after| *after <= account.budget)
        };
        let before = account
            .used
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, fits)
            .ok()?;
        Some(self.credit(before, bytes))
    }

    /// Takes `bytes` even where that exceeds the budget. Only for what the reader waits for next.
    pub fn take_required(&self, bytes: u64) -> Credit {
        let add = |used: u64| Some(used.saturating_add(bytes));
        let before = self
            .account
            .used
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, add)
            .unwrap_or_else(|used| used);
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
        self.account
            .peak
            .fetch_max(before.saturating_add(bytes), Ordering::AcqRel);
        Credit {
            ledger: self.clone(),
            bytes,
        }
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
        Self {
            ledger: self.ledger.clone(),
            bytes: moved,
        }
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
        self.ledger
            .account
            .used
            .fetch_sub(self.bytes, Ordering::AcqRel);
    }
}
