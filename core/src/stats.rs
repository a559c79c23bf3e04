//! What a load spent.

use std::time::Duration;

/// Counts of one load, up to now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests sent, retries and second ones included.
    pub requests: u64,
    /// Bytes of answers received.
    pub bytes: u64,
    /// Bytes that the plan asks for in all, the tail and the footer included; 0 until there is a plan.
    pub planned_bytes: u64,
    /// Requests that had to wait for the answer of another one to be known, in the longest chain: 2 for footer, then
    /// data. Requests that only wait for a free slot don't count.
    pub round_trips: u32,
    /// Requests made again after a failure.
    pub retries: u64,
    /// Requests made a second time because the first was late, and given up if that came first. Bytes of those are not
    /// counted.
    pub hedges: u64,
    /// Ranges that needed no request because their bytes were known.
    pub known_part_hits: u64,
    /// How often the load began again because the object had changed.
    pub restarts: u32,
    /// Rows handed out.
    pub rows: u64,
    /// Batches handed out.
    pub batches: u64,
    /// Row count of the selection; 0 until there is a plan.
    pub planned_rows: u64,
    /// Processor time in the decoder.
    pub decode: Duration,
    /// The most bytes the load held at a time, against its memory budget.
    pub peak_memory: u64,
}

impl Stats {
    /// Adds what another load spent beside or after this one. Round trips and peak memory are the larger of both.
    pub fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.bytes += other.bytes;
        self.planned_bytes += other.planned_bytes;
        self.round_trips = self.round_trips.max(other.round_trips);
        self.retries += other.retries;
        self.hedges += other.hedges;
        self.known_part_hits += other.known_part_hits;
        self.restarts += other.restarts;
        self.rows += other.rows;
        self.batches += other.batches;
        self.planned_rows += other.planned_rows;
        self.decode += other.decode;
        self.peak_memory = self.peak_memory.max(other.peak_memory);
    }
}
