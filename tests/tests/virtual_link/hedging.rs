//! Answers that are late, and requests made a second time for them.

use crate::scene::{LATENCY, Scene, rows, spans, table, transfer};
use crate::shape::Shape;
use parqlet_core::fetch::Span;
use parqlet_core::hedge::{HedgePolicy, Hedges};
use parqlet_core::stats::Stats;
use parqlet_tests::virtual_link::{End, Fault, Outcome};
use std::ops::Range;
use std::time::Duration;

const LATE: Duration = Duration::from_millis(400);
const PATIENCE: Duration = Duration::from_millis(100);

/// One column of 30 in 10 row groups, with hedging: the tail is request 0, the data 1 to 10.
fn scene(shape: &Shape, faults: impl IntoIterator<Item = (usize, Fault)>) -> Scene {
    let mut scene = Scene::new(shape).column("c7").faults(faults);
    scene.options.hedges = Some(Hedges::new(HedgePolicy { patience: PATIENCE, ..HedgePolicy::default() }));
    scene
}

fn stats(outcome: &Outcome) -> Stats {
    outcome.load.as_ref().unwrap().stats()
}

/// When the first request of the data is sent, and a chunk of it.
fn data(shape: &Shape) -> (Duration, Range<u64>) {
    (LATENCY + transfer(64 << 10), shape.chunks("c7").remove(3))
}

#[test]
fn a_late_request_is_made_again_and_the_first_answer_wins() {
    let shape = table(1);
    let scene = scene(&shape, [(4, Fault::Late(LATE))]);
    let (outcome, sent) = scene.run();
    assert_eq!(rows(&outcome), shape.expected(Some(&["c7".to_owned()]), None, 0, None));
    let (asked, chunk) = data(&shape);
    assert_eq!(sent.len(), 12);
    assert_eq!((sent[11].at, &sent[11].request.span), (asked + PATIENCE, &Span::Exact(chunk.clone())));
    assert_eq!(outcome.at, asked + PATIENCE + LATENCY + transfer(chunk.end - chunk.start));
    assert_eq!(sent[4].done, None, "the first was given up");
    let stats = stats(&outcome);
    assert_eq!((stats.requests, stats.hedges, stats.retries, stats.bytes), (12, 1, 0, stats.planned_bytes));
}

#[test]
fn the_first_request_may_still_win() {
    let shape = table(1);
    let (outcome, sent) = scene(&shape, [(4, Fault::Late(PATIENCE)), (11, Fault::Late(LATE))]).run();
    assert_eq!(rows(&outcome).num_rows(), 50_000);
    let (asked, chunk) = data(&shape);
    assert_eq!(outcome.at, asked + PATIENCE + LATENCY + transfer(chunk.end - chunk.start));
    assert_eq!((sent.len(), sent[11].done, stats(&outcome).hedges), (12, None, 1));
}

#[test]
fn without_hedging_a_late_answer_is_waited_for() {
    let shape = table(1);
    let mut scene = scene(&shape, [(4, Fault::Late(LATE))]);
    scene.options.hedges = None;
    let (outcome, sent) = scene.run();
    assert_eq!((sent.len(), stats(&outcome).hedges), (11, 0));
    assert!(outcome.at > LATE);
}

#[test]
fn where_everything_is_late_nothing_is_made_again_before_nearly_all_is_answered() {
    let shape = table(1);
    let late = (3..11).map(|number| (number, Fault::Late(LATE)));
    let mut scene = scene(&shape, late);
    let hedges = Hedges::new(HedgePolicy::default());
    (0..8).for_each(|_| hedges.answered(40_000, LATENCY));
    scene.options.hedges = Some(hedges);
    let (outcome, sent) = scene.run();
    assert_eq!(rows(&outcome).num_rows(), 50_000);
    assert_eq!((sent.len(), stats(&outcome).hedges), (13, 2));
    assert!(sent[11].at > LATE);
}

#[test]
fn a_second_request_that_fails_costs_nothing_and_one_that_is_left_alone_goes_on() {
    let shape = table(1);
    for (first, second) in [
        (Fault::Late(LATE), Fault::Status(503)),
        (Fault::Stall(100), Fault::Late(LATE)),
        (Fault::Late(PATIENCE), Fault::Stall(100)),
    ] {
        let mut scene = scene(&shape, [(4, first), (11, second)]);
        scene.physics.patience = Duration::from_millis(300);
        let (outcome, sent) = scene.run();
        assert_eq!(rows(&outcome).num_rows(), 50_000);
        assert_eq!((sent.len(), stats(&outcome).hedges, stats(&outcome).retries), (12, 1, 0), "{:?}", spans(&sent));
    }
}

#[test]
fn what_is_refused_for_good_is_refused_whichever_of_the_two_is_told() {
    let shape = table(1);
    let (outcome, sent) = scene(&shape, [(4, Fault::Late(LATE)), (11, Fault::Status(403))]).run();
    assert!(matches!(outcome.end, End::Failed(_)), "{:?}", outcome.end);
    assert_eq!(sent.len(), 12);
    assert_eq!(outcome.load.unwrap().ledger().used(), 64 << 10, "the tail is all that is kept");
}

#[test]
fn a_full_window_or_a_full_budget_is_no_place_for_second_requests() {
    let shape = table(1);
    let mut scene = scene(&shape, [(1, Fault::Late(LATE))]);
    (scene.options.limits.link.slots, scene.options.limits.link.small_slots) = (1, 1);
    scene.shell.slots = 1;
    let hedges = Hedges::new(HedgePolicy::default());
    (0..8).for_each(|_| hedges.answered(40_000, LATENCY));
    scene.options.hedges = Some(hedges);
    let (outcome, _) = scene.run();
    assert_eq!((rows(&outcome).num_rows(), stats(&outcome).hedges), (50_000, 0));
}
