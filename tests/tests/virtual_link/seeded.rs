//! Runs drawn from a seed: any file, selection, link, shell and trouble. Each ends with the right rows, or with an error
//! that the trouble it met explains.

use crate::shape::{Form, Shape};
use crate::verdict::{explained, figures, held_within, right_parts, right_rows};
use parqlet_core::hedge::{HedgePolicy, Hedges};
use parqlet_core::link::Link;
use parqlet_core::load::{Goal, Load, Options, Start};
use parqlet_core::opened::Opened;
use parqlet_core::plan::Limits;
use parqlet_core::select::Selection;
use parqlet_tests::virtual_link::{
    Consumer, Content, End, Fault, Faults, Manners, Physics, Server, Shell, VirtualLink,
};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// Files that runs choose from, each with two later states: the same columns, other rows.
pub struct Shapes(Vec<[Arc<Shape>; 3]>);

impl Shapes {
    pub fn new(count: u64) -> Self {
        let files = (0..count).map(|seed| {
            let mut dice = fastrand::Rng::with_seed(seed);
            let mut form = Form::draw(&mut dice);
            let (first, third) = (Shape::new(&form, seed), Shape::new(&form, seed + (1 << 32)));
            form.rows += dice.usize(0..40);
            [first, Shape::new(&form, seed + (2 << 32)), third].map(Arc::new)
        });
        Self(files.collect())
    }
}

/// How a run ended, for the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ending {
    Rows,
    RowsAfterRestart,
    Parts,
    Dropped,
    Idle,
    Failed(&'static str),
}

/// What a run selects.
pub struct Wish {
    pub columns: Option<Vec<String>>,
    pub row_groups: Option<Vec<usize>>,
    pub offset: u64,
    pub limit: Option<u64>,
    pub batch_rows: Option<usize>,
}

impl Wish {
    fn draw(shape: &Shape, dice: &mut fastrand::Rng) -> Self {
        let columns = (dice.u8(..4) > 0).then(|| {
            let mut names = shape.columns();
            dice.shuffle(&mut names);
            // None at all is a legal wish, but a rare one.
            let few = if dice.u8(..20) == 0 { 0 } else { 1 };
            names.truncate(dice.usize(few..=names.len()));
            names
        });
        let groups = shape.row_groups.len();
        let row_groups = (dice.u8(..4) == 0 && groups > 0)
            .then(|| (0..dice.usize(0..=groups)).map(|_| dice.usize(..groups)).collect::<Vec<_>>());
        let rows = shape.rows.num_rows() as u64;
        let limit = match dice.u8(..4) {
            0 => Some(dice.u64(..=20)),
            1 => Some(dice.u64(..=rows + 1)),
            _ => None,
        };
        Self {
            columns,
            row_groups,
            offset: if dice.u8(..3) == 0 { dice.u64(..=rows + 2) } else { 0 },
            limit,
            batch_rows: (dice.u8(..3) == 0).then(|| dice.usize(1..2_000).max(rows as usize / 50)),
        }
    }

    fn selection(&self) -> Selection {
        let mut selection = Selection::all().offset(self.offset);
        if let Some(columns) = &self.columns {
            selection = selection.columns(columns.iter().cloned());
        }
        if let Some(row_groups) = &self.row_groups {
            selection = selection.row_groups(row_groups.iter().copied());
        }
        if let Some(limit) = self.limit {
            selection = selection.limit(limit);
        }
        match self.batch_rows {
            Some(rows) => selection.batch_rows(rows),
            None => selection,
        }
    }
}

