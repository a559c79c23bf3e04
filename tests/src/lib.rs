//! What crosses crates: a loopback server that keeps the rules of HTTP or breaks them on command, behind an emulated
//! link, and sample files that look like real data. Used by tests, the demo and the benches; never published.

pub mod command;
pub mod control;
pub mod corpus;
pub mod hostile;
pub mod mutation;
pub mod s3;
pub mod sample;
pub mod server;
pub mod tap;
pub mod tools;
pub mod virtual_link;
