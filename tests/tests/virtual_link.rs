//! Loads against a link in virtual time.
//!
//! `PARQLET_SEED=n cargo test -p parqlet-tests --test virtual_link seeded -- --nocapture` repeats one seeded run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    unreachable_pub,
    reason = "tests fail by panicking, and their numbers are small"
)]

#[path = "virtual_link/bounds.rs"]
mod bounds;
#[path = "virtual_link/hedging.rs"]
mod hedging;
#[path = "virtual_link/local.rs"]
mod local;
#[path = "virtual_link/opening.rs"]
mod opening;
#[path = "virtual_link/scenarios.rs"]
mod scenarios;
#[path = "virtual_link/scene.rs"]
mod scene;
#[path = "virtual_link/seeded.rs"]
mod seeded;
#[path = "virtual_link/shape.rs"]
mod shape;
#[path = "virtual_link/verdict.rs"]
mod verdict;

use seeded::{Ending, Shapes};
use std::collections::BTreeMap;

/// Runs in all; both cores take half.
const RUNS: u64 = 10_000;

#[test]
fn seeded_loads_end_with_the_right_rows_or_with_an_error_that_is_explained() {
    let shapes = Shapes::new(60);
    if let Some(seed) = std::env::var("PARQLET_SEED").ok().and_then(|seed| seed.parse().ok()) {
        match seeded::run(seed, &shapes, true) {
            Ok(ending) => println!("seed {seed}: {ending:?}"),
            Err(wrong) => panic!("seed {seed}: {wrong}"),
        }
        return;
    }
    let runs: u64 = std::env::var("PARQLET_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(RUNS);
    let started = std::time::Instant::now();
    let results: Vec<(u64, Result<Ending, String>)> = std::thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            let shapes = &shapes;
            scope.spawn(move || {
                (0..runs).filter(|seed| seed % 2 == half).map(|seed| (seed, caught(seed, shapes))).collect::<Vec<_>>()
            })
        });
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    let mut endings: BTreeMap<Ending, u64> = BTreeMap::new();
    let mut failures = Vec::new();
    for (seed, result) in results {
        match result {
            Ok(ending) => *endings.entry(ending).or_default() += 1,
            Err(wrong) => failures.push((seed, wrong)),
        }
    }
    println!("{runs} runs in {:.1} s: {endings:?}", started.elapsed().as_secs_f64());
    failures.sort();
    for (seed, wrong) in failures.iter().take(20) {
        println!(
            "PARQLET_SEED={seed} cargo test -p parqlet-tests --test virtual_link seeded -- --nocapture\n    {wrong}"
        );
    }
    assert!(failures.is_empty(), "{} of {runs} runs went wrong, see above", failures.len());
}

/// A run whose panic is a failure like any other, with its seed.
fn caught(seed: u64, shapes: &Shapes) -> Result<Ending, String> {
    let run = std::panic::AssertUnwindSafe(|| seeded::run(seed, shapes, false));
    std::panic::catch_unwind(run).unwrap_or_else(|_| Err("a panic, printed above".to_owned()))
}
