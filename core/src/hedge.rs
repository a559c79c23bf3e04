//! Hedging: whether a request that is late is worth asking a second time.
//!
//! A few percent of an object store's answers come many times later than the others, and a read of many ranges waits for
//! the latest. A second request, sent once the first is later than nearly all others of its size were, cuts that tail off for
//! a few percent more requests (Dean, Barroso: "The Tail at Scale", CACM 2013).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How freely requests are made twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HedgePolicy {
    /// Second requests for a hundred first ones. Default 5: by the rule below a request in twenty is late.
    pub percent: u32,
    /// Second requests with which a client begins. Default 2: a small read has few first ones.
    pub saved: u32,
    /// No request is late before. Default 100 ms: object stores answer in 20 to 60 ms, so what is quicker than this
    /// gains little, and a machine that is busy for a moment isn't a server that is late.
    pub patience: Duration,
}

impl Default for HedgePolicy {
    fn default() -> Self {
        Self { percent: 5, saved: 2, patience: Duration::from_millis(100) }
    }
}

/// How long answers took, and what may be spent on second requests. A clone is the same: loads behind one link share it.
///
/// A request is late once it has taken longer than 95 of 100 answers of its size, and half as much again as the middle one.
/// It is made again while hardly any others of its size are late: where many are, the link is full or the server slow,
/// and more requests would make it worse.
#[derive(Clone, Debug)]
pub struct Hedges(Arc<Mutex<Book>>);

/// When requests are late, by their sizes.
#[derive(Clone, Copy, Debug)]
pub struct Lateness([Option<Duration>; CLASSES]);

/// A late request, until it is answered or given up.
#[derive(Debug)]
#[must_use = "it counts as late until it is dropped"]
pub struct Straggler {
    hedges: Hedges,
    class: usize,
}

#[derive(Debug)]
struct Book {
    policy: HedgePolicy,
    classes: [Class; CLASSES],
    /// Hundredths of a second request.
    purse: u32,
}

/// Sizes that differ by no more than a factor of four: up to 64 KiB, 256 KiB, 1 MiB, 4 MiB, 16 MiB, and more.
const CLASSES: usize = 6;
const SMALLEST_CLASS: u64 = 64 << 10;
/// Answers of a size that count.
const WINDOW: usize = 64;
/// Answers of a size before which nothing is known of it.
const FEWEST: usize = 8;
const COST: u32 = 100;
/// First requests for which second ones may be saved up: some hundred are sent at once, and which are late shows after
/// that. No more, or a long quiet time would pay for a flood.
const BURST: u32 = 512;

/// Times of answers of one size.
#[derive(Debug, Default)]
struct Class {
    times: VecDeque<Duration>,
    late: Option<Duration>,
    stragglers: usize,
}

impl Hedges {
    /// Knows nothing yet.
    pub fn new(policy: HedgePolicy) -> Self {
        let purse = policy.saved.saturating_mul(COST);
        Self(Arc::new(Mutex::new(Book { policy, classes: Default::default(), purse })))
    }

    /// A first request was sent.
    pub fn sent(&self) {
        let mut book = self.book();
        let most = book.policy.percent.saturating_mul(BURST).max(book.policy.saved.saturating_mul(COST));
        book.purse = book.purse.saturating_add(book.policy.percent).min(most);
    }

    /// A request for so many bytes was answered after this time, by whichever of two.
    pub fn answered(&self, bytes: u64, took: Duration) {
        let mut book = self.book();
        if let Some(class) = book.classes.get_mut(class(bytes)) {
            class.push(took);
        }
    }

    /// When requests are late, by what is known now.
    pub fn lateness(&self) -> Lateness {
        let book = self.book();
        let mut lateness = [None; CLASSES];
        let mut larger = None;
        for (late, class) in lateness.iter_mut().zip(&book.classes).rev() {
            larger = class.late.or(larger);
            *late = larger.map(|late| late.max(book.policy.patience));
        }
        Lateness(lateness)
    }

    /// A request for so many bytes is late.
    pub fn straggler(&self, bytes: u64) -> Straggler {
        let class = class(bytes);
        if let Some(class) = self.book().classes.get_mut(class) {
            class.stragglers += 1;
        }
        Straggler { hedges: self.clone(), class }
    }

