//! Named loads with known ends: which requests, when, and what came of them.

use crate::scene::{LATENCY, Scene, error, rows, small, spans, table, transfer};
use crate::shape::joined;
use arrow_array::RecordBatch;
use parqlet_core::error::ErrorKind;
use parqlet_core::fetch::Span;
use parqlet_tests::virtual_link::{Consumer, Content, End, Fault, Faults, Server, Shell, VirtualLink};
use std::time::Duration;

const MILLI: Duration = Duration::from_millis(1);

#[test]
fn one_column_of_thirty_takes_two_round_trips() {
    let shape = table(1);
    let (outcome, sent) = Scene::new(&shape).column("c7").run();
    assert_eq!(rows(&outcome), shape.expected(Some(&["c7".to_owned()]), None, 0, None));

    let tail = 64 << 10;
    assert!(shape.footer < tail, "the footer of {} bytes fits the tail", shape.footer);
    assert_eq!(sent[0].request.span, Span::Tail(tail));
    let data = &sent[1..];
    let ranges: Vec<_> = shape.chunks("c7").into_iter().map(Span::Exact).collect();
    assert_eq!(spans(data), ranges, "one request a row group, each exactly its column chunk");
    let second = LATENCY + transfer(tail);
    assert!(data.iter().all(|sent| sent.at == second), "all at the same moment");
    let longest = shape.chunks("c7").iter().map(|chunk| chunk.end - chunk.start).max().unwrap();
    assert_eq!(outcome.at, LATENCY * 2 + transfer(tail) + transfer(longest));
    let stats = outcome.load.unwrap().stats();
    assert_eq!((stats.round_trips, stats.retries, stats.bytes), (2, 0, stats.planned_bytes));
}

#[test]
fn a_shared_line_takes_its_time_and_no_round_trip_more() {
    let shape = table(1);
    let mut scene = Scene::new(&shape).column("c7");
    scene.physics.total = Some(80_000_000);
    let (outcome, sent) = scene.run();
    let data: u64 = shape.chunks("c7").iter().map(|chunk| chunk.end - chunk.start).sum();
    assert_eq!(sent.len(), 11);
    let expected = LATENCY * 2 + transfer(64 << 10) + transfer(data);
    assert!(outcome.at.abs_diff(expected) < Duration::from_micros(1), "{:?}, not {expected:?}", outcome.at);
}

#[test]
fn with_two_slots_requests_go_in_file_order_two_at_a_time() {
    let shape = table(1);
    let mut scene = Scene::new(&shape).column("c7");
    (scene.options.limits.link.slots, scene.options.limits.link.small_slots) = (2, 2);
    scene.options.limits.link.latency = Duration::ZERO;
    scene.shell.slots = 2;
    let (outcome, sent) = scene.run();
    assert_eq!(outcome.batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 50_000);
    let ranges: Vec<_> = shape.chunks("c7").into_iter().map(Span::Exact).collect();
    assert_eq!(spans(&sent[1..]), ranges);
    let waves = sent[1..].chunks(2).map(|pair| pair[0].at == pair[1].at).collect::<Vec<_>>();
    assert_eq!(waves, [true; 5]);
}

#[test]
fn a_file_within_the_tail_is_one_request() {
    let shape = small(1, 500);
    let (outcome, sent) = Scene::new(&shape).run();
    assert_eq!(rows(&outcome), shape.rows);
    assert_eq!(spans(&sent), [Span::Tail(64 << 10)]);
    assert_eq!(outcome.at, LATENCY + transfer(shape.length()));
}

#[test]
fn a_short_tail_is_completed_by_exactly_what_is_missing() {
    let shape = small(1, 5_000);
    let mut scene = Scene::new(&shape).column("c0");
    scene.options.limits.link.tail = 100;
    let (outcome, sent) = scene.run();
    assert_eq!(outcome.batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 5_000);
    let length = shape.length();
    let missing = length - shape.footer..length - 100;
    let data = shape.chunks("c0").remove(0);
    assert_eq!(spans(&sent), [Span::Tail(100), Span::Exact(missing), Span::Exact(data)]);
}

