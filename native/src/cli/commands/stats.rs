//! What a command spent, for `--stats`.

use std::time::Duration;

use parqlet::{ParquetFile, Stats};
use serde::Serialize;

/// The sum over the loads of a command.
#[derive(Debug, Default)]
pub(super) struct Spent {
    stats: Stats,
}

/// The object that `--stats` prints.
#[derive(Serialize)]
struct Report {
    requests: u64,
    bytes: u64,
    round_trips: u32,
    retries: u64,
    hedges: u64,
    restarts: u32,
    known_part_hits: u64,
    rows: u64,
    batches: u64,
    wall_ms: u64,
    decode_ms: u64,
    peak_budget_bytes: u64,
}

impl Spent {
    /// What opening a file took.
    pub(super) fn of(file: &ParquetFile) -> Self {
        Self { stats: file.stats() }
    }

    /// Adds a load that came after.
    pub(super) fn then(&mut self, later: Stats) {
        let round_trips = self.stats.round_trips + later.round_trips;
        self.stats.add(&later);
        self.stats.round_trips = round_trips;
    }

    pub(super) fn json(&self, wall: Duration) -> String {
        let Stats { requests, bytes, round_trips, retries, hedges, restarts, known_part_hits, rows, batches, .. } =
            self.stats;
        let report = Report {
            requests,
            bytes,
            round_trips,
            retries,
            hedges,
            restarts,
            known_part_hits,
            rows,
            batches,
            wall_ms: millis(wall),
            decode_ms: millis(self.stats.decode),
            peak_budget_bytes: self.stats.peak_memory,
        };
        // A struct of numbers always has a JSON form.
        serde_json::to_string(&report).unwrap_or_default()
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