    /// Pays for a second request, if that may be.
    pub fn spend(&self, on: &Straggler) -> bool {
        let mut book = self.book();
        let few = book.classes.get(on.class).is_some_and(|class| class.stragglers <= 1 + class.times.len() / 10);
        let left = book.purse.checked_sub(COST).filter(|_| few);
        book.purse = left.unwrap_or(book.purse);
        left.is_some()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lateness {
    /// When a request for so many bytes is late, counted from sending it; `None` while too few were answered to know. What
    /// is late for larger ones is late for it in any case.
    pub fn of(&self, bytes: u64) -> Option<Duration> {
        self.0.get(class(bytes)).copied().flatten()
    }
}

impl Drop for Straggler {
    fn drop(&mut self) {
        if let Some(class) = self.hedges.book().classes.get_mut(self.class) {
            class.stragglers = class.stragglers.saturating_sub(1);
        }
    }
}

fn class(bytes: u64) -> usize {
    let mut most = SMALLEST_CLASS;
    (0..CLASSES - 1)
        .find(|_| {
            let fits = bytes <= most;
            most *= 4;
            fits
        })
        .unwrap_or(CLASSES - 1)
}

impl Class {
    fn push(&mut self, took: Duration) {
        if self.times.len() == WINDOW {
            self.times.pop_front();
        }
        self.times.push_back(took);
        if self.times.len() < FEWEST {
            return;
        }
        let mut sorted: Vec<Duration> = self.times.iter().copied().collect();
        sorted.sort_unstable();
        let at = |percent: usize| sorted.get((sorted.len() - 1) * percent / 100).copied().unwrap_or_default();
        self.late = Some(at(95).max(at(50) * 3 / 2));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: Duration = Duration::from_millis(1);

    fn after(answers: impl IntoIterator<Item = u32>) -> Hedges {
        let hedges = Hedges::new(HedgePolicy { patience: Duration::ZERO, ..HedgePolicy::default() });
        answers.into_iter().for_each(|took| hedges.answered(1_000, took * MS));
        hedges
    }

    #[test]
    fn late_is_later_than_nearly_all_others_of_its_size() {
        let of_larger = after([]);
        (0..8).for_each(|_| of_larger.answered(1 << 20, 90 * MS));
        assert_eq!(of_larger.lateness().of(1_000), Some(135 * MS), "of larger ones, where nothing else is known");
        assert_eq!(after([30; 7]).lateness().of(1_000), None, "too few");
        assert_eq!(after([30; 8]).lateness().of(1_000), Some(45 * MS), "alike: half as much again");
        assert_eq!(after((1..=100).rev()).lateness().of(1_000), Some(60 * MS), "the last 64 of them are 1 to 64");
        assert_eq!(after([30; 8]).lateness().of(100_000), None, "a larger size");
        assert_eq!(after([30; 8]).lateness().of(0), Some(45 * MS));
        assert_eq!((class(0), class(65_536), class(65_537), class(u64::MAX)), (0, 0, 1, CLASSES - 1));
    }

    #[test]
    fn two_late_answers_of_a_hundred_are_not_waited_for() {
        let hedges = after((0..64).map(|at| if at == 20 { 430 } else { 30 }));
        assert_eq!(hedges.lateness().of(1_000), Some(45 * MS));
    }

    #[test]
    fn nothing_is_late_before_the_patience_ends() {
        let hedges = Hedges::new(HedgePolicy::default());
        (0..8).for_each(|_| hedges.answered(0, MS));
        assert_eq!(hedges.lateness().of(0), Some(100 * MS));
    }

    #[test]
    fn where_many_are_late_none_is_made_again() {
        let hedges = after([30; 20]);
        let mut late: Vec<_> = (0..4).map(|_| hedges.straggler(1_000)).collect();
        assert!(late.iter().all(|late| !hedges.spend(late)), "4 beside 20 answers");
        assert!(hedges.spend(&hedges.straggler(1 << 20)), "another size");
        late.pop();
        assert!(hedges.spend(&late[0]), "3 beside 20");
    }

    proptest! {
        #[test]
        fn second_requests_are_a_few_percent(steps in proptest::collection::vec(any::<bool>(), 0..2_000)) {
            let policy = HedgePolicy::default();
            let hedges = Hedges::new(policy);
            let (mut first, mut second) = (0u32, 0u32);
            for spends in steps {
                if spends {
                    second += u32::from(hedges.spend(&hedges.straggler(0)));
                } else {
                    hedges.sent();
                    first += 1;
                }
                prop_assert!(second <= policy.saved + first * policy.percent / 100);
            }
        }
    }
}