/// One run; `shows` what it did.
///
/// # Errors
/// What is wrong with it.
pub fn run(seed: u64, shapes: &Shapes, shows: bool) -> Result<Ending, String> {
    let dice = &mut fastrand::Rng::with_seed(seed);
    let states = dice.choice(&shapes.0).unwrap();
    let wish = Wish::draw(&states[0], dice);
    let physics = physics(dice);
    let options = options(&physics, &states[0], dice);
    let (server, faults) = trouble(states, &physics, dice);
    let shell = shell(&options, dice);
    let prefetches = dice.u8(..10) == 0;
    let goal = if prefetches { Goal::Prefetch(wish.selection()) } else { Goal::Read(wish.selection()) };
    let cold = dice.u8(..5) > 0;
    let load = if cold {
        Load::new("object".into(), goal, options.clone())
    } else {
        Load::with_opened("object".into(), opened(&server, &options), goal, options.clone())
    };
    let ledger = load.ledger();
    let mut link = VirtualLink::new(server, physics.clone(), faults, dice.u64(..));
    let mut outcome = shell.run(load, &mut link).map_err(|broken| broken.to_string())?;
    if shows {
        println!(
            "{options:?}\n{shell:?}\n{:?} {:?} at {:?}",
            outcome.end,
            outcome.load.as_ref().map(Load::stats),
            outcome.at
        );
        for sent in link.log() {
            println!("{sent:?}");
        }
    }

    let ending = match &outcome.end {
        End::Dropped => Ending::Dropped,
        End::Idle => {
            held_within(&outcome, &options, &link, states)?;
            Ending::Idle
        }
        End::Done if prefetches => {
            right_parts(&mut outcome, &link)?;
            Ending::Parts
        }
        End::Done => {
            right_rows(&outcome, &wish, &link, states)?;
            held_within(&outcome, &options, &link, states)?;
            figures(&outcome, &link, cold)?;
            let restarted = outcome.load.as_ref().is_some_and(|load| load.stats().restarts > 0);
            if restarted { Ending::RowsAfterRestart } else { Ending::Rows }
        }
        End::Failed(error) => {
            explained(error, &outcome, &options, &physics, &link)?;
            Ending::Failed(error.kind().code())
        }
    };
    drop(outcome);
    match ledger.used() {
        0 => Ok(ending),
        left => Err(format!("{left} bytes of credit are lost")),
    }
}

fn physics(dice: &mut fastrand::Rng) -> Physics {
    let bandwidth = 10_u64.pow(dice.u32(4..10));
    Physics {
        latency: Duration::from_micros(dice.u64(1..200_000)),
        jitter: if dice.bool() { dice.f64() * 3.0 } else { 0.0 },
        bandwidth,
        total: dice.bool().then(|| bandwidth * dice.u64(1..4)),
        connections: dice.usize(1..70),
        loss: if dice.u8(..4) == 0 { dice.f64() * 0.1 } else { 0.0 },
        patience: Duration::from_secs(dice.u64(1..20)),
        whole_limit: if dice.bool() { 8 << 20 } else { dice.u64(1_000..200_000) },
    }
}

fn options(physics: &Physics, shape: &Shape, dice: &mut fastrand::Rng) -> Options {
    let tail = match dice.u8(..4) {
        0 => dice.u64(1..32),
        1 => dice.u64(1..=shape.footer * 2),
        2 => dice.u64(1..=shape.length() * 2),
        _ => 64 << 10,
    };
    let slots = dice.usize(1..=64);
    let small_slots = slots * dice.usize(1..=4);
    let link = Link { latency: physics.latency, bandwidth: physics.bandwidth, slots, small_slots, tail };
    let memory = match dice.u8(..4) {
        0 => dice.u64(..200_000),
        1 => dice.u64(1 << 20..4 << 20),
        _ => dice.u64(1 << 20..=64 << 20),
    };
    let limits =
        Limits { link, memory, max_requests: (dice.u8(..5) == 0).then(|| dice.usize(1..10)), files: dice.usize(1..4) };
    let policy = HedgePolicy { patience: physics.latency.mul_f64(dice.f64() * 2.0), ..HedgePolicy::default() };
    Options {
        decoders: dice.usize(1..=4),
        hedges: dice.bool().then(|| known(Hedges::new(policy), physics)),
        seed: dice.u64(..),
        start: [Start::Suffix, Start::Suffix, Start::Length, Start::Probe][dice.usize(..4)],
        keep: [0, 100_000, 16 << 20][dice.usize(..3)],
        ..Options::new(limits)
    }
}

/// Hedges that an earlier load has taught what answers take.
fn known(hedges: Hedges, physics: &Physics) -> Hedges {
    for bytes in [0, 100_000, 1_000_000] {
        (0..8).for_each(|_| hedges.answered(bytes, physics.latency));
    }
    hedges
}

