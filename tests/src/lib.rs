//! What the tests of several crates share: files that others wrote and the rows they hold.

pub mod corpus;
