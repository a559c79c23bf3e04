//! How an object is opened: by its suffix, its length, or one byte, and with what an earlier load kept.

use crate::scene::{Scene, error, rows, small, spans, table};
use parqlet_core::error::ErrorKind;
use parqlet_core::fetch::Span;
use parqlet_core::keep::Keep;
use parqlet_core::load::{Goal, Load, Start};
use parqlet_tests::virtual_link::{Faults, VirtualLink};
use std::sync::Arc;

#[test]
fn a_server_without_ranges_and_head_is_reported_as_one_without_ranges() {
    let shape = table(1);
    let mut scene = Scene::new(&shape);
    scene.server.manners.ranges = false;
    scene.server.manners.content_length = false;
    scene.server.manners.refuses_head = Some(403);
    let (outcome, sent) = scene.run();
    assert_eq!(error(&outcome).kind(), ErrorKind::NoRanges);
    assert_eq!(spans(&sent), [Span::Tail(64 << 10), Span::Length, Span::Exact(0..1)]);
}

#[test]
fn without_suffix_ranges_the_length_is_asked_for_first() {
    let shape = small(1, 500);
    for status in [400, 405, 501] {
        let mut scene = Scene::new(&shape);
        scene.server.manners.refuses_suffix = Some(status);
        let (outcome, sent) = scene.run();
        assert_eq!(rows(&outcome), shape.rows);
        assert_eq!(spans(&sent), [Span::Tail(64 << 10), Span::Length, Span::Exact(0..shape.length())]);
    }
}

#[test]
fn a_load_that_begins_with_the_length_asks_for_the_tail_by_its_position() {
    let shape = small(1, 500);
    let mut scene = Scene::new(&shape);
    scene.options.start = Start::Length;
    let (outcome, sent) = scene.run();
    assert_eq!(rows(&outcome), shape.rows);
    assert_eq!(spans(&sent), [Span::Length, Span::Exact(0..shape.length())]);
}

#[test]
fn where_head_is_refused_one_byte_tells_the_length() {
    let shape = table(1);
    let tail = Span::Exact(shape.length() - (64 << 10)..shape.length());
    for status in [403, 405, 501] {
        let mut scene = Scene::new(&shape).column("c7");
        scene.options.start = Start::Length;
        scene.server.manners.refuses_head = Some(status);
        let (outcome, sent) = scene.run();
        assert_eq!(rows(&outcome), shape.expected(Some(&["c7".to_owned()]), None, 0, None));
        assert_eq!(spans(&sent)[..3], [Span::Length, Span::Exact(0..1), tail.clone()]);
    }
}

#[test]
fn a_known_length_saves_the_question_and_a_wrong_one_is_mended() {
    let shape = small(1, 500);
    let length = shape.length();
    for (said, asked) in [
        (length, vec![Span::Exact(0..length)]),
        (length - 1, vec![Span::Exact(0..length - 1), Span::Length, Span::Exact(0..length)]),
    ] {
        let mut scene = Scene::new(&shape);
        scene.options.start = Start::Known(said);
        let (outcome, sent) = scene.run();
        assert_eq!(rows(&outcome), shape.rows);
        assert_eq!(spans(&sent), asked);
    }
}

#[test]
fn what_a_load_fetched_can_be_kept_and_serves_the_next_one() {
    let shape = table(1);
    let mut scene = Scene::new(&shape).column("c7");
    scene.options.keep = 64 << 20;
    let (first, _) = scene.run();
    let mut load = first.load.unwrap();
    let mut keep = Keep::new(64 << 20);
    keep.add(load.take_fetched());
    assert!(keep.held() > 0);
    let opened = Arc::new(load.opened().unwrap().knowing(&keep));
    let mut link = VirtualLink::new(scene.server.clone(), scene.physics.clone(), Faults::default(), 1);
    let goal = Goal::Read(scene.selection.clone());
    let again = Load::with_opened("object".into(), opened, goal, scene.options.clone());
    let outcome = scene.shell.run(again, &mut link).unwrap();
    assert_eq!(rows(&outcome), shape.expected(Some(&["c7".to_owned()]), None, 0, None));
    assert!(link.log().is_empty(), "every byte was known");
}
