//! Whether to ask again, and when.

use std::fmt;
use std::time::Duration;

/// How often and how patiently a load asks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts of one request in all, the first included. Default 5: with the default times that spans 4 s at least and
    /// 12 s at most, longer than a server takes to start again, shorter than a user's patience.
    pub attempts: u32,
    /// Shortest wait. Default 100 ms: a few round trips.
    pub base: Duration,
    /// Longest wait of our own choice. Default 10 s.
    pub cap: Duration,
    /// Retries of a whole load; each success gives back a tenth of one. Default 256: an outage meets all the requests
    /// that are under way, 64 natively, and each of them has four retries to outlive it. Once these are spent a server in
    /// trouble gets one retry for ten requests it can answer.
    pub budget: u32,
    /// Longest `Retry-After` to obey; a server that wants more is an error to the user, not a wait. Default 60 s.
    pub max_retry_after: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 5,
            base: Duration::from_millis(100),
            cap: Duration::from_secs(10),
            budget: 256,
            max_retry_after: Duration::from_secs(60),
        }
    }
}

/// What to do about a failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Don't ask again; the failure is the load's.
    GiveUp(GiveUp),
    /// Ask again after this time.
    After(Duration),
}

/// Why a request isn't tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GiveUp {
    /// The failure would come again: refused, not found, changed, corrupt.
    NotRetryable,
    /// The request had this many attempts, all it is allowed.
    Attempts(u32),
    /// The load has used up its retries.
    Budget,
    /// The server asked for a wait longer than the policy obeys.
    RetryAfter(Duration),
}

impl fmt::Display for GiveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRetryable => f.write_str("trying again would not help"),
            Self::Attempts(attempts) => write!(f, "failed {attempts} times"),
            Self::Budget => f.write_str("too many requests of this load failed"),
            Self::RetryAfter(wait) => {
                write!(f, "the server asks to wait {} s", wait.as_secs_f64())
            }
        }
    }
}

/// Tenths of a retry: what a success gives back.
const REFUND: u64 = 1;
/// Tenths of a retry: what a retry costs.
const COST: u64 = 10;

/// The retries of one load: what is left of its budget, and the dice.
#[derive(Clone, Debug)]
pub struct Retries {
    policy: RetryPolicy,
    /// Tenths of a retry left.
    purse: u64,
    dice: SplitMix,
}

impl Retries {
    /// A full budget. The same `seed` gives the same waits; different loads should have different ones.
    pub fn new(policy: RetryPolicy, seed: u64) -> Self {
        Self { policy, purse: u64::from(policy.budget) * COST, dice: SplitMix(seed) }
    }

    /// Decides about a request whose `attempt`-th attempt (from 1) has just failed. `retry_after` is what the answer's
    /// `Retry-After` said; it is a minimum.
    ///
    /// Waits are drawn below a bound that grows threefold with every attempt up to `cap`, and above a third of it: the
    /// "decorrelated jitter" of the AWS Architecture Blog, "Exponential Backoff And Jitter", with the bound taken from
    /// the number of the attempt instead of the last wait, so that nothing need be kept per request. Drawn from `base`
    /// on, one request of many would have used up its attempts in a second, and with it the load.
    pub fn decide(&mut self, attempt: u32, retryable: bool, retry_after: Option<Duration>) -> Decision {
        if !retryable {
            return Decision::GiveUp(GiveUp::NotRetryable);
        }
        if attempt >= self.policy.attempts {
            return Decision::GiveUp(GiveUp::Attempts(attempt));
        }
        if let Some(wait) = retry_after.filter(|wait| *wait > self.policy.max_retry_after) {
            return Decision::GiveUp(GiveUp::RetryAfter(wait));
        }
        let Some(purse) = self.purse.checked_sub(COST) else {
            return Decision::GiveUp(GiveUp::Budget);
        };
        self.purse = purse;

        let bound = 3u32.saturating_pow(attempt.max(1));
        let bound = self.policy.base.saturating_mul(bound).min(self.policy.cap);
        let backoff = self.dice.between(self.policy.base.max(bound / 3), bound);
        // Requests turned away together were told the same time; they must not come back together.
        let told = retry_after
            .map_or(Duration::ZERO, |wait| wait.saturating_add(self.dice.between(Duration::ZERO, self.policy.base)));
        Decision::After(backoff.max(told))
    }

    /// Tells of a request that succeeded: gives back a tenth of a retry, up to the policy's budget.
    pub fn on_success(&mut self) {
        let full = u64::from(self.policy.budget) * COST;
        self.purse = (self.purse + REFUND).min(full);
    }

