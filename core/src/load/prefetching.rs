//! Prefetching: the blocks of a plan, kept as known parts for another reader.

use super::Common;
use crate::coalesce::{coalesce, spread};
use crate::error::{Error, ErrorKind, Result};
use crate::fetch::Answer;
use crate::ledger::Credit;
use crate::opened::Opened;
use crate::parts::KnownParts;
use crate::plan::{self, Limits, ReadPlan};
use crate::schedule::Weight;
use crate::slots::Slot;
use std::ops::Range;

/// A load that decodes nothing.
#[derive(Debug)]
pub(super) struct Prefetching {
    parts: KnownParts,
    /// Blocks to ask for, last first.
    blocks: Vec<Range<u64>>,
    in_flight: usize,
    weight: Weight,
}

impl Prefetching {
    /// # Errors
    /// When what is to be held is more than the budget.
    pub(super) fn new(opened: &Opened, plan: &ReadPlan, limits: &Limits) -> Result<Self> {
        let memory = limits.memory;
        let bytes = (plan.useful - plan.known).saturating_add(plan.waste);
        if bytes > memory {
            return Err(Error::new(
                ErrorKind::Memory,
                format!(
                    "prefetching would hold {bytes} bytes, more than the memory budget of {memory}: raise it, or \
                     select less"
                ),
            ));
        }
        Self::of_requests(opened, &plan.requests, limits)
    }

    /// For ranges that the caller names, whatever the budget: it holds them itself.
    ///
    /// # Errors
    /// When one doesn't lie in the object.
    pub(super) fn of_ranges(opened: &Opened, ranges: &[Range<u64>], limits: &Limits) -> Result<Self> {
        let length = opened.identity.length;
        if let Some(outside) = ranges.iter().find(|range| range.start > range.end || range.end > length) {
            let message = format!("there are no such bytes in an object of {length}");
            return Err(Error::new(ErrorKind::Usage, message).with_range(outside.clone()));
        }
        let policy = plan::policy(limits);
        let missing: Vec<Range<u64>> = ranges.iter().flat_map(|range| opened.parts.missing(range)).collect();
        Self::of_requests(opened, &spread(coalesce(&missing, &policy), &missing, &policy), limits)
    }

    /// What is known from opening is known here too.
    fn of_requests(opened: &Opened, requests: &[Range<u64>], limits: &Limits) -> Result<Self> {
        let mut parts = KnownParts::new(opened.identity.length);
        for range in opened.parts.ranges() {
            if let Some(bytes) = opened.parts.get(&range) {
                parts.insert(range.start, bytes)?;
            }
        }
        let blocks = requests.iter().rev().cloned().collect();
        Ok(Self { parts, blocks, in_flight: 0, weight: Weight::new(&limits.link) })
    }

    /// The next request that may go.
    pub(super) fn next_request(&mut self, common: &Common) -> Option<(Range<u64>, Credit, Slot)> {
        let range = self.blocks.last()?.clone();
        let slot = common.requests.try_take(self.weight.of(range.end - range.start))?;
        self.blocks.pop();
        self.in_flight += 1;
        let credit = common.ledger.take_required(range.end - range.start);
        Some((range, credit, slot))
    }

    pub(super) fn arrived(&mut self, answer: Answer, credit: Option<Credit>) -> Result<()> {
        self.in_flight = self.in_flight.saturating_sub(1);
        Ok(self.parts.insert_with(answer.range.start, answer.bytes, credit)?)
    }

    pub(super) fn is_done(&self) -> bool {
        self.blocks.is_empty() && self.in_flight == 0
    }

    pub(super) fn into_parts(self) -> KnownParts {
        self.parts
    }
}