#[test]
fn retries_wait_as_long_as_the_server_says() {
    let shape = table(1);
    let wait = Duration::from_secs(7);
    let faults = [(0, Fault::RetryAfter(503, wait)), (4, Fault::RetryAfter(429, wait))];
    let (outcome, sent) = Scene::new(&shape).column("c7").faults(faults).run();
    assert_eq!(outcome.batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 50_000);
    assert_eq!(sent.len(), 13);
    for at in [0, 4] {
        let told = sent[at].done.unwrap();
        let again = sent.iter().skip(at + 1).find(|later| later.request == sent[at].request).unwrap();
        let waited = again.at - told;
        assert!(waited >= wait && waited <= wait + MILLI * 100, "waited {waited:?}");
    }
    assert_eq!(outcome.load.unwrap().stats().retries, 2);
}

#[test]
fn a_wait_longer_than_a_minute_is_an_error_at_once() {
    let shape = table(1);
    let faults = [(3, Fault::RetryAfter(503, Duration::from_secs(61)))];
    let (outcome, sent) = Scene::new(&shape).column("c7").faults(faults).run();
    assert_eq!(error(&outcome).kind(), ErrorKind::Throttled);
    assert_eq!((sent.len(), outcome.at), (11, LATENCY * 2 + transfer(64 << 10)));
}

#[test]
fn what_cannot_succeed_is_asked_once() {
    let shape = table(1);
    for (fault, kind) in [
        (Fault::Status(401), ErrorKind::Forbidden),
        (Fault::Status(403), ErrorKind::Forbidden),
        (Fault::Status(404), ErrorKind::NotFound),
        (Fault::Shifted, ErrorKind::BadAnswer),
        (Fault::Encoded, ErrorKind::BadAnswer),
        (Fault::Status(302), ErrorKind::BadAnswer),
    ] {
        let (outcome, sent) = Scene::new(&shape).column("c7").faults([(5, fault.clone())]).run();
        assert_eq!(error(&outcome).kind(), kind, "{fault:?}");
        assert_eq!(sent.len(), 11, "{fault:?}");
        assert_eq!(outcome.load.unwrap().stats().retries, 0);
    }
}

#[test]
fn a_request_that_fails_five_times_ends_the_load() {
    let shape = table(1);
    let mut scene = Scene::new(&shape).column("c7");
    scene.faults = Faults { rate: 1.0, kinds: vec![Fault::Reset(100)], ..Faults::default() };
    let (outcome, sent) = scene.run();
    assert_eq!((error(&outcome).kind(), error(&outcome).attempts()), (ErrorKind::Network, 5));
    assert_eq!(sent.len(), 5);
}

#[test]
fn a_corrupt_page_is_not_fetched_again() {
    let shape = table(1);
    let mut bytes = shape.file.to_vec();
    let chunk = shape.chunks("c7").remove(2);
    let at = usize::try_from(chunk.start).unwrap();
    bytes[at..at + 40].fill(0xff);
    let mut scene = Scene::new(&shape).column("c7");
    scene.server = Server::new(Content::tagged(bytes.into(), "broken"));
    let (outcome, sent) = scene.run();
    assert_eq!(error(&outcome).kind(), ErrorKind::Corrupt);
    assert_eq!(sent.len(), 11);
    // The row groups before it were good.
    assert_eq!(outcome.batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 10_000);
}

#[test]
fn an_object_that_changes_between_footer_and_data_is_read_anew() {
    let (old, new) = (table(1), table(2));
    for if_match in [true, false] {
        let mut scene = Scene::new(&old).column("c7").becomes(LATENCY + transfer(64 << 10), &new, "second");
        scene.server.manners.if_match = if_match;
        let (outcome, sent) = scene.run();
        assert_eq!(rows(&outcome), new.expected(Some(&["c7".to_owned()]), None, 0, None));
        assert_eq!(sent.len(), 22, "tail and ten ranges, twice");
        assert_eq!(outcome.load.unwrap().stats().restarts, 1);
    }
}

#[test]
fn what_was_decoded_of_the_old_object_is_dropped() {
    let (old, new) = (table(1), table(2));
    let mut scene = Scene::new(&old).column("c7").becomes(LATENCY * 2 + MILLI * 2, &new, "second");
    // The first range comes, its job starts, and is still at it when the second range says that the object changed.
    scene.physics.connections = 1;
    scene.shell = Shell { decode: MILLI * 50..MILLI * 200, reports_stale: true, ..scene.shell };
    for seed in 0..20 {
        scene.shell.seed = seed;
        let (outcome, sent) = scene.run();
        assert_eq!(rows(&outcome), new.expected(Some(&["c7".to_owned()]), None, 0, None));
        assert_eq!(sent.len(), 22);
    }
}

