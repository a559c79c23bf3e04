//! Tests.

pub mod hostile;
pub mod mutation;