fn trouble(states: &[Arc<Shape>; 3], physics: &Physics, dice: &mut fastrand::Rng) -> (Server, Faults) {
    let tagged = dice.bool();
    let content = |number: usize| Content {
        bytes: states[number].file.clone(),
        etag: if tagged { Some(format!("\"{number}\"")) } else { Some(format!("W/\"{number}\"")) },
        last_modified: Some(format!("day {number}")),
    };
    let mut server = Server::new(content(0));
    if dice.bool() {
        return (server, Faults::default());
    }
    let moment = |dice: &mut fastrand::Rng| physics.latency.mul_f64(dice.f64() * 6.0) + Duration::from_nanos(1);
    if dice.u8(..3) == 0 {
        let first = moment(dice);
        server.states.push((first, content(1)));
        match dice.u8(..4) {
            0 => server.states.push((first + moment(dice), content(2))),
            1 => {
                let mut broken = content(0);
                broken.bytes = broken.bytes.slice(..broken.bytes.len() / 2);
                broken.etag = Some("\"half\"".to_owned());
                server.states.push((first + moment(dice), broken));
            }
            _ => {}
        }
    }
    server.manners = Manners {
        ranges: dice.u8(..12) > 0,
        refuses_suffix: (dice.u8(..6) == 0).then(|| *dice.choice(&[200, 400, 405, 416, 501]).unwrap()),
        refuses_head: (dice.u8(..6) == 0).then(|| *dice.choice(&[403, 405]).unwrap()),
        if_match: dice.bool(),
        tells_length: dice.u8(..4) > 0,
        content_length: dice.u8(..4) > 0,
    };
    let passing = vec![
        Fault::Status(500),
        Fault::Status(503),
        Fault::RetryAfter(503, Duration::from_millis(dice.u64(..5_000))),
        Fault::RetryAfter(429, Duration::from_secs(dice.u64(..70))),
        Fault::Short(dice.u64(..100)),
        Fault::Short(dice.u64(..100_000)),
        Fault::Reset(dice.u64(..100_000)),
        Fault::Lost,
        Fault::Stall(dice.u64(..10_000)),
        Fault::Late(moment(dice)),
        Fault::Late(Duration::from_secs(dice.u64(..100))),
    ];
    let lasting = vec![
        Fault::Status(403),
        Fault::Status(404),
        Fault::Status(412),
        Fault::Status(302),
        Fault::Whole,
        Fault::Shifted,
        Fault::Encoded,
    ];
    let faults = match dice.u8(..4) {
        0 => Faults::default(),
        1 => Faults { rate: dice.f64() * 0.5, kinds: passing, ..Faults::default() },
        2 => Faults { rate: dice.f64() * 0.9, kinds: passing, ..Faults::default() },
        _ => Faults::script([(dice.usize(..6), dice.choice(&lasting).unwrap().clone())]),
    };
    (server, faults)
}

fn shell(options: &Options, dice: &mut fastrand::Rng) -> Shell {
    let longest = Duration::from_micros(dice.u64(..100_000));
    let consumer = match dice.u8(..20) {
        0 => Consumer::Never,
        1..8 => Consumer::Every(Duration::from_micros(dice.u64(..500_000))),
        _ => Consumer::AtOnce,
    };
    // Few steps matter as much as many: most of what can leak is under way early.
    let step = 2 << dice.u32(..8);
    Shell {
        slots: options.limits.link.small_slots,
        decoders: options.decoders,
        decode: Range { start: Duration::ZERO, end: longest },
        consumer,
        reports_stale: dice.bool(),
        drop_at: (dice.u8(..10) == 0).then(|| dice.usize(1..step)),
        seed: dice.u64(..),
    }
}

/// The object as an earlier load opened it.
fn opened(server: &Server, options: &Options) -> Arc<Opened> {
    let still = Server::new(server.states[0].1.clone());
    let mut link = VirtualLink::new(still, Physics::default(), Faults::default(), 0);
    let load = Load::new("object".into(), Goal::Open, options.clone());
    let outcome = Shell::default().run(load, &mut link).unwrap();
    Arc::clone(outcome.load.as_ref().unwrap().opened().unwrap())
}
