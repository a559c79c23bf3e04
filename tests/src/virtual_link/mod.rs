//! A link in virtual time: an object in memory behind latency, bandwidth and faults, and a shell that drives a
//! [`Load`](parqlet_core::load::Load) against it. No I/O, no threads, no sleeping; the same seed, the same run.
//!
//! [`VirtualLink`] answers requests as a server would and judges the answers as a shell must, through
//! [`parqlet_core::answer`]. [`Shell`] does every step of a load, one event at a time, and watches the load's contract
//! while doing so: a rule that is broken is a [`Broken`].

mod fault;
mod link;
mod reply;
mod server;
mod shell;

pub use fault::{Fault, Faults};
pub use link::{Physics, Sent, VirtualLink};
pub use server::{Content, Manners, Server};
pub use shell::{Broken, Consumer, End, Outcome, Shell};
