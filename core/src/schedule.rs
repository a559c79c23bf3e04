//! Schedule: which request goes next, and what it may hold.
//!
//! Requests go in the order in which tasks need them. Two limits hold: how many are in flight and how many bytes
//! are held (may be exceeded only by what the next task in line waits for, so that it can always go on; see
//! [`crate::ledger`]).

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::Credit;
use crate::link::Link;
use crate::load::Common;
use crate::plan::{Limits, ReadPlan};
use crate::slots::Slot;
use bytes::Bytes;
use std::ops::Range;

/// The requests of a plan on their way.
#[derive(Debug)]
pub(crate) struct Schedule {
    blocks: Vec<Block>,
    /// Indexes of blocks by the first task that needs them.
    queue: Vec<usize>,
    next: usize,
    /// Speculative requests stop here, at half the budget: a quarter is for decoded batches, and one for what decoding
    /// takes besides, which can't be refused.
    share: u64,
    weight: Weight,
    /// Tasks behind the head whose bytes are fetched in any case: those that are decoded beside it and the one that is
    /// decoded next. One more would only take memory that has to be found and cleared.
    near: usize,
    /// Bytes asked for or here that no task has taken.
    ahead: u64,
    /// For tasks farther on, `ahead` stops here: twice what the link has under way at once. More would lie in memory
    /// without making anything faster; with a local file it would be the whole file.
    reach: u64,
}

/// How many of the slots a request takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weight {
    /// Of a large request.
    most: u64,
    /// From here on a request is large: its bytes take as long as the first of them.
    large: u64,
}

impl Weight {
    pub(crate) fn new(link: &Link) -> Self {
        let most = link.small_slots.max(link.slots) / link.slots.max(1);
        Self { most: most.max(1) as u64, large: link.bytes_per_latency().max(1) }
    }

    pub(crate) fn of(self, bytes: u64) -> usize {
        let weight = u128::from(self.most) * u128::from(bytes.min(self.large)) / u128::from(self.large);
        usize::try_from(weight).unwrap_or(1).max(1)
    }
}

/// A request that may go.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) block: usize,
    pub(crate) range: Range<u64>,
    pub(crate) credit: Credit,
    pub(crate) slot: Slot,
}

#[derive(Debug)]
struct Block {
    range: Range<u64>,
    first_task: usize,
    /// Tasks that have not taken its bytes yet.
    users: usize,
    bytes: Option<Bytes>,
}

impl Schedule {
    /// The schedule of a plan, and for each of its tasks the blocks it needs.
    pub(crate) fn new(plan: &ReadPlan, limits: &Limits, decoders: usize) -> (Self, Vec<Vec<usize>>) {
        let mut blocks: Vec<Block> = plan
            .requests
            .iter()
            .map(|range| Block { range: range.clone(), first_task: usize::MAX, users: 0, bytes: None })
            .collect();
        let mut needs = Vec::with_capacity(plan.tasks.len());
        for (task, work) in plan.tasks.iter().enumerate() {
            let mut needed = Vec::new();
            for range in &work.ranges {
                let first = blocks.partition_point(|block| block.range.end <= range.start);
                let touching = blocks.iter_mut().enumerate().skip(first);
                for (index, block) in touching.take_while(|(_, block)| block.range.start < range.end) {
                    if needed.last() != Some(&index) {
                        needed.push(index);
                        block.users += 1;
                        block.first_task = block.first_task.min(task);
                    }
                }
            }
            needs.push(needed);
        }
        let mut queue: Vec<usize> = (0..blocks.len()).collect();
        queue.sort_by_key(|index| (blocks[*index].first_task, *index));
        let share = limits.memory / 2;
        let slots = limits.link.slots.max(1);
        let reach = limits.link.bytes_per_latency().saturating_mul(2 * slots as u64);
        let near = decoders;
        let weight = Weight::new(&limits.link);
        (Self { blocks, queue, next: 0, share, weight, near, ahead: 0, reach }, needs)
    }

    /// Adds ranges that a task needs besides those of the plan; they go before all others. Gives their numbers.
    pub(crate) fn append(&mut self, task: usize, ranges: Vec<Range<u64>>) -> Vec<usize> {
        let first = self.blocks.len();
        let added: Vec<usize> = (first..first + ranges.len()).collect();
        self.blocks.extend(ranges.into_iter().map(|range| Block { range, first_task: task, users: 1, bytes: None }));
        self.queue.splice(self.next..self.next, added.iter().copied());
        added
    }

    /// Lets only slots and budget limit what is fetched ahead.
    pub(crate) fn reach_all(&mut self) {
        self.reach = u64::MAX;
    }

    /// The next request that may go, with the credit for its bytes and its slot. `head` is the first task that isn't
    /// done.
    pub(crate) fn admit(&mut self, head: usize, common: &Common, first: bool) -> Option<Admitted> {
        let ledger = &common.ledger;
        let index = *self.queue.get(self.next)?;
        let block = self.blocks.get(index)?;
        let length = block.range.end - block.range.start;
        let slot = common.requests.try_take(self.weight.of(length))?;
        if block.first_task > head + self.near && self.ahead.saturating_add(length) > self.reach {
            return None;
        }
        let credit = if first && block.first_task <= head {
            ledger.take_required(length)
        } else if ledger.used().saturating_add(length) <= self.share {
            ledger.try_take(length)?
        } else {
            return None;
        };
        self.next += 1;
        self.ahead = self.ahead.saturating_add(length);
        Some(Admitted { block: index, range: block.range.clone(), credit, slot })
    }

    /// A request was answered with the bytes at `start`. Returns those of the block: the answer may have more, because a
    /// server may send a small object whole. They are copied out of it then, or each block would keep all of it.
    pub(crate) fn arrived(&mut self, index: usize, start: u64, bytes: &Bytes) -> Result<Bytes> {
        let Some(block) = self.blocks.get(index) else {
            return Ok(Bytes::new());
        };
        let within = |position: u64| position.checked_sub(start).and_then(|at| usize::try_from(at).ok());
        match (within(block.range.start), within(block.range.end)) {
            (Some(0), Some(to)) if to == bytes.len() => Ok(bytes.clone()),
            (Some(from), Some(to)) if to <= bytes.len() => Ok(Bytes::copy_from_slice(&bytes.slice(from..to))),
            _ => Err(Error::new(ErrorKind::BadAnswer, "an answer without the bytes that were asked for")
                .with_range(block.range.clone())),
        }
    }

    /// Keeps the bytes of a block, with the credit inside, for the tasks that need them.
    pub(crate) fn keep(&mut self, index: usize, bytes: Bytes) {
        if let Some(block) = self.blocks.get_mut(index) {
            block.bytes = Some(bytes);
        }
    }

    /// Whether the bytes of all these blocks are here.
    pub(crate) fn all_here(&self, needed: &[usize]) -> bool {
        needed.iter().all(|index| self.blocks.get(*index).is_some_and(|block| block.bytes.is_some()))
    }

    /// Hands the bytes of these blocks to a task; a block is let go with its last task.
    pub(crate) fn take(&mut self, needed: &[usize]) -> Vec<(u64, Bytes)> {
        let mut taken = Vec::with_capacity(needed.len());
        for index in needed {
            let Some(block) = self.blocks.get_mut(*index) else { continue };
            block.users = block.users.saturating_sub(1);
            let bytes = if block.users == 0 { block.bytes.take() } else { block.bytes.clone() };
            if block.users == 0 {
                self.ahead = self.ahead.saturating_sub(block.range.end - block.range.start);
            }
            taken.extend(bytes.map(|bytes| (block.range.start, bytes)));
        }
        taken
    }
}
