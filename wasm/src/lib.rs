//! The core of parqlet for JavaScript: plain synchronous calls, no I/O and no promises.
//!
//! JavaScript drives the machine by its contract ([`parqlet_core::load::Load`]): it polls, does the requests, and reports
//! what came. Not through [`parqlet_core::drive`] and promises of our own: a trap inside a promise would escape into a
//! microtask, where nobody can catch it and the page waits for ever. Like this, every call stands in one `try`.

mod error;
mod ipc;
pub mod load;
mod object;
pub mod open_file;
mod options;
mod plan;
pub mod shell;