    /// Whole retries left.
    pub fn budget_left(&self) -> u32 {
        u32::try_from(self.purse / COST).unwrap_or(u32::MAX)
    }
}

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014). Enough to spread waits.
#[derive(Clone, Debug)]
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Evenly from `low` to `high`, both included; `low` where `high` is less.
    fn between(&mut self, low: Duration, high: Duration) -> Duration {
        let width = high.saturating_sub(low).as_nanos();
        let width = u64::try_from(width).unwrap_or(u64::MAX);
        // The high half of the product maps 64 random bits onto the width without a division's bias worth naming.
        let offset = (u128::from(self.next()) * (u128::from(width) + 1)) >> 64;
        low + Duration::from_nanos(u64::try_from(offset).unwrap_or(width))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    fn waits(seed: u64) -> Vec<Decision> {
        let mut retries = Retries::new(RetryPolicy::default(), seed);
        (1..=5).map(|n| retries.decide(n, true, None)).collect()
    }

    #[test]
    fn the_same_seed_waits_the_same_and_another_does_not() {
        assert_eq!(waits(7), waits(7));
        assert_ne!(waits(7), waits(8));
    }

    #[test]
    fn what_cannot_succeed_is_not_tried_again_and_costs_no_budget() {
        let mut retries = Retries::new(RetryPolicy::default(), 1);
        let decision = retries.decide(1, false, seconds(1));
        assert_eq!(decision, Decision::GiveUp(GiveUp::NotRetryable));
        assert_eq!(retries.budget_left(), 256);
    }

    #[test]
    fn the_fifth_failure_is_the_last() {
        let mut retries = Retries::new(RetryPolicy::default(), 1);
        assert!(matches!(retries.decide(4, true, None), Decision::After(_)));
        let decision = retries.decide(5, true, None);
        assert_eq!(decision, Decision::GiveUp(GiveUp::Attempts(5)));
    }

    #[test]
    fn a_retry_after_too_long_is_an_error_that_says_so() {
        let mut retries = Retries::new(RetryPolicy::default(), 1);
        let Decision::GiveUp(reason) = retries.decide(1, true, seconds(3_600)) else {
            unreachable!("an hour is too long");
        };
        assert_eq!(reason.to_string(), "the server asks to wait 3600 s");
        assert_eq!(retries.budget_left(), 256);
    }

    #[test]
    fn a_retry_storm_ends_with_the_budget() {
        let mut retries = Retries::new(RetryPolicy::default(), 1);
        let granted = (0..1_000).filter(|_| matches!(retries.decide(1, true, None), Decision::After(_))).count();
        assert_eq!(granted, 256);
        let decision = retries.decide(1, true, None);
        assert_eq!(decision, Decision::GiveUp(GiveUp::Budget));
    }

    #[test]
    fn no_request_gives_up_in_less_than_four_seconds() {
        for seed in 0..1_000 {
            let waits = waits(seed).into_iter().filter_map(|decision| match decision {
                Decision::After(wait) => Some(wait),
                Decision::GiveUp(_) => None,
            });
            let all: Duration = waits.sum();
            assert!(all >= Duration::from_secs(4) && all <= Duration::from_secs(12), "{all:?}");
        }
    }

    #[test]
    fn ten_successes_buy_one_retry_and_never_more_than_the_budget() {
        let policy = RetryPolicy { budget: 1, ..RetryPolicy::default() };
        let mut retries = Retries::new(policy, 1);
        for _ in 0..1_000 {
            retries.on_success();
        }
        assert_eq!(retries.budget_left(), 1);
        assert!(matches!(retries.decide(1, true, None), Decision::After(_)));
        for _ in 0..9 {
            retries.on_success();
        }
        assert_eq!(retries.budget_left(), 0);
        retries.on_success();
        assert_eq!(retries.budget_left(), 1);
    }

    #[test]
    fn requests_told_the_same_time_do_not_come_back_together() {
        let mut retries = Retries::new(RetryPolicy::default(), 3);
        let first = retries.decide(1, true, seconds(5));
        let second = retries.decide(1, true, seconds(5));
        assert_ne!(first, second);
    }

    proptest! {
        #[test]
        fn waits_lie_within_the_policy(
            seed in any::<u64>(),
            attempt in 0u32..60,
            base in 0u64..20_000,
            told in prop_oneof![Just(None), (0u64..60).prop_map(Some)],
        ) {
            let base = Duration::from_millis(base);
            let policy = RetryPolicy { attempts: u32::MAX, base, ..RetryPolicy::default() };
            let mut retries = Retries::new(policy, seed);
            let told = told.map(Duration::from_secs);
            let Decision::After(wait) = retries.decide(attempt, true, told) else {
                return Err(TestCaseError::fail("gave up"));
            };
            prop_assert!(wait >= base.max(told.unwrap_or_default()));
            prop_assert!(wait <= policy.cap.max(base).max(told.unwrap_or_default() + base));
        }

        #[test]
        fn waits_use_their_whole_span(seed in any::<u64>()) {
            let policy = RetryPolicy { budget: 1_000, ..RetryPolicy::default() };
            let mut retries = Retries::new(policy, seed);
            let waits: Vec<Duration> = (0..200)
                .filter_map(|_| match retries.decide(1, true, None) {
                    Decision::After(wait) => Some(wait),
                    Decision::GiveUp(_) => None,
                })
                .collect();
            let low = waits.iter().filter(|wait| **wait < Duration::from_millis(200)).count();
            prop_assert!((50..150).contains(&low), "{} of 200 in the lower half", low);
        }
    }
}
