//! What a task asks for after the plan, because its pages take more than their fronts.

use crate::coalesce::{CoalescePolicy, coalesce};
use crate::error::Error;
use crate::job::Job;
use crate::opened::Opened;
use crate::plan::{self, Limits, ReadPlan};
use crate::ranges;
use std::ops::Range;

/// A task that asks more often than this does not know its pages: it takes whole ones then.
const MOST_TURNS: u32 = 3;

/// How requests after the plan are made.
#[derive(Debug)]
pub(super) struct More {
    policy: CoalescePolicy,
    /// Where requests are counted: how many are left, and for how many tasks.
    left: Option<(usize, usize)>,
}

impl More {
    pub(super) fn new(plan: &ReadPlan, limits: &Limits) -> Self {
        let asking = plan.tasks.iter().filter(|task| task.prefix).count();
        let left = limits.max_requests.map(|most| (most.saturating_sub(plan.requests.len()), asking));
        Self { policy: plan::policy(limits), left }
    }

    /// Hands a job what is known of `ranges` and gives the requests for the rest. Where requests are counted, a task asks
    /// once and for all that it can need.
    ///
    /// # Errors
    /// When the metadata points outside the file.
    pub(super) fn requests(
        &mut self,
        job: &mut Job,
        ranges: Vec<Range<u64>>,
        opened: &Opened,
    ) -> Result<Vec<Range<u64>>, Error> {
        let mut policy = self.policy;
        let mut ranges = ranges;
        if self.left.is_some() || job.turns > MOST_TURNS {
            ranges = job.take_whole_pages()?;
        }
        if let Some((left, tasks)) = self.left {
            policy.max_requests = Some((left / tasks.max(1)).max(1));
        }
        let mut missing = Vec::new();
        for range in job.missing(&ranges) {
            let unknown = opened.parts.missing(&range);
            for known in ranges::subtract(std::slice::from_ref(&range), &unknown) {
                if let Some(bytes) = opened.parts.get(&known) {
                    job.supply(known.start, bytes)?;
                }
            }
            missing.extend(unknown);
        }
        let requests = coalesce(&missing, &policy);
        if let Some((left, tasks)) = &mut self.left {
            *left = left.saturating_sub(requests.len());
            *tasks = tasks.saturating_sub(1);
        }
        Ok(requests)
    }
}