#[test]
fn an_object_that_changes_twice_is_an_error() {
    let (old, new) = (table(1), table(2));
    let moment = LATENCY + transfer(64 << 10);
    let scene = Scene::new(&old).column("c7").becomes(moment, &new, "second").becomes(moment * 3, &old, "third");
    let (outcome, _) = scene.run();
    assert_eq!(error(&outcome).kind(), ErrorKind::Changed);
    assert!(outcome.batches.is_empty());
}

#[test]
fn an_object_that_changes_after_the_first_rows_is_an_error() {
    let (old, new) = (table(1), table(2));
    let mut scene = Scene::new(&old).column("c7");
    (scene.options.limits.link.slots, scene.options.limits.link.small_slots) = (1, 1);
    scene.options.limits.link.latency = Duration::ZERO;
    scene.shell.slots = 1;
    let scene = scene.becomes(LATENCY * 4, &new, "second");
    let (outcome, _) = scene.run();
    assert_eq!(error(&outcome).kind(), ErrorKind::Changed);
    let taken = outcome.batches.iter().map(RecordBatch::num_rows).sum::<usize>();
    assert!(taken > 0 && taken < 50_000);
    let whole = old.expected(Some(&["c7".to_owned()]), None, 0, Some(taken as u64));
    assert_eq!(joined(&whole.schema(), &outcome.batches), whole);
}

#[test]
fn less_memory_than_a_row_group_needs_still_reads_all() {
    let shape = table(1);
    for memory in [0, 1, 100_000] {
        let mut scene = Scene::new(&shape);
        scene.options.limits.memory = memory;
        let (outcome, _) = scene.run();
        assert_eq!(rows(&outcome), shape.rows);
    }
}

#[test]
fn batches_come_in_file_order_whatever_comes_first() {
    let shape = table(1);
    for seed in 0..20 {
        let mut scene = Scene::new(&shape).column("c7");
        scene.physics.jitter = 10.0;
        scene.options.decoders = 3;
        scene.shell = Shell { decoders: 3, decode: MILLI..MILLI * 200, seed, ..Shell::default() };
        let mut link = VirtualLink::new(scene.server.clone(), scene.physics.clone(), Faults::default(), seed);
        let outcome = scene.shell.run(scene.load(), &mut link).unwrap();
        let came: Vec<_> = link.log()[1..].iter().map(|sent| sent.done).collect();
        assert!(!came.is_sorted(), "the answers came out of order");
        assert_eq!(rows(&outcome), shape.expected(Some(&["c7".to_owned()]), None, 0, None));
    }
}

#[test]
fn dropping_a_load_at_any_step_gives_every_credit_back() {
    let (old, new) = (table(1), table(2));
    let mut scene = Scene::new(&old).column("c7").becomes(LATENCY + transfer(64 << 10), &new, "second");
    scene.options.decoders = 2;
    scene.shell = Shell { decoders: 2, decode: MILLI..MILLI * 40, reports_stale: true, ..scene.shell };
    let steps = scene.run().0.steps;
    assert!(steps > 60);
    for step in 1..=steps {
        scene.shell.drop_at = Some(step);
        let load = scene.load();
        let ledger = load.ledger();
        let mut link = VirtualLink::new(scene.server.clone(), scene.physics.clone(), Faults::default(), 1);
        let outcome = scene.shell.run(load, &mut link).unwrap();
        assert!(matches!(outcome.end, End::Dropped));
        assert_eq!(ledger.used(), 0, "dropped before step {step}");
    }
}

#[test]
fn a_consumer_that_takes_nothing_stops_the_load_at_its_budget() {
    let shape = table(1);
    let mut scene = Scene::new(&shape);
    scene.options.limits.memory = 4 << 20;
    scene.shell.consumer = Consumer::Never;
    let (outcome, sent) = scene.run();
    assert!(matches!(outcome.end, End::Idle));
    let load = outcome.load.unwrap();
    let fetched = load.stats().bytes;
    assert!(fetched < shape.length() / 2, "{fetched} of {} bytes fetched", shape.length());
    // The budget, and the pages that one job decompresses.
    assert!(load.stats().peak_memory <= (4 << 20) + (1 << 19), "{} bytes held", load.stats().peak_memory);
    assert!(load.has_batch() && sent.iter().all(|sent| sent.done.is_some()));
}
